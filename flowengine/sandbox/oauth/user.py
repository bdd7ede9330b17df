"""The one person who can log in, and how often somebody may guess."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from flowengine.sandbox.engage import Clock
from flowengine.sandbox.oauth.digests import same

LOGIN: Final = "agent@example.com"
MAX_WRONG: Final = 5
BLOCKED: Final = timedelta(seconds=30)
_PASSWORD_LENGTH: Final = 16


class User:
    """A login with a password that is made at start.

    Kept as it is only because the sandbox has to show it: a real server keeps a slow, salted hash, and counts wrong
    tries by account and by address.
    """

    def __init__(self, *, clock: Clock, new_secret: Callable[[], str]) -> None:
        self._clock = clock
        self._new_secret = new_secret
        self.change_password()

    def change_password(self) -> None:
        """Take another password; the old one is refused from now on."""
        self.password = self._new_secret()[:_PASSWORD_LENGTH]
        self._wrong = 0
        self._blocked_until: datetime | None = None

    def seconds_blocked(self) -> int:
        """Return how long no password is looked at, not even the right one; 0 if one is."""
        if self._blocked_until is None:
            return 0
        return max(0, math.ceil((self._blocked_until - self._clock()).total_seconds()))

    def check(self, login: str, password: str) -> bool:
        """Whether login and password are right. After some wrong ones in a row, none is looked at for a while."""
        if self.seconds_blocked():
            return False
        if same(f"{login.strip().lower()}\n{password}", f"{LOGIN}\n{self.password}"):
            self._wrong = 0
            return True
        self._wrong += 1
        if self._wrong >= MAX_WRONG:
            self._wrong = 0
            self._blocked_until = self._clock() + BLOCKED
        return False
