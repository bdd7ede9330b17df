from __future__ import annotations

from pathlib import Path

import pytest

import flowengine
from flowengine.recording.missing import Missing

NODES = Path(__file__).parents[1] / "conformance" / "nodes"
FLOW = """
flow: case
variables: {again: false}
start: ask
nodes:
  ask: {type: ask@1.0, retry: {attempts: 2, on: [onTimeout]}, edges: {answered: ask-more, unknown: turn, onError: done}}
  ask-more: {type: ask@1.0, edges: {answered: done}}
  turn: {type: set-variables@1.0, inputs: {values: {again: true}}, edges: {onSuccess: ask}}
  done: {end: success}
"""


def missing(folder: Path, answers: str, expect: str = "{}") -> Missing | None:
    (folder / "flow.yaml").write_text(FLOW, "utf-8")
    plan = flowengine.compile(flowengine.load(folder / "flow.yaml"), flowengine.Catalogue([NODES]))
    recording = folder / "r.yaml"
    expected = f"expect: {expect}" if expect != "{}" else ""
    recording.write_text(f"recording: r\nflow: case\nresponses:\n{answers}\n{expected}\n", "utf-8")
    return flowengine.dry_run(plan, recording).missing


def said(folder: Path, answers: str, expect: str = "{}") -> list[str]:
    found = missing(folder, answers, expect)
    assert found is not None
    return list(found.sentences())


def test_a_run_that_came_to_its_end_misses_nothing(tmp_path: Path) -> None:
    assert missing(tmp_path, "  ask: {error: refused}") is None
    assert missing(tmp_path, "  ask: {status: 302}") is None, "it ends without an edge, not without an answer"


def test_answers_of_the_node_are_told_with_what_used_them_up(tmp_path: Path) -> None:
    answers = "  ask:\n    - {status: 404}\n    - {timeout: true}"
    used = "line 5 by visit 1, attempt 1 (unknown), line 6 by visit 2, attempt 1 (onTimeout)"
    assert said(tmp_path, answers) == [
        f"recorded for 'ask' and used up: {used}",
        "attempt 2 follows onTimeout of attempt 1: the node's `retry` tries again",
    ]


def test_a_second_visit_is_explained_by_what_led_there(tmp_path: Path) -> None:
    assert "visit 2: 'turn' came back with onSuccess, and led here once more" in said(tmp_path, "  ask: {status: 404}")


def test_a_second_attempt_after_401_needs_no_second_answer(tmp_path: Path) -> None:
    assert missing(tmp_path, "  ask: {status: 401}") is None
    answers = "  ask: [{status: 401}, {timeout: true}]"
    assert "attempt 3 follows onTimeout of attempt 2: the node's `retry` tries again" in said(tmp_path, answers)


def test_answers_of_other_nodes_are_told_and_the_one_that_is_called_alike(tmp_path: Path) -> None:
    assert said(tmp_path, "  ask-more:\n    - {status: 404}\n    - {status: 404}\n  turn: {timeout: true}") == [
        "nothing is recorded for 'ask'",
        "not used: ask-more (lines 5 and 6), turn (line 7)",
        "are the answers for 'ask-more' meant for 'ask'?",
    ]


@pytest.mark.parametrize(
    ("expect", "sentence"),
    [
        ("{path: [ask, done]}", "'ask' came back with unknown and led to 'turn'; expected 'done'"),
        ("{path: [ask]}", "'ask' came back with unknown and led to 'turn'; expected that the walk had ended before"),
        ("{path: [turn]}", "the walk begins at 'ask'; expected 'turn'"),
        ("{outcomes: [answered]}", "step 1, 'ask', came back with unknown; expected answered"),
    ],
)
def test_it_says_where_the_walk_left_what_is_expected(tmp_path: Path, expect: str, sentence: str) -> None:
    assert sentence in said(tmp_path, "  ask: {status: 404}", expect)


def test_a_walk_that_is_as_expected_so_far_is_not_said_to_differ(tmp_path: Path) -> None:
    found = missing(tmp_path, "  ask: {status: 404}", "{path: [ask, turn, ask, done], outcomes: [unknown, onSuccess]}")
    assert found is not None
    assert found.parted is None


def test_the_json_has_all_of_it(tmp_path: Path) -> None:
    found = missing(tmp_path, "  ask: {status: 404}\n  ask-more: {timeout: true}")
    assert found is not None
    assert found.to_json() == {
        "node": "ask",
        "visit": 2,
        "attempt": 1,
        "method": "POST",
        "path": "/questions",
        "used": [{"number": 1, "line": 4, "visit": 1, "attempt": 1, "outcome": "unknown"}],
        "left": [{"node": "ask-more", "count": 1, "lines": [5]}],
        "alike": "ask-more",
        "because": "visit 2: 'turn' came back with onSuccess, and led here once more",
        "parted": None,
    }
