"""How a sandbox posts results: what somebody who starts one can choose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class CallbackOptions:
    """``delay`` is the shortest and the longest time from the 202 to the result, in seconds, spread by ``seed``.

    ``secret`` signs; without one it is made at start. ``to`` has the hosts beside this machine that may be posted to.
    ``retries`` has the seconds before each further attempt where the receiver answers 5xx or cannot be reached.
    """

    delay: tuple[float, float] = (0.05, 0.2)
    seed: int = 0
    secret: str | None = field(default=None, repr=False)
    to: Sequence[str] = ()
    retries: Sequence[float] = (0.5, 1, 2, 4, 8)
