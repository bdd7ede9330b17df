"""A run that is ended from outside: real processes, real signals."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Process = Callable[..., subprocess.Popen[str]]

WAIT = """
flow: wait
variables: {said: ""}
start: say
nodes:
  say: {type: set-variables@1.0, inputs: {values: {said: hello}}, edges: {onSuccess: SECOND}}
  pause: {type: delay@1.0, inputs: {duration: 1h}, edges: {onTimeout: done}}
  search:
    type: search-conversation@1.3
    inputs: {channel: sms, businessNumber: "1", customerNumber: "2"}
    edges: {noConversationFound: pause, onError: done}
  done: {end: success}
"""
DEADLINE = 20.0


def until(stream: Any, text: str) -> str:
    """Read lines until one has the text."""
    read = ""
    while text not in read:
        line = stream.readline()
        assert line, f"it ended before it said {text!r}: {read}"
        read += line
    return read


@pytest.fixture
def wait(write: Callable[[str, str], Path]) -> Path:
    return write("wait.yaml", WAIT.replace("SECOND", "pause"))


@pytest.mark.parametrize(("number", "name", "code"), [(signal.SIGINT, "Ctrl-C", 130), (signal.SIGTERM, "SIGTERM", 143)])
def test_a_signal_ends_the_run_and_says_where_it_stood(
    process: Process, wait: Path, number: signal.Signals, name: str, code: int
) -> None:
    running = process("run", wait)
    until(running.stdout, "onSuccess -> pause")
    running.send_signal(number)
    out, err = running.communicate(timeout=DEADLINE)
    assert running.returncode == code
    assert f"stopped    at node pause, by {name}" in out
    assert "path       say > pause" in out
    assert 'said = "hello"' in out
    assert err == ""


def test_the_json_of_a_run_that_was_ended_says_so(process: Process, wait: Path) -> None:
    running = process("run", wait, "--format", "json", env={"PYTHONUNBUFFERED": "1"})
    # Nothing is printed before the end; its handler for signals tells that the run is under way.
    wait_for_handler(running.pid)
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=DEADLINE)
    run = json.loads(out)["run"]
    assert running.returncode == 130
    assert (run["status"], run["result"], run["path"]) == ("cancelled", "error", ["say", "pause"])
    assert "pause" in run["reason"]
    assert err == ""


def test_the_embedded_sandbox_ends_with_the_run(process: Process, write: Callable[[str, str], Path]) -> None:
    running = process("run", write("wait.yaml", WAIT.replace("SECOND", "search")))
    until(running.stdout, "noConversationFound -> pause")
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=DEADLINE)
    assert running.returncode == 130
    assert "path       say > search > pause" in out
    assert err == ""


def test_in_a_terminal_the_node_under_way_is_shown_until_ctrl_c(
    process: Process, wait: Path, terminal: Callable[..., Any]
) -> None:
    with terminal() as screen:
        running = process("run", wait, stdout=screen.theirs, env={"TERM": "xterm", "NO_COLOR": ""})
        seen = screen.until("… pause")
        running.send_signal(signal.SIGINT)
        seen += screen.until("by Ctrl-C")
        assert running.wait(DEADLINE) == 130
    assert "\x1b[32m✓" in seen
    assert "\r\x1b[2K" in seen


def wait_for_handler(pid: int) -> None:
    """Wait until a process handles SIGTERM itself, which ours does as long as a run is under way."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        pytest.skip("reads /proc")
    bit = 1 << (signal.SIGTERM - 1)
    deadline = time.monotonic() + DEADLINE
    while time.monotonic() < deadline:
        caught = next(line for line in status.read_text().splitlines() if line.startswith("SigCgt:"))
        if int(caught.split()[1], 16) & bit:
            return
        time.sleep(0.01)
    pytest.fail("the run did not begin")
