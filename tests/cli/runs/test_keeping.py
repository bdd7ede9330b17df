"""``runs retry``, ``prune`` and ``check``."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

from click.testing import Result

Cli = Callable[..., Result]
Listed = Callable[..., list[dict[str, Any]]]
DB = ("--db", "runs.db")


def test_a_retry_is_a_run_of_its_own_that_begins_as_the_old_one_did(cli: Cli, kept: str, listed: Listed) -> None:
    result = cli("runs", "retry", kept, "--from", "search", *DB)
    assert result.exit_code == 0, result.stderr
    assert f"run {kept[:12]} up to search, then:" in result.stdout
    new, old = listed()
    assert (new["retryOf"], old["retryOf"]) == ({"run": kept, "node": "search"}, None)
    shown = json.loads(cli("runs", "show", new["id"], *DB, "--format", "json").stdout)["run"]
    assert shown["path"] == ["note", "search", "done"]
    assert shown["steps"][1]["attempts"][0]["key"] == f"{new['id']}:search:1"
    assert shown["trigger"] == {"number": "+447700900123"}
    assert "whole: 2 runs" in cli("runs", "check", *DB).stdout


def test_a_retry_needs_a_node_that_the_run_came_to(cli: Cli, kept: str) -> None:
    mistyped = cli("runs", "retry", kept, "--from", "serch", *DB)
    assert (mistyped.exit_code, "did you mean 'search'?" in mistyped.stderr) == (2, True)
    never = cli("runs", "retry", kept, "--from", "failed", *DB)
    assert (never.exit_code, "it visited note, search" in never.stderr) == (2, True)


def test_prune_deletes_the_oldest_that_are_over(cli: Cli, kept: str, asks: Path, listed: Listed) -> None:
    cli("run", asks, "--trigger", "{}", *DB)
    nothing = cli("runs", "prune", *DB)
    assert (nothing.exit_code, "--older-than 30d" in nothing.stderr) == (2, True)
    assert cli("runs", "prune", "--older-than", "1h", *DB).stdout == "0 runs deleted\n"
    assert cli("runs", "prune", "--keep", "1", *DB).stdout == "1 run deleted\n"
    assert [run["id"] for run in listed()] != [kept]
    pruned = cli("runs", "prune", "--keep", "0", *DB, "--format", "json")
    assert json.loads(pruned.stdout) == {"pruned": {"runs": 1, "plans": 1}}


def test_check_finds_a_run_that_is_not_what_its_entries_lead_to(cli: Cli, kept: str) -> None:
    assert cli("runs", "check", *DB).exit_code == 0
    connection = sqlite3.connect("runs.db")
    with connection:
        connection.execute("UPDATE runs SET status = 'failed'")
    connection.close()
    result = cli("runs", "check", *DB)
    assert result.exit_code == 1
    assert f"run '{kept}'" in result.stdout
    assert "its entries lead to 'succeeded'" in result.stdout
    assert json.loads(cli("runs", "check", *DB, "--format", "json").stdout)["problems"] != []
