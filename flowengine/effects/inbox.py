"""Events for runs that live in this process: kept until a run takes them, each by one run."""

from __future__ import annotations

import asyncio
from typing import Final, NamedTuple

from flowengine.core.answers import Arrived
from flowengine.core.wants import Await

MOST: Final = 10_000
"""Events that are kept for runs to come; the oldest go."""


class _Kept(NamedTuple):
    event: Arrived
    at: float


class Inbox:
    """What has come and nobody has taken, and who waits for what is to come. Only for the thread of the event loop."""

    def __init__(self) -> None:
        self._kept: list[_Kept] = []
        self._waiting: dict[str, list[asyncio.Future[Arrived]]] = {}

    def deliver(self, event: Arrived, at: float) -> None:
        """Hand an event to the run that waits longest for its key, or keep it. ``at``: seconds since the epoch."""
        for future in self._waiting.get(event.key, ()):
            if not future.done():
                future.set_result(event)
                return
        self._kept = [*self._kept[-MOST + 1 :], _Kept(event, at)]

    def take(self, want: Await) -> Arrived | None:
        """Return the earliest event that came for a wait, and keep it no longer."""
        for number, kept in enumerate(self._kept):
            if kept.event.key in want.keys and kept.at >= want.since:
                del self._kept[number]
                return kept.event
        return None

    async def wait(self, want: Await) -> Arrived:
        """Return the next event for a wait; the caller bounds its time."""
        taken = self.take(want)
        if taken is not None:
            return taken
        future: asyncio.Future[Arrived] = asyncio.get_running_loop().create_future()
        for key in want.keys:
            self._waiting.setdefault(key, []).append(future)
        try:
            return await future
        finally:
            for key in want.keys:
                self._waiting[key].remove(future)
                if not self._waiting[key]:
                    del self._waiting[key]
