from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any

import pytest

from flowengine.authorizations import record
from flowengine.authorizations.faults import StoreFault
from flowengine.authorizations.record import Authorization
from flowengine.authorizations.secret import Secret
from flowengine.redaction import LIVE

NOW = 1_767_225_600.0


def bearer(**changes: Any) -> Authorization:
    plain = Authorization("engage", record.BEARER, "webex-engage", ("engage.example.com",), state=record.AUTHORIZED)
    return replace(plain, **{"secrets": {"access_token": Secret("bearer-token-1")}} | changes)


FULL = Authorization(
    name="engage",
    kind=record.AUTHORIZATION_CODE,
    integration="webex-engage",
    hosts=("engage.example.com", "127.0.0.1:8080", "[::1]:8080"),
    state=record.NEEDS_REAUTHORIZATION,
    reason="the grant was revoked",
    scopes=("conversations:read", "conversations:write"),
    client_id="client",
    token_url="https://engage.example.com/token",  # noqa: S106 - an address
    authorize_url="https://engage.example.com/authorize",
    revoke_url="https://engage.example.com/revoke",
    username="me",
    header="X-Key",
    secrets={name: Secret(f"the {name} \u00fc\U0001f600") for name in record.SECRETS},
    expires_at=NOW,
    created_at=NOW - 4,
    authorized_at=NOW - 3.5,
    last_used_at=NOW - 2,
    deleted_at=NOW - 1,
)


@pytest.mark.parametrize("authorization", [FULL, bearer(), bearer(integration=None, hosts=(), secrets={})])
def test_json_gives_back_what_was_written(authorization: Authorization) -> None:
    assert Authorization.from_json(json.loads(json.dumps(authorization.to_json()))) == authorization


