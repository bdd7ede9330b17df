"""Bodies and queries: what is too large, too slow, too deep or not as it has to be."""

from __future__ import annotations

import gzip
import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from flowengine.server.limits import Limits
from flowengine.server.routing import MOST_BYTES

JSON = {"content-type": "application/json"}


def post(server: Any, content: bytes | Iterator[bytes], **headers: str) -> Any:
    return server.client.post("/api/runs", content=content, headers={**JSON, **headers})


@pytest.mark.parametrize(
    ("raw", "status", "said"),
    [
        (b"", 400, "not JSON"),
        (b"{", 400, "not JSON"),
        (b"\xff", 400, "UTF-8"),
        (b'{"flow": NaN}', 400, "not JSON"),
        (b'{"flow": "a", "flow": "greet"}', 400, "flow"),
        (b'{"flow": "\\ud800"}', 400, "not JSON"),
        (b'{"flow": "greet", "trigger": ' + b"[" * 100 + b"]" * 100 + b"}", 400, "deeper"),
        (b'{"flow": "greet", "trigger": ' + b"[" * 200_000 + b"]" * 200_000 + b"}", 400, "deeper"),
        (b"[]", 422, "expected a map"),
        (b"null", 422, "expected a map"),
        (b"{}", 422, "'flow' is missing"),
        (b'{"flow": 1}', 422, "flow: expected text"),
        (b'{"flow": "greet", "Trigger": {}}', 422, "did you mean 'trigger'?"),
        (b'{"flow": "greet", "__proto__": {}}', 422, "unknown key '__proto__'"),
    ],
)
def test_a_body_that_is_not_as_it_has_to_be_is_refused(shared: Any, raw: bytes, status: int, said: str) -> None:
    answer = post(shared, raw)
    assert answer.status_code == status
    assert said in answer.json()["error"]["message"]
    assert len(answer.content) < 5_000


def test_a_body_is_counted_whether_it_says_its_size_or_not(shared: Any) -> None:
    large = b'{"flow": "' + b"x" * MOST_BYTES + b'"}'
    assert post(shared, large).status_code == 413
    pieces = (large[at : at + 60_000] for at in range(0, len(large), 60_000))
    assert post(shared, pieces).status_code == 413


def test_a_compressed_body_is_refused(shared: Any) -> None:
    assert post(shared, gzip.compress(b'{"flow": "greet"}'), **{"content-encoding": "gzip"}).status_code == 415


def test_a_body_that_trickles_is_given_up(serving: Any) -> None:
    server = serving(limits=Limits(body_within=0.1))
    with socket.create_connection(("127.0.0.1", server.world.port), timeout=20) as connection:
        head = f"POST /api/runs HTTP/1.1\r\nHost: 127.0.0.1:{server.world.port}\r\nContent-Type: application/json\r\n"
        connection.sendall(f"{head}Content-Length: 100\r\n\r\n{{".encode())
        assert connection.makefile("rb").readline().split()[1] == b"408"


def test_a_body_that_is_cut_off_starts_nothing(server: Any) -> None:
    with socket.create_connection(("127.0.0.1", server.world.port), timeout=20) as connection:
        head = f"POST /api/runs HTTP/1.1\r\nHost: 127.0.0.1:{server.world.port}\r\nContent-Type: application/json\r\n"
        connection.sendall(f'{head}Content-Length: 100\r\n\r\n{{"flow": "greet"}}'.encode())
    assert server.client.get("/api/runs").json()["runs"] == []


def test_a_body_that_may_be_left_out_may(shared: Any) -> None:
    assert shared.client.post("/api/runs/nothing/cancel").status_code == 404
    assert shared.client.post("/api/runs/nothing/cancel", json={"reason": "x"}).status_code == 404
    assert shared.client.post("/api/runs/nothing/cancel", json={"why": "x"}).status_code == 422


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("limit=0", "1 or more"),
        ("limit=1001", "1000 or less"),
        ("limit=x", "a whole number"),
        ("limit=1e3", "a whole number"),
        ("limit=%D9%A1", "a whole number"),
        ("limit=" + "9" * 30, "a whole number"),
        ("limit=", "a whole number"),
        ("limit=1&limit=2", "given 2 times"),
        ("status=done", "expected one of running"),
        ("since=yesterday", "since yesterday: expected a duration"),
        ("Status=running", "unknown parameter"),
        ("x'%20OR%20'1'='1=1", "unknown parameter"),
        ("flow=" + "x" * 201, "at most 200"),
    ],
)
def test_a_query_that_is_not_as_it_has_to_be_is_refused(shared: Any, query: str, said: str) -> None:
    answer = shared.client.get(f"/api/runs?{query}")
    assert answer.status_code == 422
    assert said in answer.json()["error"]["message"]


def test_what_is_looked_for_is_a_value_and_never_a_statement(server: Any) -> None:
    server.ended(server.start("greet", trigger={"sms": {"message": "hello"}}))
    for text in ("x') OR '1'='1", '"', "%", "_", "\\", "'; DROP TABLE runs; --"):
        answer = server.client.get("/api/runs", params={"text": text, "flow": text})
        assert answer.json()["runs"] == []
    assert json.loads(server.client.get("/api/runs").content)["counts"]["succeeded"] == 1
