"""``events list``, ``show`` and ``send``: what came from outside, by hand, too."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from flowengine.journal.inbox import NewEvent
from flowengine.journal.sqlite import SqliteJournal

Cli = Callable[..., Result]
DB = ("--db", "runs.db")
KEYS = ("channel:sms:incoming-message:447700900001:447700900123",)


@pytest.fixture(autouse=True)
def _journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FLOWENGINE_DB", raising=False)

    async def fill() -> None:
        journal = SqliteJournal(Path("runs.db"))
        message = NewEvent("m-1", "incoming-message", KEYS, {"sms": {"message": "hello"}}, 1_767_225_600.0, "sms", "c")
        for _ in range(3):
            await journal.accept(message)
        await journal.close()

    asyncio.run(fill())


def listed(cli: Cli, *options: str) -> list[dict[str, Any]]:
    result = cli("events", "list", *DB, "--format", "json", *options)
    assert result.exit_code == 0, result.stderr
    events: list[dict[str, Any]] = json.loads(result.stdout)["events"]
    return events


def test_events_are_listed_with_what_became_of_them(cli: Cli) -> None:
    result = cli("events", "list", *DB)
    assert "sms incoming-message from 447700900123 to 447700900001; came 3 times" in result.stdout
    assert "1 shown; in all 1 unknown" in result.stdout
    assert listed(cli)[0] == {
        "number": 1,
        "id": "m-1",
        "name": "incoming-message",
        "source": "sms",
        "state": "unknown",
        "run": None,
        "runs": [],
        "keys": list(KEYS),
        "conversation": "c",
        "at": "2026-01-01T00:00:00.000Z",
        "copies": 2,
        "body": {"sms": {"message": "hello"}},
    }


def test_events_are_filtered(cli: Cli) -> None:
    assert [event["number"] for event in listed(cli, "--state", "unknown", "--source", "sms")] == [1]
    assert listed(cli, "--state", "late") == listed(cli, "--text", "goodbye") == []
    assert cli("events", "list", *DB, "--state", "late").stdout == "No event is like that.\n"
    assert cli("events", "list", *DB, "--state", "lost").exit_code == 2


def test_an_event_is_shown(cli: Cli) -> None:
    shown = cli("events", "show", "1", *DB).stdout
    assert "came          2026-01-01T00:00:00.000Z" in shown
    assert "and 2 times more" in shown
    assert '"message": "hello"' in shown
    assert json.loads(cli("events", "show", "1", *DB, "--format", "json").stdout)["event"]["state"] == "unknown"
    missing = cli("events", "show", "99", *DB)
    assert (missing.exit_code, "there is no event 99" in missing.stderr) == (2, True)
    assert cli("events", "show", "-1", *DB).exit_code == 2


def test_an_event_that_is_sent_twice_with_an_id_is_taken_once(cli: Cli) -> None:
    send = ("events", "send", "order-paid", "--key", "a:b", "--id", "x", "--body", '{"amount": 3}', *DB)
    assert "kept for one that does" in cli(*send).stdout
    assert "it came before" in cli(*send).stdout
    answer = json.loads(cli(*send, "--format", "json").stdout)
    assert answer == {"accepted": {"number": 2, "state": "duplicate", "run": None, "runs": []}}
    event = listed(cli, "--source", "flowengine events send")[0]
    assert (event["keys"], event["body"], event["copies"]) == (["event:order-paid:a%3Ab"], {"amount": 3}, 2)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("send", "paid"), "Missing option '--key'"),
        (("send", "", "--key", "1"), "neither may be empty"),
        (("send", "paid", "--key", "1", "--body", "{'a': 1}"), "--body is no JSON"),
        (("send", "paid", "--key", "1", "--body", "NaN"), "--body is no JSON"),
        (("send", "paid", "--key", "1", "--db", "none.db"), "there is no database 'none.db' yet"),
        ((), "expected a command: list, show, send"),
    ],
)
def test_wrong_use_is_said(cli: Cli, arguments: tuple[str, ...], words: str) -> None:
    database = () if "--db" in arguments or not arguments else DB
    result = cli("events", *arguments, *database)
    assert (result.exit_code, words in result.stderr) == (2, True), result.stderr
