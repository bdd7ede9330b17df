"""What happens, as it happens: cursors, heartbeats, slow readers, and runs that another process walks."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from flowengine.journal.appended import SqliteTail
from flowengine.server.limits import Limits
from flowengine.server.routing import Route
from flowengine.server.streaming import Event, EventStream

SMS = {"sms": {"message": "hello"}}


@contextmanager
def looking_on(server: Any, read_events: Any, path: str, **options: Any) -> Iterator[Iterator[dict[str, Any]]]:
    with server.client.stream("GET", path, **options) as stream:
        assert stream.status_code == 200
        assert stream.headers["content-type"] == "text/event-stream"
        lines = stream.iter_lines()
        assert next(lines) == ": heartbeat", "it is open"
        yield read_events(lines)


def test_the_steps_of_a_run_are_told_and_then_its_end(server: Any, read_events: Any) -> None:
    run = server.start("greet", trigger=SMS, variables={"name": "Ada"})
    with looking_on(server, read_events, f"/api/runs/{run}/steps") as events:
        step, end = list(events)
    assert (step["event"], step["id"], step["data"]["step"]["node"]) == ("step", "1", "greet")
    assert (end["event"], end["data"]["run"]["status"]) == ("end", "succeeded")


def test_a_reader_goes_on_behind_what_it_has_seen(server: Any, read_events: Any) -> None:
    run = server.start("greet", trigger=SMS)
    server.ended(run)
    for options in ({"headers": {"last-event-id": "1"}}, {"params": {"after": 1}}, {"headers": {"last-event-id": "9"}}):
        with looking_on(server, read_events, f"/api/runs/{run}/steps", **options) as events:
            assert [one["event"] for one in events] == ["end"]
    with looking_on(server, read_events, f"/api/runs/{run}/steps", headers={"last-event-id": "x"}) as events:
        assert [one["event"] for one in events] == ["step", "end"]


def test_a_run_that_is_not_there_has_no_steps(server: Any) -> None:
    assert server.client.get("/api/runs/nothing/steps").status_code == 404
    assert server.client.get("/api/live", params={"after": -1}).status_code == 422


def test_all_runs_are_told_within_a_second(server: Any, read_events: Any) -> None:
    with looking_on(server, read_events, "/api/live") as events:
        run = server.start("greet", trigger=SMS)
        before = time.monotonic()
        started, step, ended = next(events), next(events), next(events)
        assert time.monotonic() - before < 1.0
    assert [one["event"] for one in (started, step, ended)] == ["started", "step", "ended"]
    assert started["data"]["run"]["id"] == step["data"]["run"] == ended["data"]["run"]["id"] == run
    assert step["data"]["flow"] == "greet"
    assert ended["data"]["run"]["status"] == "succeeded"
    assert int(started["id"]) < int(ended["id"])


def test_runs_of_other_processes_are_told_as_well(server: Any, read_events: Any, folder: Path) -> None:
    command = [sys.executable, "-m", "flowengine", "run", str(folder / "greet.yaml"), "--trigger", '{"sms": {}}']
    with looking_on(server, read_events, "/api/live") as events:
        subprocess.run([*command, "--db", str(server.world.database)], check=True, capture_output=True, timeout=30)
        assert [next(events)["event"] for _ in range(3)] == ["started", "step", "ended"]


def test_a_reader_of_all_runs_goes_on_behind_what_it_has_seen(server: Any, read_events: Any) -> None:
    with looking_on(server, read_events, "/api/live") as first:
        server.start("greet", trigger=SMS)
        seen = [next(first) for _ in range(3)]
        with looking_on(server, read_events, "/api/live", headers={"last-event-id": seen[0]["id"]}) as second:
            assert [next(second)["event"] for _ in range(2)] == ["step", "ended"]


def test_whoever_was_away_for_too_long_is_told_so(server: Any, read_events: Any) -> None:
    server.ended(server.start("greet", trigger=SMS))
    with looking_on(server, read_events, "/api/live", params={"after": 1}) as events:
        gap = next(events)
        assert gap["event"] == "gap", "nobody looked on when it happened"
        assert gap["data"]["after"] == 1
        assert int(gap["id"]) == gap["data"]["from"] > 1


def test_a_stream_with_nothing_to_say_shows_that_it_is_alive(serving: Any) -> None:
    server = serving(limits=Limits(heartbeat=0.1))
    with server.client.stream("GET", "/api/live") as stream:
        lines = stream.iter_lines()
        assert [next(lines) for _ in range(3)] == [": heartbeat", "", ": heartbeat"]


def test_streams_are_counted_and_given_back(serving: Any) -> None:
    server = serving(limits=Limits(streams=1))
    with server.client.stream("GET", "/api/live") as stream:
        lines = stream.iter_lines()
        assert next(lines) == ": heartbeat"
        refused = server.client.get("/api/live")
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
        assert server.client.get("/api/runs").status_code == 200, "other calls are not in the way"
    server.stop()
    assert server.world.readers.inside == 0


def test_a_reader_who_does_not_read_is_dropped(serving: Any) -> None:
    dropped = asyncio.Event()

    async def flood(call: Any) -> EventStream:
        async def events() -> Any:
            try:
                while True:
                    yield Event("much", "x" * 100_000)
            finally:
                dropped.set()

        return EventStream(events(), call.world.limits, call.world.closing)

    route = Route("GET", "/api/flood", "read", flood, "Say much", media=EventStream.media)
    server = serving(lambda _: [route], limits=Limits(send_within=0.2))
    with socket.create_connection(("127.0.0.1", server.world.port), timeout=20) as connection:
        connection.sendall(f"GET /api/flood HTTP/1.1\r\nHost: 127.0.0.1:{server.world.port}\r\n\r\n".encode())
        connection.recv(1000)
        asyncio.run_coroutine_threadsafe(asyncio.wait_for(dropped.wait(), 15), server.loop).result(20)


def test_streams_end_when_the_server_does(serving: Any, read_events: Any) -> None:
    server = serving()
    run = server.start("waits")
    with looking_on(server, read_events, f"/api/runs/{run}/steps") as events:
        assert next(events)["event"] == "step"
        waiting = next(events)
        assert (waiting["event"], waiting["data"]["run"]["status"]) == ("waiting", "waiting")
        server.stop()
        assert list(events) == []


@pytest.mark.parametrize("path", ["/api/live", "/api/runs/RUN/steps"])
def test_readers_who_leave_are_forgotten(server: Any, path: str) -> None:
    run = server.start("waits")
    for _ in range(3):
        with server.client.stream("GET", path.replace("RUN", run)) as stream:
            next(stream.iter_lines())
    deadline = time.monotonic() + 10
    while server.world.readers.inside and time.monotonic() < deadline:
        server.client.get("/healthz")
    assert server.world.readers.inside == 0


def test_what_is_kept_while_it_is_read_is_told_once(serving: Any) -> None:
    server = serving()
    run = server.start("greet", trigger={"sms": {"message": "hello"}})
    server.ended(run)
    with closing(SqliteTail(server.world.database)) as tail, closing(server.world.journal.history()) as history:
        appended = tail.after(0, 100)
        told = [one for new in ([one] for one in appended) for one in server.world.live._fold(history, new)]
    names = [event.name for _, events in told for event in events]
    assert names == ["started", "step", "ended"]
    assert len(appended) > 1


def test_it_is_told_when_a_run_begins_to_wait(server: Any, read_events: Any) -> None:
    with looking_on(server, read_events, "/api/live") as events:
        run = server.start("waits")
        told = [next(events) for _ in range(3)]
    assert [one["event"] for one in told] == ["started", "step", "waiting"]
    assert (told[2]["data"]["run"]["id"], told[2]["data"]["run"]["status"]) == (run, "waiting")
