"""What tests of doors need: who was connected to, servers that listen on loopback, and credentials of a test's own."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from flowengine.authorizations.life import Keeper
from flowengine.authorizations.record import AUTHORIZED, BEARER, Authorization
from flowengine.authorizations.secret import Secret
from flowengine.authorizations.store import MemoryStore
from flowengine.core.wants import HttpRequest, Send
from flowengine.effects.http import close_shared_client

_connected: list[Any] = []
_watched: list[str] = []


def _note(event: str, arguments: tuple[Any, ...]) -> None:
    if _watched and event == "socket.connect":
        _connected.append(arguments[1])


# An audit hook is there for good; it notes something only while a test watches.
sys.addaudithook(_note)


@pytest.fixture
def connected() -> Iterator[list[Any]]:
    """Every address that a socket of this process is connected to during the test."""
    _connected.clear()
    _watched.append("a test")
    yield _connected
    _watched.clear()


class Names(AbstractResolver):
    """A name service of a test's own: each look-up of a name takes its next answer, the last one stays."""

    def __init__(self, names: Mapping[str, list[list[str]]]) -> None:
        self._names = {name: list(answers) for name, answers in names.items()}
        self.asked: list[str] = []

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_INET,  # noqa: ARG002 - as aiohttp has it
    ) -> list[ResolveResult]:
        self.asked.append(host)
        answers = self._names.get(host)
        if answers is None:
            raise OSError(None, "no such name")
        addresses = answers.pop(0) if len(answers) > 1 else answers[0]
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in addresses
        ]

    async def close(self) -> None:
        pass


@pytest.fixture
def names() -> Callable[[Mapping[str, list[list[str]]]], Names]:
    """Make a name service."""
    return Names


class Server:
    """A loopback server that keeps the heads of its requests, and answers what it is told."""

    def __init__(self, answer: bytes) -> None:
        self.answer = answer
        self.port = 0
        self.heads: list[str] = []

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                self.heads.append(head)
                _, _, length = head.lower().partition("\r\ncontent-length:")
                await reader.readexactly(int(length.partition("\r\n")[0] or 0))
                writer.write(self.answer)
                await writer.drain()
        writer.close()


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


@contextlib.asynccontextmanager
async def _serving(answer: bytes = OK, address: str = "127.0.0.1", **options: Any) -> AsyncIterator[Server]:
    server = Server(answer)
    listening = await asyncio.start_server(server.handle, address, 0, **options)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        await close_shared_client()
        listening.close()
        await listening.wait_closed()


@pytest.fixture
def serving() -> Callable[..., AbstractAsyncContextManager[Server]]:
    """Serve on a loopback address; ``ssl`` makes it TLS."""
    return _serving


TOKEN = "token-that-stays-at-home"  # noqa: S105 - what must not be seen elsewhere


@pytest.fixture
def keeper() -> Callable[..., Keeper]:
    """Keep one authorization `crm` for the hosts that are given."""

    def make(*hosts: str) -> Keeper:
        secrets = {"access_token": Secret(TOKEN)}
        return Keeper(MemoryStore([Authorization("crm", BEARER, None, hosts, state=AUTHORIZED, secrets=secrets)]))

    return make


@pytest.fixture
def get() -> Callable[..., Send]:
    """Want a GET of a whole address, as an `http-request` does."""

    def make(url: str, authorization: str | None = None, integration: str | None = None, **more: Any) -> Send:
        request = HttpRequest("GET", url, absolute="://" in url, reads="text")
        return Send("call", 1, 1, request, integration, authorization, 5.0, "run:call:1", **more)

    return make
