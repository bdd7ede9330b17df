"""Walks a recording step by step, forwards and back, and along outcomes that were not recorded.

The state is the fold of the journal, so going back is folding fewer entries: it is exact. What happens next is asked
again each time, so a way that was chosen is forgotten by going back over it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, NamedTuple, TypeAlias

from flowengine.core import walker
from flowengine.core.answers import Answer, Elapsed, Json, Outcome
from flowengine.core.calling import called_run
from flowengine.core.entries import Completed, Stopped
from flowengine.core.outcomes import ON_ERROR, ON_INVALID_DATA, ON_TIMEOUT, edge_for
from flowengine.core.plan import Edge, Plan
from flowengine.core.state import State, Step
from flowengine.core.trace import Run
from flowengine.core.wants import End, Wait
from flowengine.drivers.dry_run import DryWalk
from flowengine.errors import EngineBug
from flowengine.recording.format import Recording
from flowengine.recording.missing import Missing, explain_missing
from flowengine.recording.replay import Replay
from flowengine.recording.strangers import refuse_strangers
from flowengine.starting import refuse_trigger, start_values

Choices: TypeAlias = Mapping[str, Mapping[str, Answer]]
"""What each node may come back with, by canonical outcome."""


_HAVE_EFFECTS: Final = ("evaluate", "data-parser")
_UNDONE: Final = (ON_ERROR, ON_INVALID_DATA, ON_TIMEOUT)
"""Outcomes with which a handler writes nothing."""


class Way(NamedTuple):
    """An outcome that a node may have, and the edge it would follow; None where the run would end."""

    outcome: str
    edge: Edge | None


class _Mark(NamedTuple):
    """Where a step began."""

    entries: int
    used: dict[str, int]
    clock: float


class Stepping:
    """One recording under way. ``state`` is where it stands; ``chosen`` are the steps whose outcome was chosen."""

    def __init__(
        self,
        plan: Plan,
        recording: Recording,
        choices: Choices | None = None,
        known: Mapping[str, Mapping[str, Json]] | None = None,
    ) -> None:
        """Begin; ``known`` are outputs of nodes that were visited before, as if they had been.

        Raises InvalidFile for a recording that does not fit the flow, UsageError for its trigger.
        """
        refuse_strangers(recording, plan)
        refuse_trigger(plan, recording.trigger)
        self.plan = plan
        self.chosen: set[int] = set()
        self._recording = recording
        self._choices = choices or {}
        self._walk = DryWalk(plan, Replay(recording.responses), at=recording.started_at)
        self._marks: list[_Mark] = []
        values = start_values(plan, recording.variables)
        before = {node: dict(outputs) for node, outputs in (known or {}).items() if node in plan.nodes}
        self.state = self._walk.begin(recording.run_id, recording.trigger, {**before, **values})

    @property
    def shown(self) -> Step | None:
        """The step that was taken last; None at the beginning, and where the walk stands at a missing answer."""
        return self.state.steps[-1] if self.state.steps and not self.is_missing else None

    @property
    def is_over(self) -> bool:
        """Whether there is no step to go forward."""
        return self.state.result is not None

    @property
    def is_missing(self) -> bool:
        """Whether the walk ended for want of a recorded answer."""
        return isinstance(self._walk.entries[-1], Stopped)

    @property
    def missing(self) -> Missing | None:
        """What there is to say about the missing answer."""
        return explain_missing(self.plan, self._walk.entries, self._recording, self._walk.called)

    def unused(self) -> dict[str, int]:
        """Return how many recorded answers are left over, by node."""
        return self._walk.replay.unused()

    @property
    def node(self) -> str:
        """The node that ``choose`` is about: that of the step that is shown, else the one the walk stands at."""
        return self.shown.node if self.shown else self.state.at

    def forward(self) -> bool:
        """Take a step. Return whether one could be begun; it may come to a missing answer instead of an end."""
        if self.is_over:
            return False
        self._marks.append(_Mark(len(self._walk.entries), self._walk.replay.used(), self._walk.clock))
        steps = len(self.state.steps)
        while len(self.state.steps) == steps and self._walk.advance(self.state):
            pass
        return True

    def back(self) -> bool:
        """Take a step back. Return whether there was one."""
        if not self._marks:
            return False
        mark = self._marks.pop()
        del self._walk.entries[mark.entries :]
        self._walk.replay = Replay(self._recording.responses, mark.used)
        self._walk.clock = mark.clock
        self.state = walker.replay(self.plan, self._walk.entries)
        self.chosen.discard(len(self.state.steps))
        return True

    def before(self) -> dict[str, Json]:
        """Return the flow variables as they were before the step that is shown."""
        until = self._marks[-1].entries if self._marks and not self.is_missing else len(self._walk.entries)
        return self._variables(walker.replay(self.plan, self._walk.entries[:until]))

    def variables(self) -> dict[str, Json]:
        """Return the flow variables that have a value, as they are now."""
        return self._variables(self.state)

    def ways(self) -> list[Way]:
        """Return the outcomes that can be chosen for ``node``, each with where it would lead.

        There are none for a node that waits: the end of its wait is all that it can come back with.
        """
        node = self.plan.nodes[self.node]
        answers = self._choices.get(node.id, {})
        if any(isinstance(one, Elapsed) for one in answers.values()):
            return []
        return [Way(one, edge_for(node, one)) for one in answers]

    def choose(self, outcome: str) -> None:
        """Let ``node`` come back with one of ``ways``, in place of what its last attempt came back with."""
        answer = self._choices[self.node][outcome]
        if self.shown or self.is_missing:
            self.back()
        taken = len(self.state.steps)
        self.forward()
        self._replace_last(answer)
        while len(self.state.steps) == taken and not isinstance(want := walker.next(self.plan, self.state), End):
            if isinstance(want, Wait):  # before another attempt, which comes to the same
                self._walk.advance(self.state)
            else:
                self._apply(Completed(want.node, want.visit, want.attempt, answer, self._walk.clock, self._walk.clock))
        self.chosen.add(taken)

    def answer(self, entry: Mapping[str, Any]) -> None:
        """Let ``node`` get a recorded answer at each of its attempts, in place of what was recorded for them."""
        place, tries = self.node, self.plan.nodes[self.node].retry.attempts + 1  # one more: a credential is refreshed
        ended = self._walk.replay.used()
        if self.shown or self.is_missing:
            self.back()
        begun = self._walk.replay.used().get(place, 0)
        had = self._recording.responses.get(place, [])
        rest = had[ended.get(place, 0) :]
        self._record(place, [*had[:begun], *[dict(entry)] * tries, *rest])
        taken = len(self.state.steps)
        self.forward()
        count = min(tries, self._walk.replay.used()[place] - begun)
        self._record(place, [*had[:begun], *[dict(entry)] * count, *rest])
        self.chosen.add(taken)

    def _record(self, place: str, entries: list[dict[str, Any]]) -> None:
        responses = {**self._recording.responses, place: entries}
        self._recording = replace(self._recording, responses={node: one for node, one in responses.items() if one})
        self._walk.replay = Replay(self._recording.responses, self._walk.replay.used())

    def _replace_last(self, answer: Answer) -> None:
        """Put another answer in the place of the last one, or of the one that is missing."""
        entries = self._walk.entries
        last = entries.pop()
        if isinstance(last, Completed):
            self._walk.called.pop(called_run(self.state.run, last.node, last.visit, last.attempt), None)
            entry = last._replace(answer=self._with_what_it_did(last, answer))
        else:
            want = walker.next(self.plan, walker.replay(self.plan, entries))
            if isinstance(want, End):
                raise EngineBug("a walk that has ended misses an answer")
            entry = Completed(want.node, want.visit, want.attempt, answer, self._walk.clock, self._walk.clock)
        self.state = walker.replay(self.plan, entries)
        self._apply(entry)

    def _with_what_it_did(self, entry: Completed, answer: Answer) -> Answer:
        """Let a node that computed, and is to come to another outcome, have written what it wrote."""
        did, ran = entry.answer, self.plan.nodes[entry.node].handler in _HAVE_EFFECTS
        if ran and isinstance(did, Outcome) and isinstance(answer, Outcome) and answer.outcome not in _UNDONE:
            return answer._replace(outputs=did.outputs, variables=did.variables)
        return answer

    def _apply(self, entry: Completed) -> None:
        self._walk.entries.append(entry)
        walker.apply(self.plan, self.state, entry)

    def run(self) -> Run:
        """Return the run so far."""
        return Run.of(self.plan, self.state, self._walk.entries, self._walk.called)

    def _variables(self, state: State) -> dict[str, Json]:
        return {name: state.scope[name] for name in self.plan.variables if name in state.scope}
