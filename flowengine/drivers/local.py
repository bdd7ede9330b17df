"""The in-process driver: asyncio, real time, real requests."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeAlias

from flowengine.core import walker
from flowengine.core.answers import Answer, Broken, Elapsed, Json, TimedOut
from flowengine.core.entries import Completed, Entry, Requested, Started, Stopped
from flowengine.core.plan import DEFAULT_LIMITS, Limits, Plan
from flowengine.core.state import State, Step
from flowengine.core.wants import Compute, End, Known, Send, Wait
from flowengine.drivers.handlers import call_handler
from flowengine.effects.protocol import Effects

OnStep: TypeAlias = Callable[[Step], None]


class Walk:
    """One run under way. ``state`` can be read at any time; ``entries`` is its journal where one is kept."""

    def __init__(self, plan: Plan, effects: Effects, on_step: OnStep | None = None, *, journal: bool = False) -> None:
        self.plan = plan
        self.entries: list[Entry] = []
        self._effects = effects
        self._on_step = on_step
        self._journal = self.entries.append if journal else None
        self.state: State | None = None

    async def run(self, trigger: Json, variables: dict[str, Json], limits: Limits | None = None) -> State:
        """Walk to the end. When cancelled, the state says so before CancelledError goes on."""
        now = self._effects.now()
        started = Started(self._effects.new_id(), self.plan.digest, now, trigger, variables, limits or DEFAULT_LIMITS)
        self.state = state = walker.begin(self.plan, started)
        if self._journal is not None:
            self._journal(started)
        try:
            await self._walk(state, now)
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
                if journal is not None and isinstance(want, Send):
                    journal(Requested(want.node, want.visit, want.attempt, want.key, now))
                answer = await carry_out(effects, want)
            done = effects.now()
            entry = Completed(want.node, want.visit, want.attempt, answer, now, done)
            now = done
            walker.apply(plan, state, entry)
            if journal is not None:
                journal(entry)
            if on_step is not None and len(steps) > seen:
                seen = len(steps)
                on_step(steps[-1])

    def _apply(self, state: State, entry: Entry) -> None:
        walker.apply(self.plan, state, entry)
        if self._journal is not None:
            self._journal(entry)


async def carry_out(effects: Effects, want: Send | Wait | Compute) -> Answer:
    """Do what is wanted, and return what came of it. Raises nothing but CancelledError."""
    match want:
        case Send():
            return await _send(effects, want)
        case Wait(seconds=seconds):
            await effects.sleep(seconds)
            return Elapsed()
        case Compute():
            return await asyncio.get_running_loop().run_in_executor(_pool(), call_handler, want)


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
