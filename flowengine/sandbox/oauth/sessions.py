"""Who sits at which browser: sessions in a cookie, each with the token that its forms have to bring along."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from flowengine.sandbox.engage import Clock
from flowengine.sandbox.oauth.digests import digest

LIFETIME: Final = timedelta(minutes=30)
MAX_SESSIONS: Final = 200


@dataclass(frozen=True, slots=True)
class Session:
    """One browser. ``login`` is None until somebody has logged in; ``form_token`` proves that a form is our page's."""

    form_token: str
    login: str | None
    ends_at: datetime


class Sessions:
    """The sessions of the last half hour. As anyone can begin one, the oldest give way when there are too many."""

    def __init__(self, *, clock: Clock, new_secret: Callable[[], str]) -> None:
        self._clock = clock
        self._new_secret = new_secret
        self._sessions: dict[bytes, Session] = {}

    def begin(self, login: str | None = None) -> tuple[str, Session]:
        """Begin a session; return its cookie's value and the session."""
        while len(self._sessions) >= MAX_SESSIONS:
            del self._sessions[next(iter(self._sessions))]
        value = self._new_secret()
        session = Session(self._new_secret(), login, self._clock() + LIFETIME)
        self._sessions[digest(value)] = session
        return value, session

    def find(self, cookies: str, name: str) -> Session | None:
        """Return the session of a Cookie header. Others on this machine can set the same name, so all are tried."""
        for cookie in cookies.split(";"):
            found, _, value = cookie.strip().partition("=")
            session = self._sessions.get(digest(value)) if found == name else None
            if session is not None and self._clock() < session.ends_at:
                return session
        return None

    def log_in(self, before: Session, login: str) -> str:
        """Return the cookie of a new session: the one from before login may be known to somebody else, and ends."""
        self._sessions = {key: each for key, each in self._sessions.items() if each is not before}
        return self.begin(login)[0]

    def end_all(self) -> None:
        """Log everybody out."""
        self._sessions.clear()
