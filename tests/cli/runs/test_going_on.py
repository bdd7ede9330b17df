"""What ends a process, and what becomes of its runs: real processes, real signals."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from flowengine.cli.runs import resuming
from flowengine.cli.screen import Screen
from flowengine.journal.faults import JournalFault
from flowengine.journal.sqlite import SqliteJournal

Cli = Callable[..., Result]
Process = Callable[..., subprocess.Popen[str]]
Listed = Callable[..., list[dict[str, Any]]]
Waits = Callable[[str], Path]
DB = ("--db", "runs.db")
DEADLINE = 20.0


def until(stream: Any, text: str) -> None:
    while text not in (line := stream.readline()):
        assert line, f"it ended before it said {text!r}"


@pytest.fixture
def killed(process: Process, waits: Waits, listed: Listed) -> Callable[[str], str]:
    """Kill a run while it waits, and return its id."""

    def killed(duration: str) -> str:
        running = process("run", waits(duration), *DB)
        until(running.stdout, "onSuccess -> pause")
        # What was said is kept a moment later.
        deadline = time.monotonic() + DEADLINE
        while json.dumps(listed()).count("running") == 0:
            assert time.monotonic() < deadline
        running.kill()
        running.wait(DEADLINE)
        return str(listed()[0]["id"])

    return killed


def test_a_run_whose_process_was_killed_goes_on_at_once(cli: Cli, killed: Callable[[str], str], listed: Listed) -> None:
    run = killed("4s")
    assert "nobody walks it" in cli("runs", "list", *DB).stdout
    before = time.monotonic()
    result = cli("runs", "resume", *DB)
    assert result.exit_code == 0, result.stderr
    assert f"{run[:12]}  succeeded  waits at done" in result.stdout
    assert "1 succeeded" in result.stdout
    assert time.monotonic() - before < 15, "nobody waits for the lease of a process that is gone"
    assert listed()[0]["status"] == "succeeded"


def test_a_run_that_waits_for_long_is_left(cli: Cli, killed: Callable[[str], str], listed: Listed) -> None:
    killed("1h")
    result = cli("runs", "resume", *DB)
    assert result.exit_code == 0
    assert re.search(r"none ended; 1 wait, the next goes on in (59|60) m|1 h", result.stdout)
    assert listed()[0]["status"] == "waiting"
    assert "goes on in" in cli("runs", "list", *DB).stdout


@pytest.mark.parametrize(("number", "name"), [(signal.SIGINT, "Ctrl-C"), (signal.SIGTERM, "SIGTERM")])
def test_a_signal_only_interrupts_a_kept_run(
    process: Process, waits: Waits, listed: Listed, number: signal.Signals, name: str
) -> None:
    running = process("run", waits("1h"), *DB)
    until(running.stdout, "onSuccess -> pause")
    running.send_signal(number)
    out, err = running.communicate(timeout=DEADLINE)
    run = listed()[0]
    assert (running.returncode, err) == (128 + number, "")
    assert f"stopped    at node pause, by {name}" in out
    assert f"`flowengine runs cancel {run['id']} --db runs.db` ends it" in out
    assert run["status"] == "waiting"


def test_resume_that_follows_goes_on_when_it_is_time_and_ends_with_sigterm(
    process: Process, killed: Callable[[str], str], listed: Listed
) -> None:
    run = killed("7s")
    running = process("runs", "resume", "--follow", *DB)
    until(running.stdout, run[:12])
    running.send_signal(signal.SIGTERM)
    out, err = running.communicate(timeout=DEADLINE)
    assert (running.returncode, err) == (0, "stopped by SIGTERM\n")
    assert "1 succeeded" in out
    shown = listed()[0]
    assert 7000 <= shown["durationMs"] < 8000, "a timer is at most a second late"


def test_resume_as_json_has_a_line_for_each_run(cli: Cli, killed: Callable[[str], str]) -> None:
    run = killed("4s")
    lines = cli("runs", "resume", *DB, "--format", "json").stdout.splitlines()
    assert [json.loads(line)["run"]["id"] for line in lines] == [run]


def test_a_run_of_an_environment_that_is_not_here_is_left(
    cli: Cli, process: Process, write: Callable[[str, str], Path], waits: Waits, listed: Listed
) -> None:
    write("flowengine.yaml", "environments: {elsewhere: {}}")
    running = process("run", waits("1s"), "--env", "elsewhere", *DB)
    until(running.stdout, "onSuccess -> pause")
    running.kill()
    running.wait(DEADLINE)
    Path("flowengine.yaml").unlink()
    result = cli("runs", "resume", *DB)
    assert result.exit_code == 1
    assert "cannot be gone on with here: there is no environment 'elsewhere'" in result.stderr
    assert listed()[0]["status"] == "running"


def test_a_run_that_nobody_walks_is_cancelled_at_once(cli: Cli, killed: Callable[[str], str], listed: Listed) -> None:
    run = killed("1h")
    result = cli("runs", "cancel", run[:8], *DB, "--reason", "not wanted")
    assert (result.exit_code, result.stdout) == (0, f"{run} has ended\n")
    assert (listed()[0]["status"], listed()[0]["reason"]) == ("cancelled", "not wanted")
    again = cli("runs", "cancel", run, *DB)
    assert (again.exit_code, f"run {run} is over already" in again.stderr) == (2, True)


def test_a_run_that_is_walked_is_ended_by_its_process(cli: Cli, process: Process, waits: Waits, listed: Listed) -> None:
    running = process("run", waits("1h"), *DB)
    until(running.stdout, "onSuccess -> pause")
    run = listed()[0]["id"]
    assert "is told to end" in cli("runs", "cancel", run, *DB).stdout
    out, _ = running.communicate(timeout=DEADLINE)
    assert running.returncode == 1
    assert "reason     cancelled by `flowengine runs cancel`" in out
    assert listed()[0]["status"] == "cancelled"


def test_tail_shows_what_another_process_does(process: Process, waits: Waits, listed: Listed) -> None:
    running = process("run", waits("2s"), *DB)
    until(running.stdout, "onSuccess -> pause")
    watching = process("runs", "tail", listed()[0]["id"], *DB)
    out, err = watching.communicate(timeout=DEADLINE)
    assert (watching.returncode, err) == (0, "")
    assert "path       say > pause > done" in out
    assert running.wait(DEADLINE) == 0


def test_an_end_that_could_not_be_kept_is_told_once_it_is(
    cli: Cli, asks: Path, listed: Listed, monkeypatch: pytest.MonkeyPatch
) -> None:
    append, times = SqliteJournal.append, iter(range(2))

    async def taken_away(journal: SqliteJournal, run: str, seq: int, *given: Any, **options: Any) -> int:
        if options["ended"] is not None and next(times) == 0:
            await journal.release(options["owner"], [run])
        return await append(journal, run, seq, *given, **options)

    monkeypatch.setattr(SqliteJournal, "append", taken_away)
    result = cli("run", asks, "--trigger", '{"number": "+447700900123"}', *DB)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.count("noConversationFound -> done") == 1, "the walk was begun anew, and its steps were not"
    assert listed()[0]["status"] == "succeeded"


def test_whoever_stays_waits_for_room_on_the_disk_from_the_start(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    faults = iter([JournalFault("the disk is full", "full"), JournalFault("it is damaged", "damaged")])

    def opened(path: Path) -> SqliteJournal:
        for fault in faults:
            raise fault
        return SqliteJournal(path)

    monkeypatch.setattr(resuming, "SqliteJournal", opened)
    monkeypatch.setattr(resuming, "AGAIN", 0.0)
    told = resuming._Told(Screen.out(), "text")
    with pytest.raises(JournalFault, match="damaged"):
        asyncio.run(resuming._open(Path("runs.db"), told, follow=True))
    assert "the disk is full" in capsys.readouterr().err
