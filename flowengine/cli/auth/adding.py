"""``flowengine auth add``: makes an authorization, and authorizes it."""

from __future__ import annotations

import time
from typing import Any, Final

import click

from flowengine.authorizations.making import Wanted, make
from flowengine.authorizations.record import ALL_KINDS, DELETED, PENDING, Authorization
from flowengine.authorizations.secret import Secret
from flowengine.authorizations.store import FileStore
from flowengine.cli.auth.authorizing import browser_option, obtain
from flowengine.cli.auth.choosing import name_argument
from flowengine.cli.auth.secret_input import can_ask, read_secret, secret_option
from flowengine.cli.screen import Screen
from flowengine.errors import UsageError
from flowengine.project import ENGAGE

_OPTIONS: Final = {
    "integration": "--integration",
    "environment": "--env",
    "kind": "--kind",
    "hosts": "--host",
    "client_id": "--client-id",
    "username": "--username",
    "header": "--header",
    "scopes": "--scope",
    "authorize_url": "--authorize-url",
    "token_url": "--token-url",
    "revoke_url": "--revoke-url",
}


@click.command()
@name_argument
@click.option("--integration", metavar="NAME", help=f"Whose services it is for, such as {ENGAGE}.")
@click.option("--env", "environment", metavar="NAME", help="Environment of flowengine.yaml that says where those are.")
@click.option("--kind", type=click.Choice(ALL_KINDS), help="How it proves who asks; else what the other options tell.")
@click.option("--host", "hosts", metavar="HOST[:PORT]", multiple=True, help="Host it may be sent to; several times.")
@click.option("--client-id", metavar="ID", help="OAuth: who we are to the authorization server.")
@click.option("--scope", "scopes", metavar="SCOPE", multiple=True, help="OAuth: what to ask for; several times.")
@click.option("--authorize-url", metavar="URL", help="OAuth: where people log in.")
@click.option("--token-url", metavar="URL", help="OAuth: where tokens come from.")
@click.option("--revoke-url", metavar="URL", help="OAuth: where tokens are given back.")
@click.option("--username", metavar="NAME", help="Basic: who logs in.")
@click.option("--header", metavar="NAME", help="A header of the service's own, such as X-Api-Key.")
@secret_option
@click.option("--later", is_flag=True, help="Leave it pending; `auth authorize` goes on.")
@browser_option
def add(*, later: bool, browser: bool, secret: str | None, **given: Any) -> int:
    """Make the authorization NAME, and authorize it.

    With an integration, flowengine.yaml says which hosts it is for and where its OAuth server is. Secrets are asked
    for and not shown, or come with --secret; there is no option that takes one.
    """
    store, wanted = FileStore(), Wanted(**given, has_secret=secret is not None)
    _refuse_taken(store.read(), wanted.name)
    made = make(wanted, _Terminal(secret), time.time())
    kept = store.change(wanted.name, lambda current: made if current is None or current.state == DELETED else current)
    if kept is not None and kept != made:
        _refuse_taken({wanted.name: kept}, wanted.name)  # somebody else made it while this one was asked for
    screen = Screen.err()
    screen.line(f"{screen.paint(wanted.name, 'bold')} is kept in {screen.paint(str(store.path), 'dim')}")
    if later and made.state == PENDING:
        screen.line(f"It is {made.state}; `flowengine auth authorize {wanted.name}` goes on.")
        return 0
    return obtain(screen, store, made, browser=browser)


def _refuse_taken(known: dict[str, Authorization], name: str) -> None:
    found = known.get(name)
    if found is not None and found.state != DELETED:
        raise UsageError(
            f"there is an authorization {name!r} already: `flowengine auth authorize {name}` renews it, "
            f"`flowengine auth delete {name}` makes room"
        )


class _Terminal:
    """Somebody at a terminal, who gives options and is asked for what is missing."""

    def __init__(self, source: str | None) -> None:
        self._source = source

    def called(self, field: str) -> str:
        return _OPTIONS[field]

    def with_it(self, field: str) -> str:
        return f" with {_OPTIONS[field]}"

    def ask(self, what: str, field: str) -> str:
        if not can_ask():
            raise UsageError(f"the {what} is missing: give it with {_OPTIONS[field]}")
        return str(click.prompt(what.capitalize(), err=True))

    def secret(self, what: str) -> Secret:
        return read_secret(what, self._source)
