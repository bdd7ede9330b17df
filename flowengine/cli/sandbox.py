"""``flowengine sandbox``: serves a local Engage until it is told to stop."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Final

import click

from flowengine.cli import startup
from flowengine.cli.auth.secret_input import read_secret
from flowengine.cli.options import file_option
from flowengine.cli.screen import Screen
from flowengine.core.durations import parse_duration
from flowengine.sandbox.callbacks.options import CallbackOptions
from flowengine.sandbox.demo import demo_seed
from flowengine.sandbox.fault_files import load_faults
from flowengine.sandbox.server import Sandbox, serve

_LONGEST: Final = 30 * 24 * 3600


def _read_lifetime(_context: click.Context, _option: click.Parameter, text: str) -> int:
    try:
        seconds = parse_duration(text)
    except ValueError as fault:
        raise click.BadParameter(str(fault)) from None
    if seconds % 1 or not 1 <= seconds <= _LONGEST:
        raise click.BadParameter(f"{text!r} is not a number of whole seconds from 1s to 30d, such as 60s")
    return int(seconds)


def _read_delay(_context: click.Context, _option: click.Parameter, text: str) -> tuple[float, float]:
    shortest, has_longest, longest = text.partition("..")
    try:
        delay = parse_duration(shortest), parse_duration(longest if has_longest else shortest)
    except ValueError as fault:
        raise click.BadParameter(str(fault)) from None
    if delay[0] > delay[1]:
        raise click.BadParameter(f"{text!r} ends before it begins: the shorter one comes first, as in 50ms..200ms")
    return delay


@click.command()
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, show_default=True, help="Port on 127.0.0.1; 0 takes a free one."
)
@click.option(
    "--token-lifetime",
    metavar="DURATION",
    default="1h",
    show_default=True,
    callback=_read_lifetime,
    help="How long access tokens are valid: with 60s, refreshing is soon seen.",
)
@file_option("--faults", summary="Faults that calls meet, in YAML or JSON.")
@click.option(
    "--callbacks-to",
    metavar="HOST",
    multiple=True,
    help="Host beside this machine that results may be posted to. May be given several times.",
)
@click.option(
    "--callback-delay",
    metavar="DURATION",
    default="50ms..200ms",
    show_default=True,
    callback=_read_delay,
    help="Time after which a result is posted, or the shortest and the longest.",
)
@click.option(
    "--callback-secret",
    metavar="FILE",
    help="File with the secret that callbacks are signed with, in one line; - is standard input. Else one is made.",
)
def command(  # noqa: PLR0913 - one an option
    *,
    port: int,
    token_lifetime: int,
    faults: Path | None,
    callbacks_to: tuple[str, ...],
    callback_delay: tuple[float, float],
    callback_secret: str | None,
) -> None:
    """Serve a local Engage, with a page to look at, until Ctrl-C.

    It forgets everything at the end. A run in an environment whose baseUrl is `sandbox` has one of its own; this one is
    for looking on, for many runs, and for other programs.
    """
    screen = Screen.out()
    wrong = load_faults(faults) if faults is not None else []
    secret = read_secret("callback secret", callback_secret).reveal() if callback_secret is not None else None
    callbacks = CallbackOptions(delay=callback_delay, secret=secret, to=callbacks_to)
    startup.settle()
    sandbox = Sandbox(port=port, seed=demo_seed(), faults=wrong, token_lifetime=token_lifetime, callbacks=callbacks)
    asyncio.run(serve(sandbox, lambda sandbox: _show(screen, sandbox, len(wrong))))
    screen.line("stopped")


def _show(screen: Screen, sandbox: Sandbox, faults: int) -> None:
    lines = {
        "page": sandbox.url,
        "baseUrl": sandbox.base_url,
        "login": sandbox.login,
        "password": sandbox.password,
        "public client": f"{sandbox.public_client_id}  (the browser's login, with PKCE)",
        "client_id": sandbox.client_id,
        "client_secret": sandbox.client_secret,
        "authorizeUrl": sandbox.oauth["authorizeUrl"],
        "tokenUrl": sandbox.oauth["tokenUrl"],
        "revokeUrl": sandbox.oauth["revokeUrl"],
        "callback_secret": sandbox.callback_secret,
    }
    if faults:
        lines["faults"] = str(faults)
    for name, value in lines.items():
        screen.line(f"{screen.paint(name.ljust(15), 'dim')}  {screen.paint(value, 'bold')}")
    screen.line()
    screen.line("For flows, in flowengine.yaml:")
    for line in _project(sandbox):
        screen.line(f"  {line}")
    screen.line("and then:")
    screen.line("  flowengine auth add engage --integration webex-engage --env local")
    screen.line("  flowengine run FLOW --env local")
    screen.line(screen.paint("Ctrl-C stops it.", "dim"))


def _project(sandbox: Sandbox) -> list[str]:
    oauth = [f"          {name}: {json.dumps(value)}" for name, value in sandbox.oauth.items()]
    return [
        "environments:",
        "  local:",
        "    integrations:",
        "      webex-engage:",
        f"        baseUrl: {json.dumps(sandbox.base_url)}",
        "        oauth:",
        *oauth,
        "    authorizations: {engage: engage}",
    ]
