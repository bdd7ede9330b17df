"""The environments that kept runs were started in, each opened when the first run needs it."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager, AsyncExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from flowengine.api import connect
from flowengine.authorizations.store import FileStore, StoreFault
from flowengine.core.plan import Plan
from flowengine.effects.alone import Alone
from flowengine.effects.protocol import Effects
from flowengine.project import find_project


class Worlds:
    """Environments of the project that holds near a place. Open it with ``async with``."""

    def __init__(self, near: Path) -> None:
        self.near = near
        self._open: dict[str, Effects] = {}
        self._opening = asyncio.Lock()
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def __call__(self, environment: str | None) -> Effects:
        """Return an environment, or the world of flows that send nothing. Raises UsageError, InvalidFile."""
        if environment is None:
            return Alone()
        async with self._opening:
            if environment not in self._open:
                # Once read they are known, and no entry has them: the first is kept before a request needs one.
                with suppress(StoreFault):  # whichever request needs one says so
                    await asyncio.to_thread(FileStore().read)
                self._open[environment] = await self._stack.enter_async_context(self.opening(environment))
            return self._open[environment]

    def opening(self, environment: str) -> AbstractAsyncContextManager[Effects]:
        """Return what opens an environment. Raises UsageError, InvalidFile."""
        return connect(environment, self.near, kept=True)


def environment_of(plan: Plan, near: Path, given: str | None) -> str | None:
    """Return the environment that a run is kept with: its own name for the default one, None where nothing is sent."""
    whole = (plan.data, *plan.flows.values())
    if given is None and not any("request" in one for data in whole for one in data["types"].values()):
        return None
    return find_project(near).environment(given).name
