"""``flowengine runs list``: what is kept, newest first."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import click

from flowengine.cli.options import database_option, format_option
from flowengine.cli.runs.database import history_of
from flowengine.cli.runs.kept import HEADERS, row_of
from flowengine.cli.screen import Screen
from flowengine.cli.tables import show_table
from flowengine.errors import UsageError
from flowengine.journal.protocol import STATUSES, Filter, History, KeptRun
from flowengine.runs.as_json import is_walked, kept_json
from flowengine.runs.since import read_moment

_EVERY: Final = 1.0
"""Seconds between two looks."""


@click.command("list")
@database_option
@click.option("--status", "statuses", type=click.Choice(STATUSES), multiple=True, help="Only these; several times.")
@click.option("--flow", metavar="ID", help="Only runs of this flow.")
@click.option("--since", metavar="WHEN", help="Only those that were started since: 24h, or 2026-11-23T10:00 (UTC).")
@click.option("--text", metavar="TEXT", help="Only those with this in id, flow, reason, trigger or start values.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="Not more than these.")
@click.option("--watch", "watching", is_flag=True, help="Show it again whenever something has changed, until Ctrl-C.")
@format_option
def list_(  # noqa: PLR0913, PLR0917 - the options of a command are its arguments
    database: Path | None,
    statuses: tuple[str, ...],
    flow: str | None,
    since: str | None,
    text: str | None,
    limit: int,
    watching: bool,  # noqa: FBT001 - click gives options by name
    form: str,
) -> None:
    """List kept runs, newest first."""
    if watching and form == "json":
        raise UsageError("--watch shows text: leave out --format, or --watch")
    earliest = read_moment("--since", since, time.time()) if since is not None else None
    where = Filter(statuses, flow, earliest, text)
    screen = Screen.out()
    with history_of(database) as history:
        if form == "json":
            runs = [kept_json(run, history) for run in history.runs(where, limit)]
            screen.json({"runs": runs, "counts": history.counts()})
        elif watching:
            watch_runs(screen, history, where, limit)
        else:
            _show(screen, history, history.runs(where, limit), is_all=where == Filter())


def watch_runs(
    screen: Screen, history: History, where: Filter, limit: int, sleep: Callable[[float], None] = time.sleep
) -> None:
    """Show the list whenever a run in it has changed, until Ctrl-C."""
    before: list[tuple[KeptRun, bool]] | None = None
    try:
        while True:
            runs, at = history.runs(where, limit), time.time()
            now = [(run._replace(leased_until=None), is_walked(run, at)) for run in runs]
            if now != before:
                screen.clear()
                _show(screen, history, runs, is_all=where == Filter())
                before = now
            sleep(_EVERY)
    except KeyboardInterrupt:
        return


def _show(screen: Screen, history: History, runs: list[KeptRun], *, is_all: bool) -> None:
    if not runs:
        screen.line("No run is kept yet." if is_all else "No kept run is like that.")
        return
    now = time.time()
    show_table(screen, [row_of(run, now, history) for run in runs], HEADERS)
    counts = ", ".join(f"{count} {status}" for status, count in history.counts().items() if count)
    screen.line()
    screen.line(screen.paint(f"{len(runs)} shown; in all {counts}", "dim"))
