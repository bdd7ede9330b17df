from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from flowengine.sandbox.engage import Engage
from flowengine.sandbox.server import Sandbox

START = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


class Clock:
    """Stands still until it is told otherwise."""

    def __init__(self) -> None:
        self.time = START

    def __call__(self) -> datetime:
        return self.time

    def pass_seconds(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def new_id() -> Callable[[str], str]:
    counts: dict[str, itertools.count[int]] = {}
    return lambda kind: f"{kind}-{next(counts.setdefault(kind, itertools.count(1)))}"


@pytest.fixture
def engage(clock: Clock, new_id: Callable[[str], str]) -> Engage:
    return Engage(clock=clock, new_id=new_id)


Scenario = Callable[[Sandbox, httpx.AsyncClient], Awaitable[Any]]


@pytest.fixture
def live() -> Callable[..., Any]:
    """Run a scenario against a real server, with a client that has a token; options are those of Sandbox."""

    def run(scenario: Scenario, **options: Any) -> Any:
        async def go() -> Any:
            async with Sandbox(**options) as sandbox:
                headers = {"Authorization": f"Bearer {sandbox.token}"}
                async with httpx.AsyncClient(base_url=sandbox.base_url, headers=headers, trust_env=False) as client:
                    return await scenario(sandbox, client)

        return asyncio.run(go())

    return run
