"""FE601: what a recording names and its flow does not have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from flowengine.core.plan import Plan, PlanNode
from flowengine.core.values import has_type, type_of
from flowengine.errors import InvalidFile
from flowengine.findings import Finding
from flowengine.recording.format import Recording
from flowengine.schema_problems import did_you_mean

_CODE = "FE601"


def refuse_strangers(recording: Recording, plan: Plan) -> None:
    """Raise InvalidFile where a recording is of another flow, or names what the flow does not have."""
    findings = strangers(recording, plan)
    if findings:
        raise InvalidFile(findings)


def strangers(recording: Recording, plan: Plan) -> list[Finding]:
    """Return what a recording names and the flow does not have; of another flow's recording, only that it is one."""
    if recording.flow != plan.flow:
        message = f"this is a recording of the flow {recording.flow!r}, not of {plan.flow!r}"
        return [recording.finding(_CODE, message, "flow")]
    return [*_start_values(recording, plan), *_answers(recording, plan), *_expectations(recording, plan)]


def node_outcomes(plan: Plan, node: PlanNode) -> list[str] | None:
    """Return the canonical outcomes of a node; None where only a run knows them."""
    if node.rows is not None:
        return [*(row.name for row in node.rows.rows), node.rows.default, *node.kinds]
    branches = plan.data["nodes"][node.id].get("inputs", {}).get("branches")
    if node.handler == "evaluate":
        return [*branches, *node.kinds] if isinstance(branches, dict) else None
    if node.handler == "receive":
        events = plan.data["nodes"][node.id]["inputs"].get("events")
        return [*events, *node.kinds] if isinstance(events, dict) else None
    return list(node.kinds)


def _start_values(recording: Recording, plan: Plan) -> Iterator[Finding]:
    yield from _variables(recording, plan, recording.variables, "variables")
    for name, value in recording.variables.items():
        declared = plan.variables[name].type if name in plan.variables else None
        if declared is not None and not has_type(value, declared):
            message = f"the variable {name!r} is declared as {declared}; this is {type_of(value)}"
            yield recording.finding(_CODE, message, "variables", name)


def _answers(recording: Recording, plan: Plan) -> Iterator[Finding]:
    for place, entries in recording.responses.items():
        found = plan.node_at(place)
        if found is None:
            yield _no_place(recording, plan, place)
        elif found[1].calls is not None:
            for number, entry in enumerate(entries):
                if entry.keys() & {"status", "event"}:
                    message = f"{place!r} calls a flow, and no flow comes back with an HTTP answer or an event"
                    hint = f"record an `outcome`, or what its nodes get, as {place}/NODE"
                    yield recording.finding(_CODE, message, *recording.answer_at(place, number), hint=hint)


def _no_place(recording: Recording, plan: Plan, place: str) -> Finding:
    """Say how far a place leads: to a node, and below one that calls a flow to a node of that."""
    above, said = "", plan
    for name in place.split("/"):
        if name not in said.nodes:
            whose = f"the flow {said.flow!r}" if above else "the flow"
            hint = did_you_mean(name, list(said.nodes))
            return recording.finding(_CODE, f"{whose} has no node {name!r}", "responses", place, hint=hint, on_key=True)
        above, calls = f"{above}{name}/", said.nodes[name].calls
        if calls is None:
            break
        said = said.called(calls)
    message = f"the node {above[:-1]!r} calls no flow: there is nothing below it"
    return recording.finding(_CODE, message, "responses", place, on_key=True)


def _expectations(recording: Recording, plan: Plan) -> Iterator[Finding]:
    expect = recording.expect or {}
    path: Sequence[str] = expect.get("path", ())
    for number, name in enumerate(path):
        if name not in plan.nodes:
            yield _no_node(recording, plan, name, "expect", "path", number)
    for number, outcome in enumerate(expect.get("outcomes", ())):
        at_node = plan.nodes.get(path[number]) if number < len(path) else None
        yield from _outcome(recording, plan, outcome, number, at_node)
    yield from _variables(recording, plan, expect.get("variables", {}), "expect", "variables")


def _outcome(
    recording: Recording, plan: Plan, outcome: str, number: int, at_node: PlanNode | None
) -> Iterator[Finding]:
    """Judge an expected outcome: by the node that is expected at its place, else by all nodes."""
    nodes = [at_node] if at_node is not None else [node for node in plan.nodes.values() if node.end is None]
    known: list[str] = []
    for node in nodes:
        outcomes = node_outcomes(plan, node)
        if outcomes is None or outcome in outcomes:
            return
        known += outcomes
    canonical = next((node.aliases[outcome] for node in nodes if outcome in node.aliases), None)
    hint = f"a run shows it as {canonical!r}" if canonical else did_you_mean(outcome, list(dict.fromkeys(known)))
    whose = f"node {at_node.id!r}" if at_node is not None else "no node of the flow"
    comes = "does not come back with" if at_node is not None else "comes back with"
    yield recording.finding(_CODE, f"{whose} {comes} {outcome!r}", "expect", "outcomes", number, hint=hint)


def _variables(recording: Recording, plan: Plan, given: Any, *at: str | int) -> Iterator[Finding]:
    for name in given:
        if name not in plan.variables:
            hint = did_you_mean(name, list(plan.variables))
            message = f"the flow has no variable {name!r}"
            yield recording.finding(_CODE, message, *at, name, hint=hint, on_key=True)


def _no_node(recording: Recording, plan: Plan, name: str, *at: str | int, on_key: bool = False) -> Finding:
    hint = did_you_mean(name, list(plan.nodes))
    return recording.finding(_CODE, f"the flow has no node {name!r}", *at, hint=hint, on_key=on_key)
