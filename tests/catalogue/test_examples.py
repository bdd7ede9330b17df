"""Every example of every node type, through the real engine: a recorded answer leads to the outcome it stands for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from flowengine import Catalogue
from flowengine.catalogue.catalogue import NodeVersion
from flowengine.check.compile import TOOLS, plan_data
from flowengine.core.answers import Json
from flowengine.core.outcomes import STANDARD_OUTCOMES
from flowengine.core.plan import Plan
from flowengine.core.trace import Run
from flowengine.drivers.dry_run import DryWalk
from flowengine.flowfile.syntax import Flow
from flowengine.recording.replay import Replay

CATALOGUE = Catalogue()
VERSIONS = [version for node_type in CATALOGUE for version in node_type.versions.values()]


def walk(version: NodeVersion, inputs: Json, answers: list[dict[str, Any]], variables: Json = None) -> Run:
    """Visit one node of a type, with an edge for every outcome it may come back with."""
    outcomes = [*version.outcomes, *_named_by_the_flow(inputs)]
    data = {
        "flow": "example",
        "variables": variables or {},
        "start": "node",
        "nodes": {
            "node": {"type": version.pinned, "inputs": inputs, "edges": dict.fromkeys(outcomes, "done")},
            "done": {"end": "success"},
        },
    }
    flow = Flow(path=None, tree=None, data=data)  # type: ignore[arg-type] # no file: nothing here asks for a place
    plan = Plan.from_data(plan_data(flow, CATALOGUE), TOOLS)
    replay = Replay({"node": answers})
    values = {name: one.default for name, one in plan.variables.items()}
    run = Run.of(plan, DryWalk(plan, replay).run("example", {}, values))
    assert not replay.unused()
    return run


def _named_by_the_flow(inputs: Json) -> list[str]:
    named = [*inputs.get("branches", {}), *inputs.get("events", {})]
    return [row["name"] for row in inputs.get("rows", [])] + named + ["None of the above"]


def recorded() -> Iterator[Any]:
    for version in VERSIONS:
        for outcome, answer in version.spec["example"].get("responses", {}).items():
            yield pytest.param(version, outcome, answer, id=f"{version.pinned}-{outcome}")


def recorded_later() -> Iterator[Any]:
    for version in VERSIONS:
        for outcome, answer in version.spec["example"].get("callbacks", {}).items():
            yield pytest.param(version, outcome, answer, id=f"{version.pinned}-{outcome}")


def computed() -> Iterator[Any]:
    for version in VERSIONS:
        for outcome, case in version.spec["example"].get("cases", {}).items():
            yield pytest.param(version, outcome, case, id=f"{version.pinned}-{outcome}")


@pytest.mark.parametrize(("version", "outcome", "answer"), list(recorded()))
def test_a_recorded_answer_leads_to_its_outcome(version: NodeVersion, outcome: str, answer: dict[str, Any]) -> None:
    run = walk(version, version.spec["example"]["inputs"], [answer])

    assert run.steps[0].outcome == outcome, run.steps[0].reason
    assert run.result == "success"


@pytest.mark.parametrize(("version", "outcome", "answer"), list(recorded_later()))
def test_a_result_that_came_later_leads_to_its_outcome(
    version: NodeVersion, outcome: str, answer: dict[str, Any]
) -> None:
    run = walk(version, version.spec["example"]["inputs"], [answer])

    assert (run.steps[0].outcome, run.steps[0].outputs["TransId"]) == (
        outcome,
        answer["event"]["tid"] if "event" in answer else answer["body"]["tid"],
    )
    assert run.steps[0].attempts[0].status == 202


def test_every_call_that_writes_has_results_that_come_later() -> None:
    asking = {version.pinned for version in VERSIONS if version.integration == "webex-engage"}
    later = {version.pinned for version in VERSIONS if version.spec["example"].get("callbacks")}

    assert {one.partition("@")[0] for one in asking - later} == {"search-conversation"}
    assert {version.pinned for version in VERSIONS if "callback" in version.spec} == later


@pytest.mark.parametrize(("version", "outcome", "case"), list(computed()))
def test_inputs_lead_to_their_outcome(version: NodeVersion, outcome: str, case: dict[str, Any]) -> None:
    variables = case.get("variables", version.spec["example"].get("variables"))

    run = walk(version, case["inputs"], [], variables)

    assert run.steps[0].outcome == outcome, run.steps[0].reason


@pytest.mark.parametrize("version", [one for one in VERSIONS if one.integration], ids=lambda one: one.pinned)
def test_every_outcome_has_a_recorded_answer(version: NodeVersion) -> None:
    assert set(version.spec["example"]["responses"]) == set(version.outcomes) >= set(STANDARD_OUTCOMES)


@pytest.mark.parametrize("version", [one for one in VERSIONS if one.integration], ids=lambda one: one.pinned)
def test_a_success_sets_every_output_that_the_answer_holds(version: NodeVersion) -> None:
    example = version.spec["example"]
    success = next(name for name, outcome in version.outcomes.items() if outcome["kind"] == "success")

    run = walk(version, example["inputs"], [example["responses"][success]])

    assert set(run.steps[0].outputs) <= set(version.spec["outputs"])
    assert run.steps[0].outputs
