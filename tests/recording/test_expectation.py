from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import flowengine
from flowengine.recording.expectation import in_lines

FLOW = """
flow: case
variables: {name: {type: string}, n: 1, nothing: {type: string}}
start: ask
nodes:
  ask: {type: ask@1.0, set: {name: $(ask.answer)}, edges: {answered: done, unknown: lost}}
  done: {end: success}
  lost: {end: error}
"""
NODES = Path(__file__).parents[1] / "conformance" / "nodes"


@pytest.fixture
def plan(tmp_path: Path) -> flowengine.Plan:
    path = tmp_path / "flow.yaml"
    path.write_text(FLOW, "utf-8")
    return flowengine.compile(flowengine.load(path), flowengine.Catalogue([NODES]))


def differences(plan: flowengine.Plan, expect: Any, *answers: dict[str, Any]) -> list[str]:
    recording = flowengine.Recording("r", "case", responses={"ask": list(answers)}, expect=expect)
    return flowengine.dry_run(plan, recording).differences


OK = {"status": 200, "body": {"answer": "Ann"}}
ALL = {"result": "success", "path": ["ask", "done"], "outcomes": ["answered"], "variables": {"name": "Ann", "n": 1}}


def test_what_is_as_expected_is_not_told(plan: flowengine.Plan) -> None:
    assert differences(plan, ALL, OK) == []
    assert differences(plan, {"variables": {"n": 1.0}}, OK) == []


@pytest.mark.parametrize(
    ("expect", "said"),
    [
        ({"result": "error"}, "result: expected error, came success (by an end node)"),
        ({"path": ["ask"]}, "path: expected ask, came ask > done; they part at the end / done"),
        ({"path": ["ask", "lost"]}, "path: expected ask > lost, came ask > done; they part at lost / done"),
        (
            {"path": ["ask", "done", "lost"]},
            "path: expected ask > done > lost, came ask > done; they part at lost / the end",
        ),
        ({"outcomes": ["unknown"]}, "outcomes: expected unknown, came answered"),
        ({"variables": {"name": "Bob"}}, 'variable name: expected "Bob", came "Ann"'),
        ({"variables": {"n": "1"}}, 'variable n: expected "1", came 1'),
        ({"variables": {"n": True}}, "variable n: expected true, came 1"),
        ({"variables": {"nothing": None}}, "variable nothing: expected null, it has no value"),
    ],
)
def test_every_difference_is_a_sentence(plan: flowengine.Plan, expect: Any, said: str) -> None:
    assert differences(plan, expect, OK) == [said]


def test_all_of_them_are_told_and_answers_left_over_are_one(plan: flowengine.Plan) -> None:
    found = differences(plan, {**ALL, "result": "error", "outcomes": []}, OK, OK, OK)
    assert [one.partition(":")[0] for one in found] == [
        "result",
        "outcomes",
        "2 recorded answers for node 'ask' were not used",
    ]


def test_an_answer_left_over_is_told_with_its_line(plan: flowengine.Plan, tmp_path: Path) -> None:
    path = tmp_path / "r.yaml"
    ok = "{status: 200, body: {answer: Ann}}"
    path.write_text(
        f"recording: r\nflow: case\nresponses:\n  ask:\n    - {ok}\n    - {ok}\nexpect: {{result: success}}\n"
    )
    assert flowengine.dry_run(plan, path).differences == ["1 recorded answer for node 'ask' was not used (line 6)"]
    assert in_lines([4, 6, 9]) == " (lines 4, 6 and 9)"


def test_a_run_that_ended_for_a_reason_says_it(plan: flowengine.Plan) -> None:
    found = differences(plan, {"result": "success"}, {"status": 500})
    why = "node 'ask' came back with 'onError' (answered with 500), and the flow has no edge for it"
    assert found == [f"result: expected success, came error ({why})"]


def test_running_out_of_answers_is_never_what_was_expected(plan: flowengine.Plan) -> None:
    (found,) = differences(plan, {"result": "error"})
    assert found.startswith("the run was not walked to its end: no recorded answer left for node 'ask'")


def test_without_expectations_nothing_differs(plan: flowengine.Plan) -> None:
    assert differences(plan, None) == []
    assert len(differences(plan, {"result": "error"}, {"status": 404}, OK)) == 1
