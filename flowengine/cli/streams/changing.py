"""``flowengine streams edit``, ``enable`` and ``disable``."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import click

from flowengine.authorizations.store import FileStore
from flowengine.cli.options import database_option, format_option
from flowengine.cli.screen import Screen
from flowengine.cli.streams.choosing import (
    as_list,
    environment_of,
    environment_option,
    name_argument,
    said,
    with_journal,
    writable_path,
)
from flowengine.errors import UsageError
from flowengine.journal.protocol import Journal
from flowengine.project import Environment
from flowengine.streams.forwarding.changing import Change, change_settings, check_authorization
from flowengine.streams.forwarding.kept import kept_settings, stream_json, stream_key
from flowengine.streams.forwarding.settings import NAME, Settings, refuse_other_events


@click.command()
@name_argument
@click.option("--assets", metavar="all|ID,...", help="Whose events: of all assets, or of these of the tenant.")
@click.option("--channels", metavar="all|NAME,...", help="Of which channels; keep apple among them.")
@click.option("--authorization", metavar="NAME", help="Authorization that events are sent under.")
@click.option("--events", metavar="TEXT", help="Of which kind: 'Incoming events & Messages' is the only one.")
@environment_option
@database_option
@format_option
def edit(  # noqa: PLR0913, PLR0917 - the options of a command are its arguments
    assets: str | None,
    channels: str | None,
    authorization: str | None,
    events: str | None,
    environment: str | None,
    database: Path | None,
    form: str,
) -> None:
    """Change the settings of a stream. A `serve` on the same database goes by them within a second."""
    if events is not None:
        refuse_other_events(events)
    if assets is None and channels is None and authorization is None and events is None:
        raise UsageError("nothing to change: give --assets, --channels or --authorization")
    change = Change(
        assets=None if assets is None else as_list(assets),
        channels=None if channels is None else as_list(channels),
        authorization=authorization,
    )
    _change(environment_of(environment), database, change, form)


@click.command()
@name_argument
@environment_option
@database_option
@format_option
def enable(environment: str | None, database: Path | None, form: str) -> None:
    """Switch a stream on. Refused where the tenant may not stream; what has waited is delivered then."""
    _change(environment_of(environment), database, Change(enabled=True), form)


@click.command()
@name_argument
@environment_option
@database_option
@format_option
def disable(environment: str | None, database: Path | None, form: str) -> None:
    """Switch a stream off: no further event is handed on, and what is pending waits until it is enabled."""
    _change(environment_of(environment), database, Change(enabled=False), form)


def _change(environment: Environment, database: Path | None, change: Change, form: str) -> None:
    path, notes = writable_path(database), list[str]()
    if change.authorization is not None:
        note = check_authorization(change.authorization, environment, FileStore())
        notes += [note] if note else []

    async def work(journal: Journal) -> dict[str, Any]:
        history = journal.history()
        try:
            before, _ = kept_settings(history, environment.name)
            after, said_about = await _changed(before, change, environment)
            notes.extend(said_about)
            await journal.keep_stream(stream_key(environment.name), after.to_json(), time.time())
            return stream_json(history, environment.name, time.time())
        finally:
            history.close()

    _show(with_journal(path, work), notes, path, form)


async def _changed(before: Settings, change: Change, environment: Environment) -> tuple[Settings, list[str]]:
    if not change.needs_tenant:
        return await change_settings(before, change, None)
    from flowengine.runs.worlds import Worlds  # noqa: PLC0415 - httpx and aiohttp take 300 ms

    async with Worlds(Path()) as worlds:
        return await change_settings(before, change, await worlds(environment.name))


def _show(stream: dict[str, Any], notes: list[str], path: Path, form: str) -> None:
    screen = Screen.out()
    if form == "json":
        screen.json({"stream": stream, "notes": notes})
        return
    state = "enabled" if stream["enabled"] else "disabled"
    about = f"assets {said(stream['assets'])}; channels {said(stream['channels'])}; {stream['authorization']}"
    screen.line(f"{screen.paint(NAME, 'bold')} ({screen.paint(stream['environment'])}) is {state}: {about}")
    screen.line(screen.paint(f"kept in {path}", "dim"))
    for note in notes:
        screen.line(f"{screen.paint('note:', 'bold', 'yellow')} {screen.paint(note)}")
