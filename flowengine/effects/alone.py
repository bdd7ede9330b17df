"""The world of a flow that needs nobody: a clock and ids."""

from __future__ import annotations

import asyncio
import time
import uuid
from typing import Final

from flowengine.core.answers import Answer, Broken, TimedOut
from flowengine.core.plan import DEFAULT_TIMEOUT
from flowengine.core.wants import Await, Send

_NOTHING_COMES: Final = "this run is not kept, so only events that it was started with reach it"


class Alone:
    """Effects without a network: real time, real ids, no requests."""

    def now(self) -> float:
        """See Effects."""
        return time.time()

    def new_id(self) -> str:
        """See Effects."""
        return uuid.uuid4().hex

    async def sleep(self, seconds: float) -> None:
        """See Effects."""
        await asyncio.sleep(seconds)

    def timeout(self, integration: str | None) -> float:  # noqa: ARG002 - no integration here has its own
        """See Effects."""
        return DEFAULT_TIMEOUT

    def callback(self, integration: str | None) -> str | None:  # noqa: ARG002 - nobody can post here
        """See Effects."""
        return None

    async def receive(self, want: Await) -> Answer:
        """See Effects."""
        if want.seconds is None:
            return Broken(f"it would wait for ever: {_NOTHING_COMES}")
        await self.sleep(want.seconds)
        return TimedOut(f"no event within {want.seconds:g} s: {_NOTHING_COMES}")

    async def send(self, want: Send) -> Answer:
        """See Effects."""
        return Broken(f"{want.request.method}: this run has no environment to send requests in")
