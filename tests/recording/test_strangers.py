from __future__ import annotations

from pathlib import Path

import pytest

import flowengine
from flowengine.recording.format import load_recording
from flowengine.recording.strangers import refuse_strangers, strangers

NODES = Path(__file__).parents[1] / "conformance" / "nodes"
FLOW = """
flow: case
variables: {tries: 0, name: {type: string}}
start: ask
nodes:
  ask: {type: ask@1.0, edges: {answered: kind, unknown: done}}
  kind:
    type: branch@1.0
    inputs: {rows: [{name: Many, when: {value: $(tries), greaterThan: 1}}]}
    edges: {Many: done, None of the above: script}
  script: {type: evaluate@1.0, inputs: {script: "1", branches: {one: 1}}, edges: {one: free}}
  free: {type: evaluate@1.0, inputs: {script: "tries"}, edges: {a: done}}
  done: {end: success}
"""


@pytest.fixture
def plan(tmp_path: Path) -> flowengine.Plan:
    path = tmp_path / "flow.yaml"
    path.write_text(FLOW, "utf-8")
    return flowengine.compile(flowengine.load(path), flowengine.Catalogue([NODES]))


def said(plan: flowengine.Plan, folder: Path, text: str) -> list[tuple[str, str | None, int, int]]:
    path = folder / "recording.yaml"
    path.write_text(f"recording: r\nflow: case\n{text}\n", "utf-8")
    found = strangers(load_recording(path), plan)
    return [(one.message, one.hint, *one.span[:2]) if one.span else (one.message, one.hint, 0, 0) for one in found]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "variables: {tries: 2, name: null}",
        "responses: {ask: [{status: 200}, {outcome: answered, variables: {name: A}}]}",
        "expect: {path: [ask, kind, script, done], outcomes: [answered, Many, one], variables: {name: A}}",
        "expect: {outcomes: [onTimeout, None of the above, onInvalidChoice]}",
        "expect: {path: [ask, free], outcomes: [unknown, whatever a script says]}",
        "expect: {outcomes: [whatever a script says]}",
    ],
)
def test_what_the_flow_has_is_no_stranger(plan: flowengine.Plan, tmp_path: Path, text: str) -> None:
    assert said(plan, tmp_path, text) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("variables: {trys: 1}", ("the flow has no variable 'trys'", "did you mean 'tries'?", 3, 13)),
        ("variables: {name: 1}", ("the variable 'name' is declared as string; this is integer", None, 3, 19)),
        ("responses: {aks: []}", ("the flow has no node 'aks'", "did you mean 'ask'?", 3, 13)),
        ("expect: {path: [ask, dome]}", ("the flow has no node 'dome'", "did you mean 'done'?", 3, 22)),
        ("expect: {variables: {trys: 1}}", ("the flow has no variable 'trys'", "did you mean 'tries'?", 3, 22)),
        (
            "expect: {path: [ask], outcomes: [answerd]}",
            ("node 'ask' does not come back with 'answerd'", "did you mean 'answered'?", 3, 34),
        ),
        (
            "expect: {path: [ask, kind], outcomes: [answered, answered]}",
            ("node 'kind' does not come back with 'answered'", None, 3, 50),
        ),
        (
            "expect: {path: [ask], outcomes: [later]}",
            ("node 'ask' does not come back with 'later'", "a run shows it as 'undecided'", 3, 34),
        ),
        (
            "expect: {path: [ask, done], outcomes: [answered, answered]}",
            ("node 'done' does not come back with 'answered'", None, 3, 50),
        ),
    ],
)
def test_a_stranger_is_told_at_its_place(
    plan: flowengine.Plan, tmp_path: Path, text: str, found: tuple[str, str | None, int, int]
) -> None:
    message, hint, *place = found
    ((came, came_hint, *came_place),) = said(plan, tmp_path, text)
    assert (came, came_place) == (message, place)
    assert hint is None or came_hint == hint


def test_of_another_flow_only_that_is_told(plan: flowengine.Plan) -> None:
    recording = flowengine.Recording("r", "other", responses={"nowhere": []})
    with pytest.raises(flowengine.InvalidFile) as caught:
        refuse_strangers(recording, plan)
    assert [one.message for one in caught.value.findings] == ["this is a recording of the flow 'other', not of 'case'"]
