"""The life of authorizations in use: who may use one where, refreshing it in time, and noticing that it is of no use.

A refresh runs in a thread of its own, with an event loop of its own. So all tasks of a process share it, whatever event
loop they are in; it ends, and its token is stored, though everybody who waited for it has gone; and waiting for the
store's lock, which another process holds for as long as its refresh lasts, stops nobody else.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import math
import shlex
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final, NamedTuple

import httpx

from flowengine.authorizations.faults import NotAuthorized, OAuthRefused, OAuthUnreachable, StoreFault
from flowengine.authorizations.record import (
    AUTHORIZATION_CODE,
    AUTHORIZED,
    DELETED,
    EXPIRED,
    NEEDS_REAUTHORIZATION,
    PENDING,
    Authorization,
)
from flowengine.authorizations.store import AuthorizationStore
from flowengine.authorizations.threads import in_a_thread, outcome
from flowengine.effects.http import shared_client
from flowengine.hosts import is_this_machine

LEEWAY: Final = 60.0
"""Seconds before its expiry that a token is replaced; for short-lived ones a tenth of what is left of their life."""
COOL_DOWN: Final = 5.0
"""Seconds in which an authorization server that could not be asked is not asked again."""
USE_KEPT_EVERY: Final = 60.0
"""Seconds between two notes of ``last_used_at``."""
FORBIDDEN_FOR: Final = 60.0
"""Seconds after a fresh token for a 403 in which another 403 gets none: it is about what the token may, not its age."""

STOP_WITHIN: Final = 3.0
"""Seconds that the end of a run waits for a refresh under way, so that its new token is stored."""

_FORBIDDEN: Final = 403
_ENDED: Final = (StoreFault, OSError, OAuthUnreachable)


class Refusal(NamedTuple):
    """What the other side said no to: its status (401 or 403), and the headers that ``Keeper.headers`` gave."""

    status: int
    headers: Mapping[str, str]

    def __repr__(self) -> str:
        return f"Refusal({self.status})"


class Keeper:
    """Gives nodes the headers of stored authorizations; the one place where a credential leaves the store.

    Serves any number of tasks, event loops and threads. ``clock``: seconds since the epoch. ``client`` opens what
    authorization servers are asked with, for the event loop that runs. Call ``aclose`` at the end.
    """

    def __init__(
        self,
        store: AuthorizationStore,
        *,
        clock: Callable[[], float] = time.time,
        client: Callable[[], httpx.AsyncClient] = shared_client,
    ) -> None:
        self._store = store
        self._clock = clock
        self._client = client
        self._opened = False
        self._known: dict[str, _Known] = {}
        self._used: dict[str, float] = {}
        self._quiet: dict[str, tuple[float, str]] = {}
        self._forbidden: dict[str, float] = {}
        self._guard = threading.Lock()
        self._under_way: dict[tuple[str, ...], Future[Authorization | None]] = {}

    async def headers(
        self,
        name: str | None,
        *,
        url: str,
        kinds: tuple[str, ...] = (),
        refresh: bool = False,
        refused: Refusal | None = None,
    ) -> Mapping[str, str]:
        """Return what proves who is asking, for a request to ``url`` by a node that takes ``kinds`` (empty: any).

        ``refresh``: the last headers came back with 401 or 403. ``refused`` tells which, so that a token that another
        task has replaced since is not replaced again; without it the present ones are meant. Raises NotAuthorized.
        """
        if name is None:
            raise NotAuthorized("the node names no authorization: add `authorization: NAME` to it or to `defaults`")
        if not self._opened:
            await self._open()
        now = self._clock()
        known = self._now_known(name, now)
        _check_fit(known.record, url, kinds)
        is_refused = refresh and (refused is None or refused.headers == known.headers)
        if is_refused or now >= known.renew_at:
            known = await self._renewed(known, now, refused or Refusal(401, known.headers) if is_refused else None)
        self._used[name] = now
        return known.headers

    async def refused_again(self, name: str, refused: Refusal | None = None) -> None:
        """Learn that fresh headers came back with 401, too: from now on a person has to authorize again.

        Where the stored ones are no longer those, nothing happens.
        """
        with contextlib.suppress(NotAuthorized):
            known = self._now_known(name, self._clock())
            if refused is None or refused.headers == known.headers:
                await self._give_up(known, "a token that had just been fetched was refused with 401")

    async def aclose(self) -> None:
        """Note in the store when the authorizations were last used, and wait for refreshes under way; not for long."""
        with self._guard:
            ending = list(self._under_way.values())
        if self._used:
            ending.append(in_a_thread(self._note_uses))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_WITHIN):
                for one in ending:
                    with contextlib.suppress(*_ENDED):
                        await outcome(one)

    async def _open(self) -> None:
        # The first reading may ask the system's keyring, which may ask a person.
        try:
            await outcome(in_a_thread(self._store.read))
        except (StoreFault, OSError) as fault:
            raise _unreadable(fault) from None
        self._opened = True

    def _now_known(self, name: str, now: float) -> _Known:
        try:
            record = self._store.read().get(name)
        except (StoreFault, OSError) as fault:
            raise _unreadable(fault) from None
        known = self._known.get(name)
        if known is None or known.record is not record:
            known = self._known[name] = _know(name, record, now, known)
        return known

    async def _renewed(self, known: _Known, now: float, refused: Refusal | None) -> _Known:
        """Get a newer token than the known one, or raise NotAuthorized."""
        record = known.record
        if not record.renews:
            if refused is None:
                raise NotAuthorized(_why_not(record, EXPIRED))
            if refused.status == _FORBIDDEN:
                raise _may_not(record)
            await self._give_up(known, f"it was refused with {refused.status}")
            return self._now_known(record.name, now)
        is_forbidden = refused is not None and refused.status == _FORBIDDEN
        if is_forbidden and 0 <= now - self._forbidden.get(record.name, -math.inf) < FORBIDDEN_FOR:
            raise _may_not(record)
        since, reason = self._quiet.get(record.name, (-math.inf, ""))
        is_usable = refused is None and now < known.ends_at
        if 0 <= now - since < COOL_DOWN:  # a clock that was put back ends it
            if is_usable:
                return known
            raise _no_token(record, reason)
        renewing = self._once((record.name, _token(record)), functools.partial(self._renew, record.name, record))
        if is_usable:
            return known
        try:
            fresh = _know(record.name, await outcome(renewing), now)
        except _ENDED as fault:
            raise _no_token(record, str(fault)) from None
        if is_forbidden:
            self._forbidden[record.name] = now
        return fresh

    async def _give_up(self, known: _Known, reason: str) -> None:
        name, token = known.record.name, _token(known.record)
        work = functools.partial(self._store.change, name, functools.partial(_end, known.record, reason))
        try:
            await outcome(self._once((name, token, "end"), work))
        except (StoreFault, OSError) as fault:
            raise NotAuthorized(f"authorization {name!r}: {reason}, and this cannot be stored: {fault}") from None

    def _once(self, key: tuple[str, ...], work: Callable[[], Authorization | None]) -> Future[Authorization | None]:
        """Begin the work in a thread, unless it is under way already."""

        def working() -> Authorization | None:
            try:
                return work()
            finally:
                with self._guard:
                    del self._under_way[key]

        with self._guard:
            if key not in self._under_way:
                self._under_way[key] = in_a_thread(working)
            return self._under_way[key]

    def _renew(self, name: str, old: Authorization) -> Authorization | None:
        """Replace the token of ``old``, in a thread; return the record as it is stored then.

        The new token is stored before anybody uses it. A process that is killed between the server's answer and the
        end of the write leaves the old refresh token in the store; where the server takes each only once, the next
        refresh is refused, and a person has to authorize again.
        """
        try:
            with self._store.lock(name):
                record = self._store.read().get(name)
                if record is None or record.state != AUTHORIZED or _token(record) != _token(old):
                    return record
                # Shows that the store can be written, before the server takes back the refresh token that is in it.
                self._store.change(name, functools.partial(_used, self._clock()))
                return self._store.change(name, functools.partial(_graft, record, self._ask(record)))
        except _ENDED as fault:
            self._quiet[name] = (self._clock(), str(fault))
            raise

    def _ask(self, record: Authorization) -> Authorization:
        from flowengine.authorizations import oauth  # noqa: PLC0415 - most commands never ask for a token

        ask = oauth.refresh_token if record.kind == AUTHORIZATION_CODE else oauth.fetch_token

        async def asking() -> Authorization:
            return await ask(self._client(), record, self._clock())

        try:
            return asyncio.run(asking())
        except OAuthRefused as fault:
            return replace(record, state=NEEDS_REAUTHORIZATION, reason=str(fault))

    def _note_uses(self) -> None:
        for name, record in self._store.read().items():
            note = functools.partial(_note_use, self._used.get(name, 0.0))
            if note(record) is not record:
                self._store.change(name, note)


@dataclass(frozen=True, slots=True)
class _Known:
    """A record with what follows from it. ``renew_at``, ``ends_at``: when its token is to be replaced, and is dead."""

    record: Authorization
    headers: Mapping[str, str] = field(repr=False)
    renew_at: float
    ends_at: float


def _know(name: str, record: Authorization | None, now: float, before: _Known | None = None) -> _Known:
    if record is None:
        raise NotAuthorized(f"there is no authorization {name!r}: run `flowengine auth add {shlex.quote(name)}`")
    if record.state != AUTHORIZED:
        raise NotAuthorized(_why_not(record, record.state))
    if record.renews and "access_token" not in record.secrets:
        return _Known(record, {}, -math.inf, -math.inf)
    ends_at = math.inf if record.expires_at is None else record.expires_at
    renew_at = ends_at - (min(LEEWAY, (ends_at - now) / 10) if record.renews else 0)
    if before is not None and before.ends_at == ends_at:
        renew_at = before.renew_at  # something else in the record has changed
    try:
        return _Known(record, record.headers(), renew_at, ends_at)
    except ValueError as fault:
        raise NotAuthorized(f"{fault}: run `flowengine auth authorize {name}`") from None


def _token(record: Authorization) -> str:
    token = record.secrets.get("access_token")
    return token.reveal() if token else ""


def _check_fit(record: Authorization, url: str, kinds: tuple[str, ...]) -> None:
    if kinds and record.kind not in kinds:
        raise NotAuthorized(
            f"authorization {record.name!r} is of the kind {record.kind}, and the node takes {' or '.join(kinds)}: "
            "name another authorization at the node"
        )
    scheme, host, port = _place(url)
    if scheme == "http" and not is_this_machine(host):
        raise NotAuthorized(
            f"authorization {record.name!r} is not sent to {url}, as everybody on the way could read it: use https"
        )
    if not record.reaches(host, port, scheme):
        where = f"{host}:{port}" if port else host
        raise NotAuthorized(
            f"authorization {record.name!r} is not sent to {where!r}, as it is for {', '.join(record.hosts)} only: "
            "name another authorization at the node, or correct the address"
        )


@functools.lru_cache(maxsize=256)
def _place(url: str) -> tuple[str, str, int | None]:
    try:
        parts = httpx.URL(url)
    except (httpx.InvalidURL, ValueError):
        parts = httpx.URL()
    if not parts.raw_host or parts.userinfo:
        raise NotAuthorized("no authorization is sent there: the address of the request has to be scheme://host")
    return parts.scheme, parts.raw_host.decode("ascii"), parts.port


def _why_not(record: Authorization, state: str) -> str:
    name, repair = f"authorization {record.name!r}", f"run `flowengine auth authorize {record.name}`"
    if state == PENDING:
        return f"{name} has not been authorized yet: {repair}"
    if state == EXPIRED:
        return f"{name} has expired{_on(record.expires_at)}, with nothing to refresh it: {repair}"
    if state == DELETED:
        again = f"run `flowengine auth add {record.name}`, or name another authorization at the node"
        return f"{name} was deleted{_on(record.deleted_at)}: {again}"
    return f"{name} needs re-authorization ({record.reason or 'it was refused'}): {repair}"


def _on(seconds: float | None) -> str:
    return "" if seconds is None else f" on {datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"


def _unreadable(fault: Exception) -> NotAuthorized:
    return NotAuthorized(f"the stored authorizations cannot be read: {fault}")


def _may_not(record: Authorization) -> NotAuthorized:
    return NotAuthorized(f"authorization {record.name!r} is valid, but may not do this (status 403)")


def _no_token(record: Authorization, reason: str) -> NotAuthorized:
    return NotAuthorized(
        f"authorization {record.name!r} has no valid token now: {reason}. It is asked again after {COOL_DOWN:g} s; "
        f"`flowengine auth test {record.name}` tries at once"
    )


def _graft(asked: Authorization, new: Authorization, stored: Authorization | None) -> Authorization | None:
    """Put what the server said into the record, unless it was deleted or authorized again in the meantime."""
    if stored is None or stored.state != asked.state or _token(stored) != _token(asked):
        return stored
    return replace(
        stored,
        state=new.state,
        reason=new.reason,
        secrets=new.secrets,
        scopes=new.scopes,
        expires_at=new.expires_at,
    )


def _end(refused: Authorization, reason: str, stored: Authorization | None) -> Authorization | None:
    if stored is None or stored.state != AUTHORIZED or stored.secrets != refused.secrets:
        return stored
    return replace(stored, state=NEEDS_REAUTHORIZATION, reason=reason)


def _note_use(used: float, stored: Authorization | None) -> Authorization | None:
    is_new = stored is not None and used - (stored.last_used_at or 0) >= USE_KEPT_EVERY
    return _used(used, stored) if is_new else stored


def _used(used: float, stored: Authorization | None) -> Authorization | None:
    return stored if stored is None or stored.state == DELETED else replace(stored, last_used_at=used)
