from __future__ import annotations

import asyncio
import base64
import subprocess
import sys
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from flowengine.authorizations import oauth
from flowengine.authorizations.faults import OAuthRefused, OAuthUnreachable
from flowengine.authorizations.record import AUTHORIZED, NEEDS_REAUTHORIZATION, PENDING, Authorization
from flowengine.authorizations.secret import Secret
from flowengine.effects.http import shared_client

NOW = 1_767_225_600.0
Make = Callable[..., Authorization]


def run(function: Callable[..., Any], *arguments: Any) -> Any:
    async def running() -> Any:
        return await function(shared_client(), *arguments)

    return asyncio.run(running())


def refresh(authorization: Authorization) -> Authorization:
    renewed = run(oauth.refresh_token, authorization, NOW)
    assert isinstance(renewed, Authorization)
    return renewed


def unreachable(authorization: Authorization) -> str:
    with pytest.raises(OAuthUnreachable) as fault:
        refresh(authorization)
    return str(fault.value)


def refused(authorization: Authorization) -> str:
    with pytest.raises(OAuthRefused) as fault:
        refresh(authorization)
    return str(fault.value)


def test_client_credentials_are_sent_in_the_form(authority: Any, client_credentials: Make) -> None:
    granted = run(oauth.fetch_token, client_credentials(scopes=("read", "write"), state=PENDING), NOW)
    assert authority.asked == [
        {
            "grant_type": "client_credentials",
            "scope": "read write",
            "client_id": "client",
            "client_secret": "client-secret-canary",
        }
    ]
    assert authority.headers[0]["Content-Type"] == "application/x-www-form-urlencoded"
    assert granted.secrets["access_token"].reveal() in authority.access
    assert (granted.state, granted.expires_at, granted.authorized_at) == (AUTHORIZED, NOW + 3600, NOW)


def test_a_server_that_wants_the_client_secret_in_a_header_gets_it_there(
    authority: Any, client_credentials: Make
) -> None:
    authority.wants_basic = True
    granted = run(oauth.fetch_token, client_credentials(), NOW)
    assert granted.secrets["access_token"].reveal() in authority.access
    assert [("client_secret" in form) for form in authority.asked] == [True, False]
    assert base64.b64decode(authority.headers[1]["Authorization"].removeprefix("Basic ")).startswith(b"client:")


def test_a_client_secret_in_a_header_is_form_encoded_first(authority: Any, client_credentials: Make) -> None:
    authority.wants_basic = True
    secret = Secret("p\u00e4ss:word+\u20ac")
    with pytest.raises(OAuthRefused):
        run(oauth.fetch_token, client_credentials(secrets={"client_secret": secret}), NOW)
    sent = base64.b64decode(authority.headers[1]["Authorization"].removeprefix("Basic "))
    assert sent == b"client:p%C3%A4ss%3Aword%2B%E2%82%AC"


def test_a_public_client_sends_its_id_and_the_refresh_token(authority: Any, logged_in: Make) -> None:
    old = logged_in(authorized_at=1.0)
    renewed = refresh(old)
    assert authority.asked == [
        {
            "grant_type": "refresh_token",
            "refresh_token": old.secrets["refresh_token"].reveal(),
            "client_id": "flowengine",
        }
    ]
    assert renewed.secrets["refresh_token"].reveal() in authority.refresh
    assert renewed.authorized_at == 1.0
    assert renewed.expires_at == NOW + 3600


def test_an_answer_without_a_refresh_token_keeps_the_old_one(authority: Any, logged_in: Make) -> None:
    authority.rotates = False
    old = logged_in()
    renewed = refresh(old)
    assert renewed.secrets["refresh_token"] == old.secrets["refresh_token"]
    assert renewed.secrets["access_token"] != old.secrets["access_token"]


def test_an_answer_with_the_tokens_that_are_known_already(authority: Any, logged_in: Make) -> None:
    old = logged_in()
    authority.give(200, {name: old.secrets[name].reveal() for name in ("access_token", "refresh_token")})
    assert refresh(old).secrets == old.secrets


