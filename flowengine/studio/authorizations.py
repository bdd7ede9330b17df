"""The page of authorizations: everything about them but what is secret, which goes in and never comes out."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any, Final

from flowengine.authorizations.as_json import authorization_json
from flowengine.authorizations.faults import NotAuthorized, OAuthRefused, OAuthUnreachable
from flowengine.authorizations.granting import forget, granted, has_tokens, renewed
from flowengine.authorizations.login import log_in
from flowengine.authorizations.oauth import revoke
from flowengine.authorizations.record import AUTHORIZATION_CODE, DELETED, Authorization
from flowengine.authorizations.store import AuthorizationStore, FileStore
from flowengine.authorizations.trying import base_url, refuse_signing, try_it
from flowengine.authorizations.usage import Setting, Use, find_settings, find_uses
from flowengine.core.moments import moment
from flowengine.effects.http import shared_client
from flowengine.errors import UsageError
from flowengine.server.routing import ApiError, not_found
from flowengine.studio.authorization_names import authorization_names
from flowengine.studio.wanted import changed, made
from flowengine.studio.workspace import Workspace, refused

_SECONDS: Final = 10.0
_BACK: Final = "the studio"


class _Users:
    """Who uses which authorization: nodes of flows, and what is set in the project file or at the stream."""

    def __init__(self, workspace: Workspace, stream: tuple[str, Setting] | None) -> None:
        self._workspace = workspace
        self._uses = find_uses(path for _, path in workspace.flows())
        self._settings = find_settings(workspace.project())
        if stream is not None:
            self._settings.setdefault(stream[0], []).append(stream[1])
        self.unread = [workspace.name(path) for path in self._uses.unread]

    def names(self) -> list[str]:
        """Return the names that are used."""
        return sorted({*self._uses.by_name, *self._settings})

    def uses(self, name: str) -> list[Use]:
        """Return the nodes that use one."""
        return [use._replace(path=self._path(use)) for use in self._uses.of(name)]

    def settings(self, name: str) -> list[dict[str, str]]:
        """Return what else uses one."""
        return [one._asdict() for one in self._settings.get(name, ())]

    def _path(self, use: Use) -> Any:
        return self._workspace.name(use.path)


class Authorizations:
    """Answers for one folder and the store of whoever runs the studio."""

    def __init__(self, workspace: Workspace, store: AuthorizationStore | None = None) -> None:
        self._workspace = workspace
        self._store = store or FileStore()
        self._logins: dict[str, asyncio.Task[None]] = {}
        self._failed: dict[str, str] = {}

    def all(self, stream: tuple[str, Setting] | None = None) -> dict[str, Any]:
        """Return those that are there, and those that are named and are not.

        ``stream``: which authorization the data stream goes out under, and where it is set.
        """
        users, known = _Users(self._workspace, stream), self._store.read()
        kept = [one for one in known.values() if one.state != DELETED]
        names = {one.name for one in kept}
        return {
            "authorizations": [self._json(one, users) for one in kept],
            "missing": [_missing(name, known.get(name), users) for name in users.names() if name not in names],
            "unread": users.unread,
        }

    def names(self) -> dict[str, Any]:
        """Return what flows can name: to choose from, and to say which of them do not work."""
        return {"authorizations": authorization_names(self._workspace, self._store)}

    def states(self) -> dict[str, Any]:
        """Return only how they are: that is asked again and again."""
        now = time.time()
        return {
            "states": {
                one.name: {"state": one.status(now), "reason": one.reason, "login": self._login(one.name)}
                for one in self._store.read().values()
                if one.state != DELETED
            }
        }

    def add(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Make one. Raises ApiError for what is missing or does not fit, and where there is one."""
        try:
            new = made(body, self._workspace.folder, time.time())
        except UsageError as fault:
            raise refused("invalid", fault) from None
        kept = self._store.change(new.name, lambda known: new if known is None or known.state == DELETED else known)
        if kept != new:
            raise ApiError(409, "exists", f"there is an authorization {new.name!r} already", "choose another name")
        self._failed.pop(new.name, None)
        return self._json(new, _Users(self._workspace, None))

    async def change(self, name: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Change one. Raises ApiError for what does not fit."""
        changed_one = await asyncio.to_thread(self._change, name, body)
        self._end_login(name)  # it was begun for what this was before
        return await asyncio.to_thread(lambda: self._json(changed_one, _Users(self._workspace, None)))

    async def authorize(self, name: str) -> dict[str, Any]:
        """Begin a login in the browser: the address to open. What needs none is authorized at once."""
        authorization = await asyncio.to_thread(self._find, name)
        if authorization.kind == AUTHORIZATION_CODE:
            return {"url": await self._begin_login(authorization)}
        try:
            fresh = await granted(authorization, time.time())
        except (OAuthRefused, OAuthUnreachable) as fault:
            raise ApiError(422, "not-authorized", f"{name} is not authorized: {fault}") from None
        await asyncio.to_thread(self._keep, fresh)
        return {"url": None}

    async def test(self, name: str, environment: str, url: str | None) -> dict[str, Any]:
        """Say whether one works: whether a fresh token comes, and its service takes it."""
        found = await asyncio.to_thread(self._find, name)
        try:
            refuse_signing(found)
            url = url or await asyncio.to_thread(base_url, found, environment, self._workspace.folder)
        except UsageError as fault:
            raise refused("invalid", fault) from None
        if url is None and not has_tokens(found):
            raise ApiError(422, "no-address", f"say what to ask for with {name}: an address of its service")
        try:
            return {"works": True, "said": await try_it(self._store, found, url)}
        except NotAuthorized as fault:
            return {"works": False, "said": str(fault)}

    async def delete(self, name: str, *, only_say: bool, stream: tuple[str, Setting] | None = None) -> dict[str, Any]:
        """Delete one, or only say whom that would break."""
        await asyncio.to_thread(self._find, name)
        users = await asyncio.to_thread(_Users, self._workspace, stream)
        said = {"usedBy": _uses_json(users.uses(name)), "settings": users.settings(name), "unread": users.unread}
        if only_say:
            return {"deleted": None, "revoked": None, **said}
        self._end_login(name)
        gone = await asyncio.to_thread(forget, self._store, name, time.time())
        if gone is None:
            raise not_found("authorization", name)
        return {"deleted": name, "revoked": await _revoked(gone), **said}

    async def settled(self) -> None:
        """Wait for the end of all logins that have been begun."""
        await asyncio.gather(*self._logins.values(), return_exceptions=True)

    def _change(self, name: str, body: Mapping[str, Any]) -> Authorization:
        found, now = self._find(name), time.time()

        def update(known: Authorization | None) -> Authorization | None:
            if known is None or known.state == DELETED:
                return known
            return changed(known, body, now)

        try:
            kept = self._store.change(found.name, update)
        except UsageError as fault:
            raise refused("invalid", fault) from None
        if kept is None or kept.state == DELETED:
            raise not_found("authorization", name)
        return kept

    async def _begin_login(self, authorization: Authorization) -> str:
        loop = asyncio.get_running_loop()
        shown: asyncio.Future[str] = loop.create_future()
        name = authorization.name
        self._end_login(name)

        async def login() -> None:
            try:
                fresh = await log_in(authorization, show=shown.set_result, open_browser=lambda _: None, back=_BACK)
            except (OAuthRefused, OAuthUnreachable) as fault:
                self._failed[name] = str(fault)
                return
            await asyncio.to_thread(self._keep, fresh)

        task = self._logins[name] = asyncio.create_task(login())
        waiting: set[asyncio.Future[Any]] = {shown, task}
        await asyncio.wait(waiting, timeout=_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        if not shown.done():
            task.cancel()
            why = self._failed.get(name, "the login cannot be begun")
            raise ApiError(422, "not-authorized", f"{name} is not authorized: {why}")
        return shown.result()

    def _end_login(self, name: str) -> None:
        self._failed.pop(name, None)
        before = self._logins.pop(name, None)
        if before is not None:
            before.cancel()

    def _login(self, name: str) -> dict[str, Any]:
        """Say whether somebody is being waited for, and why the last login came to nothing."""
        task = self._logins.get(name)
        return {"open": task is not None and not task.done(), "failed": self._failed.get(name)}

    def _find(self, name: str) -> Authorization:
        found = self._store.read().get(name)
        if found is None or found.state == DELETED:
            raise not_found("authorization", name)
        return found

    def _keep(self, fresh: Authorization) -> None:
        self._store.change(fresh.name, partial(renewed, fresh=fresh))

    def _json(self, one: Authorization, users: _Users) -> dict[str, Any]:
        return {
            **authorization_json(one, users.uses(one.name), time.time()),
            "clientId": one.client_id,
            "username": one.username,
            "header": one.header,
            "authorizeUrl": one.authorize_url,
            "tokenUrl": one.token_url,
            "revokeUrl": one.revoke_url,
            "renews": one.renews,
            "login": self._login(one.name),
            "settings": users.settings(one.name),
        }


def _missing(name: str, gone: Authorization | None, users: _Users) -> dict[str, Any]:
    """Return a name that is used and is nowhere. ``sandbox``: only the embedded one is asked, which needs none."""
    uses, settings = users.uses(name), users.settings(name)
    environments = dict.fromkeys(environment for use in uses for environment in use.environments)
    kinds = [set(use.kinds) for use in uses if use.kinds]
    needs_one = settings or environments
    return {
        "name": name,
        "state": "deleted" if gone is not None else "missing" if needs_one else "sandbox",
        "deletedAt": moment(gone.deleted_at) if gone is not None and gone.deleted_at is not None else None,
        "environments": list(environments),
        "integration": next((use.integration for use in uses if use.integration), None),
        "kinds": sorted(set.intersection(*kinds)) if kinds else [],
        "uses": _uses_json(uses),
        "settings": settings,
    }


def _uses_json(uses: Iterable[Use]) -> list[dict[str, Any]]:
    return [
        {"path": str(use.path), "flow": use.flow, "node": use.node, "environments": list(use.environments)}
        for use in uses
    ]


async def _revoked(gone: Authorization) -> bool | None:
    """Tell the other side that its grant is no longer wanted; None where it need not be told."""
    if gone.revoke_url is None:
        return None
    try:
        await revoke(shared_client(), gone)
    except (OAuthRefused, OAuthUnreachable):
        return False
    return True
