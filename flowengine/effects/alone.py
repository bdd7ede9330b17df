"""The world of a flow that needs nobody: a clock and ids."""

from __future__ import annotations

import asyncio
import time
import uuid

from flowengine.core.answers import Answer, Broken
from flowengine.core.plan import DEFAULT_TIMEOUT
from flowengine.core.wants import Send


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

    async def send(self, want: Send) -> Answer:
        """See Effects."""
        return Broken(f"{want.request.method}: this run has no environment to send requests in")
