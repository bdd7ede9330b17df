"""Server-sent events: written as they come, with heartbeats between; a reader who is too slow is let go."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import aclosing, suppress
from typing import Final, NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from flowengine.core.answers import Json
from flowengine.errors import FlowError
from flowengine.server.limits import Limits
from flowengine.server.routing import ApiError

_LOG: Final = logging.getLogger("flowengine.server")
_DIGITS: Final = 18
_HEARTBEAT: Final = b": heartbeat\n\n"


class Event(NamedTuple):
    """One event. ``id`` is the cursor with which a reader goes on behind it."""

    name: str
    data: Json
    id: str | None = None

    def encode(self) -> bytes:
        """Write it as it goes over the wire. JSON has no line breaks outside of its escapes."""
        head = f"event: {self.name}\n" + (f"id: {self.id}\n" if self.id is not None else "")
        return f"{head}data: {json.dumps(self.data, allow_nan=False)}\n\n".encode()


class EventStream(Response):
    """Answers with events until there are none, the reader goes, or ``closing`` is set.

    An iterator that has nothing new yields None from time to time.
    """

    media = "text/event-stream"

    def __init__(self, events: AsyncIterator[Event | None], limits: Limits, closing: asyncio.Event) -> None:
        super().__init__(headers={"Content-Type": self.media, "Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._events = events
        self._limits = limits
        self._closing = closing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Write until the end."""
        writing = asyncio.create_task(self._write(send))
        leaving = [asyncio.create_task(_gone(receive)), asyncio.create_task(self._closing.wait())]
        try:
            await asyncio.wait([writing, *leaving], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (writing, *leaving):
                task.cancel()
            ended = await asyncio.gather(writing, *leaving, return_exceptions=True)
        fault = ended[0]
        if isinstance(fault, TimeoutError):
            _LOG.warning("a reader took longer than %g s, and was dropped: %s", self._limits.send_within, scope["path"])
        elif isinstance(fault, Exception) and not isinstance(fault, OSError):
            _LOG.error("a fault of flowengine at %s", scope["path"], exc_info=fault)
        with suppress(TimeoutError, OSError):
            async with asyncio.timeout(self._limits.send_within):
                await send({"type": "http.response.body", "body": b""})

    async def _write(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        clock = asyncio.get_running_loop().time
        said = clock()
        await self._send(send, _HEARTBEAT)
        async with aclosing(self._events) as events:  # type: ignore[type-var] # those that are given are generators
            try:
                async for event in events:
                    if event is not None or clock() - said >= self._limits.heartbeat:
                        await self._send(send, event.encode() if event is not None else _HEARTBEAT)
                        said = clock()
            except (ApiError, FlowError) as fault:
                _LOG.error("%s", fault)
                await self._send(send, Event("error", {"message": "the journal cannot be read now"}).encode())

    async def _send(self, send: Send, data: bytes) -> None:
        async with asyncio.timeout(self._limits.send_within):
            await send({"type": "http.response.body", "body": data, "more_body": True})


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def cursor_of(request: Request, given: int | None) -> int:
    """Return the number behind which a reader wants to go on: of the parameter, else of ``Last-Event-ID``; else 0."""
    if given is not None:
        return given
    last = request.headers.get("last-event-id", "")
    return int(last) if last.isascii() and last.isdigit() and len(last) <= _DIGITS else 0
