"""``flowengine auth list`` and ``show``: everything about authorizations but what is secret."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import click
from rich.text import Text

from flowengine.authorizations.as_json import authorization_json
from flowengine.authorizations.record import Authorization
from flowengine.authorizations.store import FileStore
from flowengine.authorizations.usage import Use
from flowengine.cli.auth.choosing import find, name_argument
from flowengine.cli.auth.flows import flows_option, uses_near
from flowengine.cli.options import format_option
from flowengine.cli.screen import Screen
from flowengine.cli.tables import cell, fits, show_table

_STYLES: Final = {"authorized": "green", "pending": "yellow", "deleted": "dim"}
_HEADERS: Final = ("NAME", "STATE", "KIND", "INTEGRATION", "SCOPES", "EXPIRES", "LAST USED", "USED BY")


@click.command("list")
@click.option("--deleted", is_flag=True, help="List deleted ones, too.")
@flows_option
@format_option
def list_(deleted: bool, flows: tuple[Path, ...], form: str) -> None:  # noqa: FBT001 - click gives options by name
    """List the authorizations: state, kind, integration, scopes, expiry, last use, and who uses them."""
    known = [one for one in FileStore().read().values() if deleted or one.state != "deleted"]
    uses, screen, now = uses_near(flows), Screen.out(), time.time()
    if form == "json":
        unread = [str(path) for path in uses.unread]
        screen.json(
            {"authorizations": [authorization_json(one, uses.of(one.name), now) for one in known], "unread": unread}
        )
    elif not known:
        screen.line("There is no authorization yet; `flowengine auth add NAME --integration webex-engage` makes one.")
    else:
        _show(screen, [_row(one, uses.of(one.name), now) for one in known])
        for path in uses.unread:
            screen.line(screen.paint(f"{path} cannot be read; what it uses is not known", "yellow"))


@click.command()
@name_argument
@flows_option
@format_option
def show(name: str, flows: tuple[Path, ...], form: str) -> None:
    """Show an authorization, and the nodes that use it."""
    authorization = find(FileStore().read(), name)
    uses, screen, now = uses_near(flows).of(name), Screen.out(), time.time()
    if form == "json":
        screen.json({"authorization": authorization_json(authorization, uses, now)})
        return
    show_table(screen, [(cell(title, "dim"), value) for title, value in _lines(authorization, uses, now)])


def _show(screen: Screen, rows: Sequence[tuple[Text, ...]]) -> None:
    """Show one line for each, or where these are wider than the terminal, one line for each fact."""
    if fits(screen, rows, _HEADERS):
        show_table(screen, rows, _HEADERS)
        return
    for number, row in enumerate(rows):
        if number:
            screen.line()
        show_table(screen, [(cell(title.lower(), "dim"), value) for title, value in zip(_HEADERS, row, strict=True)])


def _row(authorization: Authorization, uses: Sequence[Use], now: float) -> tuple[Text, ...]:
    flows = list(dict.fromkeys(use.flow for use in uses))
    return (
        cell(authorization.name, "bold"),
        _state(authorization, now),
        cell(authorization.kind),
        cell(authorization.integration or "-"),
        cell(" ".join(authorization.scopes) or "-"),
        cell(_when(authorization.expires_at, now)),
        cell(_when(authorization.last_used_at, now)),
        cell(", ".join(f"{flow} ({sum(use.flow == flow for use in uses)})" for flow in flows) or "-"),
    )


def _lines(authorization: Authorization, uses: Sequence[Use], now: float) -> Iterator[tuple[str, Text]]:
    yield "name", cell(authorization.name, "bold")
    yield "state", _state(authorization, now)
    if authorization.reason:
        yield "why", cell(authorization.reason)
    yield "kind", cell(authorization.kind)
    yield "integration", cell(authorization.integration or "-")
    yield "hosts", cell(", ".join(authorization.hosts) or "-")
    settings = {
        "user name": authorization.username,
        "header": authorization.header,
        "client id": authorization.client_id,
        "authorize at": authorization.authorize_url,
        "tokens from": authorization.token_url,
        "revoke at": authorization.revoke_url,
        "scopes": " ".join(authorization.scopes),
    }
    yield from ((title, cell(value)) for title, value in settings.items() if value)
    yield "secrets", cell(", ".join(f"{name.replace('_', ' ')} [kept]" for name in authorization.secrets) or "-")
    yield "added", cell(_when(authorization.created_at, now))
    yield "authorized", cell(_when(authorization.authorized_at, now))
    yield "expires", cell(_when(authorization.expires_at, now))
    yield "last used", cell(_when(authorization.last_used_at, now))
    for number, use in enumerate(uses):
        where = f" ({', '.join(use.environments)})" if use.environments else ""
        yield "used by" if number == 0 else "", cell(f"{use.path}: {use.flow}, node {use.node}{where}")


def _state(authorization: Authorization, now: float) -> Text:
    state = authorization.status(now)
    return cell(state, _STYLES.get(state, "red"))


def _when(seconds: float | None, now: float) -> str:
    """Write a time as people do: how far it is, and where it is far, the day."""
    if seconds is None:
        return "-"
    away = abs(seconds - now)
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")):
        if away >= size:
            distance = f"{int(away // size)} {unit}"
            return f"in {distance}" if seconds > now else f"{distance} ago"
    return "now"
