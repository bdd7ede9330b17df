"""How much of the server one caller, and all together, may take: rates by token bucket, and how many at once.

The clock comes from outside; it has to be one that never goes back.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import ceil
from typing import Final, NamedTuple

from flowengine.server.routing import ApiError

_MOST_CALLERS: Final = 10_000


class Rate(NamedTuple):
    """``each_second`` requests for long, ``burst`` of them at once."""

    each_second: float
    burst: int


class Limits(NamedTuple):
    """Of one server. Seconds, bytes, requests."""

    callers: Rate = Rate(100, 400)
    senders: Rate = Rate(2_000, 4_000)
    """Of webhooks and callbacks, by address."""

    failures: Rate = Rate(1, 20)
    """Wrong tokens and signatures, by address."""

    calls: int = 64
    hooks: int = 256
    streams: int = 100
    connections: int = 2_000
    body_within: float = 20.0
    send_within: float = 10.0
    """A reader of a stream who takes longer for a piece is dropped."""

    heartbeat: float = 15.0


class Buckets:
    """A token bucket for each caller. Those who were not seen longest are forgotten first."""

    def __init__(self, rate: Rate, clock: Callable[[], float]) -> None:
        self._rate = rate
        self._clock = clock
        self._filled: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, caller: str) -> float:
        """Take one; return 0, or in how many seconds there is one."""
        now = self._clock()
        left, at = self._filled.get(caller, (float(self._rate.burst), now))
        left = min(self._rate.burst, left + (now - at) * self._rate.each_second)
        wait = 0.0 if left >= 1 else (1 - left) / self._rate.each_second
        self._filled[caller] = (left if wait else left - 1, now)
        self._filled.move_to_end(caller)
        if len(self._filled) > _MOST_CALLERS:
            self._filled.popitem(last=False)
        return wait

    def refuse_fast(self, caller: str) -> None:
        """Take one. Raises ApiError (429)."""
        wait = self.take(caller)
        if wait:
            seconds = ceil(wait)
            raise ApiError(
                429,
                "too-many-requests",
                f"that was more than {self._rate.each_second:g} requests a second",
                f"try again in {seconds} s",
                headers={"Retry-After": str(seconds)},
            )


class Crowd:
    """How many are inside at once."""

    def __init__(self, what: str, most: int) -> None:
        self.inside = 0
        self._what = what
        self._most = most

    @contextmanager
    def enter(self) -> Iterator[None]:
        """Be inside. Raises ApiError (503)."""
        if self.inside >= self._most:
            raise ApiError(
                503,
                "busy",
                f"{self._most} {self._what} are under way, and more are not taken",
                "try again in a moment",
                headers={"Retry-After": "1"},
            )
        self.inside += 1
        try:
            yield
        finally:
            self.inside -= 1
