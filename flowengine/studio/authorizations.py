"""The page of authorizations: everything about them but what is secret, which goes in and never comes out."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from flowengine.authorizations.faults import OAuthRefused, OAuthUnreachable
from flowengine.authorizations.login import log_in
from flowengine.authorizations.oauth import fetch_token, revoke
from flowengine.authorizations.record import (
    AUTHORIZATION_CODE,
    AUTHORIZED,
    BASIC,
    CLIENT_CREDENTIALS,
    DELETED,
    HEADER,
    Authorization,
)
from flowengine.authorizations.secret import Secret
from flowengine.authorizations.store import AuthorizationStore, FileStore
from flowengine.authorizations.usage import Uses, find_uses
from flowengine.cli.auth.adding import Wanted, make
from flowengine.cli.auth.authorizing import renewed
from flowengine.cli.auth.listing import to_json
from flowengine.cli.auth.secret_input import SECRETS
from flowengine.effects.http import shared_client
from flowengine.errors import UsageError
from flowengine.server.routing import ApiError, not_found
from flowengine.studio.workspace import Workspace, refused

_SECONDS: Final = 10.0
_NEEDED: Final = {BASIC: "username", HEADER: "header", CLIENT_CREDENTIALS: "clientId"}


class Authorizations:
    """Answers for one folder and the store of whoever runs the studio."""

    def __init__(self, workspace: Workspace, store: AuthorizationStore | None = None) -> None:
        self._workspace = workspace
        self._store = store or FileStore()
        self._logins: dict[str, asyncio.Task[None]] = {}

    def all(self) -> dict[str, Any]:
        """Return those that are there."""
        uses = self._uses()
        kept = [one for one in self._store.read().values() if one.state != DELETED]
        return {"authorizations": [self._json(one, uses) for one in kept]}

    def add(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Make one. Raises ApiError for what is missing or does not fit, and where there is one."""
        try:
            made = make(_wanted(self._workspace, body), time.time())
        except UsageError as fault:
            raise refused("invalid", fault) from None
        kept = self._store.change(made.name, lambda known: made if known is None or known.state == DELETED else known)
        if kept != made:
            raise ApiError(409, "exists", f"there is an authorization {made.name!r} already", "choose another name")
        return self._json(made, self._uses())

    async def authorize(self, name: str) -> dict[str, Any]:
        """Begin a login in the browser: the address to open. What needs none is authorized at once."""
        authorization = await asyncio.to_thread(self._find, name)
        if authorization.kind == AUTHORIZATION_CODE:
            return {"url": await self._begin_login(authorization)}
        try:
            now = time.time()
            if authorization.kind == CLIENT_CREDENTIALS:
                authorization = await fetch_token(shared_client(), authorization, now)
        except (OAuthRefused, OAuthUnreachable) as fault:
            raise ApiError(422, "not-authorized", f"{name} is not authorized: {fault}") from None
        granted = replace(authorization, state=AUTHORIZED, reason=None, authorized_at=now)
        await asyncio.to_thread(self._keep, granted)
        return {"url": None}

    async def delete(self, name: str, *, only_say: bool) -> dict[str, Any]:
        """Delete one, or only say whom that would break."""
        found = await asyncio.to_thread(self._find, name)
        uses = await asyncio.to_thread(self._uses)
        users = self._json(found, uses)["uses"]
        if only_say:
            return {"deleted": None, "usedBy": users, "revoked": None}
        gone = await asyncio.to_thread(self._forget, name)
        return {"deleted": name, "usedBy": users, "revoked": await _revoked(gone)}

    async def settled(self) -> None:
        """Wait for the end of all logins that have been begun."""
        await asyncio.gather(*self._logins.values(), return_exceptions=True)

    async def _begin_login(self, authorization: Authorization) -> str:
        loop = asyncio.get_running_loop()
        shown: asyncio.Future[str] = loop.create_future()
        before = self._logins.pop(authorization.name, None)
        if before is not None:
            before.cancel()

        async def login() -> None:
            try:
                granted = await log_in(authorization, show=shown.set_result, open_browser=lambda _: None)
            except (OAuthRefused, OAuthUnreachable) as fault:
                await asyncio.to_thread(self._note, authorization, str(fault))
                return
            await asyncio.to_thread(self._keep, granted)

        task = self._logins[authorization.name] = asyncio.create_task(login())
        waiting: set[asyncio.Future[Any]] = {shown, task}
        await asyncio.wait(waiting, timeout=_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        if not shown.done():
            task.cancel()
            raise ApiError(
                422, "not-authorized", f"the login of {authorization.name} cannot be begun: see its addresses"
            )
        return shown.result()

    def _find(self, name: str) -> Authorization:
        found = self._store.read().get(name)
        if found is None or found.state == DELETED:
            raise not_found("authorization", name)
        return found

    def _keep(self, granted: Authorization) -> None:
        self._store.change(granted.name, lambda known: renewed(known, granted))

    def _note(self, authorization: Authorization, reason: str) -> None:
        """Say at the authorization why nobody could log in, unless it works all the same."""

        def noted(known: Authorization | None) -> Authorization | None:
            if known is None or known.state in {DELETED, AUTHORIZED} or known.created_at != authorization.created_at:
                return known
            return replace(known, reason=reason)

        self._store.change(authorization.name, noted)

    def _forget(self, name: str) -> Authorization:
        gone: list[Authorization] = []

        def forget(known: Authorization | None) -> Authorization | None:
            if known is None or known.state == DELETED:
                return known
            gone.append(known)
            return known.deleted(time.time())

        self._store.change(name, forget)
        if not gone:
            raise not_found("authorization", name)
        return gone[0]

    def _uses(self) -> Uses:
        return find_uses(path for _, path in self._workspace.flows())

    def _json(self, authorization: Authorization, uses: Uses) -> dict[str, Any]:
        shown = to_json(authorization, uses.of(authorization.name), time.time())
        for use, found in zip(shown["uses"], uses.of(authorization.name), strict=True):
            use["path"] = self._workspace.name(found.path)
        return shown


def _wanted(workspace: Workspace, body: Mapping[str, Any]) -> Wanted:
    """Read what is to be made; whatever would be asked for at a terminal has to be there."""
    kind = body["kind"]
    needed = _NEEDED.get(kind)
    if needed is not None and not body.get(needed):
        raise UsageError(f"an authorization of the kind {kind} needs `{needed}`")
    if kind in SECRETS and not body.get("secret"):
        raise UsageError(f"an authorization of the kind {kind} needs `secret`: its {SECRETS[kind][1]}")
    return Wanted(
        name=body["name"],
        integration=body.get("integration"),
        environment=body.get("environment"),
        kind=kind,
        hosts=tuple(body.get("hosts", ())),
        client_id=body.get("clientId"),
        username=body.get("username"),
        header=body.get("header"),
        scopes=tuple(body.get("scopes", ())),
        authorize_url=body.get("authorizeUrl"),
        token_url=body.get("tokenUrl"),
        revoke_url=body.get("revokeUrl"),
        secret=Secret(body["secret"]) if body.get("secret") else None,
        near=workspace.folder,
    )


async def _revoked(gone: Authorization) -> bool | None:
    """Tell the other side that its grant is no longer wanted; None where it need not be told."""
    if gone.revoke_url is None:
        return None
    try:
        await revoke(shared_client(), gone)
    except (OAuthRefused, OAuthUnreachable):
        return False
    return True