@pytest.mark.parametrize(
    ("said", "known"),
    [
        ({}, None),
        ({"expires_in": "120"}, NOW + 120),
        ({"expires_in": 90.5}, NOW + 90.5),
        ({"expires_in": 0}, None),
        ({"expires_in": -1}, None),
        ({"expires_in": True}, None),
        ({"expires_in": "soon"}, None),
        ({"expires_in": "nan"}, None),
        ({"expires_in": ["3600"]}, None),
        ({"expires_in": 10**400}, None),
        ({"expires_in": 1e300}, NOW + 315_360_000),
    ],
)
def test_how_long_a_token_lives(authority: Any, logged_in: Make, said: dict[str, Any], known: float | None) -> None:
    authority.give(200, {"access_token": "new-access-token", **said})
    assert refresh(logged_in()).expires_at == known


@pytest.mark.parametrize(
    ("scope", "known"),
    [("a b", ("a", "b")), (["a", "b"], ("a", "b")), ("", ("asked",)), (None, ("asked",)), (7, ("asked",))],
)
def test_granted_scopes(authority: Any, logged_in: Make, scope: Any, known: tuple[str, ...]) -> None:
    authority.give(200, {"access_token": "new-access-token", "scope": scope})
    assert refresh(logged_in(scopes=("asked",))).scopes == known


def test_success_ends_what_was_wrong(logged_in: Make) -> None:
    renewed = refresh(logged_in(state=NEEDS_REAUTHORIZATION, reason="revoked"))
    assert (renewed.state, renewed.reason, renewed.authorized_at) == (AUTHORIZED, None, NOW)


@pytest.mark.parametrize(
    ("status", "body", "sentence"),
    [
        (400, {"error": "invalid_grant"}, "refused it: invalid_grant"),
        (401, {"error": "invalid_client", "error_description": "who?"}, "refused it: invalid_client (who?)"),
        (400, {"error": "unauthorized_client"}, "refused it: unauthorized_client"),
        (403, {"error": "access_denied"}, "refused it: access_denied"),
        (200, {"error": "bad_refresh_token"}, "refused it: bad_refresh_token"),
    ],
)
def test_the_server_says_no(authority: Any, logged_in: Make, status: int, body: Any, sentence: str) -> None:
    authority.give(status, body)
    assert refused(logged_in()) == f"{urlsplit(authority.url).netloc} {sentence}"


@pytest.mark.parametrize(
    ("status", "body", "sentence"),
    [
        (500, {"error": "invalid_grant"}, "answered with status 500: invalid_grant"),
        (503, b"", "answered with status 503 and no token"),
        (429, {"error": "slow_down"}, "answered with status 429: slow_down"),
        (400, {"error": "temporarily_unavailable"}, "answered with status 400: temporarily_unavailable"),
        (400, {"error": {"code": 7}}, "answered with status 400 and no token"),
        (403, b"<html>firewall</html>", "answered with status 403 and no token"),
        (200, b"<html>log in</html>", "answered with status 200 and no token"),
        (200, b"", "answered with status 200 and no token"),
        (200, [], "answered with status 200 and no token"),
        (200, {"access_token": "t", "token_type": "mac"}, "gave a token of type 'mac'; only Bearer is known"),
        (200, {"access_token": "t", "token_type": 7}, "gave a token of type '7'; only Bearer is known"),
        (200, {"access_token": ""}, "gave a token that no header can carry"),
        (200, {"access_token": "a\r\nX: y"}, "gave a token that no header can carry"),
        (200, {"access_token": ["t"]}, "gave a token that no header can carry"),
        (200, {"access_token": "t", "refresh_token": {}}, "gave a token that no header can carry"),
        (200, {"access_token": "t" * 70_000}, " is larger than 65,536 bytes"),
        (200, b"[" * 1000, "answered with status 200 and no token"),
    ],
)
def test_answers_that_say_nothing_of_the_grant(
    authority: Any, logged_in: Make, status: int, body: Any, sentence: str
) -> None:
    authority.give(status, body)
    assert sentence in unreachable(logged_in())


def test_a_redirect_is_not_followed(authority: Any, logged_in: Make) -> None:
    authority.give(307, b"", Location=f"{authority.url}/elsewhere")
    assert "answered with a redirect (307), which is not followed" in unreachable(logged_in())
    assert authority.called == []


