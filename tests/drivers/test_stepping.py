from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import flowengine
from flowengine.catalogue.catalogue import Catalogue
from flowengine.drivers.stepping import Stepping
from flowengine.explore.answers import possible_answers
from flowengine.recording.format import Recording

NODES = Path(__file__).parents[1] / "conformance" / "nodes"
FLOW = """
flow: case
variables: {name: {type: string}, n: 0}
start: ask
nodes:
  ask:
    type: ask@1.0
    retry: {attempts: 3, delay: 1s, on: [onError]}
    set: {name: $(ask.answer)}
    edges: {answered: count, unknown: wait, onError: lost}
  wait: {type: delay@1.0, inputs: {duration: 1h}, edges: {onTimeout: ask}}
  count:
    type: evaluate@1.0
    inputs: {script: "n = n + 1; 'few'", branches: {few: few, many: many}}
    edges: {few: kind, many: done, onError: lost}
  kind:
    type: branch@1.0
    inputs: {rows: [{name: Ann, when: {value: $(name), equals: Ann}}]}
    edges: {Ann: ask, None of the above: done}
  done: {end: success}
  lost: {end: error}
"""
ANN = {"status": 200, "body": {"answer": "Ann"}}
BOB = {"status": 200, "body": {"answer": "Bob"}}
NOBODY = {"status": 404}
BUSY = {"status": 503}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[flowengine.Plan, dict[str, Any]]:
    path = tmp_path_factory.mktemp("flow") / "flow.yaml"
    path.write_text(FLOW, "utf-8")
    flow, catalogue = flowengine.load(path), Catalogue([NODES])
    plan = flowengine.compile(flow, catalogue)
    possible = possible_answers(plan, flow, catalogue, [], {})
    return plan, {node: one.answers for node, one in possible.items()}


@pytest.fixture
def begin(made: tuple[flowengine.Plan, dict[str, Any]]) -> Any:
    plan, choices = made
    return lambda *answers: Stepping(plan, Recording("r", "case", responses={"ask": list(answers)}), choices)


def path(stepping: Stepping) -> str:
    return " > ".join(f"{step.node} {step.outcome}" for step in stepping.state.steps)


def everything(stepping: Stepping) -> Any:
    run = stepping.run()
    seen = run.to_json(), run.entries, stepping.variables(), stepping.chosen, stepping.node, stepping.is_missing
    return deepcopy(seen)


def to_the_end(stepping: Stepping) -> Stepping:
    while stepping.forward():
        pass
    return stepping


def test_it_walks_as_a_dry_run_does(begin: Any, made: tuple[flowengine.Plan, Any]) -> None:
    recording = Recording("r", "case", responses={"ask": [NOBODY, ANN, BUSY, BOB]})
    walked = to_the_end(begin(*recording.responses["ask"]))
    dry = flowengine.dry_run(made[0], recording).run
    assert walked.run().to_json() == dry.to_json()
    assert walked.run().entries == dry.entries
    assert walked.is_over
    assert not walked.forward()


def test_it_begins_before_the_first_step(begin: Any) -> None:
    stepping = begin(ANN)
    assert (stepping.shown, stepping.node, stepping.back(), stepping.is_over) == (None, "ask", False, False)
    assert stepping.forward()
    assert (stepping.shown.node, stepping.state.at) == ("ask", "count")


def test_it_knows_the_variables_before_and_after_a_step(begin: Any) -> None:
    stepping = begin(ANN)
    stepping.forward()
    assert (stepping.before(), stepping.variables()) == ({"n": 0}, {"n": 0, "name": "Ann"})
    stepping.forward()
    assert (stepping.before()["n"], stepping.variables()["n"]) == (0, 1)


def test_a_missing_answer_is_explained_and_can_be_chosen(begin: Any) -> None:
    stepping = to_the_end(begin(ANN))
    assert (stepping.is_missing, stepping.shown, stepping.node) == (True, None, "ask")
    assert stepping.missing.because == "visit 2: 'kind' came back with Ann, and led here once more"
    stepping.choose("unknown")
    assert path(stepping).endswith("kind Ann > ask unknown")
    assert (stepping.state.at, stepping.is_missing) == ("wait", False)


