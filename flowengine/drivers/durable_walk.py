"""One run under way over a journal: nothing leaves that the journal does not know, and nothing known is done twice.

``Requested`` is durable before its request leaves, ``Completed`` before anything else is done. What follows from the
flow alone costs no write of its own: it is kept with the next entry that something depends on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from enum import Enum
from typing import Final

from flowengine.core import walker
from flowengine.core.answers import Answer, Arrived, Broken, Invalid, NoCallback, TimedOut
from flowengine.core.calling import returned, too_long
from flowengine.core.entries import Completed, Entry, Requested, Stopped
from flowengine.core.keys import run_key
from flowengine.core.plan import Plan
from flowengine.core.state import State, Step
from flowengine.core.wants import Await, Call, Compute, End, Known, Send, Wait
from flowengine.drivers.durable_calls import Calls, came_back
from flowengine.drivers.durable_ledger import Ledger, Unkeepable
from flowengine.drivers.local import carry_out, has_no_callback
from flowengine.effects.protocol import Effects
from flowengine.journal.faults import Fenced, JournalFault
from flowengine.journal.inbox import Awaiting, Received
from flowengine.journal.protocol import Cancellation, Ended

INTERRUPTED: Final = "interrupted"
"""How the reason begins where a request was in flight when its process ended."""


class Left(Enum):
    """Why a walk is over for this process: ``OPEN`` stands where it stood, ``LOST`` is somebody else's."""

    ENDED = "ended"
    WAITING = "waiting"
    OPEN = "open"
    LOST = "lost"


