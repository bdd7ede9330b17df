"""Access tokens, and refresh tokens that are exchanged for new ones at every use."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from flowengine.core.answers import Json
from flowengine.sandbox.engage import Clock
from flowengine.sandbox.oauth.digests import digest
from flowengine.sandbox.oauth.faults import OAuthFault
from flowengine.sandbox.oauth.grants import Grant
from flowengine.sandbox.oauth.scopes import read_scopes

LIFETIME: Final = 3600
"""Seconds an access token lives, as Engage's do."""

REFRESH_LIFETIME: Final = timedelta(days=30)


@dataclass(slots=True)
class _Access:
    grant: Grant
    scopes: tuple[str, ...]
    ends_at: datetime


@dataclass(slots=True)
class _Refresh:
    grant: Grant
    ends_at: datetime
    is_used: bool = False


class Tokens:
    """All tokens, by their digests, so that none can be read here. ``lifetime`` is an access token's, in seconds."""

    def __init__(self, *, clock: Clock, new_secret: Callable[[], str], lifetime: int = LIFETIME) -> None:
        self.lifetime = lifetime
        self._clock = clock
        self._new_secret = new_secret
        self._access: dict[bytes, _Access] = {}
        self._refresh: dict[bytes, _Refresh] = {}

    def issue(self, grant: Grant, scopes: tuple[str, ...] | None = None, *, with_refresh: bool) -> dict[str, Json]:
        """Make an access token, and a refresh token where wanted; return the answer of RFC 6749, 5.1."""
        now = self._clock()
        _drop_ended(self._access, now)
        _drop_ended(self._refresh, now)
        scopes = grant.scopes if scopes is None else scopes
        token = self._new_secret()
        self._access[digest(token)] = _Access(grant, scopes, now + timedelta(seconds=self.lifetime))
        answer: dict[str, Json] = {"access_token": token, "token_type": "Bearer", "expires_in": self.lifetime}
        if with_refresh:
            answer["refresh_token"] = self._new_secret()
            self._refresh[digest(answer["refresh_token"])] = _Refresh(grant, now + REFRESH_LIFETIME)
        return {**answer, "scope": " ".join(scopes)}

    def refresh(self, token: str, client_id: str, scope: str | None) -> dict[str, Json]:
        """Exchange a refresh token for an access token and the next refresh token."""
        known = self._refresh.get(digest(token))
        if known is None or known.grant.client_id != client_id or not self._is_live(known):
            raise OAuthFault("invalid_grant", "The refresh token is wrong, has expired or was revoked")
        if known.is_used:
            # Either a thief was here before, or this is the thief (RFC 9700, 4.14): nobody keeps anything.
            known.grant.end()
            raise OAuthFault("invalid_grant", "The refresh token was used before: its whole grant has been revoked")
        scopes = read_scopes(scope, known.grant.scopes)
        known.is_used = True
        return self.issue(known.grant, scopes, with_refresh=True)

    def scopes_of(self, token: str) -> tuple[str, ...] | None:
        """Return what an access token is good for, None where it is good for nothing."""
        known = self._access.get(digest(token))
        return known.scopes if known is not None and self._is_live(known) else None

    def revoke(self, token: str, client_id: str) -> None:
        """Revoke a token (RFC 7009): a refresh token with its whole grant. One that is not known is no fault."""
        key = digest(token)
        known = self._access.get(key) or self._refresh.get(key)
        if known is None:
            return
        if known.grant.client_id != client_id:
            raise OAuthFault("invalid_grant", "The token was issued to another client")
        if isinstance(known, _Refresh):
            known.grant.end()
        else:
            del self._access[key]

    def expire(self, token: str) -> None:
        """End an access token before its time."""
        self._access.pop(digest(token), None)

    def expire_all(self) -> int:
        """End every access token before its time; refresh tokens stay. Return how many ended."""
        count = self.counts()["access"]
        self._access.clear()
        return count

    def end_all(self) -> int:
        """End every grant with all its tokens; return how many ended."""
        grants = {each.grant for each in self._live()}
        for grant in grants:
            grant.end()
        self._access.clear()
        return len(grants)

    def counts(self) -> dict[str, int]:
        """Count the tokens that are good for something."""
        live = list(self._live())
        refresh = sum(isinstance(each, _Refresh) for each in live)
        return {"access": len(live) - refresh, "refresh": refresh}

    def _live(self) -> Iterable[_Access | _Refresh]:
        yield from (each for each in self._access.values() if self._is_live(each))
        yield from (each for each in self._refresh.values() if self._is_live(each) and not each.is_used)

    def _is_live(self, each: _Access | _Refresh) -> bool:
        return not each.grant.is_ended and self._clock() < each.ends_at


def _drop_ended(tokens: dict[bytes, _Access] | dict[bytes, _Refresh], now: datetime) -> None:
    # They end in the order they were issued in, so the ended ones are in front.
    while tokens and tokens[key := next(iter(tokens))].ends_at <= now:
        del tokens[key]
