"""``flowengine studio``: see, build, run and debug flows in the browser."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import click

from flowengine.cli import startup
from flowengine.cli.options import database_option, nodes_option
from flowengine.cli.screen import Screen
from flowengine.signals import NAMES

if TYPE_CHECKING:
    from flowengine.server.world import ServerWorld


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), default=".")
@click.option("--port", type=click.IntRange(0, 65535), default=0, show_default=True, help="0 takes a free one.")
@click.option("--open/--no-open", "opens", default=True, help="Open the browser, or only print the address.")
@click.option(
    "--env", "environment", metavar="NAME", help="Environment that runs are started in; else the default one."
)
@nodes_option
@database_option
def command(  # noqa: PLR0913, PLR0917 - the options of a command are its arguments
    folder: Path,
    port: int,
    opens: bool,  # noqa: FBT001 - click gives options by name
    environment: str | None,
    nodes: tuple[Path, ...],
    database: Path | None,
) -> None:
    """Open the flows in FOLDER in the browser: pictures to edit, dry-run step by step, run, compare and look into.

    The page is served on this machine only, until Ctrl-C; its address works once. Flows are saved in their files,
    positions of nodes beside them. Runs are kept where `flowengine serve` keeps them.
    """
    from flowengine.server.logs import begin_log  # noqa: PLC0415 - starlette and uvicorn take 200 ms
    from flowengine.server.running import Options, serve  # noqa: PLC0415 - likewise
    from flowengine.studio.routes import routes  # noqa: PLC0415 - likewise

    options = Options(
        folder=folder.absolute(),
        port=port,
        database=database,
        environment=environment,
        nodes=nodes,
        demands=True,
        needs_channels=False,
    )
    begin_log("text", verbose=False)
    screen = Screen.out()
    startup.settle()
    stopped_by = asyncio.run(
        serve(options, lambda world: _say(screen, world, opens=opens), lambda world: routes(world, nodes))
    )
    if stopped_by is not None:
        screen.line(f"stopped by {NAMES[stopped_by]}")


def _say(screen: Screen, world: ServerWorld, *, opens: bool) -> None:
    url = f"http://127.0.0.1:{world.port}/enter?ticket={world.access.ticket()}"
    screen.line(f"{screen.paint('studio of', 'dim')}  {screen.paint(str(world.folder), 'bold')}")
    click.echo(f"open       {url}")  # a screen takes secrets out, and this one is shown on purpose
    screen.line(screen.paint("This address works once. Ctrl-C stops the studio.", "dim"))
    if opens:
        from flowengine.authorizations.login import open_in_browser  # noqa: PLC0415 - aiohttp's server

        # A browser that runs in the terminal keeps this call until it ends.
        threading.Thread(target=open_in_browser, args=(url,), daemon=True).start()
