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
from typing import Final, NamedTuple

from flowengine.core import walker
from flowengine.core.entries import Entry
from flowengine.core.plan import Plan
from flowengine.core.trace import step_json
from flowengine.core.walker import EntryMismatch
from flowengine.core.wants import Await, Call, Wait
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

    @property
    def will_wait(self) -> bool:
        """Whether the next thing that it does is to wait."""
        return not self.is_over and isinstance(walker.next(self._plan, self._state), Await | Call | Wait)

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


class _Held(NamedTuple):
    """What an entry says (``number``), or what was seen after it; ``place`` counts all that was told."""

    place: int
    number: int
    events: list[Event]


def _numbered(events: list[Event], number: int) -> list[Event]:
    return [*events[:-1], events[-1]._replace(id=str(number))]


class Live:
    """Reads the journal as long as somebody looks on."""

    def __init__(self, tail: SqliteTail, histories: Histories) -> None:
        self._tail = tail
        self._histories = histories
        self._held: deque[_Held] = deque()
        self._told = 0
        self._settling: dict[str, None] = {}
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
            at, place = min(after or self._at, self._at), self._told
            while True:
                if at < self._lost:
                    yield Event("gap", {"after": at, "from": self._lost}, str(self._lost))
                    at = self._lost
                news = self._news
                for one in [one for one in self._held if one.number > at or one.place > place]:
                    for event in one.events:
                        yield event
                    at, place = one.number, one.place
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
                self._settling.clear()
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
            self._tell(sorted(said, key=lambda item: item[0]))
            self._at = new[-1].number
        if self._settling:
            self._tell([(self._at, [one]) for one in await self._histories.ask(self._settled)])

    def _tell(self, said: list[tuple[int, list[Event]]]) -> None:
        for number, events in said:
            if len(self._held) == _HELD:
                self._lost = self._held.popleft().number
            self._told += 1
            self._held.append(_Held(self._told, number, events))
        if said:
            self._news.set()
            self._news = asyncio.Event()

    def _settled(self, history: History) -> list[Event]:
        """Return which runs wait now: who walks them lets them go a moment after the last entry."""
        events = []
        for run in list(self._settling):
            kept = history.run(run)
            if kept.status == "waiting":
                events.append(Event("waiting", {"run": kept_json(kept)}))
            if kept.status == "waiting" or kept.ended_at is not None:
                self._settling.pop(run, None)
        return events

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
                self._settling.pop(run, None)
                if follower.will_wait and len(self._settling) < _FOLDED:
                    self._settling[run] = None
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
