"""The whole outside world of a run, as one small protocol."""

from __future__ import annotations

from typing import Protocol

from flowengine.core.answers import Answer
from flowengine.core.wants import Await, Send


class Effects(Protocol):
    """What a live driver needs from the world. ``flowengine.effects.fakes`` has public fakes for tests."""

    def now(self) -> float:
        """Return the time: seconds since the epoch."""

    def new_id(self) -> str:
        """Return an id that nothing else has."""

    async def sleep(self, seconds: float) -> None:
        """Let time pass."""

    async def send(self, want: Send) -> Answer:
        """Send a request and return what came back; the caller bounds its time. Never raises for the other side."""

    def timeout(self, integration: str | None) -> float:
        """Return how long an attempt may take (seconds) where the flow does not say."""

    def callback(self, integration: str | None) -> str | None:
        """Return the address that an integration is asked to post later results to; None: it is not asked."""

    async def receive(self, want: Await) -> Answer:
        """Wait for an event, in this process, for as long as is wanted. A run that is kept waits in its journal."""
