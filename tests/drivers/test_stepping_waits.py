"""Stepping through what waits: every end of a wait can be chosen, and going back over it is exact."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

import flowengine
from flowengine.catalogue.catalogue import Catalogue
from flowengine.drivers.stepping import Stepping
from flowengine.explore.answers import possible_answers
from flowengine.recording.format import Recording

NODES = Path(__file__).parents[1] / "conformance" / "nodes"
FLOW = """
flow: case
variables: {said: {type: string}}
defaults: {edges: {onInvalidChoice: failed}}
start: order
nodes:
  order: {type: order@1.0, edges: {ordered: wait, taken: wait, refused: failed}}
  wait:
    type: receive@1.0
    inputs:
      timeout: 5m
      events: {reply: {channel: sms, business: "1", customer: $(trigger.n)}, paid: {event: paid, key: "7"}}
    set: {said: $(wait.message)}
    edges: {reply: order, paid: done, onTimeout: failed}
  done: {end: success}
  failed: {end: error}
"""
ANSWERS = {
    "order": [
        {"status": 200, "body": {"state": "taken", "id": "o-1"}, "event": {"event": "order.done"}},
        {"status": 200, "body": {"state": "taken", "id": "o-1"}},
        {"event": {"event": "order.refused", "final": True}},
    ],
    "wait": [{"event": {"sms": {"message": "hello"}}}],
}


@pytest.fixture
def stepping(tmp_path: Path) -> Stepping:
    path = tmp_path / "flow.yaml"
    path.write_text(FLOW, "utf-8")
    flow, catalogue = flowengine.load(path), Catalogue([NODES])
    plan = flowengine.compile(flow, catalogue)
    choices = {node: one.answers for node, one in possible_answers(plan, flow, catalogue, [], {}).items()}
    return Stepping(plan, Recording("r", "case", trigger={"n": "2"}, responses=ANSWERS), choices)


def outcomes(stepping: Stepping) -> list[str]:
    return [step.outcome for step in stepping.state.steps]


def seen(stepping: Stepping) -> Any:
    return deepcopy((stepping.run().to_json(), stepping.run().entries, stepping.variables()))


def test_it_walks_as_a_dry_run_does(stepping: Stepping) -> None:
    while stepping.forward():
        pass

    assert outcomes(stepping) == ["ordered", "reply", "refused"]
    assert stepping.variables() == {"said": "hello"}


def test_going_back_over_a_wait_is_exact(stepping: Stepping) -> None:
    before = [seen(stepping)]
    while stepping.forward():
        before.append(seen(stepping))
    while stepping.back():
        before.pop()
        assert seen(stepping) == before[-1]
    while stepping.forward():
        pass
    assert outcomes(stepping) == ["ordered", "reply", "refused"]


@pytest.mark.parametrize("outcome", ["reply", "paid", "onTimeout", "onInvalidData"])
def test_every_end_of_a_wait_can_be_chosen(outcome: str, stepping: Stepping) -> None:
    stepping.forward()
    stepping.forward()
    assert [way.outcome for way in stepping.ways()] == ["reply", "paid", "onInvalidData", "onTimeout"]

    stepping.choose(outcome)

    assert outcomes(stepping) == ["ordered", outcome]


@pytest.mark.parametrize("outcome", ["ordered", "taken", "refused", "onTimeout", "onError"])
def test_every_result_of_a_call_can_be_chosen(outcome: str, stepping: Stepping) -> None:
    stepping.forward()

    stepping.choose(outcome)

    assert outcomes(stepping) == [outcome]
