"""Every route of the table, with every right: what is not granted is refused, whichever way it is asked for."""

from __future__ import annotations

import http.client
import re
from itertools import product
from typing import Any

import pytest

from flowengine.server.api import ROUTES
from flowengine.server.limits import Limits, Rate
from flowengine.server.routing import RIGHTS, Route

GUARDED = [route for route in ROUTES if route.right in RIGHTS]
TRICKS = (
    "{path}/",
    "/{path}",
    "{path}/configs",
    "{path}/healthz",
    "{path};x=1",
    "{path}%2f",
    "{path}%00",
    "{path}%0a",
    "{path}/.",
    "{path}/../../healthz",
    "{path}/%2e%2e/%2e%2e/healthz",
    "/healthz/..{path}",
    "/healthz/%2e%2e{path}",
    "/healthz%2f..{path}",
    "{path}.json",
    "{path}%3f",
    "{path}\\",
    "{upper}",
    "http://127.0.0.1{path}",
    "*",
)
REFUSED = {400, 401, 404, 405}


def ask(server: Any, method: str, target: str, **headers: str) -> int:
    """Send a target as it is written: clients tidy paths up."""
    connection = http.client.HTTPConnection("127.0.0.1", server.world.port, timeout=20)
    try:
        connection.putrequest(method, target, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name.replace("_", "-"), value)
        connection.endheaders()
        return connection.getresponse().status
    finally:
        connection.close()


def path_of(route: Route) -> str:
    return re.sub(r"\{[^}]+\}", "1", route.path)


@pytest.fixture
def guarded(serving: Any, tokens: dict[str, str]) -> Any:
    """A server with a token of each right."""
    assert tokens
    return serving()


def test_the_matrix_of_rights_and_routes(guarded: Any, tokens: dict[str, str]) -> None:
    wrong = []
    for route in GUARDED:
        for right, secret in tokens.items():
            may = RIGHTS.index(right) >= RIGHTS.index(route.right)
            status = ask(guarded, route.method, path_of(route), authorization=f"Bearer {secret}")
            if (status == 403) is may or status in {401, 500}:
                wrong.append((route.name, right, status))
        if (status := ask(guarded, route.method, path_of(route))) != 401:
            wrong.append((route.name, "none", status))
        for made_up in ("Bearer nonsense", "Bearer ", "Basic YTpi", "bearer", "Bearer fe_\xe4"):
            status = ask(guarded, route.method, path_of(route), authorization=made_up)
            wrong += [(route.name, made_up, status)] if status != 401 else []
    assert not wrong


def test_no_way_of_writing_a_path_gives_more(guarded: Any, tokens: dict[str, str]) -> None:
    wrong = []
    for route, trick in product(GUARDED, TRICKS):
        path = path_of(route)
        target = trick.format(path=path, upper=path.upper())
        status = ask(guarded, route.method, target)
        if status not in REFUSED:
            wrong.append((route.name, target, status))
        if route.right != "read":
            status = ask(guarded, route.method, target, authorization=f"Bearer {tokens['read']}")
            if status not in {400, 403, 404, 405}:
                wrong.append((route.name, target, "read", status))
    assert not wrong


def test_other_methods_and_overrides_give_no_more(guarded: Any, tokens: dict[str, str]) -> None:
    known = {(route.method, route.path) for route in ROUTES}
    wrong = []
    for route in GUARDED:
        for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"):
            if (method, route.path) in known:
                continue
            status = ask(guarded, method, path_of(route))
            if status not in {401, 405}:
                wrong.append((method, route.name, status))
        if route.method == "POST" and route.right != "read":
            for name in ("X-HTTP-Method-Override", "X-Method-Override", "X-Original-URL", "X-Rewrite-URL"):
                headers = {name: "/healthz" if "URL" in name else "GET", "authorization": f"Bearer {tokens['read']}"}
                status = ask(guarded, route.method, path_of(route), **headers)
                if status != 403:
                    wrong.append((name, route.name, status))
    assert not wrong


def test_head_is_get_without_a_body(guarded: Any, tokens: dict[str, str]) -> None:
    assert ask(guarded, "HEAD", "/api/flows") == 401
    assert ask(guarded, "HEAD", "/api/flows", authorization=f"Bearer {tokens['read']}") == 200
    assert ask(guarded, "HEAD", "/api/live", authorization=f"Bearer {tokens['read']}") == 405, "it would not end"


def test_what_is_open_is_so_on_purpose() -> None:
    assert {route.name for route in ROUTES if route.right == "open"} == {"GET /healthz", "GET /readyz"}
    assert {route.path.split("/")[1] for route in ROUTES if route.right == "signed"} <= {"hooks", "callbacks"}


def test_a_token_that_has_ended_is_none(guarded: Any) -> None:
    secret = guarded.world.access.tokens.add("old", "edit", 0.0, 1.0)
    answer = guarded.client.get("/api/flows", headers={"Authorization": f"Bearer {secret}"})
    assert (answer.status_code, answer.json()["error"]["message"]) == (401, "this token has expired")


def test_a_token_ends_when_it_is_deleted(guarded: Any, tokens: dict[str, str]) -> None:
    headers = {"Authorization": f"Bearer {tokens['read']}"}
    assert guarded.client.get("/api/flows", headers=headers).status_code == 200
    for name in tokens:
        guarded.world.access.tokens.delete(name)
    assert guarded.client.get("/api/flows", headers=headers).status_code == 401
    assert guarded.client.get("/api/flows").status_code == 401, "that none is left opens nothing"


def test_whoever_may_not_call_is_told_before_the_body_is_read(guarded: Any) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", guarded.world.port, timeout=20)
    connection.putrequest("POST", "/api/runs")
    connection.putheader("Content-Type", "application/json")
    connection.putheader("Content-Length", "1000000")
    connection.endheaders()
    assert connection.getresponse().status == 401, "not a byte of the body was sent"
    connection.close()


def test_guessing_tokens_becomes_slow(serving: Any, tokens: dict[str, str]) -> None:
    server = serving(limits=Limits(failures=Rate(0.001, 2)))
    said = [server.client.get("/api/flows", headers={"Authorization": "Bearer x"}).status_code for _ in range(4)]
    assert said == [401, 401, 429, 429]
    good = server.client.get("/api/flows", headers={"Authorization": f"Bearer {tokens['read']}"})
    assert good.status_code == 200, "who has a token is not kept out"
