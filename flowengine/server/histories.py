"""Questions to the journal: in threads, on a few connections that are kept open, so that no walk waits for one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, TypeVar

from flowengine.journal.protocol import History

T = TypeVar("T")

_AT_ONCE: Final = 4


class Histories:
    """A few readers of one journal."""

    def __init__(self, open_one: Callable[[], History]) -> None:
        self._open_one = open_one
        self._idle: list[History] = []
        self._room = asyncio.Semaphore(_AT_ONCE)

    async def ask(self, question: Callable[[History], T]) -> T:
        """Ask one of them, in a thread. Raises what the question does."""
        async with self._room:
            history = self._idle.pop() if self._idle else await asyncio.to_thread(self._open_one)
            try:
                return await asyncio.to_thread(question, history)
            finally:
                self._idle.append(history)

    async def close(self) -> None:
        """Close them."""
        while self._idle:
            await asyncio.to_thread(self._idle.pop().close)
