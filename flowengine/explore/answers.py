"""What each node may come back with: an answer for each of its possible outcomes.

Outputs are those of the node type's example answers, and made up where there is no example. What the flow reads inside
of an output is there, since an example is only one of many answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

from flowengine.catalogue.catalogue import Catalogue, NodeVersion
from flowengine.check.called import version_of
from flowengine.check.outputs import outputs_after
from flowengine.check.reach import possible_edges
from flowengine.check.reads import assigns, script_of
from flowengine.core.answers import Answer, Elapsed, Invalid, Json, Outcome
from flowengine.core.outcomes import ON_INVALID_DATA, STANDARD_OUTCOMES, judge
from flowengine.core.plan import Plan, PlanNode
from flowengine.explore.unknown import Place, made_up, unknown
from flowengine.flowfile.syntax import Flow
from flowengine.json_schema import JsonSchema
from flowengine.recording.replay import recorded_answer

Answers: TypeAlias = Mapping[str, Answer]
"""By canonical outcome."""


class Possible(NamedTuple):
    """What a node may come back with, and the schema that its inputs are held to."""

    answers: Answers
    inputs: JsonSchema


def possible_answers(
    plan: Plan, flow: Flow, catalogue: Catalogue, reads: list[Place], kinds: Mapping[Place, str]
) -> dict[str, Possible]:
    """Return what each node that is no end may come back with."""
    below: dict[str, list[Place]] = {}
    for place in reads:
        below.setdefault(place[0], []).append(place)
    possible: dict[str, Possible] = {}
    for name, targets in possible_edges(flow, catalogue).items():
        version = version_of(flow, catalogue, flow.nodes[name])
        if version is None:
            continue
        made = {outcome: _answer(plan, flow, version, name, outcome) for outcome in targets}
        answers = {outcome: _with_reads(one, name, below.get(name, []), kinds) for outcome, one in made.items()}
        possible[name] = Possible(answers, version.inputs)
    return possible


def _answer(plan: Plan, flow: Flow, version: NodeVersion, name: str, outcome: str) -> Answer:
    node, given = plan.nodes[name], flow.nodes[name].get("inputs", {})
    if node.handler is not None and node.calls is None and outcome == ON_INVALID_DATA:
        return Invalid("the inputs are wrong")
    if node.handler == "delay":
        return Elapsed()
    if node.handler == "branch":
        return Outcome(outcome, {"output": outcome})
    outputs = _example(node, version, outcome)
    if outputs is None:
        present = outputs_after(version, given, outcome).present
        declared = version.spec.get("outputs", {})
        outputs = {one: unknown(declared.get(one, {}).get("type")) for one in sorted(present)}
    return Outcome(outcome, outputs, _written(plan, script_of(flow.nodes[name], version), outcome))


def _example(node: PlanNode, version: NodeVersion, outcome: str) -> dict[str, Json] | None:
    """Return the outputs of the example of an outcome, where there is one that leads to it."""
    entry = version.spec.get("example", {}).get("responses", {}).get(outcome)
    if entry is None or "request" not in version.spec:
        return None
    verdict = judge(node, recorded_answer(entry, version.spec["request"].get("reads", "json")))
    return verdict.outputs if verdict.outcome == outcome else None


def _written(plan: Plan, script: str, outcome: str) -> dict[str, Json]:
    """Return what a script may have left in the variables that it assigns to; one that fails writes nothing."""
    if outcome in STANDARD_OUTCOMES and outcome != "onInvalidChoice":
        return {}
    return {name: unknown(one.type) for name, one in plan.variables.items() if script and assigns(script, name)}


def _with_reads(answer: Answer, node: str, reads: list[Place], kinds: Mapping[Place, str]) -> Answer:
    if not isinstance(answer, Outcome) or not answer.outputs:
        return answer
    there = [place for place in reads if place[1] and place[1][0] in answer.outputs]
    return answer._replace(outputs=made_up(there, node, kinds, answer.outputs))