def test_another_outcome_takes_the_place_of_the_one_that_is_shown(begin: Any) -> None:
    stepping = begin(NOBODY, BOB)
    stepping.forward()
    stepping.choose("answered")
    assert (path(stepping), stepping.state.at, stepping.chosen) == ("ask answered", "count", {0})
    to_the_end(stepping)
    assert path(stepping) == "ask answered > count few > kind None of the above", "a made-up answer is not Ann"
    assert stepping.run().result == "success"


def test_the_recorded_answer_counts_as_used_by_the_visit_whose_outcome_is_chosen(begin: Any) -> None:
    stepping = begin(NOBODY, BOB)
    stepping.choose("unknown")
    stepping.forward()
    stepping.forward()
    assert stepping.variables()["name"] == "Bob"


def test_a_chosen_outcome_is_that_of_the_last_attempt_and_tried_again_where_the_node_does(begin: Any) -> None:
    stepping = begin(BUSY, ANN)
    stepping.choose("unknown")
    assert [one.outcome for one in stepping.shown.attempts] == ["onError", "unknown"]
    stepping.choose("onError")
    assert [one.outcome for one in stepping.shown.attempts] == ["onError"] * 3
    assert stepping.shown.edge.to == "lost"


def test_a_script_has_written_what_it_wrote_and_a_branch_takes_the_row(begin: Any) -> None:
    stepping = begin(ANN)
    stepping.forward()
    stepping.choose("answered")
    stepping.forward()
    stepping.choose("many")
    assert (stepping.variables()["n"], stepping.state.at) == (1, "done")
    stepping.choose("onError")
    assert (stepping.variables()["n"], stepping.state.at) == (0, "lost")
    stepping.back()
    stepping.forward()
    stepping.forward()
    stepping.choose("None of the above")
    assert stepping.shown.outputs == {"output": "None of the above"}


def test_ways_say_where_each_outcome_leads(begin: Any) -> None:
    stepping = begin(NOBODY, ANN)
    ways = {way.outcome: way.edge.to if way.edge else None for way in stepping.ways()}
    assert ways["answered"] == "count"
    assert (ways["onError"], ways["undecided"], ways["onTimeout"]) == ("lost", None, None)
    stepping.forward()
    stepping.forward()
    assert (stepping.node, stepping.ways()) == ("wait", [])


def test_going_back_over_a_choice_forgets_it(begin: Any) -> None:
    stepping = begin(BOB)
    stepping.choose("unknown")
    assert stepping.chosen == {0}
    stepping.back()
    assert stepping.chosen == set()
    assert path(to_the_end(stepping)) == "ask answered > count few > kind None of the above"


@settings(deadline=None, max_examples=60)
@given(
    answers=st.lists(st.sampled_from([ANN, BOB, NOBODY, BUSY, {"timeout": True}, {"status": 401}]), max_size=5),
    moves=st.lists(st.sampled_from(["forward", "back", "choose"]), max_size=12),
    picks=st.lists(st.integers(0, 20), min_size=12, max_size=12),
)
def test_going_back_is_exact(
    made: tuple[flowengine.Plan, Any], answers: list[Any], moves: list[str], picks: list[int]
) -> None:
    plan, choices = made
    stepping = Stepping(plan, Recording("r", "case", responses={"ask": answers}), choices)
    before = [everything(stepping)]
    for move, pick in zip(moves, picks, strict=False):
        if move == "forward" and stepping.forward():
            before.append(everything(stepping))
        elif move == "back" and stepping.back():
            before.pop()
        elif move == "choose" and (ways := stepping.ways()):
            if stepping.shown or stepping.is_missing:
                before.pop()
            stepping.choose(ways[pick % len(ways)].outcome)
            before.append(everything(stepping))
        assert everything(stepping) == before[-1]
    while stepping.back():
        before.pop()
        assert everything(stepping) == before[-1]
    assert len(before) == 1
