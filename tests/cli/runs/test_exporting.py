"""``runs export``: a kept run as a recording."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from click.testing import Result

from flowengine.api import prepare
from flowengine.cli.runs.walking import new_run
from flowengine.journal.sqlite import SqliteJournal

Cli = Callable[..., Result]
DB = ("--db", "runs.db")
FILE = "asks.recording.yaml"


def test_a_kept_run_is_exported_as_run_record_would_have_written_it(cli: Cli, asks: Path) -> None:
    event = '{"number": "+447700900123"}'
    walked = cli("run", asks, "--trigger", event, *DB, "--record", FILE)
    assert walked.exit_code == 0, walked.stderr
    recorded = Path(FILE).read_bytes()
    listed = cli("runs", "list", *DB, "--format", "json").stdout
    run = listed.split('"id": "')[1].split('"')[0]
    refused = cli("runs", "export", run, "--recording", FILE, *DB)
    assert (refused.exit_code, "--force" in refused.stderr) == (2, True)
    exported = cli("runs", "export", run[:8], "--recording", FILE, "--force", *DB)
    assert (exported.exit_code, "1 answer" in exported.stdout) == (0, True), exported.stderr
    assert Path(FILE).read_bytes() == recorded
    assert cli("test", FILE).exit_code == 0


def test_a_run_that_is_not_over_is_not_exported(cli: Cli, waits: Callable[[str], Path]) -> None:
    new = new_run(prepare(waits("1h")), {}, {"said": ""}, Path("waits.yaml"), None)

    async def begin() -> None:
        journal = SqliteJournal(Path("runs.db"))
        await journal.create(new)
        await journal.close()

    asyncio.run(begin())
    run = str(new.entries[0][0])
    done = cli("runs", "export", run, "--recording", "w.recording.yaml", *DB)
    assert (done.exit_code, "is not over yet" in done.stderr) == (2, True)
    assert not Path("w.recording.yaml").exists()
