"""Flows that call flows, as the command line shows them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Cli = Callable[..., Result]

CALLER = """
flow: caller
start: call
nodes:
  call: {type: call-flow@1.0, inputs: {flow: child, inputs: {who: Ann}}, edges: {greeted: done, onError: failed}}
  done: {end: success}
  failed: {end: error}
"""
CHILD = """
flow: child
inputs: {who: {type: string}, often: {type: integer, default: 1}}
outputs: {said: $(said)}
variables: {said: {type: string}}
start: say
nodes:
  say:
    type: set-variables@1.0
    inputs: {values: {said: "Hello $(who), $(often)"}}
    edges: {onSuccess: wait, onInvalidData: wait}
  wait: {type: delay@1.0, inputs: {duration: 0s}, edges: {onTimeout: greeted}}
  greeted: {end: success}
"""


@pytest.fixture
def flows(tmp_path: Path) -> Path:
    (tmp_path / "child.yaml").write_text(CHILD, "utf-8")
    (tmp_path / "caller.yaml").write_text(CALLER, "utf-8")
    (tmp_path / "case.recording.yaml").write_text("recording: case\nflow: caller\nexpect: {path: [call, done]}\n")
    return tmp_path


def test_the_steps_of_a_called_flow_are_indented_above_the_step_that_calls_it(cli: Cli, flows: Path) -> None:
    for ran in (
        cli("run", flows / "caller.yaml"),
        cli("dry-run", flows / "caller.yaml", "--recording", flows / "case.recording.yaml"),
    ):
        lines = ran.stdout.splitlines()
        assert ran.exit_code == 0, ran.output
        assert [line.split()[0] for line in lines[:3]] == ["say", "wait", "call"]
        assert [len(line) - len(line.lstrip()) for line in lines[:3]] == [3, 3, 0]


def test_the_json_has_the_called_run(cli: Cli, flows: Path) -> None:
    run = json.loads(cli("run", flows / "caller.yaml", "--format", "json").stdout)["run"]
    called = run["steps"][0]["attempts"][0]["run"]

    assert (called["id"], called["flow"], called["result"]) == (f"{run['id']}.call.1", "child", "success")
    assert called["variables"]["said"] == "Hello Ann, 1"


def test_a_flow_with_inputs_is_started_by_hand_with_values_for_them(cli: Cli, flows: Path) -> None:
    refused = cli("run", flows / "child.yaml")
    ran = cli("run", flows / "child.yaml", "--var", "who=Kim", "--var", "often=2")

    assert refused.exit_code == 2
    assert "the flow 'child' has inputs that a run cannot start without: give --var who=..." in refused.stderr
    assert (ran.exit_code, 'said = "Hello Kim, 2"' in ran.stdout) == (0, True)


@pytest.mark.parametrize(("given", "said"), [("often=x", "declared as integer"), ("whom=x", "did you mean 'who'?")])
def test_a_wrong_value_is_refused(cli: Cli, flows: Path, given: str, said: str) -> None:
    refused = cli("run", flows / "child.yaml", "--var", "who=Kim", "--var", given)
    assert (refused.exit_code, said in refused.stderr) == (2, True)


def test_a_recording_of_a_called_flow_without_its_inputs_is_refused(cli: Cli, flows: Path) -> None:
    (flows / "child.recording.yaml").write_text("recording: bare\nflow: child\nexpect: {result: success}\n")
    ran = cli("test", flows / "child.yaml")

    assert ran.exit_code == 1
    assert "the flow 'child' needs a value for its input who" in ran.output
