"""Recorded answers for nodes that call flows, and for the nodes of those."""

from __future__ import annotations

from pathlib import Path

import pytest

import flowengine
from flowengine.recording.answer_check import check_answers
from flowengine.recording.format import load_recording
from flowengine.recording.replay import NoAnswerLeft, Replay
from flowengine.recording.strangers import strangers

CATALOGUE = flowengine.Catalogue([Path(__file__).parents[1] / "conformance" / "nodes"])

CALLER = """
flow: case
start: call
nodes:
  call: {type: call-flow@1.0, inputs: {flow: child}, edges: {told: done, done: done, onError: done}}
  wait: {type: delay@1.0, inputs: {duration: 1s}, edges: {onTimeout: call}}
  done: {end: success}
"""
CHILD = """
flow: child
inputs: {who: {type: string, default: Ann}}
outputs: {who: $(who), answer: $(ask.answer)}
start: ask
nodes:
  ask: {type: ask@1.0, inputs: {question: $(who)}, edges: {answered: told, onInvalidChoice: done, unknown: done}}
  told: {end: success}
  done: {end: error}
"""
NO_ANSWER = (
    "FE601 'call' calls a flow, and no flow comes back with an HTTP answer or an event "
    "(record an `outcome`, or what its nodes get, as call/NODE)"
)


@pytest.fixture
def plan(tmp_path: Path) -> flowengine.Plan:
    (tmp_path / "child.yaml").write_text(CHILD, "utf-8")
    (tmp_path / "flow.yaml").write_text(CALLER, "utf-8")
    return flowengine.compile(flowengine.load(tmp_path / "flow.yaml"), CATALOGUE)


def recorded(folder: Path, responses: str) -> flowengine.Recording:
    path = folder / "case.recording.yaml"
    path.write_text(f"recording: case\nflow: case\nresponses: {responses}\n", "utf-8")
    return load_recording(path)


def told(plan: flowengine.Plan, recording: flowengine.Recording) -> list[str]:
    found = strangers(recording, plan) or check_answers(recording, plan, CATALOGUE).findings
    return [f"{one.code} {one.message}" + (f" ({one.hint})" if one.hint else "") for one in found]


@pytest.mark.parametrize(
    "responses",
    [
        "{call/ask: {status: 200, body: {answer: x}}}",
        "{call: {outcome: told, outputs: {who: Eve, answer: 5}}}",
        "{call: [{timeout: true}, {error: it was cancelled}, {outcome: done}]}",
        "{call: {outcome: onError}}",
    ],
)
def test_what_a_called_flow_may_come_to_is_no_stranger(plan: flowengine.Plan, tmp_path: Path, responses: str) -> None:
    assert told(plan, recorded(tmp_path, responses)) == []


@pytest.mark.parametrize(
    ("responses", "found"),
    [
        ("{cal/ask: []}", "FE601 the flow has no node 'cal' (did you mean 'call'?)"),
        ("{call/aks: []}", "FE601 the flow 'child' has no node 'aks' (did you mean 'ask'?)"),
        ("{wait/ask: []}", "FE601 the node 'wait' calls no flow: there is nothing below it"),
        ("{call/ask/more: []}", "FE601 the node 'call/ask' calls no flow: there is nothing below it"),
        ("{call: {status: 200}}", NO_ANSWER),
        ("{call: {outcome: tolled}}", "FE605 call-flow@1.0 does not come back with 'tolled' (did you mean 'told'?)"),
        (
            "{call: {outcome: told, outputs: {whom: Eve}}}",
            "FE606 call-flow@1.0 has no output 'whom' (did you mean 'who'?)",
        ),
        (
            "{call: {outcome: told, outputs: {who: 5}}}",
            "FE604 the output 'who' is declared as text; this is a number",
        ),
        (
            "{call/done: {status: 200}}",
            "FE608 'done' is an end node: these answers are never asked for (remove them)",
        ),
    ],
)
def test_what_it_cannot_come_to_is_told(plan: flowengine.Plan, tmp_path: Path, responses: str, found: str) -> None:
    assert told(plan, recorded(tmp_path, responses)) == [found]


@pytest.mark.parametrize("place", ["call/", "/ask", "call//ask", "call/trig ger", ""])
def test_a_place_is_names_with_slashes(tmp_path: Path, place: str) -> None:
    with pytest.raises(flowengine.InvalidFile):
        recorded(tmp_path, f'{{"{place}": []}}')


def test_answers_that_are_left_are_counted_by_place(plan: flowengine.Plan, tmp_path: Path) -> None:
    recording = recorded(tmp_path, "{call/ask: [{status: 404}, {status: 404}], call: []}")
    done = flowengine.dry_run(plan, recorded(tmp_path, "{call/ask: [{status: 404}, {status: 404}]}"))

    assert dict(done.unused) == {"call/ask": 1}
    assert "no recorded answer left for node 'call'" in (flowengine.dry_run(plan, recording).run.reason or "")


def test_what_is_missing_names_what_is_recorded_near_it(plan: flowengine.Plan, tmp_path: Path) -> None:
    done = flowengine.dry_run(plan, recorded(tmp_path, "{call/ask: []}"))

    assert done.missing is not None
    assert list(done.missing.sentences()) == ["nothing is recorded for 'call/ask'"]


def test_the_answers_below_a_node_are_used_up_with_all_others() -> None:
    replay = Replay({"call/ask": [{"timeout": True}], "ask": []})
    below = replay.below("call")

    assert (below.left("ask"), replay.left("ask"), below.has("ask"), below.has("call")) == (1, 0, True, False)
    assert replay.used() == {"call/ask": 0, "ask": 0}
    assert issubclass(NoAnswerLeft, LookupError)
