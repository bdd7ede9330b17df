from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

import flowengine
from flowengine.cli.run_record import name_of

Cli = Callable[..., Result]
EVENT = '{"number": "+447700900999"}'
DEADLINE = 20.0


def test_what_each_node_got_is_in_the_file(cli: Cli, search: Path) -> None:
    result = cli("run", search, "--trigger", EVENT, "--record", "known.recording.yaml")

    recording = flowengine.load_recording("known.recording.yaml")
    assert result.exit_code == 0
    assert "recorded   known.recording.yaml, 1 answer\n" in result.stdout
    assert recording.name == "known"
    assert recording.trigger == {"number": "+447700900999"}
    assert [one["status"] for one in recording.responses["search"]] == [200]
    assert recording.expect == {"result": "success", "path": ["search", "done"], "outcomes": ["noConversationFound"]}
    assert cli("dry-run", search, "--recording", "known.recording.yaml").exit_code == 0
    assert cli("test", "known.recording.yaml").exit_code == 0


def test_a_run_that_fails_is_recorded_too(cli: Cli, greet: Path) -> None:
    result = cli("run", greet, "--record", "failed.recording.yaml")
    expect = flowengine.load_recording("failed.recording.yaml").expect
    assert result.exit_code == 1
    assert expect is not None
    assert expect["result"] == "error"
    assert cli("test", "failed.recording.yaml").exit_code == 0


def test_a_file_that_is_there_is_kept_unless_it_is_said(cli: Cli, greet: Path, write: Any) -> None:
    kept = write("kept.recording.yaml", "mine")
    result = cli("run", greet, "--record", kept)
    assert result.exit_code == 2
    assert "there is such a file already; --force writes over it" in result.stderr
    assert result.stdout == ""
    assert kept.read_text() == "mine"

    assert cli("run", greet, "--record", kept, "--force").exit_code == 1
    assert flowengine.load_recording(kept).name == "kept"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--force"], "--force is for --record FILE"),
        (["--record", "nowhere/a.recording.yaml"], "there is no folder to write it into"),
        (["--record", "."], "this is not a file, and cannot be replaced by one"),
        (["--record", "-"], "name a file"),
        (["--record", "a.yaml", "--trigger", '{"n": 123456789012345678901}'], "the run cannot be recorded"),
    ],
)
def test_what_cannot_be_recorded_is_not_run(arguments: list[str], said: str, cli: Cli, greet: Path) -> None:
    result = cli("run", greet, *arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stdout == ""


def test_a_flow_is_not_written_over_even_by_force(cli: Cli, greet: Path, write: Any) -> None:
    flow = greet.read_text()
    result = cli("run", greet, "--record", greet, "--force")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "greet.yaml: this is no recording, and is not written over" in result.stderr
    assert greet.read_text() == flow
    assert cli("run", greet, "--record", write("empty.yaml", ""), "--force").exit_code == 1
    assert cli("run", greet, "--record", "empty.yaml", "--force").exit_code == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_found_before_the_run(cli: Cli, greet: Path, tmp_path: Path) -> None:
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o500)
    result = cli("run", greet, "--record", folder / "a.recording.yaml")
    assert (result.exit_code, result.stdout) == (2, "")


def test_an_answer_that_no_recording_can_hold_is_said_after_the_run(cli: Cli, write: Any) -> None:
    flow = write(
        "flow.yaml",
        """
        flow: large
        variables: {text: ""}
        start: fill
        nodes:
          fill: {type: evaluate@1.0, inputs: {script: 'text = "x".repeat(70000); "ok"'}, edges: {ok: done}}
          done: {end: success}
        """,
    )
    result = cli("run", flow, "--record", "large.recording.yaml")
    assert result.exit_code == 0
    assert "the variable 'text' is not expected, as no recording can hold its value" in result.stdout


def test_json_stays_json(cli: Cli, greet: Path) -> None:
    result = cli("run", greet, "--record", "a.yaml", "--format", "json")
    assert list(json.loads(result.stdout)) == ["run"]
    assert "recorded   a.yaml, 0 answers" in result.stderr
    assert "`flowengine test` finds only files that are called *.recording.yaml" in result.stderr


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("sms-inbound.busy.recording.yaml", "sms-inbound-busy"),
        ("a/B_c 1.recording.yml", "b-c-1"),
        ("x.yaml", "x"),
        ("recording", "recording"),
        (".recording.yaml", "recording"),
        ("é.recording.yaml", "recording"),
        (f"{'abc-' * 40}.recording.yaml", "abc-" * 15 + "abc"),
    ],
)
def test_a_recording_is_called_like_its_file(path: str, name: str) -> None:
    assert name_of(Path(path)) == name


def test_a_run_that_is_ended_is_recorded_as_far_as_it_came(
    process: Callable[..., subprocess.Popen[str]], write: Callable[[str, str], Path]
) -> None:
    flow = write(
        "wait.yaml",
        """
        flow: wait
        start: search
        nodes:
          search:
            type: search-conversation@1.3
            inputs: {channel: sms, businessNumber: "1", customerNumber: "2"}
            edges: {noConversationFound: pause, onError: done}
          pause: {type: delay@1.0, inputs: {duration: 1h}, edges: {onTimeout: done}}
          done: {end: success}
        """,
    )
    running = process("run", flow, "--record", "ended.recording.yaml")
    assert running.stdout is not None
    assert "-> pause" in running.stdout.readline()
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=DEADLINE)
    recording = flowengine.load_recording("ended.recording.yaml")
    assert (running.returncode, err) == (130, "")
    assert "recorded   ended.recording.yaml, 1 answer" in out
    assert "expects nothing, as the run did not come to its end" in out
    assert (list(recording.responses), recording.expect) == (["search"], None)
