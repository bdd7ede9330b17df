"""The visits of a kept run, seen again: its entries are folded, and what was wanted at each is asked of the walker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from flowengine.core import walker
from flowengine.core.answers import Answer, HttpAnswer, Json
from flowengine.core.entries import Completed, Entry, Requested
from flowengine.core.plan import Plan
from flowengine.core.responses import first_match
from flowengine.core.state import State, Step
from flowengine.core.wants import HttpRequest, Send
from flowengine.drivers.durable_plans import started_of


@dataclass(frozen=True, slots=True)
class Exchange:
    """One attempt: what was sent, if anything, and what came.

    ``rule`` is the number of the rule that matched, from 1, and ``when`` what it asks for.
    """

    number: int
    key: str | None
    request: HttpRequest | None
    answer: Answer | None
    rule: int | None
    when: Any


@dataclass(slots=True)
class Visit:
    """One visit of a node; ``step`` is None as long as it is under way. ``before``, ``after``: the flow variables."""

    node: str
    before: dict[str, Json]
    step: Step | None = None
    after: dict[str, Json] = field(default_factory=dict)
    exchanges: list[Exchange] = field(default_factory=list)


def visits_of(plan: Plan, entries: Sequence[Entry]) -> tuple[State, list[Visit]]:
    """Return where a run stands, and its visits in order. Raises EntryMismatch."""
    state = walker.begin(plan, started_of(entries))
    visits: list[Visit] = []
    visit = Visit(state.at, _variables(plan, state))
    request: HttpRequest | None = None
    key: str | None = None
    for entry in entries[1:]:
        if isinstance(entry, Requested):
            want = walker.next(plan, state)
            request, key = (want.request if isinstance(want, Send) else None), entry.key
        steps = len(state.steps)
        walker.apply(plan, state, entry)
        if isinstance(entry, Completed):
            visit.exchanges.append(_exchange(plan, entry, key, request))
            request = key = None
        if len(state.steps) > steps:
            visit.step, visit.after = state.steps[-1], _variables(plan, state)
            visits.append(visit)
            visit = Visit(state.at, visit.after)
    if request is not None:
        visit.exchanges.append(Exchange(len(visit.exchanges) + 1, key, request, None, None, None))
    if state.result is None or visit.exchanges:
        visits.append(visit)
    return state, visits


def _exchange(plan: Plan, entry: Completed, key: str | None, request: HttpRequest | None) -> Exchange:
    node, answer = plan.nodes[entry.node], entry.answer
    rule = when = None
    if isinstance(answer, HttpAnswer):
        rule = next((at for at, one in enumerate(node.rules, 1) if first_match([one], answer) is not None), None)
        if rule is not None:
            when = plan.data["types"][node.type]["responses"][rule - 1].get("when") or {}
    return Exchange(entry.attempt, key, request, answer, rule, when)


def _variables(plan: Plan, state: State) -> dict[str, Json]:
    return {name: state.scope[name] for name in plan.variables if name in state.scope}
