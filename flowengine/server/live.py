"""What happens to all runs, whichever process walks them, told to those who look on. Nothing is done while nobody does.

Entries are read as they are kept, and folded; the last of what they say is held, and each reader goes through it at a
speed of its own. One who falls behind more than that is told so.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from typing import Final

from flowengine.core import walker
from flowengine.core.entries import Entry
from flowengine.core.plan import Plan
from flowengine.core.trace import step_json
from flowengine.core.walker import EntryMismatch
from flowengine.errors import FlowError
from flowengine.journal.appended import Appended, SqliteTail
from flowengine.journal.faults import JournalFault
from flowengine.journal.protocol import History
from flowengine.runs.as_json import kept_json
from flowengine.runs.plans import kept_plan
from flowengine.server.histories import Histories
from flowengine.server.streaming import Event

EVERY: Final = 0.25
"""Seconds between two looks."""

_HELD: Final = 2_000
_FOLDED: Final = 500
_PLANS: Final = 100
_LOOK_UP: Final = 1.0
_AT_A_LOOK: Final = 1_000
_LOG: Final = logging.getLogger("flowengine.server")


class _Follower:
    """One run, folded up to some entry."""

    def __init__(self, history: History, plans: dict[str, Plan], run: str, seq: int) -> None:
        kept = history.run(run)
        self._run, self._flow = run, kept.flow
        if kept.digest not in plans:
            if len(plans) >= _PLANS:
                plans.clear()
            plans[kept.digest] = kept_plan(history, kept.digest)
        self._plan = plans[kept.digest]
        before = history.entries(run)[: max(seq, 1)]
        self._seen = len(before)
        self._state = walker.replay(self._plan, before)

    @property
    def is_over(self) -> bool:
        """Whether nothing more comes of it."""
        return self._state.result is not None

    def tell(self, history: History, appended: list[Appended]) -> Iterator[tuple[int, list[Event]]]:
        """Yield what entries say, with their numbers; the last event of a number has it as its id."""
        numbers = {one.seq: one.number for one in appended}
        if 0 in numbers:
            yield numbers[0], _numbered([Event("started", {"run": kept_json(history.run(self._run))})], numbers[0])
        for entry in history.entries(self._run, after=self._seen - 1):
            if self._seen > appended[-1].seq:
                return  # it was kept since these were read, and comes with the next ones
            events = list(self._apply(history, entry))
            number = numbers.get(self._seen, appended[-1].number)
            self._seen += 1
            if events:
                yield number, _numbered(events, number)

    def _apply(self, history: History, entry: Entry) -> Iterator[Event]:
        told = len(self._state.steps)
        walker.apply(self._plan, self._state, entry)
        for step in self._state.steps[told:]:
            yield Event("step", {"run": self._run, "flow": self._flow, "step": step_json(step)})
        if self._state.result is not None:
            yield Event("ended", {"run": kept_json(history.run(self._run))})


def _numbered(events: list[Event], number: int) -> list[Event]:
    return [*events[:-1], events[-1]._replace(id=str(number))]


class Live:
    """Reads the journal as long as somebody looks on."""

    def __init__(self, tail: SqliteTail, histories: Histories) -> None:
        self._tail = tail
        self._histories = histories
        self._held: deque[tuple[int, list[Event]]] = deque()
        self._followers: OrderedDict[str, _Follower] = OrderedDict()
        self._plans: dict[str, Plan] = {}
        self._readers = 0
        self._reading: asyncio.Task[None] | None = None
        self._beginning = asyncio.Lock()
        self._lost = self._at = 0
        self._news = asyncio.Event()

    async def events(self, after: int = 0) -> AsyncIterator[Event | None]:
        """Yield what happens, and what did after a number (the ``id`` of an event); None every now and then."""
        self._readers += 1
        try:
            await self._begin()
            at = min(after or self._at, self._at)
            while True:
                if at < self._lost:
                    yield Event("gap", {"after": at, "from": self._lost}, str(self._lost))
                    at = self._lost
                news = self._news
                for number, events in [one for one in self._held if one[0] > at]:
                    for event in events:
                        yield event
                    at = number
                yield None
                with suppress(TimeoutError):
                    async with asyncio.timeout(_LOOK_UP):
                        await news.wait()
        finally:
            self._readers -= 1
            if not self._readers and self._reading is not None:
                self._reading.cancel()
                self._reading = None

    async def _begin(self) -> None:
        async with self._beginning:
            if self._reading is None:
                self._lost = self._at = await asyncio.to_thread(self._tail.newest)
                self._held.clear()
                self._followers.clear()
                self._plans.clear()
                self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        while True:
            try:
                await self._look()
            except JournalFault as fault:
                _LOG.error("%s", fault)
            await asyncio.sleep(EVERY)

    async def _look(self) -> None:
        while new := await asyncio.to_thread(self._tail.after, self._at, _AT_A_LOOK):
            said = await self._histories.ask(lambda history, new=new: self._fold(history, new))  # type: ignore[misc] # bound now
            for one in sorted(said, key=lambda item: item[0]):
                if len(self._held) == _HELD:
                    self._lost, _ = self._held.popleft()
                self._held.append(one)
            self._at = new[-1].number
            self._news.set()
            self._news = asyncio.Event()

    def _fold(self, history: History, new: list[Appended]) -> list[tuple[int, list[Event]]]:
        by_run: dict[str, list[Appended]] = {}
        for one in new:
            by_run.setdefault(one.run, []).append(one)
        said: list[tuple[int, list[Event]]] = []
        for run, appended in by_run.items():
            try:
                follower = self._follower(history, run, appended[0].seq)
                said += follower.tell(history, appended)
                if follower.is_over:
                    self._followers.pop(run, None)
            except (FlowError, EntryMismatch) as fault:
                _LOG.warning("run %s cannot be followed: %s", run, fault)
        return said

    def _follower(self, history: History, run: str, seq: int) -> _Follower:
        if run not in self._followers:
            self._followers[run] = _Follower(history, self._plans, run, seq)
        self._followers.move_to_end(run)
        while len(self._followers) > _FOLDED:
            self._followers.popitem(last=False)
        return self._followers[run]
