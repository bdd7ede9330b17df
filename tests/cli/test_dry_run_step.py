from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from flowengine.cli.dry_run_step import KEYS

Cli = Callable[..., Result]
Typed = Callable[..., Result]

RECORDING = """
recording: r
flow: search
trigger: {number: '1'}
responses:
  search:
    - {status: 200, body: {status: success, value: {chatExist: true, conversationId: c-1, status: active}}}
"""


@pytest.fixture
def typed(cli: Cli, write: Any, search: Path) -> Typed:
    """Step through the search flow, with these lines typed."""

    def typed(*lines: str, text: str = RECORDING) -> Result:
        recording = write("r.yaml", text)
        return cli("dry-run", search, "--recording", recording, "--step", stdin="".join(f"{one}\n" for one in lines))

    return typed


@pytest.fixture
def greeted(cli: Cli, write: Any, greet: Path) -> Typed:
    """Do the same with the flow that greets, which has variables."""

    def greeted(*lines: str) -> Result:
        recording = write("g.yaml", "recording: g\nflow: greet\nvariables: {name: A}\n")
        return cli("dry-run", greet, "--recording", recording, "--step", stdin="".join(f"{one}\n" for one in lines))

    return greeted


@pytest.mark.parametrize("key", ["", "n", "next", "N"])
def test_a_key_its_word_and_enter_take_a_step(typed: Typed, key: str) -> None:
    result = typed(key)
    assert result.exit_code == 0
    assert "conversationActive -> done" in result.stdout
    assert "success at done" in result.stdout


def test_the_end_of_the_input_and_quit_end_it(typed: Typed) -> None:
    assert typed().exit_code == 0
    assert "conversationActive" not in typed("q", "n").stdout
    assert typed("quit", "n").exit_code == 0


def test_the_keys_are_always_to_be_seen_and_explained(typed: Typed) -> None:
    shown = typed("?").stdout
    for name, does in KEYS.items():
        assert f"[{name[0]}]{name[1:]}" in shown
        assert does in shown


def test_what_is_no_key_is_said(typed: Typed) -> None:
    assert "there is no 'jump' to type; ? explains the keys" in typed("jump").stdout


def test_variables_that_a_step_changed_have_a_star(greeted: Typed) -> None:
    lines = greeted("n", "v").stdout.splitlines()
    assert '  * greeting = "Hello, A"  (was "")' in lines
    assert '    name = "A"' in lines
    assert "    count = 1" in lines


def test_inputs_and_outputs_are_those_of_the_step_that_is_shown(typed: Typed) -> None:
    assert "no step is shown yet" in typed("i").stdout
    shown = typed("n", "i", "o").stdout
    assert '"customerNumber": "1"' in shown
    assert '"conversationId": "c-1"' in shown


def test_going_back_shows_the_step_before_or_the_beginning(greeted: Typed) -> None:
    shown = greeted("n", "n", "b", "b", "b").stdout
    assert shown.count("onSuccess -> often") == 2
    assert "at the beginning, before greet" in shown
    assert "this is the beginning" in shown


def test_another_outcome_is_chosen_by_number_or_name(typed: Typed) -> None:
    listed = typed("n", "c").stdout
    assert "*  3  conversationActive      -> done" in listed
    assert "has no edge" not in listed, "onInvalidChoice has one, and is fallen through to"
    assert "conversationOnHold      -> failed  (by onInvalidChoice)" in listed
    for wanted in ("1", "c 1", "choose noConversationFound"):
        shown = typed("n", wanted).stdout
        assert "noConversationFound -> done" in shown
        assert "this outcome was chosen, in place of the recorded one" in shown
    assert "does not come back with '99'" in typed("n", "99").stdout
    assert "does not come back with 'none'" in typed("n", "c none").stdout


def test_it_goes_on_to_the_end(greeted: Typed) -> None:
    shown = greeted("e", "e").stdout
    assert "None of the above -> failed" in shown
    assert shown.count("result     error at failed") == 1
    assert "the walk is over" in shown


def test_a_missing_answer_is_explained_and_another_way_can_be_chosen(typed: Typed) -> None:
    shown = typed("n", "c onTimeout", "b", "b", text=RECORDING[: RECORDING.index("responses")]).stdout
    assert "missing    nothing is recorded for 'search'" in shown
    assert "2 attempts (before: onTimeout)" in shown
    assert "this is the beginning" in shown


def test_it_is_for_people(cli: Cli, write: Any, search: Path) -> None:
    recording = write("r.yaml", RECORDING)
    for option in (["--format", "json"], ["--diff", recording]):
        result = cli("dry-run", search, "--recording", recording, "--step", *option)
        assert result.exit_code == 2
        assert "--step is for a terminal" in result.stderr


def test_a_recording_that_does_not_fit_is_refused_first(typed: Typed) -> None:
    assert typed("n", text=RECORDING.replace("  search:", "  serach:")).exit_code == 2
    assert typed("n", text=RECORDING.replace("flow: search", "flow: greet")).exit_code == 2


def test_what_is_typed_cannot_act_on_the_terminal(typed: Typed) -> None:
    shown = typed("c \x1b[2J").stdout
    assert "\x1b" not in shown
    assert r"\u001b[2J" in shown


def test_bytes_that_are_no_text_are_no_key(
    process: Callable[..., subprocess.Popen[str]], write: Any, search: Path
) -> None:
    write("typed", b"\xff\xfe\nq\n")
    with Path("typed").open() as stdin:
        running = process("dry-run", search, "--recording", write("r.yaml", RECORDING), "--step", stdin=stdin)
        said, wrong = running.communicate(timeout=30)
    assert (running.returncode, wrong) == (0, "")
    assert "to type; ? explains the keys" in said


def test_in_a_terminal_the_keys_stand_below_whatever_is_shown(
    process: Callable[..., subprocess.Popen[str]], terminal: Any, write: Any, search: Path
) -> None:
    recording = write("r.yaml", RECORDING)
    environment = {"TERM": "xterm", "NO_COLOR": "1"}
    with terminal() as screen:
        running = process(
            *("dry-run", search, "--recording", recording, "--step"),
            stdin=subprocess.PIPE,
            stdout=screen.theirs,
            env=environment,
        )
        assert running.stdin is not None
        screen.until("] > ")
        for key, shown in (("\n", "conversationActive → done"), ("b\n", "at the beginning")):
            running.stdin.write(key)
            running.stdin.flush()
            assert shown in screen.until("] > ")
        running.stdin.write("q\n")
        running.stdin.close()
        assert running.wait(30) == 0
