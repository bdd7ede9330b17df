"""Who calls: by bearer token, by the session of a page, or from this machine as long as no token is kept."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Callable
from http.cookies import CookieError, SimpleCookie
from typing import Final

from starlette.datastructures import Headers

from flowengine.authorizations.faults import StoreFault
from flowengine.redaction import LIVE
from flowengine.server.routing import ApiError, Caller
from flowengine.server.tokens import TokenFile, digest

NOBODY: Final = Caller("", None)
SESSION_SECONDS: Final = 12 * 3600.0
TICKET_SECONDS: Final = 600.0
_MOST: Final = 200


class Access:
    """Knows callers by their requests.

    ``is_local``: the server listens on loopback only, and as long as no token is kept everybody on this machine may do
    everything. ``demands``: a session or a token is needed all the same. Once a token has been there, one is needed
    until the end of the process.
    """

    def __init__(self, tokens: TokenFile, clock: Callable[[], float], *, is_local: bool, demands: bool = False) -> None:
        self.tokens = tokens
        self._clock = clock
        self._is_open = is_local and not demands
        self._tickets: OrderedDict[str, tuple[str, float]] = OrderedDict()
        self._sessions: OrderedDict[str, tuple[str, float]] = OrderedDict()

    def caller(self, headers: Headers, cookie: str) -> Caller:
        """Return who calls; ``cookie`` is the name of the session's. Raises ApiError: 401 for a wrong token."""
        needs_nothing = self._needs_nothing()
        written = headers.get("authorization")
        if written is not None:
            return self._by_token(written)
        session = session_of(headers, cookie)
        if session is not None and (found := self._sessions.get(digest(session))) and self._clock() < found[1]:
            return Caller("session", found[0], has_session=True)
        return Caller("local", "edit") if needs_nothing else NOBODY

    def ticket(self, right: str = "edit") -> str:
        """Make a text for a URL that opens one session, once and soon."""
        return self._issue(self._tickets, right, TICKET_SECONDS)

    def redeem(self, ticket: str) -> str | None:
        """Exchange a ticket for the secret of a session."""
        right, until = self._tickets.pop(digest(ticket), ("", 0.0))
        return self._issue(self._sessions, right, SESSION_SECONDS) if self._clock() < until else None

    def _issue(self, where: OrderedDict[str, tuple[str, float]], right: str, seconds: float) -> str:
        secret = secrets.token_urlsafe(32)
        LIVE.learn(secret)
        where[digest(secret)] = (right, self._clock() + seconds)
        while len(where) > _MOST:
            where.popitem(last=False)
        return secret

    def _by_token(self, written: str) -> Caller:
        scheme, _, secret = written.partition(" ")
        try:
            token = self.tokens.find(secret.strip()) if scheme.lower() == "bearer" else None
        except StoreFault as fault:
            raise closed(fault) from None
        if token is None or not token.is_valid(self._clock()):
            said = "this token has expired" if token else "this is no token of this server"
            raise ApiError(
                401,
                "unauthenticated",
                said,
                "`flowengine tokens add NAME --right read` makes one",
                headers={"WWW-Authenticate": 'Bearer error="invalid_token"'},
            )
        LIVE.learn(secret.strip())
        return Caller(token.name, token.right)

    def _needs_nothing(self) -> bool:
        try:
            self._is_open = self._is_open and not self.tokens.read()
        except StoreFault as fault:
            raise closed(fault) from None
        return self._is_open


def closed(fault: StoreFault) -> ApiError:
    """Return the error for tokens that cannot be read: nobody is let in, and only the log says why."""
    error = ApiError(503, "tokens-unreadable", "the server cannot read its tokens", "its log says why")
    error.__cause__ = fault
    return error


def unauthenticated() -> ApiError:
    """Return the error for a caller who is not known."""
    return ApiError(
        401,
        "unauthenticated",
        "this needs a token: send `Authorization: Bearer TOKEN`",
        "`flowengine tokens add NAME --right read` makes one",
        headers={"WWW-Authenticate": "Bearer"},
    )


def session_of(headers: Headers, name: str) -> str | None:
    """Return the session that a request's cookies name."""
    cookies: SimpleCookie = SimpleCookie()
    for one in headers.getlist("cookie"):
        try:
            cookies.load(one)
        except CookieError:
            continue
    return cookies[name].value if name in cookies else None
