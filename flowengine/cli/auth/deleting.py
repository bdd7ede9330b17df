"""``flowengine auth delete``: names what it would break, and asks."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import click

from flowengine.authorizations.faults import OAuthRefused, OAuthUnreachable
from flowengine.authorizations.granting import forget
from flowengine.authorizations.record import Authorization
from flowengine.authorizations.store import FileStore
from flowengine.authorizations.usage import Use, Uses
from flowengine.cli.auth.choosing import find, name_argument
from flowengine.cli.auth.flows import flows_option, uses_near
from flowengine.cli.screen import Screen
from flowengine.errors import UsageError


@click.command()
@name_argument
@click.option("--yes", is_flag=True, help="Do not ask.")
@flows_option
def delete(name: str, yes: bool, flows: tuple[Path, ...]) -> int:  # noqa: FBT001 - click gives options by name
    """Delete an authorization. The flows that use it are listed first: they have to be changed."""
    store = FileStore()
    find(store.read(), name)
    screen = Screen.err()
    uses = uses_near(flows)
    _show(screen, name, uses)
    if not yes and not _is_wanted(name, uses.of(name)):
        screen.line("Nothing is deleted.")
        return 1
    # What is revoked is what goes: its tokens may have been replaced while somebody was asked.
    gone = forget(store, name, time.time())
    if gone is None:
        raise UsageError(f"the authorization {name!r} was deleted meanwhile")
    _revoke(screen, gone)
    screen.line(f"{screen.paint(name, 'bold')} is deleted")
    return 0


def _show(screen: Screen, name: str, uses: Uses) -> None:
    for path in uses.unread:
        screen.line(screen.paint(f"{path} cannot be read; whether it uses {name} is not known", "yellow"))
    breaking = uses.of(name)
    if not breaking:
        screen.line(f"No flow that was looked at uses {screen.paint(name, 'bold')}.")
        return
    screen.line(f"These nodes use {screen.paint(name, 'bold')}, and would come back with onAuthorizationFailure:")
    for use in breaking:
        where = f"  ({', '.join(use.environments)})" if use.environments else ""
        screen.line(
            f"  {screen.paint(f'{use.path}: {use.flow}, node {use.node}', 'yellow')}{screen.paint(where, 'dim')}"
        )


def _is_wanted(name: str, breaking: Sequence[Use]) -> bool:
    if not sys.stdin.isatty():
        raise UsageError(f"nothing is deleted, as nobody can be asked: `auth delete {name} --yes` deletes it")
    question = f"Delete {name} all the same?" if breaking else f"Delete {name}?"
    return click.confirm(question, err=True)


def _revoke(screen: Screen, authorization: Authorization) -> None:
    """Tell the other side that its grant is no longer wanted; here it is gone already, whatever comes of it."""
    if authorization.revoke_url is None:
        return
    from flowengine.authorizations.oauth import revoke  # noqa: PLC0415 - Authlib takes a while
    from flowengine.effects.http import shared_client  # noqa: PLC0415 - httpx and aiohttp, too

    async def revoking() -> None:
        await revoke(shared_client(), authorization)

    try:
        asyncio.run(revoking())
    except (OAuthRefused, OAuthUnreachable) as fault:
        screen.line(screen.paint(f"The grant could not be revoked on the other side: {fault}", "yellow"))
