"""The dry-run driver: recorded answers, virtual time, no effect on anything."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

from flowengine.core import walker
from flowengine.core.answers import Answer, Elapsed, Json, Refused, TimedOut
from flowengine.core.calling import returned, started_by, too_long
from flowengine.core.entries import Completed, Entry, Requested, Started, Stopped
from flowengine.core.plan import DEFAULT_LIMITS, DEFAULT_TIMEOUT, Limits, Plan
from flowengine.core.state import State, Step
from flowengine.core.trace import Run
from flowengine.core.wants import Await, Call, Compute, End, Known, Send, Wait
from flowengine.drivers.handlers import call_handler
from flowengine.recording.replay import NoAnswerLeft, Replay

OnStep: TypeAlias = Callable[[Step], None]
OnCall: TypeAlias = Callable[[Plan, Call], OnStep | None]
"""Is asked, when a flow is called, what the steps of its run are told."""

EPOCH: Final = 1_767_225_600.0
"""Virtual time begins on 2026-01-01T00:00:00Z where the recording does not say, so that two dry-runs are the same to
the letter."""


class _TimeIsOver(Exception):
    """A caller waits no longer."""


class DryWalk:
    """One dry-run. ``clock`` is its virtual time (seconds since the epoch), which begins ``at`` a moment.

    ``called`` are the runs of flows that were walked because this one calls them, by id; ``on_call`` gives what their
    steps are shown by.
    """

    def __init__(
        self,
        plan: Plan,
        replay: Replay,
        on_step: OnStep | None = None,
        at: float | None = None,
        *,
        on_call: OnCall | None = None,
    ) -> None:
        self.plan = plan
        self.replay = replay
        self.clock = EPOCH if at is None else at
        self.entries: list[Entry] = []
        self.called: dict[str, Run] = {}
        self._on_step = on_step
        self._on_call = on_call
        self._limits = DEFAULT_LIMITS
        self._deadline: float | None = None

    def run(self, run_id: str, trigger: Json, variables: dict[str, Json], limits: Limits | None = None) -> State:
        """Walk to the end, or to the first request without a recorded answer."""
        state = self.begin(run_id, trigger, variables, limits)
        while self.advance(state):
            pass
        return state

    def begin(self, run_id: str, trigger: Json, variables: dict[str, Json], limits: Limits | None = None) -> State:
        """Start the run."""
        return self._begin(Started(run_id, self.plan.digest, self.clock, trigger, variables, limits or DEFAULT_LIMITS))

    def _begin(self, started: Started) -> State:
        self._limits = started.limits
        self.entries.append(started)
        return walker.begin(self.plan, started)

    def advance(self, state: State) -> bool:
        """Do the one thing that is wanted next. Return whether there was any: False where the run is over."""
        want = walker.next(self.plan, state)
        if isinstance(want, End):
            return False
        before, steps = self.clock, len(state.steps)
        try:
            answer = self._answer(want)
            entry: Entry = Completed(want.node, want.visit, want.attempt, answer, before, self.clock)
        except NoAnswerLeft as missing:
            entry = Stopped(self.clock, "failed", str(missing))
        self.entries.append(entry)
        walker.apply(self.plan, state, entry)
        if self._on_step is not None and len(state.steps) > steps:
            self._on_step(state.steps[-1])
        return True

    def _answer(self, want: Known | Send | Wait | Await | Call | Compute) -> Answer:
        match want:
            case Known(answer=answer):
                return answer
            case Compute():
                return call_handler(want)
            case Wait(seconds=seconds):
                self._pass(seconds)
                return Elapsed()
            case Send():
                return self._recorded(want)
            case Await():
                return self._awaited(want)
            case Call():
                return self._call(want)

    def _pass(self, seconds: float) -> None:
        """Let time pass, up to the end of the time that a caller gives this run."""
        until = self.clock + seconds
        if self._deadline is not None and until > self._deadline:
            self.clock = self._deadline
            raise _TimeIsOver
        self.clock = until

    def _call(self, want: Call) -> Answer:
        """Take a recorded answer for what the called flow came to; where there is none at all, walk it."""
        self.entries.append(Requested(want.node, want.visit, want.attempt, want.run, self.clock))
        if not self.replay.has(want.node):
            return self._walk_called(want)
        answer = self.replay.take(want)
        if isinstance(answer, TimedOut):
            self._pass(want.timeout or 0.0)
        return answer

    def _walk_called(self, want: Call) -> Answer:
        called = self.plan.called(want.flow)
        show = self._on_call(called, want) if self._on_call is not None else None
        walk = DryWalk(called, self.replay.below(want.node), show, self.clock, on_call=self._on_call)
        until = None if want.timeout is None else self.clock + want.timeout
        walk._deadline = min((one for one in (self._deadline, until) if one is not None), default=None)
        state = walk._begin(started_by(called, want, self.clock, self._limits))
        in_time = True
        try:
            while walk.advance(state):
                pass
        except _TimeIsOver:
            in_time = False
            walk.stop(state, "cancelled", f"cancelled at node {state.at!r}")
        self.clock = walk.clock
        self.called[want.run] = Run.of(called, state, walk.entries, walk.called)
        if in_time:
            if isinstance(walk.entries[-1], Stopped):
                raise NoAnswerLeft(state.reason)
            return returned(called, state)
        if until is None or self.clock < until:
            raise _TimeIsOver  # that of a run further up
        return too_long(want)

    def stop(self, state: State, status: str, reason: str) -> None:
        """End the run from outside."""
        stopped = Stopped(self.clock, status, reason)
        self.entries.append(stopped)
        walker.apply(self.plan, state, stopped)

    def _awaited(self, want: Await) -> Answer:
        answer = self.replay.take(want)
        if isinstance(answer, TimedOut):
            self._pass(want.seconds or 0.0)
        return answer

    def _recorded(self, want: Send) -> Answer:
        if want.refresh and not self.replay.left(want.node):
            return Refused("refused with 401 or 403, and no answer is recorded for a second try")
        self.entries.append(Requested(want.node, want.visit, want.attempt, want.key, self.clock))
        answer = self.replay.take(want)
        if isinstance(answer, TimedOut):
            self._pass(DEFAULT_TIMEOUT if want.timeout is None else want.timeout)
        return answer
