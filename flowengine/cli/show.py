"""``flowengine show``: draws a flow."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from flowengine.check.validate import load
from flowengine.cli.options import file_option, flow_argument, nodes_option
from flowengine.cli.output_files import write_file
from flowengine.cli.screen import Screen
from flowengine.picture.dot import to_dot
from flowengine.picture.flow_picture import to_svg
from flowengine.picture.graph import graph_of
from flowengine.picture.mermaid import to_mermaid
from flowengine.project import catalogue_near

_WRITERS: Final = {"mermaid": to_mermaid, "dot": to_dot, "svg": to_svg}
_ENDINGS: Final = {".svg": "svg", ".dot": "dot", ".gv": "dot"}


@click.command()
@flow_argument
@click.option(
    "--as",
    "language",
    type=click.Choice(list(_WRITERS)),
    help="Language of the picture; else what the ending of the output file says (.svg, .dot), else Mermaid.",
)
@click.option("--all", "everything", is_flag=True, help="Draw the edges of `defaults` at every node that has them.")
@file_option("-o", "--output", summary="Write the picture to a file instead.")
@nodes_option
def command(
    flow: Path, language: str | None, output: Path | None, nodes: tuple[Path, ...], *, everything: bool
) -> None:
    """Draw FLOW: nodes by kind, edges with their outcomes; outcomes that are errors have broken lines.

    A flow with findings is drawn as long as its edges lead somewhere.
    """
    loaded = load(flow)
    language = language or _ENDINGS.get(output.suffix.lower() if output else "", "mermaid")
    text = _WRITERS[language](graph_of(loaded, catalogue_near(flow, nodes), everything=everything))
    if output is None:
        Screen.out().block(text)
    else:
        write_file(output, text)
