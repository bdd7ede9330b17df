"""Other pages in the browser: by a name that resolves to us, or by a request across sites."""

from __future__ import annotations

import socket
from typing import Any

import pytest
from starlette.datastructures import Headers

from flowengine.server.protection import Names, check_site, read_name
from flowengine.server.routing import ApiError

OURS = ("http://127.0.0.1:8080",)
JSON = {"content-type": "application/json"}
START = b'{"flow": "greet"}'


def send(server: Any, raw: str) -> int:
    """Send a request as it is written, and return the status of the answer."""
    with socket.create_connection(("127.0.0.1", server.world.port), timeout=20) as connection:
        connection.sendall(raw.replace("\n", "\r\n").encode())
        return int(connection.makefile("rb").readline().split()[1])


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ("Host: 127.0.0.1:PORT\n", 200),
        ("Host: localhost:PORT\n", 200),
        ("Host: LOCALHOST:PORT\n", 200),
        ("Host: [::1]:PORT\n", 200),
        ("Host: evil.example\n", 421),
        ("Host: evil.example:PORT\n", 421),
        ("Host: 127.0.0.1:PORT.evil.example\n", 421),
        ("Host: 127.0.0.1\n", 421),
        ("Host: 127.0.0.1:1\n", 421),
        ("Host: user@127.0.0.1:PORT\n", 421),
        ("Host: localhost.:PORT\n", 421),
        ("Host: 0.0.0.0:PORT\n", 421),
        ("Host: \n", 421),
        ("", 400),
        ("Host: 127.0.0.1:PORT\nHost: 127.0.0.1:PORT\n", 400),
        ("Host: 127.0.0.1:PORT\nHost: evil.example\n", 400),
        ("Host: evil.example\nX-Forwarded-Host: 127.0.0.1:PORT\n", 421),
    ],
)
@pytest.mark.parametrize("path", ["/api/flows", "/healthz"])
def test_a_request_for_another_host_gets_nothing(shared: Any, path: str, headers: str, status: int) -> None:
    lines = headers.replace("PORT", str(shared.world.port))
    assert send(shared, f"GET {path} HTTP/1.1\n{lines}Connection: close\n\n") == status


def test_a_stream_is_not_opened_for_another_host_either(shared: Any) -> None:
    assert send(shared, "GET /api/live HTTP/1.1\nHost: evil.example\n\n") == 421


@pytest.mark.parametrize("target", ["http://evil.example/api/flows", "http://127.0.0.1:1/api/flows", "*", "api/flows"])
def test_a_target_that_is_no_path_gets_nothing(shared: Any, target: str) -> None:
    assert send(shared, f"GET {target} HTTP/1.1\nHost: 127.0.0.1:{shared.world.port}\nConnection: close\n\n") == 400


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ({}, True),
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "none"}, True),
        ({"sec-fetch-site": "same-site"}, False),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "nonsense"}, False),
        ({"sec-fetch-site": "cross-site", "origin": "ORIGIN"}, False),
        ({"origin": "ORIGIN"}, True),
        ({"origin": "http://evil.example"}, False),
        ({"origin": "null"}, False),
        ({"origin": ""}, False),
        ({"origin": "http://127.0.0.1:1"}, False),
        ({"origin": "https://127.0.0.1:PORT"}, False),
        ({"origin": "http://127.0.0.1:PORT.evil.example"}, False),
    ],
)
@pytest.mark.parametrize("path", ["/api/runs", "/api/runs/nothing/cancel", "/api/validate"])
def test_what_another_site_sends_is_refused(shared: Any, path: str, headers: dict[str, str], *, allowed: bool) -> None:
    port = str(shared.world.port)
    sent = {
        name: text.replace("ORIGIN", f"http://127.0.0.1:{port}").replace("PORT", port) for name, text in headers.items()
    }
    answer = shared.client.post(path, content=START, headers={**JSON, **sent})
    assert (answer.status_code != 403) is allowed
    assert "access-control-allow-origin" not in answer.headers
    if not allowed:
        assert answer.json()["error"]["code"] == "cross-site"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_looking_from_another_site_is_refused_but_for_following_a_link(method: str) -> None:
    for site in ("cross-site", "same-site"):
        with pytest.raises(ApiError):
            check_site(method, Headers({"sec-fetch-site": site, "sec-fetch-mode": "no-cors"}), OURS, has_session=False)
        check_site(method, Headers({"sec-fetch-site": site, "sec-fetch-mode": "navigate"}), OURS, has_session=False)
    check_site(method, Headers({"sec-fetch-site": "same-origin"}), OURS, has_session=True)


def test_a_session_is_not_enough_where_no_browser_says_where_it_comes_from() -> None:
    with pytest.raises(ApiError):
        check_site("POST", Headers({}), OURS, has_session=True)
    check_site("POST", Headers({"origin": OURS[0]}), OURS, has_session=True)
    check_site("GET", Headers({}), OURS, has_session=True)


@pytest.mark.parametrize(
    "media",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "", "application/jsonx"],
)
def test_a_form_cannot_say_anything(shared: Any, media: str) -> None:
    before = shared.client.get("/api/runs").json()
    assert shared.client.post("/api/runs", content=START, headers={"content-type": media}).status_code == 415
    assert shared.client.get("/api/runs").json() == before


def test_every_answer_is_closed_to_other_pages(shared: Any) -> None:
    for path in ("/api/flows", "/nothing", "/healthz", "/metrics", "/api/flows/nothing"):
        headers = shared.client.get(path).headers
        assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'")
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert headers["cache-control"] == "no-store"
        assert "shared" not in headers
        assert not [name for name in headers if name.startswith("access-control")]


def test_there_is_no_preflight(shared: Any) -> None:
    headers = {"origin": "http://evil.example", "access-control-request-method": "POST"}
    answer = shared.client.options("/api/runs", headers=headers)
    assert answer.status_code == 405
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_names_that_were_added_are_answered_to(serving: Any) -> None:
    server = serving(names=("flows.example.com",))
    request = "GET /healthz HTTP/1.1\nHost: {}\nConnection: close\n\n"
    assert send(server, request.format("Flows.Example.com")) == 200
    assert send(server, request.format("other.example.com")) == 421
    names = Names(8080, ["flows.example.com"])
    assert names.origins("flows.example.com") == ("https://flows.example.com", "http://flows.example.com")
    assert names.is_public("flows.example.com")
    assert not names.is_public("127.0.0.1:8080")


@pytest.mark.parametrize(
    "written", ["flows.example.com", "flows.example.com:8443", "[2001:db8::1]:80", "10.0.0.5:8080"]
)
def test_a_name_may_have_a_port(written: str) -> None:
    assert read_name(written.upper()) == written


@pytest.mark.parametrize("written", ["", "*", "https://flows.example.com", "a/b", "a b", "a:", "a:b", "-a", "a@b"])
def test_what_is_no_name_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="not a host name"):
        read_name(written)
