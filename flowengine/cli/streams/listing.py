"""``flowengine streams list``, ``show`` and ``status``."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import click
from rich.text import Text

from flowengine.cli.options import database_option, format_option
from flowengine.cli.screen import Screen, shorten
from flowengine.cli.steps import duration
from flowengine.cli.streams.choosing import (
    environment_of,
    environment_option,
    history_of_streams,
    name_argument,
    said,
    with_effects,
)
from flowengine.cli.tables import cell, show_table
from flowengine.flow_files import flow_files
from flowengine.project import ENGAGE, find_project
from flowengine.streams.forwarding.engage import Tenant, ask_tenant
from flowengine.streams.forwarding.kept import stream_json
from flowengine.streams.forwarding.settings import NAME, read_settings
from flowengine.streams.forwarding.uses import FlowUse, find_uses

_HEADERS: Final = ("STREAM", "ENVIRONMENT", "STATE", "ASSETS", "CHANNELS", "PENDING", "DELIVERED", "DEAD", "LAG")


@click.command("list")
@database_option
@format_option
def list_(database: Path | None, form: str) -> None:
    """List the streams: one for each environment that says where webex-engage is."""
    environments = [one for one in find_project(Path()).environments.values() if ENGAGE in one.integrations]
    screen = Screen.out()
    with history_of_streams(database) as history:
        streams = [stream_json(history, one.name, time.time()) for one in environments]
    if form == "json":
        screen.json({"streams": streams})
    elif not streams:
        screen.line(f"No environment of flowengine.yaml says where {ENGAGE} is, so there is nothing to stream to.")
    else:
        show_table(screen, [_row(one) for one in streams], _HEADERS)


@click.command()
@name_argument
@environment_option
@database_option
@format_option
def show(environment: str | None, database: Path | None, form: str) -> None:
    """Show a stream: its settings, what is wrong with them, and which flows use the integration."""
    chosen, screen = environment_of(environment), Screen.out()
    with history_of_streams(database) as history:
        stream = stream_json(history, chosen.name, time.time())
    uses, unread = find_uses(_files())
    if form == "json":
        flows = {"flows": [one.to_json() for one in uses], "unread": [str(path) for path in unread]}
        screen.json({"stream": {**stream, **flows}})
        return
    show_table(screen, [(cell(title, "dim"), value) for title, value in _lines(stream, uses)])
    for path in unread:
        screen.line(screen.paint(f"{path} cannot be read; whether it uses {ENGAGE} is not known", "yellow"))


@click.command()
@name_argument
@environment_option
@database_option
@format_option
def status(environment: str | None, database: Path | None, form: str) -> int:
    """Show how a stream is: what waits, what was given up, and whether the tenant may stream, which is asked now.

    Exit code 1: the tenant may not stream, or the authorization is of no use.
    """
    chosen, screen = environment_of(environment), Screen.out()
    with history_of_streams(database) as history:
        stream = stream_json(history, chosen.name, time.time())
    authorization = read_settings(stream).authorization
    tenant = with_effects(chosen, lambda effects: ask_tenant(effects, authorization))
    is_fine = tenant.may_stream is not False and not tenant.is_refused
    if form == "json":
        screen.json({"stream": {**stream, "tenantMayStream": tenant.may_stream, "tenantReason": tenant.reason}})
    else:
        show_table(screen, [(cell(title, "dim"), value) for title, value in _status(stream, tenant)])
    return 0 if is_fine else 1


def _files() -> list[Path]:
    project = find_project(Path())
    found, _ = flow_files(project.path.parent if project.path else Path())
    here = Path.cwd()
    return [path.relative_to(here) if path.is_relative_to(here) else path for path in found]


def _row(stream: dict[str, Any]) -> tuple[Text, ...]:
    return (
        cell(stream["name"], "bold"),
        cell(stream["environment"]),
        _state(stream),
        cell(said(stream["assets"])),
        cell(said(stream["channels"])),
        *(cell(str(stream[name])) for name in ("pending", "delivered")),
        cell(str(stream["dead"]), "red" if stream["dead"] else ""),
        cell(_lag(stream)),
    )


def _state(stream: dict[str, Any]) -> Text:
    return cell("enabled", "green") if stream["enabled"] else cell("disabled", "yellow")


def _lag(stream: dict[str, Any]) -> str:
    return duration(stream["lagMs"] / 1000) if stream["pending"] else "-"


def _lines(stream: dict[str, Any], uses: list[FlowUse]) -> Iterator[tuple[str, Text]]:
    yield "stream", cell(f"{stream['title']} ({NAME})", "bold")
    yield "what", cell(stream["description"])
    yield "environment", cell(stream["environment"])
    yield "state", _state(stream)
    yield "assets", cell(said(stream["assets"]))
    yield "channels", cell(said(stream["channels"]))
    yield "events", cell(f"{', '.join(stream['events'])} (the only kind; cannot be switched off)")
    yield "authorization", cell(stream["authorization"])
    yield "set", cell(stream["changedAt"] or "never: this is how it is without a choice")
    yield "events now", cell(", ".join(f"{stream[name]} {name}" for name in ("pending", "delivered", "dead")))
    for warning in stream["warnings"]:
        yield "warning", cell(warning, "yellow")
    for number, use in enumerate(uses):
        yield "used by" if number == 0 else "", cell(f"{use.path}: {use.flow}, {', '.join(use.nodes)}")
    if not uses:
        yield "used by", cell("no flow")


def _status(stream: dict[str, Any], tenant: Tenant) -> Iterator[tuple[str, Text]]:
    yield "stream", cell(f"{NAME} ({stream['environment']})", "bold")
    yield "state", _state(stream)
    if tenant.may_stream:
        yield "tenant", cell("may stream", "green")
    else:
        yield "tenant", cell("may not stream" if tenant.may_stream is False else "not known", "red")
        yield "why", cell(tenant.reason or "-")
    for name in ("pending", "delivered", "dead"):
        yield name, cell(str(stream[name]))
    yield "lag", cell(_lag(stream))
    error = stream["lastError"]
    if error is not None:
        what = f"{error['at']}, event {error['event']}, {error['state']} after {error['attempts']} attempts: "
        yield "last error", cell(shorten(what + (error["reason"] or "-")))
    if stream["pending"] and not stream["enabled"]:
        yield "note", cell("what is pending is kept, and delivered when the stream is enabled", "yellow")
    elif stream["pending"] and tenant.may_stream is False:
        yield "note", cell("what is pending is kept, and delivered when the tenant may stream", "yellow")
    for warning in stream["warnings"]:
        yield "warning", cell(warning, "yellow")
