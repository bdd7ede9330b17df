"""The in-process driver: asyncio, real time, real requests."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any, TypeAlias

from flowengine.core import walker
from flowengine.core.answers import Answer, Broken, Elapsed, Json, NoCallback, TimedOut
from flowengine.core.calling import returned, started_by, too_long
from flowengine.core.entries import Completed, Entry, Requested, Started, Stopped
from flowengine.core.plan import DEFAULT_LIMITS, Limits, Plan
from flowengine.core.state import State, Step
from flowengine.core.trace import Run
from flowengine.core.wants import Await, Call, Compute, End, Known, Send, Wait
from flowengine.drivers.handlers import call_handler
from flowengine.effects.protocol import Effects
from flowengine.recording.events import received

OnStep: TypeAlias = Callable[[Step], None]
OnCall: TypeAlias = Callable[[Plan, Call], OnStep | None]
"""Is asked, when a flow is called, what the steps of its run are told."""
OnWait: TypeAlias = Callable[[Await], None]


class Walk:
    """One run under way. ``state`` can be read at any time; ``entries`` is its journal where one is kept.

    ``events`` are what each ``receive`` gets, as a recording has it, in order: the first that is one of those it waits
    for. ``on_wait`` is told of waits for events that are not among them. ``called`` are the runs of flows that this one
    calls, by id, as far as they have ended; ``on_call`` gives what their steps are shown by.
    """

    def __init__(  # noqa: PLR0913 - all but two have defaults
        self,
        plan: Plan,
        effects: Effects,
        on_step: OnStep | None = None,
        *,
        journal: bool = False,
        events: Iterable[Mapping[str, Any]] = (),
        on_wait: OnWait | None = None,
        on_call: OnCall | None = None,
    ) -> None:
        self.plan = plan
        self.entries: list[Entry] = []
        self.events = list(events)
        self.called: dict[str, Run] = {}
        self._effects = effects
        self._on_step = on_step
        self._on_wait = on_wait
        self._on_call = on_call
        self._journal = self.entries.append if journal else None
        self.state: State | None = None

    async def run(self, trigger: Json, variables: dict[str, Json], limits: Limits | None = None) -> State:
        """Walk to the end. When cancelled, the state says so before CancelledError goes on."""
        now = self._effects.now()
        started = Started(self._effects.new_id(), self.plan.digest, now, trigger, variables, limits or DEFAULT_LIMITS)
        return await self._run(started)

    async def _run(self, started: Started) -> State:
        self.state = state = walker.begin(self.plan, started)
        if self._journal is not None:
            self._journal(started)
        try:
            await self._walk(state, started.at)
        except asyncio.CancelledError:
            stopped = Stopped(self._effects.now(), "cancelled", f"cancelled at node {state.at!r}")
            if state.result is None:
                self._apply(state, stopped)
            raise
        return state

    async def _walk(self, state: State, now: float) -> None:
        plan, effects, on_step, journal = self.plan, self._effects, self._on_step, self._journal
        steps, seen = state.steps, 0
        while True:
            want = walker.next(plan, state)
            if isinstance(want, Known):
                answer = want.answer
            elif isinstance(want, End):
                return
            else:
                if journal is not None and isinstance(want, Send | Call):
                    key = want.run if isinstance(want, Call) else want.key
                    journal(Requested(want.node, want.visit, want.attempt, key, now))
                if isinstance(want, Call):
                    answer = await self._call(want, state.limits)
                else:
                    answer = await (self._await(want) if isinstance(want, Await) else carry_out(effects, want))
            done = effects.now()
            entry = Completed(want.node, want.visit, want.attempt, answer, now, done)
            now = done
            walker.apply(plan, state, entry)
            if journal is not None:
                journal(entry)
            if on_step is not None and len(steps) > seen:
                seen = len(steps)
                on_step(steps[-1])

    async def _await(self, want: Await) -> Answer:
        for number, event in enumerate(self.events if want.integration is None else ()):
            try:
                arrived = received(want, event)
            except ValueError:
                continue  # it is for another node, or for nobody: then it is left over
            del self.events[number]
            return arrived
        if self._on_wait is not None and want.integration is None:
            self._on_wait(want)
        return await carry_out(self._effects, want)

    async def _call(self, want: Call, limits: Limits) -> Answer:
        """Walk the called flow to its end, or for as long as there is time; it is cancelled with this run."""
        called = self.plan.called(want.flow)
        show = self._on_call(called, want) if self._on_call is not None else None
        journal, on_wait, on_call = self._journal is not None, self._on_wait, self._on_call
        walk = Walk(called, self._effects, show, journal=journal, on_wait=on_wait, on_call=on_call)
        walk.events = self.events
        started = started_by(called, want, self._effects.now(), limits)
        try:
            async with asyncio.timeout(want.timeout):
                state = await walk._run(started)
        except TimeoutError:
            return too_long(want)
        finally:
            if walk.state is not None:
                self.called[want.run] = Run.of(called, walk.state, walk.entries, walk.called)
        return returned(called, state)

    def _apply(self, state: State, entry: Entry) -> None:
        walker.apply(self.plan, state, entry)
        if self._journal is not None:
            self._journal(entry)


async def carry_out(effects: Effects, want: Send | Wait | Await | Compute) -> Answer:
    """Do what is wanted, and return what came of it. Raises nothing but CancelledError."""
    match want:
        case Send():
            return await _send(effects, want)
        case Wait(seconds=seconds):
            await effects.sleep(seconds)
            return Elapsed()
        case Await():
            return NoCallback() if has_no_callback(effects, want) else await effects.receive(want)
        case Compute():
            return await asyncio.get_running_loop().run_in_executor(_pool(), call_handler, want)


def has_no_callback(effects: Effects, want: Await) -> bool:
    """Whether the result that is waited for cannot come, as the request that promised it had no address for it."""
    return want.integration is not None and effects.callback(want.integration) is None


async def _send(effects: Effects, want: Send) -> Answer:
    timeout = effects.timeout(want.integration) if want.timeout is None else want.timeout
    try:
        async with asyncio.timeout(timeout):
            return await effects.send(want)
    except TimeoutError:
        return TimedOut(f"no answer within {timeout:g} s")
    except Exception as fault:
        # Effects answer for the other side and do not raise; should one, the run still goes on by its edges.
        logging.getLogger(__name__).debug("the request of node %s failed", want.node, exc_info=True)
        return Broken(f"the request failed: {type(fault).__name__}")


@cache
def _pool() -> ThreadPoolExecutor:
    """Threads for handlers that block; scripts run in processes of their own, so a few threads serve many runs."""
    return ThreadPoolExecutor(max_workers=8, thread_name_prefix="flowengine-handler")
