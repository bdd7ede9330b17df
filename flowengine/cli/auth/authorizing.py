"""``flowengine auth authorize`` and ``test``: get a credential that works, and see whether it does."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

import click

from flowengine.authorizations.faults import NotAuthorized, OAuthRefused, OAuthUnreachable
from flowengine.authorizations.record import (
    AUTHORIZATION_CODE,
    AUTHORIZED,
    CLIENT_CREDENTIALS,
    DELETED,
    SIGNING,
    Authorization,
)
from flowengine.authorizations.store import AuthorizationStore, FileStore
from flowengine.cli.auth.choosing import find, name_argument
from flowengine.cli.auth.secret_input import SECRETS, can_ask, read_secret, secret_option
from flowengine.cli.screen import Screen
from flowengine.errors import UsageError
from flowengine.project import SANDBOX, find_project

_TIME_LIMIT: Final = 15.0

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
    key, what = SECRETS.get(authorization.kind, ("client_secret", "client secret"))
    if secret is not None or not _has_tokens(authorization) or _may_have_a_wrong_secret(authorization):
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
    if authorization.kind == SIGNING:
        raise UsageError(
            f"{name} is a signing secret, which is never sent: the next request that it signs will show it"
        )
    url = url or _base_url(authorization, environment)
    if url is None and not _has_tokens(authorization):
        raise UsageError(f"say what to ask for with {name}: --url, or --env with an environment that has its service")
    try:
        told = asyncio.run(_try(store, authorization, url))
    except NotAuthorized as fault:
        screen.error(str(fault))
        return 1
    screen.line(f"{screen.paint(name, 'bold')} {screen.paint('works', 'green')}: {told}")
    return 0


def obtain(screen: Screen, store: AuthorizationStore, authorization: Authorization, *, browser: bool) -> int:
    """Authorize it and store what came of it. Returns the exit code; where it is 1, it has been said why."""
    name = authorization.name
    try:
        granted = asyncio.run(_granted(screen, authorization, browser=browser))
    except (OAuthRefused, OAuthUnreachable) as fault:
        screen.error(f"{name} is not authorized: {fault}\n`flowengine auth authorize {name}` tries again")
        return 1
    stored = store.change(name, lambda current: renewed(current, granted))
    if stored is None or stored.secrets != granted.secrets:
        raise UsageError(f"the authorization {name!r} was deleted meanwhile, or made anew: this one is not kept")
    where = f" for {', '.join(stored.hosts)}" if stored.hosts else ""
    screen.line(f"{screen.paint(name, 'bold')} is {screen.paint('authorized', 'green')}{where}")
    return 0


def renewed(current: Authorization | None, granted: Authorization) -> Authorization | None:
    """Return what is stored when an authorization was granted: nothing of it where another one took its place."""
    if current is None or current.state == DELETED or current.created_at != granted.created_at:
        return current
    return replace(granted, last_used_at=current.last_used_at)


async def _granted(screen: Screen, authorization: Authorization, *, browser: bool) -> Authorization:
    if authorization.kind == AUTHORIZATION_CODE:
        return await _logged_in(screen, authorization, browser=browser)
    now = time.time()
    if authorization.kind == CLIENT_CREDENTIALS:
        from flowengine.authorizations.oauth import fetch_token  # noqa: PLC0415 - Authlib takes a while
        from flowengine.effects.http import shared_client  # noqa: PLC0415 - httpx and aiohttp, too

        authorization = await fetch_token(shared_client(), authorization, now)
    return replace(authorization, state=AUTHORIZED, reason=None, authorized_at=now)


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


def _has_tokens(authorization: Authorization) -> bool:
    return authorization.kind in {AUTHORIZATION_CODE, CLIENT_CREDENTIALS}


def _may_have_a_wrong_secret(authorization: Authorization) -> bool:
    return authorization.kind == CLIENT_CREDENTIALS and authorization.state != AUTHORIZED and can_ask()


def _base_url(authorization: Authorization, environment: str | None) -> str | None:
    if authorization.integration is None:
        return None
    bound = find_project(Path()).environment(environment).integrations.get(authorization.integration)
    return None if bound is None or bound.base_url == SANDBOX else bound.base_url


async def _try(store: AuthorizationStore, authorization: Authorization, url: str | None) -> str:
    """Return what shows that it works. Raises NotAuthorized."""
    from flowengine.authorizations.life import Keeper, Refusal  # noqa: PLC0415 - httpx and aiohttp

    keeper = Keeper(store)
    at = url or f"https://{authorization.hosts[0]}"
    try:
        headers = await keeper.headers(authorization.name, url=at, refresh=_has_tokens(authorization))
        if url is None:
            return "a fresh token came"
        status = await _status(url, headers)
        if status == 401:  # noqa: PLR2004 - HTTP's
            await keeper.refused_again(authorization.name, Refusal(status, headers))
            await keeper.headers(authorization.name, url=at)
        if status == 403:  # noqa: PLR2004 - HTTP's
            raise NotAuthorized(
                f"authorization {authorization.name!r} is valid, but may not ask for {url} (status 403)"
            )
        return f"{url} did not refuse it (status {status})"
    finally:
        await keeper.aclose()


async def _status(url: str, headers: Mapping[str, str]) -> int:
    from flowengine.core.answers import Broken  # noqa: PLC0415 - with the next
    from flowengine.core.wants import HttpRequest  # noqa: PLC0415 - with the next
    from flowengine.effects.http import exchange, shared_client  # noqa: PLC0415 - httpx and aiohttp

    request = HttpRequest("GET", url, absolute=True, reads="text")
    try:
        async with asyncio.timeout(_TIME_LIMIT):
            answer = await exchange(shared_client(), request, None, headers)
    except TimeoutError:
        raise NotAuthorized(f"{url} did not answer within {_TIME_LIMIT:g} s, so nothing is known") from None
    if isinstance(answer, Broken):
        raise NotAuthorized(f"nothing is known: {answer.reason}")
    return answer.status
