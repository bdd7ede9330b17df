"""``flowengine show``: draws a flow."""

from __future__ import annotations

import secrets
from contextlib import suppress
from pathlib import Path
from typing import Final

import click

from flowengine.check.validate import load
from flowengine.cli.options import file_option, flow_argument, nodes_option
from flowengine.cli.screen import Screen
from flowengine.errors import UsageError
from flowengine.picture.dot import to_dot
from flowengine.picture.graph import graph_of
from flowengine.picture.mermaid import to_mermaid
from flowengine.project import catalogue_near

_WRITERS: Final = {"mermaid": to_mermaid, "dot": to_dot}


@click.command()
@flow_argument
@click.option(
    "--as",
    "language",
    type=click.Choice(list(_WRITERS)),
    default="mermaid",
    show_default=True,
    help="Language of the picture.",
)
@click.option("--all", "everything", is_flag=True, help="Draw the edges of `defaults` at every node that has them.")
@file_option("-o", "--output", summary="Write the picture to a file instead.")
@nodes_option
def command(flow: Path, language: str, output: Path | None, nodes: tuple[Path, ...], *, everything: bool) -> None:
    """Draw FLOW: nodes by kind, edges with their outcomes; outcomes that are errors have broken lines.

    A flow with findings is drawn as long as its edges lead somewhere.
    """
    loaded = load(flow)
    text = _WRITERS[language](graph_of(loaded, catalogue_near(flow, nodes), everything=everything))
    if output is None:
        Screen.out().block(text)
    else:
        _write(output, text)


def _write(path: Path, text: str) -> None:
    """Write a file as a whole or not at all: beside it first, then in its place."""
    try:
        if path.exists() and not path.is_file():
            raise UsageError(f"{path}: this is not a file, and cannot be replaced by one")
        target = path.resolve()
        beside = target.with_name(f".{secrets.token_hex(8)}.tmp")
        try:
            beside.write_text(text, "utf-8")
            beside.replace(target)
        finally:
            with suppress(OSError):
                beside.unlink()
    except OSError as fault:
        raise UsageError(f"{path}: the picture cannot be written: {fault.strerror}") from None
