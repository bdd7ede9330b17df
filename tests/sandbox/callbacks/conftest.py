from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest
from aiohttp import web


class Receiver:
    """The caller's side: keeps what is posted to it, and answers with the next of ``statuses``, then with 200."""

    def __init__(self, statuses: tuple[int, ...] = ()) -> None:
        self.posts: list[tuple[dict[str, str], bytes]] = []
        self.url = ""
        self._statuses = list(statuses)

    @property
    def results(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.posts]

    async def handle(self, request: web.BaseRequest) -> web.Response:
        self.posts.append(({name.lower(): value for name, value in request.headers.items()}, await request.read()))
        status = self._statuses.pop(0) if self._statuses else 200
        return web.Response(status=status, headers={"Location": self.url} if 300 <= status < 400 else {})


@pytest.fixture
def receiver() -> Callable[..., AbstractAsyncContextManager[Receiver]]:
    """Listen on loopback, answering with the given statuses first."""

    @asynccontextmanager
    async def listening(*statuses: int) -> AsyncIterator[Receiver]:
        receiver = Receiver(statuses)
        runner = web.ServerRunner(web.Server(receiver.handle))
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/callbacks/webex-engage?a=b"
        try:
            yield receiver
        finally:
            await runner.cleanup()

    return listening


class Naps:
    """A sleeper that only takes note; while ``held`` nobody wakes up."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self._gate: asyncio.Event | None = None

    def hold(self) -> None:
        self._gate = asyncio.Event()

    def wake(self) -> None:
        assert self._gate is not None
        self._gate.set()

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        await asyncio.sleep(0)
        if self._gate is not None:
            await self._gate.wait()


@pytest.fixture
def naps() -> Naps:
    return Naps()
