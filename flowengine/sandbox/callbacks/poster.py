"""Posts results to their callers: after a while, signed, again where that fails, and as wrongly as a fault wants it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from random import Random
from typing import Any, Final, TypeAlias

import aiohttp

from flowengine.sandbox.callbacks.callback import Callback
from flowengine.sandbox.callbacks.deliveries import Deliveries, Delivery
from flowengine.sandbox.callbacks.options import CallbackOptions
from flowengine.sandbox.callbacks.signing import signed_headers
from flowengine.sandbox.engage import Clock
from flowengine.sandbox.faults import Fault

Sleep: TypeAlias = Callable[[float], Awaitable[None]]
"""Lets seconds pass."""

# Not the whole time: waiting for one of the session's connections is not the receiver's fault.
_TIMEOUT: Final = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=10)
_AGAIN: Final = (408, 429)
_HEADERS: Final = {"Content-Type": "application/json", "User-Agent": "flowengine-sandbox"}


class Poster:
    """Posts the callbacks of one sandbox, each in a task of its own."""

    def __init__(self, options: CallbackOptions, *, deliveries: Deliveries, clock: Clock, sleep: Sleep) -> None:
        self._options = options
        self._deliveries = deliveries
        self._clock = clock
        self._sleep = sleep
        self._random = Random(options.seed)  # noqa: S311 - spreads delays, and the same ones in every run
        self._held: list[tuple[Delivery, Fault]] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._session: aiohttp.ClientSession | None = None

    async def stop(self) -> None:
        """Give up what is under way, and close the connections."""
        tasks, self._tasks = self._tasks, set()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def settled(self) -> None:
        """Wait until each callback has been posted or given up; one that is held for a later one is not waited for."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    @asynccontextmanager
    async def around(self, callback: Callback, fault: Fault, at: str) -> AsyncIterator[None]:
        """Post a callback some time after the answer, which is sent inside; with the fault ``early`` before it."""
        delivery = self._deliveries.add(callback, at)
        answered = asyncio.Event()
        if fault.callback == "early":
            if not await self._post(delivery):
                self._begin(self._again(delivery))
            self._release(delivery)
        elif fault.callback == "never":
            delivery.state = "never"
        elif fault.callback == "reordered":
            delivery.state = "held"
            self._held.append((delivery, fault))
        else:
            self._begin(self._after(answered, delivery, fault))
        try:
            yield
        finally:
            answered.set()

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _after(self, answered: asyncio.Event, delivery: Delivery, fault: Fault) -> None:
        usual = self._random.uniform(*self._options.delay)
        await answered.wait()
        await self._sleep(usual if fault.callback_delay is None else fault.callback_delay)
        for _ in range(2 if fault.callback == "twice" else 1):
            await self._persist(delivery)
        self._release(delivery)

    def _release(self, delivery: Delivery) -> None:
        """Let those go that waited for a later one's result."""
        free = [each for each in self._held if each[0].number < delivery.number]
        self._held = [each for each in self._held if each not in free]
        for held, fault in free:
            if not held.is_over:
                held.state = "waiting"
                self._begin(self._late(held, fault))

    async def _late(self, delivery: Delivery, fault: Fault) -> None:
        if fault.callback_delay is not None:
            await self._sleep(fault.callback_delay)
        await self._persist(delivery)

    async def _persist(self, delivery: Delivery) -> None:
        if not delivery.is_over and not await self._post(delivery):
            await self._again(delivery)

    async def _again(self, delivery: Delivery) -> None:
        for wait in self._options.retries:
            await self._sleep(wait)
            if delivery.is_over or await self._post(delivery):
                return
        delivery.state = "failed"

    async def _post(self, delivery: Delivery) -> bool:
        """Post once; return whether that was that."""
        body = delivery.callback.body
        headers = {**_HEADERS, **signed_headers(body, self._deliveries.secret, self._clock())}
        if self._session is None:
            self._session = aiohttp.ClientSession(
                timeout=_TIMEOUT, trust_env=False, cookie_jar=aiohttp.DummyCookieJar()
            )
        delivery.posts += 1
        url = delivery.callback.url
        try:
            async with self._session.post(url, data=body, headers=headers, allow_redirects=False) as answer:
                status = answer.status
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as fault:
            delivery.last = _reason(fault)
            return False
        delivery.last = status
        if status >= 500 or status in _AGAIN:  # noqa: PLR2004 - the server's faults
            return False
        if not delivery.is_over:
            delivery.state = "delivered" if 200 <= status < 300 else "failed"  # noqa: PLR2004 - HTTP's successes
        return True


def _reason(fault: Exception) -> str:
    if isinstance(fault, TimeoutError):
        return "no answer in time"
    return "not reachable" if isinstance(fault, aiohttp.ClientConnectorError) else "connection broken"
