from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

Cli = Callable[..., Result]

FOUND = "{status: 200, body: {status: success, value: {chatExist: true, conversationId: c-1, status: active}}}"


@pytest.fixture
def replay(cli: Cli, write: Any, search: Path) -> Callable[..., Result]:
    """Dry-run the search flow on answers, with expectations."""

    def replay(answers: str, expect: str = "", *options: str) -> Result:
        text = f"recording: r\nflow: search\ntrigger: {{number: '1'}}\nresponses: {{search: [{answers}]}}\n{expect}\n"
        return cli("dry-run", search, "--recording", write("r.yaml", text), *options)

    return replay


def test_it_walks_on_recorded_answers_in_virtual_time(replay: Callable[..., Result]) -> None:
    result = replay("{timeout: true}, " + FOUND)
    assert result.exit_code == 0
    assert "11.0 s  conversationActive -> done  2 attempts (before: onTimeout)" in result.stdout
    assert "the recording does not say" in result.stdout


def test_expectations_that_are_met_are_said(replay: Callable[..., Result]) -> None:
    result = replay(FOUND, "expect: {result: success, path: [search, done]}")
    assert result.exit_code == 0
    assert "all of it came" in result.stdout


def test_each_difference_has_a_line_and_the_exit_code_is_1(replay: Callable[..., Result]) -> None:
    result = replay(FOUND, "expect: {result: error, path: [search, failed]}")
    assert result.exit_code == 1
    differing = [line for line in result.stdout.splitlines() if line.startswith("differs")]
    assert len(differing) == 2
    assert "expected search > failed, came search > done" in differing[1]


def test_answers_left_over_are_said_and_fail_a_test_case_only(replay: Callable[..., Result]) -> None:
    result = replay(f"{FOUND}, {FOUND}")
    assert result.exit_code == 0
    assert "unused     search: 1 recorded (line 4)" in result.stdout
    assert replay(f"{FOUND}, {FOUND}", "expect: {result: success}").exit_code == 1


@pytest.mark.parametrize(("expect", "code"), [("", 1), ("expect: {result: error}", 0), ("expect: {path: [search]}", 1)])
def test_a_result_error_is_fine_only_where_it_is_expected(
    replay: Callable[..., Result], expect: str, code: int
) -> None:
    assert replay("{timeout: true}, {timeout: true}", expect).exit_code == code


def test_a_node_without_an_answer_left_ends_it_and_says_which(replay: Callable[..., Result]) -> None:
    result = replay("{timeout: true}")
    assert result.exit_code == 1
    assert "no recorded answer left for node 'search', visit 1, attempt 2" in result.stdout


def test_a_missing_answer_is_explained(replay: Callable[..., Result]) -> None:
    result = replay("{timeout: true}", "expect: {result: success, outcomes: [conversationActive]}")
    assert "missing    recorded for 'search' and used up: line 4 by visit 1, attempt 1 (onTimeout)" in result.stdout
    document = json.loads(replay("{timeout: true}", "", "--format", "json").stdout)
    assert (document["missing"]["attempt"], document["missing"]["path"]) == (2, "/conversations/search")


@pytest.mark.parametrize(("mode", "code", "shown"), [("strict", 1, "error"), ("warn", 0, "warning"), ("off", 0, None)])
def test_answers_that_the_service_would_not_give_are_told(
    replay: Callable[..., Result], mode: str, code: int, shown: str | None
) -> None:
    result = replay(FOUND, "expect: {result: success}", "--answers", mode)
    assert result.exit_code == code
    assert ("FE603" in result.stdout) is (shown is not None)
    assert shown is None or "r.yaml:4:" in result.stdout
    assert shown is None or f" {shown}[FE603]: this answer lacks" in result.stdout


def test_what_a_comment_ignores_is_counted(cli: Cli, write: Any, search: Path) -> None:
    answer = f"responses:\n  # flowengine: ignore FE603 that is all we read\n  search: {FOUND}"
    recording = write("r.yaml", f"recording: r\nflow: search\ntrigger: {{number: '1'}}\n{answer}\n")
    result = cli("dry-run", search, "--recording", recording, "--answers", "strict")
    assert result.exit_code == 0
    assert "ignored    1 about answers, by comments" in result.stdout


def test_the_json_has_run_unused_and_differences(replay: Callable[..., Result]) -> None:
    result = replay(f"{FOUND}, {FOUND}", "expect: {result: error}", "--format", "json")
    document = json.loads(result.stdout)
    assert result.exit_code == 1
    added = ["unusedLines", "missing", "findings", "ignored"]
    assert list(document) == ["run", "unused", "differences", *added]
    assert document["run"]["path"] == ["search", "done"]
    assert document["unused"] == {"search": 1}
    assert len(document["differences"]) == 2
    assert (document["unusedLines"], document["missing"], document["ignored"]) == ({"search": [4]}, None, [])
    assert {one["code"] for one in document["findings"]} == {"FE603"}


def test_two_dry_runs_are_the_same_to_the_letter(replay: Callable[..., Result]) -> None:
    first, second = (replay(FOUND, "", "--format", "json").stdout for _ in range(2))
    assert first == second


def test_recorded_texts_cannot_act_on_the_terminal(replay: Callable[..., Result]) -> None:
    result = replay(r'{error: "\e[2J\u202egone"}')
    assert r"\u001b[2J\u202egone" in result.stdout
    assert not set(result.stdout) & set("\x1b\u202e")
