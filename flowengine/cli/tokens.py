"""``flowengine tokens``: who may call the server."""

from __future__ import annotations

import time
from typing import Any, Final

import click

from flowengine.cli.options import format_option
from flowengine.cli.runs.times import ago, ahead
from flowengine.cli.screen import Screen
from flowengine.cli.tables import cell, show_table
from flowengine.core.durations import parse_duration
from flowengine.core.moments import moment
from flowengine.errors import UsageError
from flowengine.server.routing import RIGHTS
from flowengine.server.tokens import Token, TokenFile

_HEADERS: Final = ("NAME", "RIGHT", "CREATED", "EXPIRES")

name_argument = click.argument("name", metavar="NAME")


@click.group(invoke_without_command=True)
@click.pass_context
def command(context: click.Context) -> None:
    """Add, list and delete the tokens that the server demands.

    A token is sent as `Authorization: Bearer TOKEN`. Each right includes those before it: read looks, operate starts,
    cancels and retries runs, edit changes what is kept about flows and streams.
    """
    if context.invoked_subcommand is None:
        raise click.UsageError(f"expected a command: {', '.join(command.commands)}", context)


@command.command()
@name_argument
@click.option("--right", type=click.Choice(RIGHTS), required=True, help="What its bearer may do.")
@click.option("--expires", metavar="DURATION", help="After how long it ends, such as 90d; without it, never.")
@format_option
def add(name: str, right: str, expires: str | None, form: str) -> None:
    """Make a token, and show it: this once, as only a digest of it is kept."""
    now = time.time()
    try:
        until = None if expires is None else now + parse_duration(expires)
    except ValueError as fault:
        raise UsageError(f"--expires: {fault}") from None
    secret, screen = TokenFile().add(name, right, now, until), Screen.out()
    if form == "json":
        screen.json({"token": {"name": name, "right": right, "secret": secret, "expiresAt": _moment(until)}})
        return
    screen.line(secret)
    Screen.err().line(f"Keep it: it is not shown again. It may {right}; send it as `Authorization: Bearer ...`.")


@command.command("list")
@format_option
def list_(form: str) -> None:
    """List the tokens, without what is secret."""
    tokens, screen, now = list(TokenFile().read().values()), Screen.out(), time.time()
    if form == "json":
        screen.json({"tokens": [_json(one) for one in tokens]})
    elif not tokens:
        screen.line("There is no token; `flowengine tokens add NAME --right read` makes one.")
    else:
        rows = [
            (cell(one.name, "bold"), cell(one.right), cell(ago(one.created_at, now)), _end(one, now)) for one in tokens
        ]
        show_table(screen, rows, _HEADERS)


@command.command()
@name_argument
def delete(name: str) -> None:
    """End a token, at once."""
    TokenFile().delete(name)
    screen = Screen.out()
    screen.line(f"{screen.paint(name, 'bold')} is no token any more")


def _end(token: Token, now: float) -> Any:
    if token.expires_at is None:
        return cell("never")
    return cell(ahead(token.expires_at, now)) if token.is_valid(now) else cell("has expired", "red")


def _json(token: Token) -> dict[str, Any]:
    return {
        "name": token.name,
        "right": token.right,
        "createdAt": moment(token.created_at),
        "expiresAt": _moment(token.expires_at),
    }


def _moment(at: float | None) -> str | None:
    return None if at is None else moment(at)