def test_it_shows_no_secret() -> None:
    assert "the access_token" not in repr(FULL)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"colour": "red"}, "field 'colour' that this version does not know"),
        ({"kind": "kerberos"}, "'kerberos' is no kind"),
        ({"kind": 7}, "field 'kind' that cannot be read"),
        ({"state": "fine"}, "'fine' is no state"),
        ({"hosts": "engage.example.com"}, "field 'hosts' that cannot be read"),
        ({"hosts": [1]}, "field 'hosts' that cannot be read"),
        ({"secrets": {"pin": "1234-canary"}}, "'pin' is no secret"),
        ({"secrets": {"password": 1}}, "field 'secrets' that cannot be read"),
        ({"secrets": {"password": ""}}, "not empty"),
        ({"expires_at": True}, "field 'expires_at' that cannot be read"),
        ({"name": None}, "no name"),
    ],
)
def test_what_is_not_known_is_named(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(StoreFault) as caught:
        Authorization.from_json(FULL.to_json() | changes)
    assert said in str(caught.value)
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize("value", [None, [], "engage", {"name": "engage"}])
def test_what_is_no_authorization_is_refused(value: Any) -> None:
    with pytest.raises(StoreFault):
        Authorization.from_json(value)


@pytest.mark.parametrize("name", ["", "-x", "../x", "a b", "a" * 65, "\u00fcber"])
def test_names_are_those_that_flows_can_write(name: str) -> None:
    with pytest.raises(ValueError, match="a name has 1 to 64"):
        replace(FULL, name=name)


@pytest.mark.parametrize(
    "host", ["Engage.example.com", "https://x.example.com", "x.example.com/", "a@b", "", "*.x.com"]
)
def test_hosts_are_exact(host: str) -> None:
    with pytest.raises(ValueError, match="no host"):
        replace(FULL, hosts=(host,))


def test_a_header_has_the_name_of_one() -> None:
    with pytest.raises(ValueError, match="no name of a header"):
        replace(FULL, header="X-Key: a\r\nEvil")


@pytest.mark.parametrize(
    ("kind", "secrets", "expires_at", "status"),
    [
        (record.BEARER, ("access_token",), None, record.AUTHORIZED),
        (record.BEARER, ("access_token",), NOW + 1, record.AUTHORIZED),
        (record.BEARER, ("access_token",), NOW, record.EXPIRED),
        (record.AUTHORIZATION_CODE, ("access_token",), NOW, record.EXPIRED),
        (record.AUTHORIZATION_CODE, ("access_token", "client_secret"), NOW, record.EXPIRED),
        (record.AUTHORIZATION_CODE, ("access_token", "refresh_token"), NOW, record.AUTHORIZED),
        (record.CLIENT_CREDENTIALS, ("access_token", "client_secret"), NOW, record.AUTHORIZED),
    ],
)
def test_expired_is_what_nothing_can_renew(
    kind: str, secrets: tuple[str, ...], expires_at: float | None, status: str
) -> None:
    held = {name: Secret(f"some {name}") for name in secrets}
    assert replace(bearer(), kind=kind, secrets=held, expires_at=expires_at).status(NOW) == status


def test_other_states_do_not_expire() -> None:
    assert bearer(state=record.PENDING, expires_at=NOW - 1).status(NOW) == record.PENDING
    assert FULL.status(NOW) == record.NEEDS_REAUTHORIZATION


def test_headers_of_each_kind() -> None:
    assert bearer().headers() == {"Authorization": "Bearer bearer-token-1"}
    basic = replace(FULL, kind=record.BASIC, secrets={"password": Secret("p\u00fc:ss")})
    assert basic.headers() == {"Authorization": "Basic " + base64.b64encode("me:p\u00fc:ss".encode()).decode()}
    assert replace(FULL, kind=record.HEADER, secrets={"value": Secret("key 1")}).headers() == {"X-Key": "key 1"}


def test_a_short_password_is_redacted_in_its_header() -> None:
    header = replace(FULL, kind=record.BASIC, secrets={"password": Secret("pw")}).headers()["Authorization"]
    assert LIVE.redact(header) == "Basic [secret]="


@pytest.mark.parametrize("kind", record.KINDS)
def test_without_its_secret_there_is_no_header(kind: str) -> None:
    with pytest.raises(ValueError, match=r"authorization 'engage' has no (access token|password|value)"):
        replace(FULL, kind=kind, secrets={}).headers()


@pytest.mark.parametrize("value", ["canary\r\nX-Evil: 1", "canary\0", "canary \u20ac"])
def test_what_no_header_may_have_is_not_sent_and_not_shown(value: str) -> None:
    with pytest.raises(ValueError, match="characters that no header may have") as caught:
        replace(FULL, kind=record.HEADER, secrets={"value": Secret(value)}).headers()
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    ("host", "port", "scheme", "reached"),
    [
        ("engage.example.com", None, "https", True),
        ("engage.example.com", 443, "https", True),
        ("ENGAGE.example.com", 443, "https", True),
        ("engage.example.com", 80, "http", True),
        ("engage.example.com", 443, "http", False),
        ("engage.example.com", 8443, "https", False),
        ("engage.example.com.", None, "https", False),
        ("evil.engage.example.com", None, "https", False),
        ("example.com", None, "https", False),
        ("\u0435ngage.example.com", None, "https", False),
        ("engage.example.com", None, "ftp", False),
        ("127.0.0.1", 8080, "http", True),
        ("127.0.0.1", None, "http", False),
        ("::1", 8080, "http", True),
        ("[::1]", 8080, "https", True),
        ("::1", 8081, "http", False),
    ],
)
def test_only_its_own_hosts_are_reached(host: str, port: int | None, scheme: str, *, reached: bool) -> None:
    assert FULL.reaches(host, port, scheme) is reached


def test_what_is_left_of_a_deleted_one() -> None:
    left = FULL.deleted(NOW)
    assert (left.name, left.state, left.deleted_at, left.secrets) == ("engage", record.DELETED, NOW, {})
    assert Authorization.from_json(left.to_json()) == left
