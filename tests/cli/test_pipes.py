"""What happens to output that nobody reads, or that cannot be written."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Process = Callable[..., subprocess.Popen[str]]


def test_a_reader_that_goes_away_does_not_end_the_run(process: Process, write: Any) -> None:
    flow = write(
        "flow.yaml",
        """
        flow: chatty
        start: first
        nodes:
          first: {type: delay@1.0, inputs: {duration: 1ms}, edges: {onTimeout: second}}
          second: {type: delay@1.0, inputs: {duration: 300ms}, edges: {onTimeout: third}}
          third: {type: delay@1.0, inputs: {duration: 1ms}, edges: {onTimeout: failed}}
          failed: {end: error}
        """,
    )
    running = process("run", flow)
    assert running.stdout is not None
    assert running.stdout.readline().startswith("first")
    running.stdout.close()
    assert running.stderr is not None
    assert running.stderr.read() == ""
    assert running.wait(30) == 1


def test_a_reader_that_goes_away_leaves_the_exit_code_of_validate(process: Process, write: Any, greet: Path) -> None:
    wrong = greet.read_text().replace("start: greet", "start: great")
    for number in range(30):
        write(f"flows/{number}.yaml", wrong)
    reading, writing = os.pipe()
    os.close(reading)
    running = process("validate", "flows", stdout=writing)
    os.close(writing)
    _, err = running.communicate(timeout=30)
    assert (running.returncode, err) == (1, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
@pytest.mark.parametrize(
    "arguments", [["nodes", "list"], ["nodes", "list", "--format", "json"], ["show", "greet.yaml"]]
)
def test_output_that_cannot_be_written_is_said_and_is_not_our_fault(
    process: Process, greet: Path, arguments: list[str]
) -> None:
    with Path("/dev/full").open("w") as full:
        running = process(*arguments, stdout=full)
        _, err = running.communicate(timeout=30)
    assert greet.exists()
    assert running.returncode == 2
    assert err == "error: the output cannot be written: No space left on device\n"


@pytest.mark.parametrize("arguments", [["nodes", "list"], ["validate", "greet.yaml"]])
def test_without_standard_output_it_still_works(process: Process, greet: Path, arguments: list[str]) -> None:
    running = process(*arguments, stdout=None, preexec_fn=lambda: os.close(1))
    _, err = running.communicate(timeout=30)
    assert greet.exists()
    assert (running.returncode, err) == (0, "")


def test_without_standard_input_there_is_no_event(process: Process, greet: Path) -> None:
    running = process("run", greet, "--trigger", "-", preexec_fn=lambda: os.close(0))
    out, err = running.communicate(timeout=30)
    assert (running.returncode, out) == (2, "")
    assert "no standard input" in err


def test_a_flow_can_come_out_of_a_pipe(process: Process, write: Any, greet: Path) -> None:
    write("wrong.yaml", greet.read_text().replace("start: greet", "start: great"))
    os.mkfifo("pipe")
    running = process("validate", "pipe")
    Path("pipe").write_bytes(Path("wrong.yaml").read_bytes())
    out, err = running.communicate(timeout=30)
    assert (running.returncode, err) == (1, "")
    assert "pipe:7:8: error[FE206]: there is no node 'great' to go to\n       = hint:" in out


def test_where_characters_cannot_be_written_they_are_escaped(process: Process, greet: Path) -> None:
    latin = {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    text, _ = process("run", greet, "--var", "name=Zoë 日本", env=latin).communicate(timeout=30)
    assert r"Zo\xeb \u65e5\u672c" in text
    document, _ = process("run", greet, "--var", "name=Zoë 日本", "--format", "json", env=latin).communicate(timeout=30)
    assert json.loads(document)["run"]["variables"]["name"] == "Zoë 日本"
