"""A run as its users see it: what ``run`` and ``dry_run`` give, and its JSON (an API, see docs/json.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flowengine.core.answers import Json
from flowengine.core.calling import called_run
from flowengine.core.entries import Entry
from flowengine.core.moments import moment
from flowengine.core.plan import Plan
from flowengine.core.state import Attempt, State, Step


@dataclass(frozen=True, slots=True)
class Run:
    """One walk of a flow.

    ``status`` is ``running``, ``succeeded``, ``failed`` or ``cancelled``; ``result`` is ``success`` or ``error``;
    ``reason`` says why a run did not succeed, where no end node says it; ``path`` are the ids of the visited nodes, the
    end included; ``variables`` those that have a value; ``entries`` the journal, empty unless it was asked for;
    ``called`` the runs of flows that this one called, by id: those that were walked with it.
    """

    id: str
    flow: str
    status: str
    result: str | None
    reason: str | None
    path: list[str]
    steps: list[Step]
    variables: dict[str, Json]
    entries: list[Entry]
    called: Mapping[str, Run] = field(default_factory=dict)

    @classmethod
    def of(
        cls, plan: Plan, state: State, entries: list[Entry] | None = None, called: Mapping[str, Run] | None = None
    ) -> Run:
        """Take the run out of a state."""
        return cls(
            state.run,
            plan.flow,
            state.status,
            state.result,
            state.reason,
            state.path,
            state.steps,
            {name: state.scope[name] for name in plan.variables if name in state.scope},
            entries or [],
            called or {},
        )

    def called_at(self, step: Step) -> dict[int, Run]:
        """Return the runs that the attempts of a step called, by number: those that were walked with this one."""
        ids = {one.number: called_run(self.id, step.node, step.visit, one.number) for one in step.attempts}
        return {number: self.called[run] for number, run in ids.items() if run in self.called}

    def to_json(self) -> dict[str, Any]:
        """Return the run as JSON values."""
        return {
            "id": self.id,
            "flow": self.flow,
            "status": self.status,
            "result": self.result,
            "reason": self.reason,
            "path": self.path,
            "steps": [step_json(step, self.called_at(step)) for step in self.steps],
            "variables": self.variables,
        }


def step_json(step: Step, called: Mapping[int, Run] | None = None) -> dict[str, Any]:
    """Return a step as JSON values; ``called`` are the runs that its attempts called, by number."""
    edge = step.edge
    return {
        "node": step.node,
        "type": step.type,
        "visit": step.visit,
        "attempts": [_attempt_json(attempt, (called or {}).get(attempt.number)) for attempt in step.attempts],
        "outcome": step.outcome,
        "reason": step.reason,
        "edge": {"label": edge.label, "to": edge.to, "fallThrough": edge.fall_through} if edge else None,
        "inputs": step.inputs,
        "outputs": step.outputs,
        "set": step.wrote,
        "startedAt": moment(step.started_at),
        "durationMs": _milliseconds(step.started_at, step.ended_at),
    }


def _attempt_json(attempt: Attempt, called: Run | None) -> dict[str, Any]:
    return {
        "number": attempt.number,
        "outcome": attempt.outcome,
        "reason": attempt.reason,
        "status": attempt.status,
        "startedAt": moment(attempt.started_at),
        "durationMs": _milliseconds(attempt.started_at, attempt.ended_at),
        **({"run": called.to_json()} if called is not None else {}),
    }


def _milliseconds(start: float, end: float) -> float:
    return round((end - start) * 1000, 3)
