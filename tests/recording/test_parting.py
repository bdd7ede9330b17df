from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import flowengine
from flowengine.recording.format import Recording
from flowengine.recording.parting import Parting, Walked, part
from flowengine.recording.unlike import ABSENT

NODES = Path(__file__).parents[1] / "conformance" / "nodes"
FLOW = """
flow: case
variables: {name: {type: string}, n: 0}
start: ask
nodes:
  ask:
    type: ask@1.0
    retry: {attempts: 2, on: [onError]}
    inputs: {question: $(trigger.question)}
    set: {name: $(ask.answer)}
    edges: {answered: kind, unknown: lost, undecided: kind, onError: lost, onInvalidData: lost}
  kind:
    type: branch@1.0
    inputs: {rows: [{name: Ann, when: {value: $(name), equals: Ann}}]}
    edges: {Ann: count, None of the above: lost}
  count:
    type: evaluate@1.0
    inputs: {script: "n > 0", branches: {more: true, "no": false}}
    edges: {more: done, "no": done}
  done: {end: success}
  lost: {end: error}
"""


@pytest.fixture
def parted(tmp_path: Path) -> Any:
    path = tmp_path / "flow.yaml"
    path.write_text(FLOW, "utf-8")
    plan = flowengine.compile(flowengine.load(path), flowengine.Catalogue([NODES]))

    def walked(answers: Any, **more: Any) -> Walked:
        more.setdefault("trigger", {"question": "who?"})
        recording = Recording("r", "case", responses={"ask": answers}, **more)
        return Walked(recording, flowengine.dry_run(plan, recording).run)

    def parted(left: Any, right: Any, ours: Any = None, theirs: Any = None) -> Parting:
        return part(plan, walked(left, **(ours or {})), walked(right, **(theirs or {})))

    parted.walked = walked  # type: ignore[attr-defined]
    return parted


def ok(**body: Any) -> dict[str, Any]:
    return {"status": 200, "body": body}


def told(found: Any) -> list[tuple[str, Any, Any]]:
    return [(one.place, one.left, one.right) for one in found]


def test_the_same_walks_part_nowhere(parted: Any) -> None:
    same = parted([ok(answer="Ann")], [ok(answer="Ann", more=1)])
    assert (same.same, same.node, same.common, same.ends) == (True, None, 3, ())
    assert [(one.node, told(one.differences)) for one in same.earlier] == [("ask", [("answer body $.more", ABSENT, 1)])]


def test_what_rules_look_at_is_the_cause_and_the_rest_stands_beside(parted: Any) -> None:
    found = parted([ok(answer="Ann", x=1)], [ok(answer="maybe", x=2)])
    assert (found.common, found.node, found.left.outcome, found.right.outcome) == (0, "ask", "answered", "undecided")
    assert told(found.causes) == [("answer body $.answer", "Ann", "maybe")]
    assert told(found.beside) == [("answer body $.x", 1, 2)]


@pytest.mark.parametrize(
    ("left", "right", "cause"),
    [
        ([ok(answer="Ann")], [{"status": 404}], ("answer status", 200, 404)),
        ([ok(answer="Ann")], [{"outcome": "unknown"}], ("answer", "status 200", "outcome unknown")),
        ([{"timeout": True}], [{"outcome": "unknown"}], ("answer", "timeout", "outcome unknown")),
        ([{"error": "a"}, ok(answer=1)], [{"error": "a"}, {"error": "b"}], ("answer 2", "status 200", "error: b")),
    ],
)
def test_answers_are_compared_attempt_by_attempt(parted: Any, left: Any, right: Any, cause: Any) -> None:
    assert told(parted(left, right).causes)[0] == cause


def test_inputs_are_the_cause_where_answers_are_alike(parted: Any) -> None:
    left, right = {"trigger": {"question": 1}}, {"trigger": {"question": "who?"}}
    found = parted([], [ok(answer="Ann")], left, right)
    assert (found.left.outcome, found.right.outcome) == ("onInvalidData", "answered")
    assert [(one.node, told(one.differences)) for one in found.earlier] == [
        (None, [("trigger $.question", 1, "who?")]),
    ]


def test_a_branch_tells_what_it_read_and_where_that_came_from(parted: Any) -> None:
    found = parted([ok(answer="Ann")], [ok(answer="Bob")])
    assert (found.common, found.node) == (1, "kind")
    assert told(found.causes) == [("$(name)", "Ann", "Bob")]
    assert [(one.node, one.visit, told(one.differences)) for one in found.earlier] == [
        ("ask", 1, [("answer body $.answer", "Ann", "Bob")])
    ]


def test_a_script_tells_the_variables_that_it_could_read(parted: Any) -> None:
    found = parted([ok(answer="Ann")], [ok(answer="Ann")], None, {"variables": {"n": 2}})
    assert (found.node, told(found.causes)) == ("count", [("variable n", 0, 2)])
    assert told(found.ends) == [("variables $.n", 0, 2)]


def test_a_walk_may_stop_where_the_other_goes_on(parted: Any) -> None:
    found = parted([], [ok(answer="Ann")])
    assert (found.left, found.right.node, found.node, found.causes, found.same) == (None, "ask", "ask", (), False)
    assert [one.what for one in found.ends] == ["result", "reason", "variables"]


def test_the_json_says_which_way_each_goes_and_how_it_ends(parted: Any) -> None:
    left, right = parted.walked([ok(answer="Ann")]), parted.walked([{"status": 404}])
    document = parted([ok(answer="Ann")], [{"status": 404}]).to_json(left, right)
    assert list(document) == ["same", "common", "parting", "earlier", "ends", "left", "right"]
    parting = document["parting"]
    assert (parting["node"], parting["visit"], parting["left"]["outcome"]) == ("ask", 1, "answered")
    assert parting["causes"][0] == {"what": "answer status", "path": "$", "left": 200, "right": 404}
    assert {"what": "answer body", "path": "$", "left": {"answer": "Ann"}, "right": None} in [
        *parting["causes"],
        *parting["beside"],
    ]
    assert (document["left"]["result"], document["right"]["path"]) == ("success", ["ask", "lost"])
    same = parted([ok(answer="Ann")], [ok(answer="Ann")]).to_json(left, left)
    assert (same["same"], same["parting"], same["common"]) == (True, None, ["ask", "kind", "count"])
