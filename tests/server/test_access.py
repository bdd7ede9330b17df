from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from starlette.datastructures import Headers

from flowengine.server.access import NOBODY, SESSION_SECONDS, TICKET_SECONDS, Access
from flowengine.server.routing import ApiError, Caller
from flowengine.server.tokens import TokenFile
from flowengine.studio.routes import routes

COOKIE = "flowengine-8080"


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tokens(tmp_path: Path) -> TokenFile:
    return TokenFile(tmp_path / "tokens.json")


def session(secret: str) -> Headers:
    return Headers({"cookie": f"other=1; {COOKIE}={secret}"})


def test_without_tokens_this_machine_may_do_everything_and_no_other(tokens: TokenFile, clock: Clock) -> None:
    assert Access(tokens, clock, is_local=True).caller(Headers({}), COOKIE) == Caller("local", "edit")
    assert Access(tokens, clock, is_local=False).caller(Headers({}), COOKIE) == NOBODY
    assert Access(tokens, clock, is_local=True, demands=True).caller(Headers({}), COOKIE) == NOBODY


def test_a_ticket_opens_one_session_once_and_soon(tokens: TokenFile, clock: Clock) -> None:
    access = Access(tokens, clock, is_local=True, demands=True)
    ticket = access.ticket("operate")
    secret = access.redeem(ticket)
    assert secret is not None
    assert secret != ticket
    assert access.redeem(ticket) is None
    assert access.caller(session(secret), COOKIE) == Caller("session", "operate", has_session=True)
    assert access.caller(session(ticket), COOKIE) == NOBODY
    assert access.caller(session(secret + "x"), COOKIE) == NOBODY
    assert access.caller(session(secret), "flowengine-1") == NOBODY
    late = access.ticket()
    clock.now += TICKET_SECONDS
    assert access.redeem(late) is None
    clock.now += SESSION_SECONDS
    assert access.caller(session(secret), COOKIE) == NOBODY


def test_a_wrong_token_is_no_reason_to_take_the_session(tokens: TokenFile, clock: Clock) -> None:
    access = Access(tokens, clock, is_local=True)
    secret = access.redeem(access.ticket())
    headers = Headers({"authorization": "Bearer wrong", "cookie": f"{COOKIE}={secret}"})
    with pytest.raises(ApiError) as refused:
        access.caller(headers, COOKIE)
    assert refused.value.status == 401


def test_tokens_that_cannot_be_read_let_nobody_in(tokens: TokenFile, clock: Clock) -> None:
    secret = tokens.add("ada", "read", 0.0)
    tokens.path.chmod(0o644)
    access = Access(tokens, clock, is_local=True)
    for headers in ({}, {"authorization": f"Bearer {secret}"}):
        with pytest.raises(ApiError) as refused:
            access.caller(Headers(headers), COOKIE)
        assert (refused.value.status, refused.value.code) == (503, "tokens-unreadable")


def test_an_unreadable_cookie_is_none(tokens: TokenFile, clock: Clock) -> None:
    access = Access(tokens, clock, is_local=True, demands=True)
    for cookie in ("\x7f;;=", f"{COOKIE}", f"{COOKIE}=", '"', "a" * 5000, f"{COOKIE}=a, {COOKIE}=b"):
        assert access.caller(Headers({"cookie": cookie}), COOKIE) == NOBODY


def test_a_page_changes_its_ticket_for_a_cookie(serving: Any) -> None:
    server = serving(routes, demands=True)
    assert server.client.get("/api/flows").status_code == 401
    ticket = server.world.access.ticket()
    answer = server.client.get("/enter", params={"ticket": ticket})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"flowengine-{server.world.port}=")
    assert {"HttpOnly", "Path=/", "SameSite=strict"} <= {one.strip() for one in cookie.split(";")}
    assert server.client.get("/api/flows").status_code == 200, "the client keeps cookies"
    body = {"text": "flow: x\n"}
    assert server.client.post("/api/validate", json=body).status_code == 403, "no browser says where it comes from"
    ours = {"origin": f"http://127.0.0.1:{server.world.port}"}
    assert server.client.post("/api/validate", json=body, headers=ours).status_code == 200
    server.client.cookies.clear()
    again = server.client.get("/enter", params={"ticket": ticket})
    assert (again.status_code, again.json()["error"]["code"]) == (403, "used")
