"""``flowengine events list`` and ``show``: what came, and what became of it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click
from rich.text import Text

from flowengine.cli.options import database_option, format_option
from flowengine.cli.runs.awaited import all_in_words, in_words
from flowengine.cli.runs.database import history_of, short_id
from flowengine.cli.runs.times import ago
from flowengine.cli.screen import Screen, shorten
from flowengine.cli.tables import cell, show_table
from flowengine.core.moments import moment
from flowengine.errors import UsageError
from flowengine.harmless import harmless
from flowengine.journal.faults import UnknownEvent
from flowengine.journal.inbox import STATES, EventFilter, KeptEvent
from flowengine.runs.as_json import event_json

_HEADERS: Final = ("EVENT", "CAME", "SOURCE", "NAME", "STATE", "ABOUT IT")
_STYLES: Final = {"taken": "green", "started": "green", "late": "yellow", "unknown": "yellow"}
_LONGEST: Final = 120
_LARGEST: Final = (1 << 63) - 1


@click.command("list")
@database_option
@click.option(
    "--state",
    "states",
    type=click.Choice(STATES),
    multiple=True,
    help="Only these; several times. late: a run had waited for it; unknown: none had.",
)
@click.option("--source", metavar="NAME", help="Only from this channel, integration or program.")
@click.option("--text", metavar="TEXT", help="Only those with this in id, name, keys, conversation or body.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="Not more than these.")
@format_option
def list_(  # noqa: PLR0913, PLR0917 - the options of a command are its arguments
    database: Path | None, states: tuple[str, ...], source: str | None, text: str | None, limit: int, form: str
) -> None:
    """List events, newest first: what came, and what became of it."""
    screen, where = Screen.out(), EventFilter(states, source, text)
    with history_of(database) as history:
        events, counts = history.events(where, limit), history.event_counts()
    if form == "json":
        screen.json({"events": [event_json(event) for event in events], "counts": counts})
    elif not events:
        screen.line("No event has come yet." if where == EventFilter() else "No event is like that.")
    else:
        now = time.time()
        show_table(screen, [_row(event, now) for event in events], _HEADERS)
        said = ", ".join(f"{count} {state}" for state, count in counts.items() if count)
        screen.line()
        screen.line(screen.paint(f"{len(events)} shown; in all {said}", "dim"))


@click.command()
@click.argument("event", metavar="EVENT", type=click.IntRange(1, _LARGEST))
@database_option
@format_option
def show(event: int, database: Path | None, form: str) -> None:
    """Show EVENT, by its number: what it says, by which keys runs find it, and which took it."""
    screen = Screen.out()
    with history_of(database) as history:
        try:
            kept = history.event(event)
        except UnknownEvent:
            raise UsageError(f"there is no event {event}; `flowengine events list` shows those that are kept") from None
    if form == "json":
        screen.json({"event": event_json(kept)})
        return
    for name, value in _lines(kept, time.time()):
        screen.line(f"{screen.paint(name.ljust(12), 'dim')}  {harmless(value)}")
    screen.line()
    for line in json.dumps(kept.body, indent=2, ensure_ascii=False).splitlines():
        screen.line(harmless(line))


def _row(event: KeptEvent, now: float) -> tuple[Text, ...]:
    return (
        cell(str(event.number), "bold"),
        cell(ago(event.at, now)),
        cell(event.source),
        cell(event.name or "-"),
        cell(event.state, _STYLES[event.state]),
        cell(shorten("; ".join(_about(event)), _LONGEST)),
    )


def _about(event: KeptEvent) -> Iterator[str]:
    if event.state == "taken":
        yield f"by run {short_id(event.run or '')}"
    elif event.state == "late":
        yield f"run {short_id(event.run or '')} had waited for it"
    elif event.runs:
        yield f"run {', '.join(map(short_id, event.runs))}"
    yield all_in_words(event.keys)
    if event.copies:
        yield f"came {event.copies + 1} times"


def _lines(event: KeptEvent, now: float) -> Iterator[tuple[str, str]]:
    yield "event", str(event.number)
    yield "name", event.name
    yield "source", event.source
    yield "id", event.id
    yield (
        "came",
        f"{moment(event.at)} ({ago(event.at, now)}){f', and {event.copies} times more' if event.copies else ''}",
    )
    yield "state", event.state
    if event.run is not None:
        yield "taken by" if event.state == "taken" else "waited", event.run
    for run in event.runs:
        yield "started", run
    for key in event.keys:
        yield "key", f"{key}  ({in_words(key)})"
    if event.conversation is not None:
        yield "conversation", event.conversation
