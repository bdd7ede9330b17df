"""``flowengine sandbox``: serves a local Engage until it is told to stop."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from flowengine.cli import startup
from flowengine.cli.options import file_option
from flowengine.cli.screen import Screen
from flowengine.sandbox.demo import demo_seed
from flowengine.sandbox.fault_files import load_faults
from flowengine.sandbox.server import Sandbox, serve


@click.command()
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, show_default=True, help="Port on 127.0.0.1; 0 takes a free one."
)
@file_option("--faults", summary="Faults that calls meet, in YAML or JSON.")
def command(port: int, faults: Path | None) -> None:
    """Serve a local Engage, with a page to look at, until Ctrl-C.

    It forgets everything at the end. A run in an environment whose baseUrl is `sandbox` has one of its own; this one is
    for looking on, for many runs, and for other programs.
    """
    screen = Screen.out()
    wrong = load_faults(faults) if faults is not None else []
    startup.settle()
    asyncio.run(serve(port, wrong, lambda sandbox: _show(screen, sandbox, len(wrong)), demo_seed()))
    screen.line("stopped")


def _show(screen: Screen, sandbox: Sandbox, faults: int) -> None:
    lines = {
        "page": sandbox.url,
        "baseUrl": sandbox.base_url,
        "token": f"POST {sandbox.url}/oauth/token with grant_type=client_credentials and",
        "client_id": sandbox.client_id,
        "client_secret": sandbox.client_secret,
    }
    for name, value in lines.items():
        screen.line(f"{screen.paint(name.ljust(13), 'dim')}  {screen.paint(value, 'bold')}")
    if faults:
        screen.line(f"{screen.paint('faults'.ljust(13), 'dim')}  {faults}")
    screen.line()
    screen.line("For flows, in flowengine.yaml:")
    screen.line(f'  environments: {{local: {{integrations: {{webex-engage: {{baseUrl: "{sandbox.base_url}"}}}}}}}}')
    screen.line(f"  FLOWENGINE_AUTH_ENGAGE={sandbox.token} flowengine run FLOW --env local")
    screen.line(screen.paint("Ctrl-C stops it.", "dim"))
