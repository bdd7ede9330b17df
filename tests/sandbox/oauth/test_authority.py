"""The token endpoint, revocation, metadata, and what a tester can do, with a clock of the test's own."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

if TYPE_CHECKING:
    from conftest import Clock, Person

    from flowengine.sandbox.oauth.authority import Authority

    Ask = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def own(authority: Authority) -> dict[str, str]:
    """The form of client credentials."""
    client = authority.clients.confidential
    return {
        "grant_type": "client_credentials",
        "client_id": client.client_id,
        "client_secret": client.secret or "",
    }


def test_a_code_is_traded_for_tokens_and_these_are_refreshed(
    person: Person, trade: Ask, ask: Ask, authority: Authority, clock: Clock
) -> None:
    status, first = trade(person.code())
    assert (status, first["scope"], first["expires_in"]) == (200, "conversations:read", 3600)
    clock.pass_seconds(3600)
    assert authority.tokens.scopes_of(first["access_token"]) is None
    status, second = ask(grant_type="refresh_token", client_id="flowengine", refresh_token=first["refresh_token"])
    assert status == 200
    assert authority.tokens.scopes_of(second["access_token"]) == ("conversations:read",)
    status, again = ask(grant_type="refresh_token", client_id="flowengine", refresh_token=first["refresh_token"])
    assert (status, again["error"]) == (400, "invalid_grant")
    assert authority.tokens.scopes_of(second["access_token"]) is None


def test_a_code_used_twice_takes_its_tokens_along(person: Person, trade: Ask, authority: Authority) -> None:
    code = person.code()
    _, first = trade(code)

    status, answer = trade(code)
    assert (status, answer["error"]) == (400, "invalid_grant")
    assert authority.tokens.scopes_of(first["access_token"]) is None


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code": None}, "invalid_request"),
        ({"code": "wrong"}, "invalid_grant"),
        ({"redirect_uri": None}, "invalid_request"),
        ({"redirect_uri": "http://localhost:50123/callback"}, "invalid_grant"),
        ({"code_verifier": None}, "invalid_request"),
        ({"code_verifier": "w" * 50}, "invalid_grant"),
        ({"client_id": None}, "invalid_client"),
        ({"client_id": "someone"}, "invalid_client"),
    ],
)
def test_a_code_alone_is_worth_nothing(person: Person, trade: Ask, changes: dict[str, str | None], error: str) -> None:
    status, answer = trade(**{"code": person.code(), **changes})

    assert (status, answer["error"]) == (401 if error == "invalid_client" else 400, error)


def test_a_code_is_not_for_the_other_client(person: Person, trade: Ask, own: dict[str, str]) -> None:
    status, answer = trade(person.code(), client_id=own["client_id"], client_secret=own["client_secret"])

    assert (status, answer["error"]) == (400, "invalid_grant")


def test_a_confidential_client_trades_codes_with_its_secret(person: Person, trade: Ask, own: dict[str, str]) -> None:
    client_id, secret = own["client_id"], own["client_secret"]
    assert trade(person.code(client_id=client_id), client_id=client_id)[0] == 401
    assert trade(person.code(client_id=client_id), client_id=client_id, client_secret=secret)[0] == 200


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"grant_type": None}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"client_id": None}, 401, "invalid_client"),
        ({"client_secret": ""}, 401, "invalid_client"),
        ({"client_id": "someone"}, 401, "invalid_client"),
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_secret": "é"}, 401, "invalid_client"),
        ({"scope": "everything"}, 400, "invalid_scope"),
        ({"client_id": "flowengine", "client_secret": None}, 400, "unauthorized_client"),
    ],
)
def test_no_token_for_a_wrong_form(
    ask: Ask, own: dict[str, str], changes: dict[str, str | None], status: int, error: str
) -> None:
    answered, answer = ask(**{**own, **changes})

    assert (answered, answer["error"]) == (status, error)
    assert "access_token" not in answer


def test_client_credentials_give_no_refresh_token(ask: Ask, own: dict[str, str]) -> None:
    status, answer = ask(**own)

    assert (status, answer["token_type"], "refresh_token" in answer) == (200, "Bearer", False)
    assert "conversations:write" in answer["scope"].split(" ")
    assert ask(**own, scope="conversations:read")[1]["scope"] == "conversations:read"


@pytest.mark.parametrize("form", [b"\xff", b"&".join([b"a=1"] * 100), b"grant_type=client_credentials&grant_type=x"])
def test_a_body_that_is_no_form_is_refused(authority: Authority, form: bytes) -> None:
    for reply in (authority.token(form, ""), authority.revoke(form, "")):
        assert (reply.status, json.loads(reply.body)["error"]) == (400, "invalid_request")


def test_revoking(person: Person, trade: Ask, authority: Authority, own: dict[str, str]) -> None:
    def revoke(token: str | None, **client: str) -> int:
        form = {**client, **({} if token is None else {"token": token}), "token_type_hint": "whatever"}
        return authority.revoke(urlencode(form).encode(), "").status

    _, tokens = trade(person.code())
    confidential = {name: own[name] for name in ("client_id", "client_secret")}
    assert revoke(None, client_id="flowengine") == 400
    assert revoke(tokens["refresh_token"]) == 401
    assert revoke(tokens["refresh_token"], **confidential) == 400
    assert revoke("never issued", client_id="flowengine") == 200
    assert authority.tokens.scopes_of(tokens["access_token"])
    assert revoke(tokens["refresh_token"], client_id="flowengine") == 200
    assert authority.tokens.scopes_of(tokens["access_token"]) is None


def test_the_own_token_is_made_anew_when_it_has_ended(authority: Authority, clock: Clock) -> None:
    first = authority.own
    assert authority.own == first
    clock.pass_seconds(3600)
    second = authority.own
    assert second != first
    authority.revoke_all()
    assert authority.tokens.scopes_of(second) is None
    assert authority.tokens.scopes_of(authority.own)


def test_changed_credentials_end_everything_that_was_there(
    person: Person, trade: Ask, ask: Ask, own: dict[str, str], clock: Clock
) -> None:
    authority = person.authority
    _, tokens = trade(person.code())
    waiting = person.code()
    _, machine = ask(**own)
    before = authority.state()
    clock.pass_seconds(1)

    authority.change_credentials()

    after = authority.state()
    for name in ("password", "clientSecret"):
        assert before[name] != after[name]
    assert (before["changes"], before["changedAt"]) == (0, None)
    assert (after["changes"], after["changedAt"]) == (1, "2026-11-23T10:00:01Z")
    assert (after["clientId"], after["publicClientId"]) == (before["clientId"], before["publicClientId"])
    assert after["tokens"] == {"access": 0, "refresh": 0}
    for token in (tokens["access_token"], machine["access_token"]):
        assert authority.tokens.scopes_of(token) is None
    refresh = ask(grant_type="refresh_token", client_id="flowengine", refresh_token=tokens["refresh_token"])
    assert (refresh[0], refresh[1]["error"]) == (400, "invalid_grant")
    assert trade(waiting)[1]["error"] == "invalid_grant"
    assert ask(**own)[1]["error"] == "invalid_client"
    assert b"<h1>Log in</h1>" in person.open().body
    assert b"do not belong together" in person.submit(login="agent@example.com", password=before["password"]).body
    assert trade(person.code())[0] == 200
    assert ask(**{**own, "client_secret": after["clientSecret"]})[0] == 200


def test_revoking_all_leaves_the_credentials(person: Person, trade: Ask, authority: Authority) -> None:
    trade(person.code())
    before = authority.state()

    assert authority.revoke_all() == 1
    assert authority.state() == {**before, "tokens": {"access": 0, "refresh": 0}}
    assert b"Allow access?" in person.open().body
