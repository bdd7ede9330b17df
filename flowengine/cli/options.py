"""Arguments and options that several commands take, so that they are called and explained alike everywhere."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])

_FILE: Final = click.Path(path_type=Path)
"""Not checked here: reading the file says what is wrong with it, at its place."""

flow_argument: Final = click.argument("flow", type=_FILE)

nodes_option: Final = click.option(
    "--nodes",
    metavar="DIR",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    multiple=True,
    help="Folder of node types of your own; they come before all others. May be given several times.",
)

format_option: Final = click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Text for people, or the JSON of docs/json.md.",
)

database_option: Final = click.option(
    "--db",
    "database",
    metavar="FILE",
    type=_FILE,
    envvar="FLOWENGINE_DB",
    help="The database that runs are kept in; else FLOWENGINE_DB, else `database` of flowengine.yaml.",
)


def file_option(*names: str, summary: str, required: bool = False) -> Callable[[Command], Command]:
    """Return a decorator for an option that takes a file."""
    return click.option(*names, metavar="FILE", type=_FILE, required=required, help=summary)
