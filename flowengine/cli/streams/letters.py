"""``flowengine streams dead`` and ``resend``: what was given up."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

import click

from flowengine.cli.options import database_option, format_option
from flowengine.cli.runs.database import database_path
from flowengine.cli.runs.times import ago
from flowengine.cli.screen import Screen, shorten
from flowengine.cli.streams.choosing import (
    environment_of,
    environment_option,
    history_of_streams,
    name_argument,
    with_journal,
)
from flowengine.cli.tables import cell, show_table
from flowengine.errors import UsageError
from flowengine.journal.protocol import Journal
from flowengine.streams.forwarding.kept import dead_numbers, kept_settings, row_json, stream_key
from flowengine.streams.forwarding.settings import ALL

_HEADERS: Final = ("NUMBER", "EVENT", "CAME", "ATTEMPTS", "WHY")
_DIGITS: Final = 15


@click.command()
@name_argument
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="Not more than these.")
@environment_option
@database_option
@format_option
def dead(limit: int, environment: str | None, database: Path | None, form: str) -> None:
    """List the events that were given up, the newest first."""
    chosen, screen = environment_of(environment), Screen.out()
    with history_of_streams(database) as history:
        rows = history.outbox(stream_key(chosen.name), ("dead",), limit)
    if form == "json":
        screen.json({"dead": [row_json(row) for row in rows]})
    elif not rows:
        screen.line("Nothing was given up.")
    else:
        now = time.time()
        shown = [
            (
                cell(str(row.number), "bold"),
                cell(row.event),
                cell(ago(row.at, now)),
                cell(str(row.attempts)),
                cell(shorten(row.error or "-")),
            )
            for row in rows
        ]
        show_table(screen, shown, _HEADERS)


@click.command()
@name_argument
@click.argument("numbers", metavar="NUMBER...|all", nargs=-1, required=True)
@environment_option
@database_option
@format_option
def resend(numbers: tuple[str, ...], environment: str | None, database: Path | None, form: str) -> None:
    """Deliver events again that were given up, each as the last of its conversation."""
    chosen, screen = environment_of(environment), Screen.out()
    with history_of_streams(database) as history:
        known = dead_numbers(history, chosen.name)
        settings, _ = kept_settings(history, chosen.name)
    wanted = known if numbers == (ALL,) else _read_numbers(numbers, known)

    async def again(journal: Journal) -> int:
        return await journal.resend(wanted)

    resent = with_journal(database_path(database), again) if wanted else 0
    if form == "json":
        screen.json({"resent": resent, "numbers": wanted})
        return
    screen.line(f"{resent} {'event is' if resent == 1 else 'events are'} pending again")
    if resent and not settings.enabled:
        screen.line(screen.paint("The stream is disabled: they wait until it is enabled.", "yellow"))


def _read_numbers(written: tuple[str, ...], known: list[int]) -> list[int]:
    numbers = []
    for one in written:
        if not (one.isascii() and one.isdigit() and len(one) <= _DIGITS) or int(one) not in known:
            raise UsageError(f"{one!r} is no event that was given up: `streams dead` lists their numbers; or say `all`")
        numbers.append(int(one))
    return sorted(set(numbers))
