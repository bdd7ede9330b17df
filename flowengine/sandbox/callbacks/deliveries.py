"""What became of each callback, for the page and for tests. The newest are kept."""

from __future__ import annotations

import json
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from flowengine.core.answers import Json
from flowengine.sandbox.callbacks.callback import Callback

MAX_KEPT: Final = 1_000


@dataclass(slots=True)
class Delivery:
    """One callback and how it goes.

    ``state``: waiting, held (for a later one), delivered, failed, never (by a fault) or dropped (by a reset). ``posts``
    counts attempts; ``last`` is the last status, or why there was none.
    """

    number: int
    callback: Callback
    at: str
    state: str = "waiting"
    posts: int = 0
    last: int | str | None = None

    @property
    def is_over(self) -> bool:
        """Whether it is not to be posted any more."""
        return self.state in ("never", "dropped")

    def as_json(self) -> dict[str, Json]:
        """Write it, with what is posted."""
        callback = self.callback
        return {
            "number": self.number,
            "tid": callback.tid,
            "operation": callback.operation,
            "event": callback.event,
            "url": callback.url,
            "at": self.at,
            "state": self.state,
            "posts": self.posts,
            "last": self.last,
            "body": json.loads(callback.body),
        }


class Deliveries:
    """The callbacks of this sandbox, the newest first, and the ``secret`` that they are signed with."""

    def __init__(self, secret: str) -> None:
        self.secret = secret
        self._kept: deque[Delivery] = deque(maxlen=MAX_KEPT)
        self._last = 0

    def __iter__(self) -> Iterator[Delivery]:
        return reversed(self._kept)

    def add(self, callback: Callback, at: str) -> Delivery:
        """Take in a callback; numbers follow the order of the calls."""
        self._last += 1
        delivery = Delivery(self._last, callback, at)
        self._kept.append(delivery)
        return delivery

    def drop(self) -> None:
        """Forget them all; what was not posted yet never is."""
        for delivery in self._kept:
            if delivery.state in ("waiting", "held"):
                delivery.state = "dropped"
        self._kept.clear()

    def listed(self, limit: int) -> dict[str, Json]:
        """List the newest, and count the states of all that are kept."""
        counts = Counter(each.state for each in self._kept)
        listed = [each.as_json() for each in islice(self, limit)]
        return {"secret": self.secret, "total": self._last, "counts": counts, "callbacks": listed}