def test_nobody_listens(logged_in: Make, closed_port: int) -> None:
    assert "could not be asked: " in unreachable(logged_in(token_url=f"http://127.0.0.1:{closed_port}/token"))


def test_a_server_that_does_not_answer(authority: Any, logged_in: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    authority.gate.clear()
    monkeypatch.setattr(oauth, "TIME_LIMIT", 0.05)
    assert "did not answer within 0.05 s" in unreachable(logged_in())


@pytest.mark.parametrize(
    "address",
    [
        "http://auth.example.com/token",
        "ftp://127.0.0.1/token",
        "http://127.0.0.1.example.com/token",
        "https://user:pass@auth.example.com/token",
        "http://[::1/token",
        "",
        None,
    ],
)
def test_addresses_that_secrets_are_not_sent_to(logged_in: Make, address: str | None) -> None:
    assert "is not one that begins with https://" in unreachable(logged_in(token_url=address))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_this_machine_may_be_asked_without_tls(logged_in: Make, closed_port: int, host: str) -> None:
    assert "could not be asked: " in unreachable(logged_in(token_url=f"http://{host}:{closed_port}/token"))


def test_an_error_that_echoes_a_secret_or_would_act_on_a_terminal_is_shown_harmless(
    authority: Any, logged_in: Make
) -> None:
    old = logged_in()
    echo = f"token {old.secrets['refresh_token'].reveal()} \x1b[31m\u202e is unknown {'x' * 500}"
    authority.give(400, {"error": "invalid_grant", "error_description": echo})
    reason = refused(old)
    assert "(token [secret]  [31m  is unknown xxx" in reason
    assert len(reason) < 300


def test_the_authorize_address_has_pkce_and_no_verifier(logged_in: Make) -> None:
    login = oauth.new_login("http://127.0.0.1:8080/callback")
    address = oauth.authorize_address(logged_in(scopes=("a", "b"), authorize_url="https://e.example/auth?x=1"), login)
    query = parse_qs(urlsplit(address).query)
    assert address.startswith("https://e.example/auth?")
    assert query.pop("code_challenge") != [login.verifier]
    assert query == {
        "x": ["1"],
        "response_type": ["code"],
        "client_id": ["flowengine"],
        "redirect_uri": ["http://127.0.0.1:8080/callback"],
        "scope": ["a b"],
        "state": [login.state],
        "code_challenge_method": ["S256"],
    }
    assert login.verifier not in address
    assert len(login.verifier) >= 43


def test_a_login_forgets_the_refresh_token_of_the_one_before(authority: Any, logged_in: Make) -> None:
    authority.give(200, {"access_token": "new-access-token"})
    granted = run(oauth.exchange_code, logged_in(), NOW, oauth.new_login("http://127.0.0.1:1/callback"), "code-1")
    assert set(granted.secrets) == {"access_token"}
    assert granted.authorized_at == NOW


def test_revoking_names_the_refresh_token(authority: Any, logged_in: Make) -> None:
    authorization = logged_in()
    run(oauth.revoke, authorization)
    assert authority.revoked == [
        {
            "token": authorization.secrets["refresh_token"].reveal(),
            "token_type_hint": "refresh_token",
            "client_id": "flowengine",
        }
    ]


def test_revoking_where_there_is_nothing_to_revoke(authority: Any, logged_in: Make) -> None:
    run(oauth.revoke, logged_in(revoke_url=None))
    run(oauth.revoke, logged_in(secrets={"client_secret": Secret("client-secret-canary")}))
    assert authority.revoked == []


def test_a_revocation_that_fails_says_so(authority: Any, logged_in: Make) -> None:
    authority.give(503, b"")
    with pytest.raises(OAuthUnreachable, match="status 503"):
        run(oauth.revoke, logged_in(revoke_url=f"{authority.url}/token"))


def test_it_imports_neither_cryptography_nor_keyring() -> None:
    code = "import sys, flowengine.authorizations.oauth, flowengine.authorizations.life as life; print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True).stdout
    assert not {"cryptography", "keyring", "joserfc"} & set(modules.split())