class DurableWalk:
    """One run under way. ``state`` can be read at any time.

    ``entries`` are those that are kept of it; ``patience``: a longer wait (seconds) is spent in the journal, and so is
    every wait for an event. ``event`` is what the run is woken with, ``until`` the end of the wait that it was let go
    with.
    """

    def __init__(  # noqa: PLR0913 - each is a part of the world of its own
        self,
        plan: Plan,
        entries: Sequence[Entry],
        ledger: Ledger,
        effects: Effects,
        calls: Calls,
        *,
        patience: float,
        event: Received | None = None,
        until: float | None = None,
        on_step: Callable[[DurableWalk, Step], None] | None = None,
    ) -> None:
        self.plan = plan
        self.state: State = walker.replay(plan, list(entries))
        self._ledger = ledger
        self._effects = effects
        self._calls = calls
        self._event = event
        self._until = until
        self._patience = patience
        self._on_step = on_step
        self._at = max(entries[0].at, entries[-1].at)  # a run that was retried begins with older entries
        self._in_flight = isinstance(entries[-1], Requested)
        self._task: asyncio.Task[Left] | None = None
        self._may_be_cut = self._is_waiting = False
        self._leaving = self._cutting = self._lost = False
        self._cancellation: Cancellation | None = None

    @property
    def run(self) -> str:
        """The run's id."""
        return self.state.run

    async def go(self) -> Left:
        """Walk until the run ends, waits for long, or is to be left. Raises JournalFault once it is to be left."""
        self._task = asyncio.current_task()
        try:
            return await self._walk()
        except Fenced:
            return Left.LOST
        except Unkeepable as fault:
            return await self._fail(f"what came of node {self.state.path[-1]!r} cannot be kept: {fault}")
        except JournalFault:
            raise
        except Exception:
            # Whoever looks on has failed, say: what has come back is kept all the same.
            self._ledger.give_up()
            with suppress(Fenced, Unkeepable, JournalFault):
                await self._ledger.keep()
            raise

    def leave(self) -> None:
        """Stop before the next thing that is to be done; what is under way may end, a wait is left at once."""
        self._leaving = True
        self._ledger.give_up()
        if self._is_waiting:
            self._cut()

    def cut(self) -> None:
        """Stop now: a request that is under way is left in flight."""
        self._cutting = True
        self.leave()
        self._cut()

    def lose(self) -> None:
        """Stop now, and write nothing: the run is somebody else's."""
        self._lost = True
        self._cut()

    def cancel(self, cancellation: Cancellation) -> None:
        """End the run now."""
        if self._cancellation is None:
            self._cancellation = cancellation
            self._cut()

    async def _walk(self) -> Left:
        state = self.state
        while not self._lost:
            if self._cancellation is not None and state.result is None:
                self._fold(Stopped(self._now(), "cancelled", self._cancellation.reason))
            want = walker.next(self.plan, state)
            if isinstance(want, End):
                await self._ledger.keep(ended=_end_of(self.plan, state))
                return Left.ENDED
            if isinstance(want, Await | Call):
                if (left := await self._expect(want)) is not None:
                    return left
                continue
            if isinstance(want, Known):
                self._complete(want, want.answer)
                continue
            until = self._due(want.seconds) if isinstance(want, Wait) else None
            if until is not None and (self._leaving or until - self._now() > self._patience):
                await self._ledger.keep(waiting_until=until)
                return Left.WAITING
            if self._leaving:
                await self._ledger.keep()
                return Left.OPEN
            answer = await self._answer(want)
            if answer is not None:
                self._complete(want, answer)
        return Left.LOST

    async def _expect(self, want: Await | Call) -> Left | None:
        """Go on with the event that is waited for, or without it when the time is over; else wait in the journal."""
        if isinstance(want, Call):
            awaiting, seconds = Awaiting((run_key(want.run),), 0.0), want.timeout
        else:
            awaiting, seconds = Awaiting(want.keys, want.since), want.seconds
        until = None if seconds is None else self._due(seconds)
        event, self._event = self._event, None
        if event is not None and event.key in awaiting.keys:
            self._take(want, event, until)
            return None
        if isinstance(want, Await) and has_no_callback(self._effects, want):
            self._complete(want, NoCallback())
            return None
        if until is not None and self._now() >= until:
            await self._time_out(want)
            return None
        if isinstance(want, Call):
            if self._leaving and not self._in_flight:
                await self._ledger.keep()
                return Left.OPEN
            if not await self._call(want):
                return None
        await self._ledger.keep(waiting_until=until, awaiting=awaiting)
        return Left.WAITING

    def _take(self, want: Await | Call, event: Received, until: float | None) -> None:
        """Go on with an event."""
        if isinstance(want, Await):
            self._complete(want, Arrived(event.key, event.name, event.body))
        elif until is not None and event.at >= until and event.body["status"] == "cancelled":
            # It was cancelled as its time was over, by a process that ended before it could keep that.
            self._complete(want, too_long(want))
        else:
            self._complete(want, came_back(want.flow, event.body))
        self._ledger.take(event.number)

    async def _time_out(self, want: Await | Call) -> None:
        if isinstance(want, Call):
            await self._calls.cancel(want.run, f"run {self.run} waits no longer for it", self._now())
            self._complete(want, too_long(want))
        else:
            self._complete(want, TimedOut(f"no event within {want.seconds:g} s"))

    async def _call(self, want: Call) -> bool:
        """Keep that a flow is called, then the run that is called; False where that cannot be kept."""
        if not self._in_flight:
            self._ledger.note(Requested(want.node, want.visit, want.attempt, want.run, self._at))
            await self._ledger.keep()
        try:
            await self._calls.begin(self.plan, self.state, want, self._now())
        except ValueError as fault:
            self._complete(want, Invalid(f"the flow {want.flow!r} cannot be called: {fault}"))
            return False
        return True

    async def _answer(self, want: Send | Wait | Compute) -> Answer | None:
        """Keep what has happened, then do what is wanted; None where it was cut off."""
        if isinstance(want, Send) and self._in_flight:
            if not self._may_repeat(want):
                return Broken(
                    f"{INTERRUPTED}: the process that sent this request ended before the answer was kept; it is not "
                    f"sent again, as {self.plan.nodes[want.node].type} does not say that it is idempotent"
                )
        elif isinstance(want, Send):
            self._ledger.note(Requested(want.node, want.visit, want.attempt, want.key, self._at))
        await self._ledger.keep()
        if self._is_told_to_stop() or (self._leaving and not isinstance(want, Send)):
            return None
        if isinstance(want, Wait):
            want = want._replace(seconds=max(0.0, self._due(want.seconds) - self._now()))
        return await self._interruptibly(want)

    async def _interruptibly(self, want: Send | Wait | Compute) -> Answer | None:
        self._may_be_cut, self._is_waiting = True, isinstance(want, Wait)
        try:
            return await carry_out(self._effects, want)
        except asyncio.CancelledError:
            # Ours, where we were told to stop; then the loop knows how. Otherwise the whole process is ending.
            if self._task is None or not (self._leaving or self._is_told_to_stop()):
                raise
            self._task.uncancel()
            return None
        finally:
            self._may_be_cut = self._is_waiting = False

    async def _fail(self, reason: str) -> Left:
        state, at = self.state, self._now()
        state.status, state.result, state.reason, state.ended_at = "failed", "error", reason, at
        self._ledger.forget()
        self._ledger.note(Stopped(at, "failed", reason))
        try:
            await self._ledger.keep(ended=_end_of(self.plan, state))
        except Fenced:
            return Left.LOST
        return Left.ENDED

    def _is_told_to_stop(self) -> bool:
        return self._lost or self._cutting or self._cancellation is not None

    def _may_repeat(self, want: Send) -> bool:
        request = self.plan.nodes[want.node].request
        return request is not None and request.idempotent

    def _due(self, seconds: float) -> float:
        """Return when a wait is over: it began with the last entry, whichever process saw that, by its clock.

        What was kept when the run was let go holds even where that clock was ahead of ours.
        """
        due = min(self._at, self._now()) + seconds
        return due if self._until is None else min(due, self._until)

    def _complete(self, want: Known | Send | Wait | Compute | Await | Call, answer: Answer) -> None:
        self._fold(Completed(want.node, want.visit, want.attempt, answer, self._at, self._now()))

    def _fold(self, entry: Completed | Stopped) -> None:
        seen = len(self.state.steps)
        walker.apply(self.plan, self.state, entry)
        self._ledger.note(entry)
        self._at, self._in_flight, self._until = entry.at, False, None
        if self._on_step is not None and len(self.state.steps) > seen:
            self._on_step(self, self.state.steps[-1])

    def _now(self) -> float:
        return self._effects.now()

    def _cut(self) -> None:
        if self._may_be_cut and self._task is not None:
            self._task.cancel()


def _end_of(plan: Plan, state: State) -> Ended:
    if state.result is None or state.ended_at is None:
        raise ValueError(f"run {state.run!r} has not ended")
    back = returned(plan, state)
    return Ended(state.status, state.result, state.reason, state.ended_at, back.end, back.outputs)
