"""Public fakes of the outside world, for tests of flows, nodes and drivers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from flowengine.core.answers import Answer, TimedOut
from flowengine.core.plan import DEFAULT_TIMEOUT
from flowengine.core.wants import Await, Send


class FakeEffects:
    """Answers by a function, counts its ids, and moves its clock only when somebody sleeps or waits in vain.

    ``event`` answers waits for events; without it none comes. ``address`` is where all integrations post later results.
    ``sent`` has every request in order, ``awaited`` every wait for an event, ``slept`` every pause in seconds.
    """

    def __init__(
        self,
        answer: Callable[[Send], Answer | Awaitable[Answer]],
        now: float = 1_767_225_600.0,
        *,
        event: Callable[[Await], Answer] | None = None,
        address: str | None = None,
    ) -> None:
        self._answer = answer
        self._event = event
        self._address = address
        self._now = now
        self._ids = 0
        self.sent: list[Send] = []
        self.awaited: list[Await] = []
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

    def callback(self, integration: str | None) -> str | None:
        """See Effects."""
        return self._address if integration is not None else None

    async def receive(self, want: Await) -> Answer:
        """See Effects; returns at once."""
        self.awaited.append(want)
        answer = self._event(want) if self._event is not None else TimedOut("no event came")
        if isinstance(answer, TimedOut):
            await self.sleep(want.seconds or 0.0)
        return answer

    async def send(self, want: Send) -> Answer:
        """See Effects."""
        self.sent.append(want)
        answer = self._answer(want)
        return await answer if isinstance(answer, Awaitable) else answer
