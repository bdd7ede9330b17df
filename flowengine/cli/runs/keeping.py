"""``flowengine runs prune`` and ``check``: how much is kept, and whether it is whole."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click

from flowengine.check.compile import TOOLS
from flowengine.cli.options import database_option, format_option
from flowengine.cli.runs.database import database_path, history_of
from flowengine.cli.screen import Screen
from flowengine.core import walker
from flowengine.core.durations import parse_duration
from flowengine.core.plan import Plan
from flowengine.core.state import State
from flowengine.drivers.durable_plans import read_plan
from flowengine.errors import UsageError
from flowengine.journal.faults import JournalCorrupt, JournalFault, UnknownRun
from flowengine.journal.protocol import History, KeptRun, Pruned
from flowengine.journal.sqlite import SqliteJournal

_SOME: Final = 500
_MOST_KEPT: Final = 1_000_000_000


@click.command()
@click.option("--older-than", metavar="DURATION", help="Delete runs that ended longer ago: 30d, 12h.")
@click.option("--keep", metavar="N", type=click.IntRange(0, _MOST_KEPT), help="Delete all but the N that ended last.")
@database_option
@format_option
def prune(older_than: str | None, keep: int | None, database: Path | None, form: str) -> None:
    """Delete runs that have ended, and give their room back to the disk. Open ones always stay.

    --older-than also deletes events that came before, and what was delivered to streams before.
    """
    if older_than is None and keep is None:
        raise UsageError("say which runs to delete: --older-than 30d, --keep 1000, or both")
    try:
        before = None if older_than is None else time.time() - parse_duration(older_than)
    except ValueError as fault:
        raise UsageError(f"--older-than: {fault}") from None
    pruned = asyncio.run(_prune(database_path(database), before, keep))
    screen = Screen.out()
    if form == "json":
        screen.json({"pruned": pruned._asdict()})
    else:
        unused = f", and {_count(pruned.plans, 'plan')} that no run has any more" if pruned.plans else ""
        events = f"; {_count(pruned.events, 'event')} deleted" if pruned.events else ""
        outbox = f"; {pruned.outbox:,} of what was delivered to streams" if pruned.outbox else ""
        screen.line(f"{_count(pruned.runs, 'run')} deleted{unused}{events}{outbox}")


@click.command()
@database_option
@format_option
def check(database: Path | None, form: str) -> int:
    """Read everything that is kept, and say what is wrong with it. Exit code 1: something is."""
    screen = Screen.out()
    with history_of(database) as history:
        problems = [*history.check(), *_misfolded(history)]
        counts = history.counts()
    if form == "json":
        screen.json({"problems": problems, "counts": counts})
    elif problems:
        for problem in problems:
            screen.line(f"{screen.paint('damaged', 'red')}  {screen.paint(problem)}")
    else:
        screen.line(f"{screen.paint('whole', 'green')}: {_count(sum(counts.values()), 'run')}")
    return 1 if problems else 0


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


async def _prune(path: Path, before: float | None, keep: int | None) -> Pruned:
    journal = await asyncio.to_thread(SqliteJournal, path)
    try:
        return await journal.prune(before, keep)
    finally:
        await journal.close()


def _misfolded(history: History) -> Iterator[str]:
    """Yield runs whose entries do not lead to where the run is said to be; what cannot be read is told by others."""
    plans: dict[str, Plan] = {}
    last = None
    while runs := history.runs(limit=_SOME, before=last):
        last = runs[-1].id
        for run in runs:
            try:
                if run.digest not in plans:
                    plans[run.digest] = _plan(history, run.digest)
                entries = history.entries(run.id)
                problem = _compare(run, walker.replay(plans[run.digest], entries))
            except (JournalFault, UnknownRun):
                continue
            except ValueError as fault:
                problem = str(fault)
            if problem is not None:
                yield f"run {run.id!r} cannot be walked again: {problem}"


def _plan(history: History, digest: str) -> Plan:
    """Return a plan. Raises JournalFault where it cannot be read, ValueError where it cannot be walked."""
    data = history.plan(digest)
    try:
        return read_plan(data, digest, TOOLS)
    except JournalCorrupt as fault:
        raise ValueError(str(fault)) from None


def _compare(run: KeptRun, state: State) -> str | None:
    """Say where the fold of the entries is another state than the one that is kept. An open run may be ahead by now."""
    if run.ended_at is None or (state.status, state.result) == (run.status, run.result):
        return None
    return f"its entries lead to {state.status!r}, and it is kept as {run.status!r}"
