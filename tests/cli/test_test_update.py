from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

Cli = Callable[..., Result]
Write = Callable[[str, str | bytes], Path]

CASE = """\
# A case
recording: once
flow: greet
variables: {name: A, count: 1}

expect:                # what must come
  result: success
  path: [greet, often, done]
  # not compared: count
  variables: {greeting: "Hello, A"}
"""
AFTER = CASE.replace("result: success", "result: error").replace("often, done", "often, failed")


@pytest.fixture
def once(greet: Path, write: Write) -> Path:
    assert greet.exists()
    return write("once.recording.yaml", CASE)


def test_changes_are_shown_and_without_a_person_nothing_is_written(cli: Cli, once: Path) -> None:
    result = cli("test", "--update")

    assert result.exit_code == 1
    assert "  -  result: success\n" in result.stdout
    assert "  +  path: [greet, often, failed]\n" in result.stdout
    assert "nothing is written: --yes writes without asking" in result.stdout
    assert once.read_text() == CASE


def test_with_yes_the_file_expects_what_came_and_passes(cli: Cli, once: Path) -> None:
    result = cli("test", "--update", "--yes")

    assert result.exit_code == 0
    assert "1 case of 1 flow: 1 passed" in result.stdout
    assert "updated: once.recording.yaml" in result.stdout
    assert once.read_text() == AFTER


def test_what_fails_still_is_told(cli: Cli, once: Path) -> None:
    once.write_text(CASE.replace("\nexpect:", "responses: {often: [{timeout: true}]}\n\nexpect:"))

    result = cli("test", "--update", "--yes")

    assert result.exit_code == 1
    assert "updated: once.recording.yaml\nno expectation mends what is left of once;" in result.stdout


def test_every_other_byte_stays(cli: Cli, once: Path) -> None:
    once.write_bytes(b"\xef\xbb\xbf" + CASE.replace("\n", "\r\n").encode())

    assert cli("test", "--update", "--yes").exit_code == 0
    assert once.read_bytes() == b"\xef\xbb\xbf" + AFTER.replace("\n", "\r\n").encode()


@pytest.mark.usefixtures("once")
def test_json_says_what_was_updated(cli: Cli) -> None:
    result = cli("test", "--update", "--yes", "--format", "json")

    [case] = json.loads(result.stdout)["cases"]
    assert (case["passed"], case["updated"]) == (True, True)
    assert "+  result: error" in result.stderr


def test_what_passes_is_not_touched(cli: Cli, once: Path) -> None:
    once.write_text(AFTER, "utf-8")
    before = once.stat().st_mtime_ns

    assert cli("test", "--update", "--yes").exit_code == 0
    assert once.stat().st_mtime_ns == before


@pytest.mark.usefixtures("search")
def test_a_missing_answer_is_nothing_to_expect(cli: Cli, write: Write) -> None:
    text = "recording: a\nflow: search\ntrigger: {number: '1'}\nexpect: {path: [search, done]}\n"
    path = write("a.recording.yaml", text)

    result = cli("test", "--update", "--yes")

    assert result.exit_code == 1
    assert "not updated" in result.stdout
    assert path.read_text() == text


def test_a_node_that_was_renamed_is_updated(cli: Cli, once: Path) -> None:
    once.write_text(AFTER.replace("[greet, often", "[greet, oftn"), "utf-8")

    assert cli("test", "--update", "--yes").exit_code == 0
    assert once.read_text() == AFTER


@pytest.mark.parametrize(("answer", "text"), [("y", AFTER), ("n", CASE)])
def test_in_a_terminal_it_asks(
    process: Callable[..., subprocess.Popen[str]], terminal: Any, once: Path, answer: str, text: str
) -> None:
    with terminal() as screen:
        running = process("test", "--update", stdin=screen.theirs, stdout=screen.theirs, env={"TERM": "xterm"})
        screen.until("Write this expectation? [y/N]")
        os.write(screen.ours, f"{answer}\n".encode())
        assert running.wait(30) == (0 if text == AFTER else 1)

    assert once.read_text() == text
