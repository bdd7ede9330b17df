from __future__ import annotations

import asyncio
import json
import textwrap
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from flowengine.server.limits import Limits, Rate
from flowengine.server.routing import Route
from flowengine.server.running import Options, serve
from flowengine.server.tokens import TokenFile
from flowengine.server.world import ServerWorld

GREET = """
flow: greet
title: Greet a customer
trigger: {channel: sms, event: incoming-message}
variables: {name: {type: string, default: ""}, greeting: ""}
start: greet
nodes:
  greet:
    type: set-variables@1.0
    inputs: {values: {greeting: "Hello, $(name)"}}
    edges: {onSuccess: done, onError: failed, onInvalidData: failed}
  done: {end: success}
  failed: {end: error}
"""
WAITS = """
flow: waits
variables: {said: ""}
start: say
nodes:
  say: {type: set-variables@1.0, inputs: {values: {said: hello}}, edges: {onSuccess: pause}}
  pause: {type: delay@1.0, inputs: {duration: 1h}, edges: {onTimeout: done}}
  done: {end: success}
"""
BROKEN = "flow: broken\nstart: nowhere\nnodes:\n  done: {end: success}\n"
WITHIN = 20.0
GENEROUS = Limits(callers=Rate(100_000, 100_000), failures=Rate(100_000, 100_000))


@pytest.fixture(autouse=True)
def _own_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLOWENGINE_AUTH_STORE", str(tmp_path / "private" / "authorizations"))
    monkeypatch.delenv("FLOWENGINE_DB", raising=False)


def _fill(folder: Path) -> Path:
    folder.mkdir()
    for name, text in {"greet": GREET, "waits": WAITS, "broken": BROKEN}.items():
        (folder / f"{name}.yaml").write_text(textwrap.dedent(text))
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of flows: one that ends at once, one that waits, one that is wrong."""
    return _fill(tmp_path / "flows")


@dataclass
class Running:
    """A server in a thread. ``client`` calls it as a program of this machine does."""

    world: ServerWorld
    loop: asyncio.AbstractEventLoop
    thread: threading.Thread
    client: httpx.Client

    @property
    def url(self) -> str:
        return str(self.client.base_url)

    def stop(self) -> None:
        if self.thread.is_alive():
            self.loop.call_soon_threadsafe(self.world.stopping.set)
            self.thread.join(WITHIN)
        assert not self.thread.is_alive()

    def start(self, flow: str, **options: Any) -> str:
        answer = self.client.post("/api/runs", json={"flow": flow, **options})
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    def ended(self, run: str) -> dict[str, Any]:
        """Wait for the end of a run as a reader of its steps does."""
        with self.client.stream("GET", f"/api/runs/{run}/steps") as stream:
            events = list(_read_events(stream.iter_lines()))
        assert events[-1]["event"] == "end"
        whole: dict[str, Any] = events[-1]["data"]["run"]
        return whole


Serving = Callable[..., Running]


@contextmanager
def _serving(
    folder: Path, extra_routes: Callable[[ServerWorld], list[Route]] = lambda _: [], **options: Any
) -> Iterator[Running]:
    options = {"folder": folder, "limits": GENEROUS, "grace": 1.0, **options}
    ready = threading.Event()
    found: list[Any] = []

    def on_ready(world: ServerWorld) -> None:
        found.extend((world, asyncio.get_running_loop()))
        ready.set()

    def run() -> None:
        try:
            asyncio.run(serve(Options(**options), on_ready, extra_routes))
        except BaseException as fault:  # noqa: BLE001 - the test raises it
            found.append(fault)
        finally:
            ready.set()

    thread = threading.Thread(target=run)
    thread.start()
    assert ready.wait(WITHIN)
    if isinstance(found[0], BaseException):
        thread.join(WITHIN)
        raise found[0]
    world, loop = found
    with httpx.Client(base_url=f"http://127.0.0.1:{world.port}", timeout=WITHIN) as client:
        running = Running(world, loop, thread, client)
        try:
            yield running
        finally:
            running.stop()


@pytest.fixture
def serving(folder: Path) -> Iterator[Callable[..., Running]]:
    """Start a server over the folder, on a port that the system gives."""
    with ExitStack() as stack:
        yield lambda *extra, **options: stack.enter_context(_serving(folder, *extra, **options))


@pytest.fixture
def server(serving: Callable[..., Running]) -> Running:
    """A server without tokens."""
    return serving()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server without tokens, for tests that leave it as it is."""
    place = tmp_path_factory.mktemp("shared")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FLOWENGINE_AUTH_STORE", str(place / "private" / "authorizations"))
        patch.delenv("FLOWENGINE_DB", raising=False)
        with _serving(_fill(place / "flows")) as running:
            yield running


@pytest.fixture
def tokens() -> dict[str, str]:
    """A token of each right, by right."""
    file = TokenFile()
    return {right: file.add(right, right, 0.0) for right in ("read", "operate", "edit")}


def _read_events(lines: Iterator[str]) -> Iterator[dict[str, Any]]:
    event: dict[str, Any] = {}
    for line in lines:
        name, _, value = line.partition(": ")
        if not line and "data" in event:
            yield event
            event = {}
        elif name in {"event", "id"}:
            event[name] = value
        elif name == "data":
            event["data"] = json.loads(value)


@pytest.fixture
def read_events() -> Callable[[Iterator[str]], Iterator[dict[str, Any]]]:
    """Read server-sent events out of the lines of an answer."""
    return _read_events
