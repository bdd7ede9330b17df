"""How long it is waited after an attempt that failed, and when it is over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Final, NamedTuple

MOST_ASKED: Final = 3600.0
"""Seconds that somebody may ask to wait with Retry-After; more is taken for this."""

_DOUBLED: Final = 30


class Backoff(NamedTuple):
    """Waits of ``first`` seconds, doubled up to ``longest``, until they make up ``within`` seconds.

    What counts are the waits and not the time on the clock: a process that did not run has tried nothing.
    """

    first: float = 1.0
    longest: float = 600.0
    within: float = 86_400.0

    def after(self, attempts: int) -> float:
        """Return the wait after so many attempts, before chance has its say."""
        return min(self.longest, self.first * 2.0 ** min(attempts - 1, _DOUBLED))

    def wait(self, attempts: int, random: Callable[[], float]) -> float:
        """Return a wait between half and all of that: whoever failed together does not come back together."""
        return self.after(attempts) * (0.5 + random() / 2)

    def is_over(self, attempts: int) -> bool:
        """Whether after so many attempts there is none any more."""
        waited = 0.0
        for attempt in range(1, attempts + 1):
            waited += self.after(attempt)
            if waited >= self.within:
                return True
        return False


def asked_wait(header: str | None, now: float) -> float | None:
    """Return for how many seconds a Retry-After asks: they, or a date. None where it says nothing that can be read."""
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit():
        return min(float(text), MOST_ASKED)
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return None
    return min(max(0.0, (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp() - now), MOST_ASKED)
