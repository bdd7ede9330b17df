"""``flowengine auth authorize`` and ``test``: get a credential that works, and see whether it does."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from pathlib import Path
from typing import Final

import click

from flowengine.authorizations.faults import NotAuthorized, OAuthRefused, OAuthUnreachable
from flowengine.authorizations.granting import granted, has_tokens, renewed
from flowengine.authorizations.making import SECRET_OF
from flowengine.authorizations.record import AUTHORIZATION_CODE, AUTHORIZED, CLIENT_CREDENTIALS, Authorization
from flowengine.authorizations.store import AuthorizationStore, FileStore
from flowengine.authorizations.trying import base_url, refuse_signing, try_it
from flowengine.cli.auth.choosing import find, name_argument
from flowengine.cli.auth.secret_input import can_ask, read_secret, secret_option
from flowengine.cli.screen import Screen
from flowengine.errors import UsageError

browser_option: Final = click.option(
    "--browser/--no-browser", default=True, help="Open the browser, or print the address and take the pasted answer."
)


@click.command()
@name_argument
@secret_option
@browser_option
def authorize(name: str, secret: str | None, browser: bool) -> int:  # noqa: FBT001 - click gives options by name
    """Authorize NAME, or authorize it again: log in, or give its new secret."""
    store, screen = FileStore(), Screen.err()
    authorization = find(store.read(), name)
    key, what = SECRET_OF.get(authorization.kind, ("client_secret", "client secret"))
    if secret is not None or not has_tokens(authorization) or _may_have_a_wrong_secret(authorization):
        secrets = {**authorization.secrets, key: read_secret(what, secret)}
        authorization = replace(authorization, secrets=secrets)
    return obtain(screen, store, authorization, browser=browser)


@click.command()
@name_argument
@click.option("--env", "environment", metavar="NAME", help="Environment of flowengine.yaml that says where to ask.")
@click.option("--url", metavar="URL", help="What to ask for with it (GET); else its integration's base URL.")
def test(name: str, environment: str | None, url: str | None) -> int:
    """Test whether NAME still works: get a fresh token, where it has tokens, and ask the service.

    Any answer but 401 and 403 shows that the service takes it. Exit code 1: it does not work.
    """
    store, screen = FileStore(), Screen.err()
    authorization = find(store.read(), name)
    refuse_signing(authorization)
    url = url or base_url(authorization, environment, Path())
    if url is None and not has_tokens(authorization):
        raise UsageError(f"say what to ask for with {name}: --url, or --env with an environment that has its service")
    try:
        told = asyncio.run(try_it(store, authorization, url))
    except NotAuthorized as fault:
        screen.error(str(fault))
        return 1
    screen.line(f"{screen.paint(name, 'bold')} {screen.paint('works', 'green')}: {told}")
    return 0


def obtain(screen: Screen, store: AuthorizationStore, authorization: Authorization, *, browser: bool) -> int:
    """Authorize it and store what came of it. Returns the exit code; where it is 1, it has been said why."""
    name = authorization.name
    try:
        fresh = asyncio.run(_granted(screen, authorization, browser=browser))
    except (OAuthRefused, OAuthUnreachable) as fault:
        screen.error(f"{name} is not authorized: {fault}\n`flowengine auth authorize {name}` tries again")
        return 1
    stored = store.change(name, lambda current: renewed(current, fresh))
    if stored is None or stored.secrets != fresh.secrets:
        raise UsageError(f"the authorization {name!r} was deleted meanwhile, or made anew: this one is not kept")
    where = f" for {', '.join(stored.hosts)}" if stored.hosts else ""
    screen.line(f"{screen.paint(name, 'bold')} is {screen.paint('authorized', 'green')}{where}")
    return 0


async def _granted(screen: Screen, authorization: Authorization, *, browser: bool) -> Authorization:
    if authorization.kind == AUTHORIZATION_CODE:
        return await _logged_in(screen, authorization, browser=browser)
    return await granted(authorization, time.time())


async def _logged_in(screen: Screen, authorization: Authorization, *, browser: bool) -> Authorization:
    from flowengine.authorizations.login import log_in, log_in_by_hand  # noqa: PLC0415 - a server and Authlib

    if browser:
        return await log_in(authorization, show=lambda address: _show(screen, "The browser opens", address))
    return await log_in_by_hand(
        authorization,
        show=lambda address: _show(screen, "Open this in a browser", address),
        ask=lambda: str(click.prompt("Paste the address that the browser ends at", hide_input=can_ask(), err=True)),
        explain=screen.error,
    )


def _show(screen: Screen, what: str, address: str) -> None:
    screen.line(f"{what}, to log in and allow it:")
    screen.line(f"  {screen.paint(address, 'cyan')}")


def _may_have_a_wrong_secret(authorization: Authorization) -> bool:
    return authorization.kind == CLIENT_CREDENTIALS and authorization.state != AUTHORIZED and can_ask()
