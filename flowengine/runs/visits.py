"""The visits of a kept run, seen again: its entries are folded, and what was wanted at each is asked of the walker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from flowengine.core import walker
from flowengine.core.answers import Answer, Arrived, HttpAnswer, Json
from flowengine.core.callbacks import as_answer
from flowengine.core.entries import Completed, Entry, Requested
from flowengine.core.plan import Plan, PlanNode
from flowengine.core.responses import first_match
from flowengine.core.state import State, Step
from flowengine.core.wants import Await, Call, HttpRequest, Send, Want
from flowengine.drivers.durable_plans import started_of


@dataclass(frozen=True, slots=True)
class Exchange:
    """One attempt: what was sent, if anything, and what came.

    ``rule`` is the number of the rule that matched, from 1, and ``when`` what it asks for: the rules are those of the
    node type's responses, or of its callback, where the result was ``event``. ``calls``: the run that was called.
    """

    number: int
    key: str | None = None
    request: HttpRequest | None = None
    answer: Answer | None = None
    rule: int | None = None
    when: Any = None
    event: Arrived | None = None
    calls: str | None = None


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
    begun: Exchange | None = None
    for entry in entries[1:]:
        want = walker.next(plan, state)
        if isinstance(entry, Requested):
            begun = _begun(entry, want)
        elif isinstance(entry, Completed):
            _complete(plan, visit.exchanges, begun or Exchange(entry.attempt), entry, want)
            begun = None
        steps = len(state.steps)
        walker.apply(plan, state, entry)
        if len(state.steps) > steps:
            visit.step, visit.after = state.steps[-1], _variables(plan, state)
            visits.append(visit)
            visit = Visit(state.at, visit.after)
    if begun is not None:
        visit.exchanges.append(begun)
    if state.result is None or visit.exchanges:
        visits.append(visit)
    return state, visits


def _begun(entry: Requested, want: Want) -> Exchange:
    if isinstance(want, Call):
        return Exchange(entry.attempt, calls=want.run)
    return Exchange(entry.attempt, entry.key, want.request if isinstance(want, Send) else None)


def _complete(plan: Plan, exchanges: list[Exchange], begun: Exchange, entry: Completed, want: Want) -> None:
    node, answer = plan.nodes[entry.node], entry.answer
    if isinstance(want, Await) and want.integration is not None and exchanges:
        if isinstance(answer, Arrived):
            rule, when = _event_rule(plan, node, answer)
            exchanges[-1] = replace(exchanges[-1], event=answer, rule=rule, when=when)
        return
    rule, when = _rule(plan, node, answer) if isinstance(answer, HttpAnswer) else (None, None)
    event = answer if isinstance(answer, Arrived) else None
    exchanges.append(replace(begun, answer=answer, rule=rule, when=when, event=event))


def _rule(plan: Plan, node: PlanNode, answer: HttpAnswer) -> tuple[int | None, Any]:
    rule = next((at for at, one in enumerate(node.rules, 1) if first_match([one], answer) is not None), None)
    raw = plan.data["types"][node.type]["responses"] if rule is not None else ()
    return rule, None if rule is None else raw[rule - 1].get("when") or {}


def _event_rule(plan: Plan, node: PlanNode, event: Arrived) -> tuple[int | None, Any]:
    rules = node.callback.events if node.callback is not None else ()
    posted = as_answer(event)
    for number, one in enumerate(rules, 1):
        if (not one.names or event.name in one.names) and first_match([one.rule], posted) is not None:
            return number, plan.data["types"][node.type]["callback"]["events"][number - 1].get("when") or {}
    return None, None


def _variables(plan: Plan, state: State) -> dict[str, Json]:
    return {name: state.scope[name] for name in plan.variables if name in state.scope}
