"""What a dry-run offers where it asks: the outcomes of a node, each with an answer that leads to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, Final, NamedTuple

from flowengine.catalogue.catalogue import Catalogue
from flowengine.check.called import CallVersion, version_of
from flowengine.check.compile import TOOLS, compile
from flowengine.check.reach import ANY_OTHER, possible_edges
from flowengine.core import walker
from flowengine.core.answers import Answer, Json
from flowengine.core.entries import Stopped
from flowengine.core.plan import Plan, PlanNode
from flowengine.core.trace import Run
from flowengine.core.wants import Await, Call, Want
from flowengine.explore.answers import possible_answers
from flowengine.flowfile.syntax import Flow
from flowengine.generate.answers import recorded_replies
from flowengine.generate.rows import alternatives, told, unmet

_ASKS: Final = ("receive", "call-flow", None)
"""Handlers of nodes that get something from outside. None: the node sends a request."""

_WAITS: Final = "delay"


class Ready:
    """A flow that can be walked, and what is known of its nodes. What is not asked for is not worked out."""

    def __init__(self, flow: Flow, catalogue: Catalogue, plan: Plan | None = None) -> None:
        self.flow = flow
        self.catalogue = catalogue
        self.plan = compile(flow, catalogue) if plan is None else plan
        self._below: dict[str, Ready] = {}
        self._begun: dict[str, Plan] = {}

    @cached_property
    def replies(self) -> Mapping[str, Mapping[str, Mapping[str, Any]]]:
        """What a recording would hold, by node and outcome."""
        return recorded_replies(self.plan, self.flow, self.catalogue)

    @cached_property
    def answers(self) -> dict[str, Mapping[str, Answer]]:
        """What each node may come back with, made up where nobody knows."""
        possible = possible_answers(self.plan, self.flow, self.catalogue, [], {})
        return {node: one.answers for node, one in possible.items()}

    def begun_at(self, node: str) -> Plan:
        """Return the plan that begins at another node."""
        if node not in self._begun:
            self._begun[node] = Plan.from_data({**self.plan.data, "start": node}, TOOLS)
        return self._begun[node]

    def called_by(self, node: str) -> Ready | None:
        """Return the flow that a node calls."""
        version = version_of(self.flow, self.catalogue, self.flow.nodes[node])
        if not isinstance(version, CallVersion):
            return None
        plan = self.plan.called(version.flow.id)
        return self._below.setdefault(node, Ready(version.flow, version.catalogue, plan))


class Asked(NamedTuple):
    """What a walk that stopped for want of an answer asked for, and in which of the runs that were called."""

    ready: Ready
    want: Want
    run: Run


def asked(ready: Ready, plan: Plan, run: Run) -> Asked | None:
    """Return what a walk of a plan stopped at; None where it went on, or ended."""
    if not run.entries or not isinstance(run.entries[-1], Stopped):
        return None
    want = walker.next(plan, walker.replay(plan, list(run.entries[:-1])))
    if isinstance(want, Call) and want.run in run.called:
        below = ready.called_by(want.node)
        return asked(below, below.plan, run.called[want.run]) if below is not None else None
    return Asked(ready, want, run)


def offered(ready: Ready, node: str) -> list[dict[str, Any]]:
    """Return the outcomes of a node, each with where it leads and an answer that leads to it."""
    targets = possible_edges(ready.flow, ready.catalogue)[node]
    version = version_of(ready.flow, ready.catalogue, ready.flow.nodes[node])
    kinds = version.outcomes if version is not None else {}
    return [
        {
            "name": name,
            "kind": kinds[name]["kind"] if name in kinds else "success",
            "description": kinds[name]["description"] if name in kinds else "Named by the flow.",
            "to": target.to,
            "answer": ready.replies.get(node, {}).get(name) or {"outcome": name},
        }
        for name, target in targets.items()
        if name != ANY_OTHER
    ]


def asks(node: PlanNode) -> bool:
    """Whether a node gets an answer, an event or what a flow came to, so that another one can be given."""
    return node.handler in _ASKS


def choosing(node: PlanNode) -> str:
    """Say what choosing an outcome does: gives another ``answer``, sets aside what was computed, or ``nothing``."""
    return "answer" if asks(node) else "nothing" if node.handler == _WAITS else "override"


def takes(node: PlanNode, plan: Plan, scope: Mapping[str, Json]) -> dict[str, str]:
    """Say by outcome what would have to be true for a node that computes, as values are; "" where nothing can be."""
    if node.rows is not None:
        names = [*(row.name for row in node.rows.rows), node.rows.default]
        return {name: _row(node, name, scope) for name in names}
    branches = plan.data["nodes"][node.id].get("inputs", {}).get("branches")
    if node.handler == "evaluate" and isinstance(branches, dict):
        return {name: f"the script comes to {value!r}" for name, value in branches.items()}
    return {}


def _row(node: PlanNode, outcome: str, scope: Mapping[str, Json]) -> str:
    ways = alternatives(node.rows, outcome) if node.rows is not None else []
    missing = min((unmet(one, scope) for one in ways), key=len, default=[])
    return " and ".join(told(*one) for one in missing)


def waited_for(want: Want) -> Iterator[dict[str, Any]]:
    """Yield the events that a walk waits for: what the flow calls each, and its key."""
    if isinstance(want, Await):
        yield from ({"label": label, "key": key} for key, label in zip(want.keys, want.labels, strict=False))


def wait_of(want: Want) -> float | None:
    """Return how long is waited (seconds); None where nothing ends it, or nothing is waited for."""
    return want.seconds if isinstance(want, Await) else want.timeout if isinstance(want, Call) else None
