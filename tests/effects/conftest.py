"""A loopback HTTP server that answers whatever bytes a test wants, well-formed or not."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager

import pytest

Answer = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]


class Loopback:
    """What came in, and whether the other side has gone."""

    def __init__(self, answer: bytes | Answer) -> None:
        self.answer = answer
        self.url = ""
        self.requests: list[bytes] = []
        self.connections = 0
        self.open = 0
        self.most_open = 0
        self.one_gone = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        self.open += 1
        self.most_open = max(self.open, self.most_open)
        try:
            while not writer.is_closing():
                request = await self._read(reader)
                self.requests.append(request)
                await self._send(request, writer)
            await reader.read()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass  # gone, or stopped: the end of a connection either way
        finally:
            self.open -= 1
            self.one_gone.set()
            writer.close()
            self._tasks.discard(task)

    async def stop(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _read(self, reader: asyncio.StreamReader) -> bytes:
        head = await reader.readuntil(b"\r\n\r\n")
        _, _, length = head.lower().partition(b"\r\ncontent-length:")
        return head + await reader.readexactly(int(length.partition(b"\r\n")[0] or 0))

    async def _send(self, request: bytes, writer: asyncio.StreamWriter) -> None:
        if isinstance(self.answer, bytes):
            writer.write(self.answer)
            await writer.drain()
        else:
            await self.answer(request, writer)


@contextlib.asynccontextmanager
async def _loopback(answer: bytes | Answer) -> AsyncIterator[Loopback]:
    loopback = Loopback(answer)
    server = await asyncio.start_server(loopback.handle, "127.0.0.1", 0, backlog=1024)
    loopback.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield loopback
    finally:
        server.close()
        await loopback.stop()
        await server.wait_closed()


def _reset(writer: asyncio.StreamWriter) -> None:
    connection: socket.socket = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


@pytest.fixture
def loopback() -> Callable[[bytes | Answer], AbstractAsyncContextManager[Loopback]]:
    """Serve fixed bytes, or what an async function of the request and the writer sends."""
    return _loopback


@pytest.fixture
def reset() -> Callable[[asyncio.StreamWriter], None]:
    """Drop a connection the rude way, so that the other side sees a reset."""
    return _reset


@pytest.fixture
def plain() -> Callable[..., bytes]:
    """Build a well-formed answer."""

    def build(content: bytes = b"{}", status: str = "200 OK", headers: str = "") -> bytes:
        return f"HTTP/1.1 {status}\r\nContent-Length: {len(content)}\r\n{headers}\r\n".encode() + content

    return build


@pytest.fixture
def closed_port() -> int:
    """Give a port that nobody listens on."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        port: int = holder.getsockname()[1]
    return port
