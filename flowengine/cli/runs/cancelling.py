"""``flowengine runs cancel``."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import click

from flowengine.cli.options import database_option
from flowengine.cli.runs.database import database_path, find_run, history_of, run_argument
from flowengine.cli.screen import Screen
from flowengine.drivers.durable_owner import runs_of_the_gone
from flowengine.errors import UsageError
from flowengine.journal.protocol import CancelResult
from flowengine.journal.sqlite import SqliteJournal


@click.command()
@run_argument
@click.option("--reason", default="cancelled by `flowengine runs cancel`", help="Why: it becomes the run's reason.")
@database_option
def cancel(run: str, reason: str, database: Path | None) -> None:
    """End RUN. Where a process walks it, that one ends it within a second or two; what it is waiting for is cut off."""
    screen = Screen.out()
    with history_of(database) as history:
        kept = find_run(history, run)
    done = asyncio.run(_cancel(database_path(database), kept.id, reason))
    if done == "over":
        raise UsageError(f"run {kept.id} is over already: it has {kept.status}")
    told = "has ended" if done == "stopped" else "is told to end: the process that walks it does so"
    screen.line(f"{screen.paint(kept.id, 'bold')} {told}")


async def _cancel(path: Path, run: str, reason: str) -> CancelResult:
    journal = await asyncio.to_thread(SqliteJournal, path)
    history = journal.history()
    try:
        for owner, runs in runs_of_the_gone(history).items():
            await journal.release(owner, runs)
        return await journal.cancel(run, reason, time.time())
    except ValueError as fault:
        raise UsageError(f"--reason: {fault}") from None
    finally:
        history.close()
        await journal.close()
