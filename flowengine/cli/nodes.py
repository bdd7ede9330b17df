"""``flowengine nodes``: what node types there are, and what one of them takes and gives."""

from __future__ import annotations

from pathlib import Path

import click

from flowengine.catalogue.as_json import summary_json, version_json
from flowengine.catalogue.catalogue import Catalogue, NodeType, NodeVersion
from flowengine.check.names import nearest_type
from flowengine.cli.node_page import show_page
from flowengine.cli.options import format_option, nodes_option
from flowengine.cli.screen import Screen
from flowengine.cli.tables import cell, show_table
from flowengine.errors import UsageError
from flowengine.project import catalogue_near

_HERE = Path("flow")
"""Stands for a flow in the current folder, whose project file holds."""


@click.group(invoke_without_command=True)
@click.pass_context
def command(context: click.Context) -> None:
    """List the node types, or explain one."""
    if context.invoked_subcommand is None:
        raise click.UsageError("expected a command: list or show", context)


@command.command("list")
@nodes_option
@format_option
def list_(nodes: tuple[Path, ...], form: str) -> None:
    """List all node types with their versions."""
    types = list(catalogue_near(_HERE, nodes))
    screen = Screen.out()
    if form == "json":
        screen.json({"nodes": [summary_json(one) for one in types]})
        return
    rows = [
        (cell(one.name, "bold"), cell(one.title), cell(one.integration or "-"), cell(_versions(one))) for one in types
    ]
    show_table(screen, rows, ("NODE", "TITLE", "INTEGRATION", "VERSIONS, * RECOMMENDED"))


@command.command()
@click.argument("name", metavar="NAME[@VERSION]")
@nodes_option
@format_option
def show(name: str, nodes: tuple[Path, ...], form: str) -> None:
    """Explain a node type: inputs, outputs, outcomes, an example. Without a version, the recommended one."""
    node_type, version = _find(catalogue_near(_HERE, nodes), name)
    screen = Screen.out()
    if form == "json":
        screen.json(version_json(node_type, version))
    else:
        show_page(screen, node_type, version)


def _find(catalogue: Catalogue, written: str) -> tuple[NodeType, NodeVersion]:
    name, at, number = written.partition("@")
    if name not in catalogue.names():
        hint = nearest_type(name, catalogue) or "`flowengine nodes list` has all of them"
        raise UsageError(f"there is no node type {name!r}; {hint}")
    node_type = catalogue.load(name)
    number = number if at else node_type.recommended
    if number not in node_type.versions:
        raise UsageError(f"{name} has no version {number!r}; it has {', '.join(node_type.versions)}")
    return node_type, node_type.versions[number]


def _versions(node_type: NodeType) -> str:
    return " ".join(f"{number}{'*' * (number == node_type.recommended)}" for number in node_type.versions)
