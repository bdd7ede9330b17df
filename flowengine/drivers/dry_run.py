"""The dry-run driver: recorded answers, virtual time, no effect on anything."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from flowengine.core import walker
from flowengine.core.answers import Answer, Elapsed, Json, Refused, TimedOut
from flowengine.core.entries import Completed, Entry, Requested, Started, Stopped
from flowengine.core.plan import DEFAULT_LIMITS, DEFAULT_TIMEOUT, Limits, Plan
from flowengine.core.state import State, Step
from flowengine.core.wants import Compute, End, Known, Send, Wait
from flowengine.drivers.handlers import call_handler
from flowengine.recording.replay import NoAnswerLeft, Replay

EPOCH: Final = 1_767_225_600.0
"""Virtual time begins on 2026-01-01T00:00:00Z where the recording does not say, so that two dry-runs are the same to
the letter."""


class DryWalk:
    """One dry-run. ``clock`` is its virtual time (seconds since the epoch), which begins ``at`` a moment."""

    def __init__(
        self,
        plan: Plan,
        replay: Replay,
        on_step: Callable[[Step], None] | None = None,
        at: float | None = None,
    ) -> None:
        self.plan = plan
        self.replay = replay
        self.clock = EPOCH if at is None else at
        self.entries: list[Entry] = []
        self._on_step = on_step

    def run(self, run_id: str, trigger: Json, variables: dict[str, Json], limits: Limits | None = None) -> State:
        """Walk to the end, or to the first request without a recorded answer."""
        state = self.begin(run_id, trigger, variables, limits)
        while self.advance(state):
            pass
        return state

    def begin(self, run_id: str, trigger: Json, variables: dict[str, Json], limits: Limits | None = None) -> State:
        """Start the run."""
        started = Started(run_id, self.plan.digest, self.clock, trigger, variables, limits or DEFAULT_LIMITS)
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

    def _answer(self, want: Known | Send | Wait | Compute) -> Answer:
        match want:
            case Known(answer=answer):
                return answer
            case Compute():
                return call_handler(want)
            case Wait(seconds=seconds):
                self.clock += seconds
                return Elapsed()
            case Send():
                return self._recorded(want)

    def _recorded(self, want: Send) -> Answer:
        if want.refresh and not self.replay.left(want.node):
            return Refused("refused with 401 or 403, and no answer is recorded for a second try")
        self.entries.append(Requested(want.node, want.visit, want.attempt, want.key, self.clock))
        answer = self.replay.take(want)
        if isinstance(answer, TimedOut):
            self.clock += DEFAULT_TIMEOUT if want.timeout is None else want.timeout
        return answer
