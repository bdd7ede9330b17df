"""Processes that end at the n-th call they make, for tests that do so at every one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

from flowengine.core.answers import Answer, TimedOut
from flowengine.core.entries import Completed, Entry
from flowengine.core.wants import Send
from flowengine.effects.fakes import FakeEffects
from flowengine.journal.faults import JournalFault
from flowengine.journal.memory import MemoryJournal

MOST_POINTS = 30


class Process:
    """Counts the calls of one process, and ends it at the given one: from then on nothing it does arrives."""

    def __init__(self, ends_at: int | None, *, after: bool) -> None:
        self.calls = 0
        self.ended = asyncio.Event()
        self._ends_at = ends_at
        self._after = after

    async def call(self, work: Callable[[], Any]) -> Any:
        self.calls += 1
        last = self.calls == self._ends_at
        if self.ended.is_set() or (last and not self._after):
            self._end()
        done = await work()
        if last:
            self._end()
        return done

    def _end(self) -> None:
        self.ended.set()
        raise JournalFault("this process has ended", "closed")


class CountedJournal:
    """A journal as one process uses it."""

    def __init__(self, journal: MemoryJournal, process: Process) -> None:
        self._journal = journal
        self._process = process

    def history(self) -> Any:
        return self._journal.history()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._journal, name)

        async def call(*arguments: Any, **options: Any) -> Any:
            return await self._process.call(lambda: method(*arguments, **options))

        return call


class CountedEffects(FakeEffects):
    """The world as one process uses it. A process that has ended hears of no answer."""

    def __init__(self, answer: Callable[[Send], Answer], process: Process, now: float) -> None:
        super().__init__(answer, now)
        self._process = process

    async def send(self, want: Send) -> Answer:
        return await self._unless_ended(super().send, want)

    async def sleep(self, seconds: float) -> None:
        await self._unless_ended(super().sleep, seconds)

    async def _unless_ended(self, method: Callable[[Any], Any], given: Any) -> Any:
        try:
            return await self._process.call(lambda: method(given))
        except JournalFault:
            return await asyncio.Event().wait()


def points(calls: int) -> Iterator[tuple[int, bool]]:
    """Yield where to end a process: at each call, and of a run that makes very many at some, the last ones included."""
    for ends_at in range(calls, 0, -max(1, calls // MOST_POINTS)):
        yield ends_at, False
        yield ends_at, True


def timeless(entries: list[Entry]) -> list[Entry]:
    """Return entries without their times, and without how long was waited in vain."""
    return [_timeless(one) for one in entries]


def _timeless(entry: Entry) -> Entry:
    times = {name: 0.0 for name in ("at", "started_at") if name in entry._fields}
    if isinstance(entry, Completed) and isinstance(entry.answer, TimedOut):
        entry = entry._replace(answer=TimedOut())
    return entry._replace(**times)  # type: ignore[arg-type]
