"""``flowengine serve``: the server."""

from __future__ import annotations

import asyncio
import json
import math
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from flowengine.cli import startup
from flowengine.cli.options import database_option, format_option, nodes_option
from flowengine.cli.screen import Screen
from flowengine.core.durations import parse_duration
from flowengine.signals import NAMES

if TYPE_CHECKING:
    from flowengine.server.running import Options
    from flowengine.server.world import ServerWorld

_SWITCH = 0.001
"""Seconds after which a thread lets others go on."""


def _finite(_context: click.Context, _option: click.Parameter, value: float) -> float:
    if not math.isfinite(value):
        raise click.BadParameter(f"{value} is not a number of seconds.")
    return value


def _duration(_context: click.Context, _option: click.Parameter, value: str) -> float | None:
    try:
        return None if value == "always" else parse_duration(value)
    except ValueError as fault:
        raise click.BadParameter(f"{fault}, or always") from None


def _names(_context: click.Context, _option: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    from flowengine.server.protection import read_name  # noqa: PLC0415 - only for this command

    try:
        return tuple(map(read_name, values))
    except ValueError as fault:
        raise click.BadParameter(str(fault)) from None


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), default=".")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; others demand a token.")
@click.option("--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="0 takes a free one.")
@click.option(
    "--name",
    "names",
    metavar="HOST[:PORT]",
    multiple=True,
    callback=_names,
    help="Name that it is reached by, such as flows.example.com behind a proxy; several times.",
)
@click.option(
    "--env", "environment", metavar="NAME", help="Environment that runs are started in; else the default one."
)
@click.option(
    "--grace",
    type=click.FloatRange(0),
    callback=_finite,
    default=10.0,
    show_default=True,
    metavar="SECONDS",
    help="How long requests in flight may take to end after SIGTERM.",
)
@click.option(
    "--keep",
    metavar="DURATION",
    callback=_duration,
    default="30d",
    show_default=True,
    help="How long runs that have ended are kept, and events; `always`: nothing is deleted.",
)
@click.option("--at-once", type=click.IntRange(1, 10_000), default=200, show_default=True, help="Most runs under way.")
@click.option(
    "--log-format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Of the log, on standard error.",
)
@click.option("--verbose", is_flag=True, help="Log every request.")
@click.option(
    "--traces",
    is_flag=True,
    help="Send traces (OpenTelemetry): needs the extra `otel`, and OTEL_EXPORTER_OTLP_ENDPOINT.",
)
@nodes_option
@database_option
@format_option
def command(  # noqa: PLR0913, PLR0917 - the options of a command are its arguments
    folder: Path,
    host: str,
    port: int,
    names: tuple[str, ...],
    environment: str | None,
    grace: float,
    keep: float | None,
    at_once: int,
    log_format: str,
    verbose: bool,  # noqa: FBT001 - click gives options by name
    traces: bool,  # noqa: FBT001 - likewise
    nodes: tuple[Path, ...],
    database: Path | None,
    form: str,
) -> None:
    """Serve the flows in FOLDER until SIGTERM or Ctrl-C: an HTTP API, webhooks, and the worker that walks the runs.

    Runs are kept in --db, else FLOWENGINE_DB, else `database` of flowengine.yaml, else FOLDER/.flowengine/runs.db. On
    another address than loopback every call needs a token (`flowengine tokens`); TLS is what a proxy before it is for.
    """
    from flowengine.server.logs import begin_log  # noqa: PLC0415 - starlette and uvicorn take 200 ms
    from flowengine.server.running import Options, serve  # noqa: PLC0415 - likewise

    options = Options(
        folder=folder.absolute(),
        host=host,
        port=port,
        database=database,
        environment=environment,
        names=names,
        nodes=nodes,
        grace=grace,
        keep=keep,
        at_once=at_once,
        traces=traces,
    )
    begin_log("json" if log_format == "json" else "text", verbose=verbose)
    screen = Screen.out()
    startup.settle()
    # A thread that reads a flow, say, holds up whoever posts an event by this at every turn, not by Python's 5 ms.
    sys.setswitchinterval(_SWITCH)
    stopped_by = asyncio.run(serve(options, lambda world: _say(screen, options, world, form)))
    if stopped_by is not None and form == "text":
        screen.line(f"stopped by {NAMES[stopped_by]}")


def _say(screen: Screen, options: Options, world: ServerWorld, form: str) -> None:
    host = f"[{options.host}]" if ":" in options.host else options.host
    url = f"http://{host}:{world.port}"
    if form == "json":
        serving = {
            "url": url,
            "host": options.host,
            "port": world.port,
            "folder": str(options.folder),
            "pid": os.getpid(),
        }
        screen.block(json.dumps({"serving": {**serving, "database": str(world.database)}}))
        return
    screen.line(f"{screen.paint('serving', 'dim')}   {screen.paint(str(options.folder), 'bold')}")
    screen.line(f"{screen.paint('at', 'dim')}        {screen.paint(url, 'bold')}")
    screen.line(f"{screen.paint('runs in', 'dim')}   {screen.paint(str(world.database))}")
    if not options.is_local:
        said = f"{options.host} can be reached from other machines, and this speaks no TLS: put a proxy before it"
        screen.line(f"{screen.paint('warning', 'bold', 'yellow')}   {said}")
    elif not world.access.tokens.read():
        screen.line(f"{screen.paint('tokens', 'dim')}    none: whoever is on this machine may do everything")
    screen.line(screen.paint("Ctrl-C stops it.", "dim"))
