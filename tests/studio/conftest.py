from __future__ import annotations

import asyncio
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from flowengine.catalogue.catalogue import Catalogue
from flowengine.server.running import Options, serve
from flowengine.server.world import ServerWorld
from flowengine.studio.routes import routes
from flowengine.studio.service import Studio

WITHIN = 20.0
FLOWS = Path(__file__).parents[2] / "flows"


@pytest.fixture(autouse=True)
def _own_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLOWENGINE_AUTH_STORE", str(tmp_path / "private" / "authorizations"))
    monkeypatch.delenv("FLOWENGINE_DB", raising=False)


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return Catalogue()


@pytest.fixture(scope="session")
def sms() -> str:
    """The text of a flow with comments, defaults, a script and a loop."""
    return (FLOWS / "sms-inbound.yaml").read_text("utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the example flows, with their recordings and events."""
    return Path(shutil.copytree(FLOWS, tmp_path / "flows"))


@pytest.fixture
def studio(folder: Path) -> Studio:
    return Studio(folder)


@pytest.fixture
def page(folder: Path) -> Iterator[httpx.Client]:
    """A browser that has opened the address of a studio."""
    ready = threading.Event()
    found: list[Any] = []

    def on_ready(world: ServerWorld) -> None:
        found.extend((world, asyncio.get_running_loop()))
        ready.set()

    options = Options(folder=folder, demands=True, grace=1.0)
    thread = threading.Thread(target=lambda: asyncio.run(serve(options, on_ready, routes)))
    thread.start()
    assert ready.wait(WITHIN)
    world, loop = found
    url = f"http://127.0.0.1:{world.port}"
    try:
        with httpx.Client(base_url=url, timeout=WITHIN, headers={"Origin": url}) as client:
            client.cookies.set("ticket", world.access.ticket())  # for the test of the way in
            ticket = client.cookies.get("ticket")
            client.cookies.clear()
            assert client.get(f"/enter?ticket={ticket}").status_code == 303
            assert client.get(f"/enter?ticket={ticket}").status_code == 403
            yield client
    finally:
        loop.call_soon_threadsafe(world.stopping.set)
        thread.join(WITHIN)
        assert not thread.is_alive()
