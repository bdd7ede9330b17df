"""Recorded events that cannot be true: what is one, and what is none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import flowengine
from flowengine.recording.answer_check import check_answers
from flowengine.recording.format import Recording

FLOW = """
flow: case
defaults: {edges: {onInvalidChoice: done}}
start: order
nodes:
  order: {type: order@1.0, edges: {ordered: wait, taken: ask, refused: done}}
  ask: {type: ask@1.0, edges: {answered: done}}
  wait:
    type: receive@1.0
    inputs:
      timeout: 5m
      events:
        reply: {channel: sms, business: "1", customer: "2"}
        paid: {event: paid, key: $(trigger.order)}
        sent: {event: sent, key: $(trigger.order)}
    edges: {reply: done, paid: done, sent: done}
  done: {end: success}
"""
CATALOGUE = flowengine.Catalogue([Path(__file__).parents[1] / "conformance" / "nodes"])
TAKEN = {"status": 200, "body": {"state": "taken", "id": "o-1"}}


@pytest.fixture
def plan(tmp_path: Path) -> flowengine.Plan:
    path = tmp_path / "flow.yaml"
    path.write_text(FLOW, "utf-8")
    return flowengine.compile(flowengine.load(path), CATALOGUE)


@pytest.mark.parametrize(
    ("node", "answers", "codes"),
    [
        ("wait", [{"event": {"label": "paid", "body": 1}}, {"timeout": True}, {"outcome": "paid"}], []),
        ("wait", [{"event": {"sms": {}}}], []),
        ("wait", [{"event": {"label": "pay"}}], ["FE605"]),
        ("wait", [{"event": {"sum": 1}}], ["FE605"]),
        ("wait", [{"status": 200}], ["FE608"]),
        ("order", [{**TAKEN, "event": {"event": "order.done", "number": 7}}], []),
        ("order", [{**TAKEN, "timeout": True}], []),
        ("order", [TAKEN, {"event": {"event": "order.done"}}], []),
        ("order", [{**TAKEN, "event": {"event": "order.lost"}}], ["FE602"]),
        ("order", [{**TAKEN, "event": {"event": "order.refused", "final": "yes"}}], ["FE602"]),
        ("order", [{**TAKEN, "event": {"event": "order.done", "number": "7"}}], ["FE604"]),
        ("order", [{"status": 202, "headers": {"order-id": "o-1"}}], ["FE602"]),
        ("order", [{"status": 200, "body": {"state": "done"}, "event": {"event": "order.done"}}], ["FE608"]),
        ("order", [{"status": 200, "body": {"state": "done"}, "timeout": True}], ["FE608"]),
        ("ask", [{"status": 200, "body": {"answer": "x"}, "event": {}}], ["FE608"]),
        ("ask", [{"event": {}}], ["FE608"]),
    ],
)
def test_what_is_found(node: str, answers: list[dict[str, Any]], codes: list[str], plan: flowengine.Plan) -> None:
    recording = Recording("r", "case", responses={node: answers})

    found = check_answers(recording, plan, CATALOGUE).findings

    assert [one.code for one in found] == codes
    assert all(one.severity == "warning" and one.node == node for one in found)


def test_the_examples_of_results_are_none(tmp_path: Path) -> None:
    shipped = flowengine.Catalogue()
    for node_type in shipped:
        version = node_type.versions[node_type.recommended]
        answers = version.spec.get("example", {}).get("callbacks", {})
        if not answers:
            continue
        path = tmp_path / "flow.yaml"
        inputs = version.spec["example"].get("inputs") or version.spec["example"]["channels"]["sms"]["inputs"]
        data = {
            "flow": "case",
            "start": "call",
            "defaults": {"authorization": "engage", "edges": {"onInvalidChoice": "done"}},
            "nodes": {"call": {"type": version.pinned, "inputs": inputs, "edges": {}}, "done": {"end": "success"}},
        }
        path.write_text(json.dumps(data), "utf-8")
        plan = flowengine.compile(flowengine.load(path))
        recording = Recording("r", "case", responses={"call": list(answers.values())})
        assert check_answers(recording, plan, shipped).findings == []
