"""Public fakes of the outside world, for tests of flows, nodes and drivers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from flowengine.core.answers import Answer
from flowengine.core.plan import DEFAULT_TIMEOUT
from flowengine.core.wants import Send


class FakeEffects:
    """Answers by a function, counts its ids, and moves its clock only when somebody sleeps.

    ``sent`` has every request in order; ``slept`` every pause in seconds.
    """

    def __init__(self, answer: Callable[[Send], Answer | Awaitable[Answer]], now: float = 1_767_225_600.0) -> None:
        self._answer = answer
        self._now = now
        self._ids = 0
        self.sent: list[Send] = []
        self.slept: list[float] = []

    def now(self) -> float:
        """See Effects."""
        return self._now

    def new_id(self) -> str:
        """See Effects."""
        self._ids += 1
        return f"run-{self._ids}"

    async def sleep(self, seconds: float) -> None:
        """See Effects; returns at once."""
        self._now += seconds
        self.slept.append(seconds)
        await asyncio.sleep(0)

    def timeout(self, integration: str | None) -> float:  # noqa: ARG002 - the same for all
        """See Effects."""
        return DEFAULT_TIMEOUT

    async def send(self, want: Send) -> Answer:
        """See Effects."""
        self.sent.append(want)
        answer = self._answer(want)
        return await answer if isinstance(answer, Awaitable) else answer
