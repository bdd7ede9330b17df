"""``flowengine events send``: lets a custom event come."""

from __future__ import annotations

import asyncio
import time
import uuid
from pathlib import Path
from typing import Final

import click

from flowengine.cli.options import database_option, format_option
from flowengine.cli.runs.database import database_path, short_id
from flowengine.cli.screen import Screen
from flowengine.core.answers import Json
from flowengine.core.keys import event_key
from flowengine.core.values import parse_json
from flowengine.errors import UsageError
from flowengine.journal.inbox import Accepted, NewEvent
from flowengine.journal.sqlite import SqliteJournal

_SOURCE: Final = "flowengine events send"


@click.command()
@click.argument("name", metavar="NAME")
@click.option("--key", metavar="KEY", required=True, help="Which one it is: a run waits for NAME with this `key`.")
@click.option("--body", metavar="JSON", default="{}", help="What it says; {} otherwise.")
@click.option("--id", "id_", metavar="ID", help="An event with the same id is taken once, however often it is sent.")
@database_option
@format_option
def send(  # noqa: PLR0913, PLR0917 - the options of a command are its arguments
    name: str, key: str, body: str, id_: str | None, database: Path | None, form: str
) -> None:
    """Let the custom event NAME come: the run that waits for it goes on, wherever a process follows.

    Where none waits for it yet, it is kept for the one that does.
    """
    if not name or not key:
        raise UsageError("an event has a NAME, and a --key by which runs find it: neither may be empty")
    said = _read(body)
    event = NewEvent(id_ or uuid.uuid4().hex, name, [event_key(name, key)], said, time.time(), _SOURCE)
    accepted = asyncio.run(_accept(database_path(database), event))
    screen = Screen.out()
    if form == "json":
        number, state = accepted.number, accepted.state
        screen.json({"accepted": {"number": number, "state": state, "run": accepted.run, "runs": list(accepted.runs)}})
    else:
        screen.line(f"event {accepted.number}: {_in_words(accepted)}")


def _read(body: str) -> Json:
    try:
        return parse_json(body)
    except ValueError as fault:
        raise UsageError(f"--body is no JSON: {fault}") from None


async def _accept(path: Path, event: NewEvent) -> Accepted:
    journal = await asyncio.to_thread(SqliteJournal, path)
    try:
        return await journal.accept(event)
    except ValueError as fault:
        raise UsageError(f"this event cannot be kept: {fault}") from None
    finally:
        await journal.close()


def _in_words(accepted: Accepted) -> str:
    run = short_id(accepted.run or "")
    match accepted.state:
        case "taken":
            return f"run {run} has waited for it"
        case "duplicate":
            return "it came before, and is taken once"
        case "late":
            return f"run {run} had waited for it, and does no more; it is kept"
    return "no run waits for it yet; it is kept for one that does"
