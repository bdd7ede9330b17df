"""Flows that call flows, generated for and explored: what the called one may come to is made up."""

from __future__ import annotations

from pathlib import Path

import pytest

import flowengine
from flowengine.explore.search import explore
from flowengine.generate.generate import generate

CATALOGUE = flowengine.Catalogue([Path(__file__).parents[1] / "conformance" / "nodes"])

CALLER = """
flow: case
inputs: {who: {type: string}}
variables: {got: {type: string}}
start: call
nodes:
  call:
    type: call-flow@1.0
    timeout: 5m
    inputs: {flow: child, inputs: {name: $(who)}}
    set: {got: $(call.answer)}
    edges: {told: kind, not told: failed, onError: failed, onTimeout: failed, onInvalidData: failed}
  kind:
    type: branch@1.0
    inputs: {rows: [{name: Ann, when: {value: $(got), equals: Ann}}]}
    edges: {Ann: done, None of the above: failed, onInvalidData: failed}
  done: {end: success}
  failed: {end: error}
"""
CHILD = """
flow: child
inputs: {name: {type: string}}
outputs: {answer: "Dear $(name)"}
start: ask
nodes:
  ask: {type: ask@1.0, inputs: {question: $(name)}, edges: {answered: told, onInvalidChoice: refused}}
  told: {end: success}
  refused: {end: error, title: not told}
"""


@pytest.fixture
def flow(tmp_path: Path) -> flowengine.Flow:
    (tmp_path / "child.yaml").write_text(CHILD, "utf-8")
    path = tmp_path / "flow.yaml"
    path.write_text(CALLER, "utf-8")
    return flowengine.load(path)


def test_recordings_say_what_the_called_flow_came_to(flow: flowengine.Flow) -> None:
    made = generate(flow, CATALOGUE)
    answers = [one for case in made.cases for one in case.recording.responses["call"]]

    assert {(one.node, one.outcome) for one in made.unreached} <= {("kind", "onInvalidData"), ("call", "onInvalidData")}
    assert {"outcome": "told", "outputs": {"answer": "Ann"}} in answers
    assert {"timeout": True} in answers
    assert {"outcome": "not told", "outputs": {"answer": "answer-1"}} in answers
    assert all(case.recording.variables["who"] for case in made.cases)
    for case in made.cases:
        assert flowengine.dry_run(made.plan, case.recording).differences == []


def test_every_outcome_of_a_called_flow_is_explored(flow: flowengine.Flow) -> None:
    found = explore(flow, CATALOGUE)

    assert {outcome for node, outcome in found.walked if node == "call"} == {
        "told",
        "not told",
        "onError",
        "onTimeout",
        "onInvalidData",
    }
    assert (found.never, found.unhandled, found.wrong) == ([], {}, {})
