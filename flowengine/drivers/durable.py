"""The durable driver: walks any number of runs over a journal that several processes may share.

A run is walked by whoever leases it. What a process has left, for whatever reason, is claimed by the next one, which
replays what is kept and goes on behind it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Final, NamedTuple, Self, TypeAlias

from flowengine.core.entries import Entry
from flowengine.core.plan import Plan, Tools
from flowengine.core.state import Step
from flowengine.core.walker import EntryMismatch
from flowengine.drivers.durable_calls import Calls
from flowengine.drivers.durable_ledger import Ledger
from flowengine.drivers.durable_owner import new_owner, runs_of_the_gone
from flowengine.drivers.durable_plans import StoredPlans, started_of
from flowengine.drivers.durable_walk import DurableWalk, Left
from flowengine.effects.protocol import Effects
from flowengine.errors import FlowError, UsageError
from flowengine.journal.faults import JournalCorrupt, JournalFault
from flowengine.journal.protocol import Claim, Journal, NewRun

Worlds: TypeAlias = Callable[[str | None], Awaitable[Effects]]
"""Opens an environment by its name, or returns the one that is open; None: of a flow that sends nothing."""


class Settings(NamedTuple):
    """Of a worker; times in seconds.

    Runs are held for ``lease``, which is renewed at a third of it. A wait longer than ``patience`` is spent in the
    journal, not in memory. At most ``at_once`` runs are under way. At least every ``look`` it is looked for runs that
    are due, every ``cancellations`` for those that are to be ended.
    """

    lease: float = 30.0
    patience: float = 5.0
    at_once: int = 200
    look: float = 0.5
    cancellations: float = 1.0


DEFAULT: Final = Settings()

_SHORTEST: Final = 0.02
"""Seconds between two looks, at least."""


class _World(NamedTuple):
    """The environment of a run, by its name, and open."""

    environment: str | None
    effects: Effects


class Listener:
    """Is told what a worker does. Does nothing with it."""

    def step(self, walk: DurableWalk, step: Step) -> None:
        """See a step that is over."""

    def left(self, walk: DurableWalk, how: Left) -> None:
        """See a walk that is over, for this process."""

    def stuck(self, run: str, fault: Exception) -> None:
        """See a run that cannot be gone on with here; it is left alone."""

    def fault(self, run: str | None, fault: JournalFault) -> None:
        """See that the journal could not be used. It is tried again."""


class _Hold:
    """A run that this worker leases. ``walk`` is there once it has been read."""

    def __init__(self, run: str) -> None:
        self.run = run
        self.walk: DurableWalk | None = None


class Worker:
    """Walks runs. Open it with ``async with``; at its end whatever is under way is left for the next one.

    ``clock`` gives the time for leases and waits, and has to be that of the worlds.
    """

    def __init__(  # noqa: PLR0913 - each is a part of the world of its own
        self,
        journal: Journal,
        worlds: Worlds,
        tools: Tools,
        *,
        listener: Listener | None = None,
        settings: Settings = DEFAULT,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.owner = new_owner()
        self._journal = journal
        self._history = journal.history()
        self._worlds = worlds
        self._listener = listener or Listener()
        self._settings = settings
        self._clock = clock
        self._plans = StoredPlans(journal, tools)
        self._holds: dict[asyncio.Task[None], _Hold] = {}
        self._leaving = self._cutting = False
        self._wake = asyncio.Event()
        self._keepers: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        third = self._settings.lease / 3
        regularly = ((third, self._renew), (third, self.take_over), (self._settings.cancellations, self._cancel))
        self._keepers = [asyncio.create_task(self._every(seconds, act)) for seconds, act in regularly]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.drain(0)
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        await asyncio.to_thread(self._history.close)

    async def begin(self, new: NewRun) -> tuple[DurableWalk, asyncio.Task[None]]:
        """Keep a new run, and walk it; the task ends when this process is done with it.

        Raises FlowError (RunExists, JournalFault, UsageError) where it cannot be kept, or its environment not opened.
        """
        world = _World(new.environment, await self._worlds(new.environment))
        try:
            seq = await self._journal.create(new, owner=self.owner, lease=self._settings.lease)
        except ValueError as fault:
            raise UsageError(f"this run cannot be kept: {fault}") from None
        walk = self._walk(new.plan, new.entries, seq, world)
        hold = _Hold(walk.run)
        return walk, self._hold(hold, self._go(hold, walk))

    async def go_on(self) -> None:
        """Go on with every run that is due, until none is; those that wait for later are left."""
        await self._surely(self.take_over)
        while not self._leaving and (await self._claim() or self._holds):
            await self._pause()

    async def follow(self) -> None:
        """Go on with every run whenever it is due, until ``leave``."""
        await self._surely(self.take_over)
        while not self._leaving:
            await self._claim()
            await self._pause()

    async def see_through(self, run: str) -> None:
        """Go on with one run, and with those that it calls, whenever they are due, until it has ended or ``leave``.

        Others are left to others. Where another process walks it, this waits for that.
        """
        while not self._leaving and not await self._has_ended(run):
            await self._claim(run)
            await self._pause(run)

    async def take_over(self) -> None:
        """Let go of what processes of this machine held that are gone: nobody has to wait for their leases to end."""
        for owner, runs in (await asyncio.to_thread(runs_of_the_gone, self._history)).items():
            await self._journal.release(owner, runs)

    def look(self) -> None:
        """Look at once for runs that are due: something has come, or a run was kept, that this worker may walk."""
        self._wake.set()

    def leave(self) -> None:
        """Begin nothing more; what is in flight may end. ``drain`` waits for that."""
        self._leaving = True
        self._wake.set()
        for hold in self._holds.values():
            if hold.walk is not None:
                hold.walk.leave()

    def cut(self) -> None:
        """Cut off what is in flight now: whoever claims the run sends it again, or tells that it was interrupted."""
        self._cutting = True
        self.leave()
        for hold in self._holds.values():
            if hold.walk is not None:
                hold.walk.cut()

    async def drain(self, grace: float) -> None:
        """Leave, give what is in flight ``grace`` seconds to end, then cut it off, and let go of every run."""
        self.leave()
        if self._holds and grace > 0:
            await asyncio.wait(self._holds, timeout=grace)
        self.cut()
        if self._holds:
            await asyncio.wait(self._holds)

    async def ended(self) -> None:
        """Wait until no run is under way."""
        while self._holds:
            await asyncio.wait(self._holds)

    @property
    def under_way(self) -> int:
        """How many runs are held."""
        return len(self._holds)

    async def _claim(self, family: str | None = None) -> bool:
        """Claim what is due, as far as there is room; say whether more may be due."""
        room = self._settings.at_once - len(self._holds)
        if room <= 0:
            return True
        try:
            claims = await self._journal.claim(self.owner, self._clock(), self._settings.lease, room, family)
        except JournalFault as fault:
            self._listener.fault(None, fault)
            return True
        for claim in claims:
            hold = _Hold(claim.run)
            self._hold(hold, self._resume(hold, claim))
        return bool(claims)

    async def _has_ended(self, run: str) -> bool:
        with suppress(JournalFault):
            return (await asyncio.to_thread(self._history.run, run)).ended_at is not None
        return False

    async def _pause(self, family: str | None = None) -> None:
        """Wait until something may be due, or there is room again."""
        seconds = self._settings.look
        if len(self._holds) < self._settings.at_once:
            with suppress(JournalFault):
                due = await self._journal.next_due(self.owner, family)
                seconds = seconds if due is None else min(seconds, max(_SHORTEST, due - self._clock()))
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        self._wake.clear()

    def _hold(self, hold: _Hold, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._holds[task] = hold
        task.add_done_callback(self._let_go)
        return task

    def _let_go(self, task: asyncio.Task[None]) -> None:
        hold = self._holds.pop(task)
        self._wake.set()
        fault = None if task.cancelled() else task.exception()
        if isinstance(fault, Exception):
            self._listener.stuck(hold.run, fault)

    async def _resume(self, hold: _Hold, claim: Claim) -> None:
        try:
            entries = await self._journal.load(claim.run)
            plan = await self._plans.get(started_of(entries).digest)
            kept = await asyncio.to_thread(self._history.run, claim.run)
            world = _World(kept.environment, await self._worlds(kept.environment))
            walk = self._walk(plan, entries, len(entries), world, claim)
        except (FlowError, EntryMismatch) as fault:
            await self._refuse(claim.run, fault)
            return
        if claim.cancellation is not None:
            walk.cancel(claim.cancellation)
        await self._go(hold, walk)

    async def _refuse(self, run: str, fault: Exception) -> None:
        """Give back a run that could not be read now; keep one that cannot be walked, so as not to claim it again."""
        if isinstance(fault, JournalFault) and not isinstance(fault, JournalCorrupt):
            self._listener.fault(run, fault)
            await self._release(run)
        else:
            self._listener.stuck(run, fault)

    async def _release(self, run: str) -> None:
        with suppress(JournalFault):
            await self._journal.release(self.owner, [run])

    async def _go(self, hold: _Hold, walk: DurableWalk) -> None:
        hold.walk = walk
        if self._cutting:
            walk.cut()
        elif self._leaving:
            walk.leave()
        try:
            how = await walk.go()
        except JournalFault as fault:
            self._listener.fault(walk.run, fault)
            how = Left.OPEN
        if how in {Left.OPEN, Left.LOST}:
            await self._release(walk.run)
        self._listener.left(walk, how)

    def _walk(
        self, plan: Plan, entries: Sequence[Entry], seq: int, world: _World, claim: Claim | None = None
    ) -> DurableWalk:
        return DurableWalk(
            plan,
            entries,
            Ledger(self._journal, started_of(entries).run, seq, self.owner, self._listener.fault),
            world.effects,
            Calls(self._journal, world.environment),
            patience=self._settings.patience,
            event=None if claim is None else claim.event,
            until=None if claim is None else claim.waiting_until,
            on_step=self._listener.step,
        )

    async def _every(self, seconds: float, act: Callable[[], Awaitable[None]]) -> None:
        while True:
            await asyncio.sleep(seconds)
            await self._surely(act)

    async def _surely(self, act: Callable[[], Awaitable[None]]) -> None:
        """Do what is done again in a while: a fault of the journal is told, and nothing else becomes of it."""
        try:
            await act()
        except JournalFault as fault:
            self._listener.fault(None, fault)

    async def _renew(self) -> None:
        held = {hold.run: hold.walk for hold in self._holds.values()}
        if held:
            for run in await self._journal.renew(self.owner, held, self._clock(), self._settings.lease):
                walk = held[run]
                if walk is not None:
                    walk.lose()

    async def _cancel(self) -> None:
        if self._holds:
            asked = {one.run: one for one in await self._journal.cancellations(self.owner)}
            for hold in self._holds.values():
                if hold.walk is not None and hold.run in asked:
                    hold.walk.cancel(asked[hold.run])
