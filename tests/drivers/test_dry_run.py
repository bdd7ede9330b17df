from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest

import flowengine
from flowengine.core.entries import Completed, Requested, Started, Stopped
from flowengine.core.plan import Plan
from flowengine.core.state import Step
from flowengine.drivers.dry_run import EPOCH, DryWalk
from flowengine.recording.format import Recording
from flowengine.recording.replay import Replay

NODES = Path(__file__).parents[1] / "conformance" / "nodes"
FLOW = """
flow: case
variables: {n: 1}
start: ask
nodes:
  ask: {type: ask@1.0, edges: {answered: wait}}
  wait: {type: delay@1.0, inputs: {duration: 1h}, edges: {onTimeout: script}}
  script: {type: evaluate@1.0, inputs: {script: "n = n + 1; 'ok'"}, edges: {ok: done, onError: failed}}
  done: {end: success}
  failed: {end: error}
"""
OK = {"status": 200, "body": {"answer": "Ann"}}


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    path = tmp_path / "flow.yaml"
    path.write_text(FLOW, "utf-8")
    return flowengine.compile(flowengine.load(path), flowengine.Catalogue([NODES]))


def test_nothing_takes_time_but_what_says_so(plan: Plan) -> None:
    walk = DryWalk(plan, Replay({"ask": [OK]}))
    state = walk.run("run", {}, {"n": 1})
    assert (state.path, state.scope["n"]) == (["ask", "wait", "script", "done"], 2)
    assert (state.started_at, state.ended_at, walk.clock) == (EPOCH, EPOCH + 3600, EPOCH + 3600)
    assert [type(entry) for entry in walk.entries] == [Started, Requested, Completed, Completed, Completed]


def test_every_step_is_told(plan: Plan) -> None:
    told: list[Step] = []
    DryWalk(plan, Replay({"ask": [OK]}), told.append).run("run", {}, {"n": 1})
    assert [(step.node, step.outcome) for step in told] == [
        ("ask", "answered"),
        ("wait", "onTimeout"),
        ("script", "ok"),
    ]


def test_a_run_without_an_answer_left_is_stopped_and_tells_no_step(plan: Plan) -> None:
    told: list[Step] = []
    walk = DryWalk(plan, Replay({}), told.append)
    state = walk.run("run", {}, {"n": 1})
    assert (state.status, state.result, told) == ("failed", "error", [])
    assert isinstance(walk.entries[-1], Stopped)
    assert state.reason == (
        "no recorded answer left for node 'ask', visit 1, attempt 1 (POST /questions): "
        "none recorded for it; there are answers for: no node at all"
    )


def test_a_handler_that_fails_is_an_error_of_the_node(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    manifest = {"node": "parse", "versions": {"1.0": {"handler": "data-parser", "outcomes": {}}}}
    (tmp_path / "parse.yaml").write_text(json.dumps(manifest), "utf-8")
    path = tmp_path / "flow.yaml"
    path.write_text(
        "flow: case\nstart: a\nnodes: {a: {type: parse@1.0, edges: {onError: b}}, b: {end: success}}\n", "utf-8"
    )
    plan = flowengine.compile(flowengine.load(path), flowengine.Catalogue([tmp_path]))

    with caplog.at_level(logging.DEBUG):
        run = flowengine.dry_run(plan, Recording("r", "case")).run

    assert (run.path, run.steps[0].reason) == (["a", "b"], "the handler data-parser failed: KeyError")
    assert "the handler data-parser of node a failed" in caplog.text
