"""``runs list``, ``show`` and ``tail``; and which run and which database is meant."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from flowengine.check.compile import TOOLS
from flowengine.cli.runs.listing import watch_runs
from flowengine.cli.screen import Screen
from flowengine.core.plan import Plan
from flowengine.journal.history import SqliteHistory
from flowengine.journal.protocol import Filter, NewRun
from flowengine.journal.sqlite import SqliteJournal

Cli = Callable[..., Result]
Listed = Callable[..., list[dict[str, Any]]]


def test_a_run_with_a_database_is_shown_as_ever_and_kept(cli: Cli, asks: Path, listed: Listed) -> None:
    result = cli("run", asks, "--trigger", '{"number": "+447700900123"}', "--db", "runs.db")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "path       note > search > done" in result.stdout
    run = listed()[0]
    assert (run["flow"], run["status"], run["environment"], run["source"]) == (
        "asks",
        "succeeded",
        "sandbox",
        "flowengine run",
    )
    assert run["id"] in result.stdout


def test_its_json_is_that_of_any_run(cli: Cli, asks: Path, listed: Listed) -> None:
    result = cli("run", asks, "--trigger", "{}", "--db", "runs.db", "--format", "json")
    run = json.loads(result.stdout)["run"]
    assert result.exit_code == 1
    assert (run["result"], run["path"]) == ("error", ["note", "search", "failed"])
    assert listed()[0]["id"] == run["id"]


def test_a_flow_that_sends_nothing_needs_no_environment(cli: Cli, greet: Path, listed: Listed) -> None:
    assert cli("run", greet, "--var", "name=Ann", "--var", "count=2", "--db", "runs.db").exit_code == 0
    assert listed()[0]["environment"] is None


def test_the_database_is_named_on_the_command_line_in_the_environment_or_in_the_project(
    cli: Cli, greet: Path, write: Callable[[str, str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    write("flowengine.yaml", "database: kept/project.db")
    cli("run", greet)
    assert Path("kept/project.db").exists()
    assert "1 shown" in cli("runs", "list").stdout
    monkeypatch.setenv("FLOWENGINE_DB", "environment.db")
    cli("run", greet)
    assert Path("environment.db").exists()
    cli("run", greet, "--db", "option.db")
    assert Path("option.db").exists()
    assert "1 shown" in cli("runs", "list").stdout


@pytest.mark.parametrize("command", ["list", "resume", "check"])
def test_without_a_database_it_says_how_to_name_one(
    cli: Cli, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = cli("runs", command)
    assert result.exit_code == 2
    assert "--db FILE, in FLOWENGINE_DB, or as `database: FILE`" in result.stderr
    result = cli("runs", command, "--db", "none.db")
    assert result.exit_code == 2
    assert "there is no database 'none.db' yet" in result.stderr
    assert not Path("none.db").exists()


def test_what_is_no_database_is_refused(cli: Cli, greet: Path) -> None:
    for mode in (0o600, 0o644):
        greet.chmod(mode)
        for command in (("runs", "list"), ("run", greet)):
            result = cli(*command, "--db", "greet.yaml")
            assert (result.exit_code, result.stdout) == (2, "")
            assert ("greet.yaml" in result.stderr, "chmod" in result.stderr) == (True, False)


def test_runs_are_listed_newest_first_and_filtered(cli: Cli, kept: str, greet: Path, listed: Listed) -> None:
    cli("run", greet, "--db", "runs.db")
    assert [run["flow"] for run in listed()] == ["greet", "asks"]
    assert [run["id"] for run in listed("--flow", "asks")] == [kept]
    assert [run["id"] for run in listed("--status", "succeeded")] == [kept]
    assert [run["id"] for run in listed("--text", "+447700900123")] == [kept]
    assert len(listed("--since", "1h")) == 2
    assert listed("--since", "2999-01-01") == []
    assert len(listed("--limit", "1")) == 1
    shown = cli("runs", "list", "--db", "runs.db", "--flow", "nobody").stdout
    assert shown == "No kept run is like that.\n"
    wrong = cli("runs", "list", "--db", "runs.db", "--since", "yesterday")
    assert (wrong.exit_code, "expected a duration such as 24h" in wrong.stderr) == (2, True)


def test_a_watched_list_is_shown_again_when_it_has_changed(
    cli: Cli, kept: str, asks: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    looks = 0

    def sleep(_: float) -> None:
        nonlocal looks
        looks += 1
        if looks == 2:
            cli("run", asks, "--trigger", "{}", "--db", "runs.db")
        if looks == 4:
            raise KeyboardInterrupt

    history = SqliteHistory(Path("runs.db"))
    watch_runs(Screen.out(), history, Filter(), 50, sleep)
    history.close()
    out = capsys.readouterr().out
    assert out.count("STARTED") == 2
    assert out.count(kept[:12]) == 2


def test_a_run_is_named_by_the_beginning_of_its_id(cli: Cli, kept: str) -> None:
    assert kept in cli("runs", "show", kept[:6], "--db", "runs.db").stdout
    missing = cli("runs", "show", f"{kept[:11]}-", "--db", "runs.db")
    assert missing.exit_code == 2
    assert f"did you mean '{kept[:12]}'?" in missing.stderr


def test_a_beginning_that_several_have_names_them(cli: Cli, asks: Path, listed: Listed) -> None:
    for _ in range(17):
        cli("run", asks, "--trigger", "{}", "--db", "runs.db")
    first = [run["id"][0] for run in listed()]
    twice = next(letter for letter in first if first.count(letter) > 1)
    result = cli("runs", "show", twice, "--db", "runs.db")
    assert result.exit_code == 2
    assert f"more than one run begins with '{twice}': {twice}" in result.stderr


def test_a_run_is_shown_with_all_that_was_sent_and_came_back(cli: Cli, kept: str) -> None:
    shown = cli("runs", "show", kept, "--db", "runs.db").stdout
    assert 'sent         POST /conversations/search {"channel": "sms"' in shown
    assert 'answer       200 {"status": "success"' in shown
    assert "by rule      " in shown
    assert 'variable     said = "goodbye", was "hello"' in shown
    assert 'variable     found = "noConversationFound"' in shown
    assert "result     success at done" in shown


def test_the_json_of_a_run_has_requests_answers_rules_and_variables(cli: Cli, kept: str) -> None:
    run = json.loads(cli("runs", "show", kept, "--db", "runs.db", "--format", "json").stdout)["run"]
    note, search = run["steps"]
    assert (run["id"], run["status"], run["trigger"]) == (kept, "succeeded", {"number": "+447700900123"})
    assert note["variables"] == {"before": {"said": "hello"}, "after": {"said": "goodbye"}}
    attempt = search["attempts"][0]
    assert attempt["key"] == f"{kept}:search:1"
    assert (attempt["request"]["method"], attempt["request"]["target"]) == ("POST", "/conversations/search")
    assert attempt["request"]["body"]["customeraddress"] == "+447700900123"
    assert attempt["answer"]["status"] == 200
    assert attempt["rule"]["when"]["status"] == "2xx"
    assert run["underWay"] is None


def test_a_request_that_has_no_answer_yet_is_shown(cli: Cli, kept: str) -> None:
    history = SqliteHistory(Path("runs.db"))
    entries = history.entries(kept)[:-1]
    plan = Plan.from_data(history.plan(history.run(kept).digest), TOOLS)
    history.close()
    began = entries[0]._replace(run="unanswered")

    async def keep() -> None:
        journal = SqliteJournal(Path("runs.db"))
        await journal.create(NewRun(plan, [began, *entries[1:]]))
        await journal.close()

    asyncio.run(keep())
    shown = cli("runs", "show", "unanswered", "--db", "runs.db").stdout
    assert "node search is under way\n      sent         POST /conversations/search" in shown
    assert "nobody walks it" in shown
    run = json.loads(cli("runs", "show", "unanswered", "--db", "runs.db", "--format", "json").stdout)["run"]
    assert run["underWay"]["node"] == "search"
    assert run["underWay"]["attempts"][0]["answer"] is None


def test_tail_shows_a_run_to_its_end(cli: Cli, kept: str) -> None:
    result = cli("runs", "tail", kept, "--db", "runs.db")
    assert result.exit_code == 0
    assert "noConversationFound -> done" in result.stdout
    lines = cli("runs", "tail", kept, "--db", "runs.db", "--format", "json").stdout.splitlines()
    assert [*map(list, map(json.loads, lines))] == [["step"], ["step"], ["run"]]
