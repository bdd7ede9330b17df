"""A kept run and the runs that it calls, followed as they are kept, whichever process walks them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from flowengine.core import walker
from flowengine.core.entries import Completed, Entry
from flowengine.core.plan import Plan
from flowengine.core.state import State, Step
from flowengine.core.trace import Run
from flowengine.core.wants import Await, Call
from flowengine.journal.faults import UnknownRun
from flowengine.journal.protocol import History


class Told(NamedTuple):
    """A step that was kept, of a run that is ``depth`` calls deep."""

    run: str
    depth: int
    plan: Plan
    step: Step


class Waiting(NamedTuple):
    """A run that waits for an event, until a time (seconds since the epoch; None: for ever)."""

    run: str
    want: Await
    until: float | None


class Family:
    """One run, and behind it those that it has called. ``begun``: entries of which nobody is told any more."""

    def __init__(self, history: History, plan: Plan, begun: Sequence[Entry], depth: int = 0) -> None:
        self.plan = plan
        self.entries = list(begun)
        self.state: State = walker.replay(plan, self.entries)
        self._history = history
        self._depth = depth
        self._called: dict[str, Family] = {}

    @classmethod
    def of(cls, history: History, run: str, plan: Plan, depth: int = 0) -> Family:
        """Begin with a run that is kept. Raises JournalFault, UnknownRun."""
        return cls(history, plan, history.entries(run)[:1], depth)

    def look(self) -> list[Told]:
        """Return the steps that were kept since the last look: those of a called run before the one that called it."""
        return list(self._look())

    def waiting(self) -> Waiting | None:
        """Return for which event the run waits, or the one that it waits for in the end, as of the last look."""
        want = self._want()
        if isinstance(want, Call):
            called = self._called.get(want.run)
            return None if called is None else called.waiting()
        if not isinstance(want, Await) or want.integration is not None:
            return None
        kept = self._history.run(self.state.run)
        return Waiting(kept.id, want, kept.waiting_until) if kept.status == "waiting" else None

    def whole(self) -> Run:
        """Return the run with its entries, and with those that it has called."""
        return Run.of(self.plan, self.state, self.entries, {run: one.whole() for run, one in self._called.items()})

    def _look(self) -> Iterator[Told]:
        state, plan = self.state, self.plan
        for entry in self._history.entries(state.run, after=len(self.entries) - 1):
            if isinstance(entry, Completed):
                yield from self._look_below()
            self.entries.append(entry)
            steps = len(state.steps)
            walker.apply(plan, state, entry)
            for step in state.steps[steps:]:
                yield Told(state.run, self._depth, plan, step)
        yield from self._look_below()

    def _look_below(self) -> Iterator[Told]:
        want = self._want()
        if not isinstance(want, Call):
            return
        if want.run not in self._called:
            try:
                self._called[want.run] = Family.of(
                    self._history, want.run, self.plan.called(want.flow), self._depth + 1
                )
            except UnknownRun:
                return  # it is about to begin, or was pruned
        yield from self._called[want.run]._look()  # noqa: SLF001 - one of its own kind

    def _want(self) -> object:
        return None if self.state.result is not None else walker.next(self.plan, self.state)


def whole_run(history: History, run: str, plan: Plan) -> Run:
    """Return a kept run with its entries, and with the runs that it has called."""
    family = Family.of(history, run, plan)
    family.look()
    return family.whole()
