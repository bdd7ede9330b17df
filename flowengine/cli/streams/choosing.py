"""Which stream a command is about: its name, its environment, and the database that it is in."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from flowengine.cli.runs.database import history_of
from flowengine.effects.protocol import Effects
from flowengine.errors import UsageError
from flowengine.journal.memory import MemoryJournal
from flowengine.journal.protocol import History, Journal
from flowengine.project import Environment, find_project
from flowengine.schema_problems import did_you_mean
from flowengine.streams.forwarding.changing import refuse_no_engage
from flowengine.streams.forwarding.settings import NAME

T = TypeVar("T")


def _known(_context: click.Context, _argument: click.Parameter, written: str) -> str:
    if written != NAME:
        raise UsageError(f"there is no stream {written!r}; {did_you_mean(written, [NAME])}")
    return written


name_argument: Final = click.argument("name", metavar="NAME", callback=_known, expose_value=False)

environment_option: Final = click.option(
    "--env", "environment", metavar="ENV", help="Environment of flowengine.yaml whose stream it is; else the default."
)


def environment_of(name: str | None) -> Environment:
    """Return the environment that is meant. Raises UsageError where it has no place to stream to."""
    environment = find_project(Path()).environment(name)
    refuse_no_engage(environment)
    return environment


@contextmanager
def history_of_streams(given: Path | None) -> Iterator[History]:
    """Open what reads the database; where the project names one that is not there yet, nothing has been set."""
    project = find_project(Path())
    if given is None and project.database is not None and not project.database.exists():
        yield MemoryJournal().history()
        return
    with history_of(given) as history:
        yield history


def writable_path(given: Path | None) -> Path:
    """Return the database that is meant; a stream may be set before anything is kept. Raises UsageError."""
    path = given or find_project(Path()).database
    if path is None:
        raise UsageError(
            "say where the settings are kept: with --db FILE, in FLOWENGINE_DB, or as `database: FILE` in "
            "flowengine.yaml; it is the database that `flowengine serve` shows"
        )
    return path


def with_effects(environment: Environment, work: Callable[[Effects], Awaitable[T]]) -> T:
    """Open an environment for some work."""
    from flowengine.runs.worlds import Worlds  # noqa: PLC0415 - httpx and aiohttp take 300 ms

    async def working() -> T:
        async with Worlds(Path()) as worlds:
            return await work(await worlds(environment.name))

    return asyncio.run(working())


def with_journal(path: Path, work: Callable[[Journal], Awaitable[T]]) -> T:
    """Open a database for some work, and make it where there is none."""
    from flowengine.journal.sqlite import SqliteJournal  # noqa: PLC0415 - only for commands that write

    async def working() -> T:
        journal = await asyncio.to_thread(SqliteJournal, path)
        try:
            return await work(journal)
        finally:
            await journal.close()

    return asyncio.run(working())


def as_list(written: str) -> list[str]:
    """Read names with commas between them."""
    return [one.strip() for one in written.split(",") if one.strip()]


def said(value: Any) -> str:
    """Write ``all``, or what is chosen."""
    if isinstance(value, str):
        return value
    return ", ".join(one["id"] if isinstance(one, dict) else one for one in value)
