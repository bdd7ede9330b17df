"""``runs retry``, ``prune`` and ``check``."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

Cli = Callable[..., Result]
Process = Callable[..., subprocess.Popen[str]]
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
    assert json.loads(pruned.stdout) == {"pruned": {"runs": 1, "plans": 1, "events": 0, "outbox": 0}}


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


@pytest.mark.parametrize(
    "command",
    [
        ("show",),
        ("show", "--format", "json"),
        ("tail",),
        ("retry", "--from", "search"),
        ("export", "--recording", "r.yaml"),
    ],
)
@pytest.mark.parametrize("damage", ["entries", "plan"])
def test_a_run_that_cannot_be_walked_again_is_said_to_be_so(
    cli: Cli, kept: str, command: tuple[str, ...], damage: str
) -> None:
    connection = sqlite3.connect("runs.db")
    with connection:
        if damage == "entries":
            connection.execute("UPDATE entries SET entry = replace(entry, '\"search\"', '\"note\"')")
        else:
            (digest,) = connection.execute("SELECT digest FROM plans").fetchone()
            empty = "sha256:" + hashlib.sha256(b"{}").hexdigest()
            connection.execute("UPDATE plans SET digest = ?, data = '{}'", (empty,))
            connection.execute("UPDATE entries SET entry = replace(entry, ?, ?)", (digest, empty))
    connection.close()
    result = cli("runs", command[0], kept, *command[1:], *DB)
    assert (result.exit_code, "the journal cannot be read: " in result.stderr) == (2, True), result.stderr
    checked = cli("runs", "check", *DB)
    assert (checked.exit_code, kept in checked.stdout) == (1, True)


def test_the_database_is_not_written_over_by_a_recording(cli: Cli, kept: str, asks: Path) -> None:
    exported = cli("runs", "export", kept, "--recording", "./runs.db", "--force", *DB)
    assert (exported.exit_code, "is the database" in exported.stderr) == (2, True)
    recorded = cli("run", asks, "--trigger", "{}", "--db", "new.db", "--record", "new.db")
    assert (recorded.exit_code, "is the database" in recorded.stderr) == (2, True)
    assert cli("runs", "check", *DB).exit_code == 0


def test_a_secret_in_a_trigger_is_not_kept(process: Process, asks: Path, tmp_path: Path) -> None:
    own = {"FLOWENGINE_AUTH_STORE": str(tmp_path / "store" / "authorizations.json")}
    token = "token-canary-1234567890"  # noqa: S105 - what must not be seen anywhere
    Path("secret").write_text(token)
    for arguments in (
        ["auth", "add", "crm", "--kind", "bearer", "--host", "crm.example.com", "--secret", "secret"],
        ["run", asks, "--trigger", json.dumps({"number": "+447700900123", "note": token}), *DB],
    ):
        out, err = (run := process(*arguments, env=own)).communicate(timeout=20)
        assert run.returncode == 0, out + err
    kept = b"".join(file.read_bytes() for file in Path().glob("runs.db*"))
    assert (token.encode() in kept, b'"note":"[secret]"' in kept) == (False, True)


def test_numbers_and_names_beyond_all_bounds_are_refused(cli: Cli, kept: str) -> None:
    assert "not in the range" in cli("runs", "prune", "--keep", "9" * 20, *DB).stderr
    assert "not a number of seconds" in cli("runs", "resume", "--grace", "nan", *DB).stderr
    long = cli("runs", "list", "--db", "a" * 300)
    assert (long.exit_code, "File name too long" in long.stderr) == (2, True)
    assert kept in cli("runs", "show", kept, *DB).stdout
