from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

HEAD = "recording: {name}\nflow: search\ntrigger: {{number: '1'}}\nresponses: {{search: [{answer}]}}\n"
ACTIVE = "{status: 200, body: {status: success, value: {chatExist: true, conversationId: c-1, status: active}}}"
NONE = "{status: 200, body: {status: success, value: {chatExist: false, conversationId: null, status: null}}}"


@pytest.fixture
def diff(cli: Callable[..., Result], write: Any, search: Path) -> Callable[..., Result]:
    """Compare two recordings of the search flow, by their answers."""

    def diff(left: str, right: str, *options: str, names: tuple[str, str] = ("one", "two")) -> Result:
        ours, theirs = (
            write(f"{number}.yaml", HEAD.format(name=name, answer=answer))
            for number, (name, answer) in enumerate(zip(names, (left, right), strict=True))
        )
        return cli("dry-run", search, "--recording", ours, "--diff", theirs, *options)

    return diff


def test_it_draws_the_walks_and_says_where_they_part_and_why(diff: Callable[..., Result]) -> None:
    result = diff(ACTIVE, NONE)
    lines = result.stdout.splitlines()
    assert result.exit_code == 1
    assert lines[1:3] == ["    | one: conversationActive", "    | two: noConversationFound"]
    assert "parts      at search, visit 1" in lines
    assert "           one: conversationActive -> done" in lines
    assert "           two: noConversationFound -> done" in lines
    (status,) = [line for line in lines if "answer body $.value.status" in line]
    assert status.split()[-2:] == ['"active"', "null"]


def test_walks_that_do_not_part_are_said_to_be_the_same(diff: Callable[..., Result]) -> None:
    result = diff(ACTIVE, ACTIVE)
    assert result.exit_code == 0
    assert "parts      nowhere: they go the same way" in result.stdout


def test_a_walk_that_stops_for_want_of_an_answer_parts_there(diff: Callable[..., Result]) -> None:
    result = diff(ACTIVE, "{timeout: true}")
    assert result.exit_code == 1
    assert "two: the walk stops here" in result.stdout


def test_recordings_that_are_called_alike_are_told_apart_by_their_files(diff: Callable[..., Result]) -> None:
    shown = diff(ACTIVE, NONE, names=("one", "one")).stdout
    assert "0.yaml: conversationActive -> done" in shown


def test_the_json_is_documented(diff: Callable[..., Result]) -> None:
    result = diff(ACTIVE, NONE, "--format", "json")
    document = json.loads(result.stdout)
    assert result.exit_code == 1
    assert list(document) == ["difference"]
    assert document["difference"]["same"] is False
    assert document["difference"]["parting"]["node"] == "search"
    causes = document["difference"]["parting"]["causes"]
    assert {"what": "answer body", "path": "$.value.status", "left": "active", "right": None} in causes


def test_a_recording_of_another_flow_is_refused(
    cli: Callable[..., Result], write: Any, search: Path, greet: Path
) -> None:
    ours = write("r.yaml", HEAD.format(name="one", answer=ACTIVE))
    other = write("g.yaml", "recording: g\nflow: greet\n")
    assert greet.exists()
    result = cli("dry-run", search, "--recording", ours, "--diff", other)
    assert result.exit_code == 2
    assert "FE601" in result.stderr


def test_values_cannot_act_on_the_terminal(diff: Callable[..., Result]) -> None:
    result = diff(ACTIVE, r'{error: "\e[2J\u202egone"}')
    assert not set(result.stdout) & set("\x1b\u202e")
