from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from flowengine.authorizations.life import Keeper
from flowengine.authorizations.record import AUTHORIZED, CLIENT_CREDENTIALS, Authorization
from flowengine.authorizations.secret import Secret
from flowengine.authorizations.store import MemoryStore
from flowengine.effects.live import LiveEffects
from flowengine.journal.inbox import NewEvent
from flowengine.journal.memory import MemoryJournal
from flowengine.journal.outbox import OutboxRow
from flowengine.project import ENGAGE, Channel, Environment, Integration
from flowengine.sandbox.server import Sandbox
from flowengine.streams.forwarding.backoff import Backoff
from flowengine.streams.forwarding.delivering import Deliverer, Pace
from flowengine.streams.forwarding.kept import stream_key
from flowengine.streams.forwarding.settings import NAME
from flowengine.streams.payloads import ChannelEvent, read_event

NOW = 1_795_000_000.0
STREAM = stream_key("test")
PACE = Pace(backoff=Backoff(8.0, 64.0, 600.0), closed=Backoff(2.0, 60.0))


def sms(number: int, customer: int = 1, **more: Any) -> ChannelEvent:
    body = {"oa": f"+4477009000{customer:02}", "da": "+447700900900", "message": "Hello", "transid": f"t-{number}"}
    event = read_event("sms", {"channel": "SMS", "event": "MO", "ts": str(number), **body, **more}, NOW + number / 1000)
    assert isinstance(event, ChannelEvent)
    return event


class Clock:
    """Stands still until it is told otherwise."""

    def __init__(self) -> None:
        self.now = NOW + 1

    def __call__(self) -> float:
        return self.now


class Noting(MemoryJournal):
    """A journal that can be waited for."""

    def __init__(self) -> None:
        super().__init__()
        self.noted = 0
        self._changed = asyncio.Condition()

    async def delivered(self, number: int, at: float) -> None:
        await super().delivered(number, at)
        await self._note()

    async def failed(self, number: int, at: float, next_at: float, error: str, *, counts: bool = True) -> None:
        await super().failed(number, at, next_at, error, counts=counts)
        await self._note()

    async def dead(self, number: int, at: float, error: str) -> None:
        await super().dead(number, at, error)
        await self._note()

    async def _note(self) -> None:
        async with self._changed:
            self.noted += 1
            self._changed.notify_all()

    async def until(self, noted: int, within: float = 20) -> None:
        """Wait until so many attempts have been noted."""
        async with asyncio.timeout(within), self._changed:
            await self._changed.wait_for(lambda: self.noted >= noted)


@dataclass
class Streaming:
    """A deliverer at work over a journal, and the sandbox that it delivers to."""

    journal: Noting
    deliverer: Deliverer
    clock: Clock
    sandbox: Sandbox
    http: httpx.AsyncClient

    async def accept(self, *events: ChannelEvent) -> None:
        for one in events:
            new = NewEvent(one.id, one.event, one.keys, one.trigger, one.at, one.channel, one.conversation)
            await self.journal.accept(new, (), self.deliverer.forward(one))
        self.deliverer.look()

    async def arrived(self) -> list[dict[str, Any]]:
        headers = {"Authorization": f"Bearer {self.sandbox.token}"}
        answer = await self.http.get(f"{self.sandbox.base_url}/streams/events", headers=headers)
        found: list[dict[str, Any]] = answer.json()["value"]["events"]
        return found

    async def admin(self, method: str, path: str, value: Any) -> None:
        (await self.http.request(method, f"{self.sandbox.url}/admin/{path}", json=value)).raise_for_status()

    async def fault(self, **fault: Any) -> None:
        await self.admin("POST", "faults", {"faults": [fault]})

    def rows(self) -> list[OutboxRow]:
        return self.journal.history().outbox(STREAM)

    def later(self, seconds: float) -> None:
        self.clock.now += seconds
        self.deliverer.look()


def authorization_of(sandbox: Sandbox) -> Authorization:
    return Authorization(
        name=NAME,
        kind=CLIENT_CREDENTIALS,
        integration=None,
        hosts=(httpx.URL(sandbox.url).netloc.decode(),),
        state=AUTHORIZED,
        client_id=sandbox.client_id,
        token_url=f"{sandbox.url}/oauth/token",
        secrets={"client_secret": Secret(sandbox.client_secret)},
    )


@asynccontextmanager
async def opened(
    *, journal: Noting | None = None, pace: Pace = PACE, is_authorized: bool = True, **options: Any
) -> AsyncIterator[Streaming]:
    async with Sandbox(**options) as sandbox, httpx.AsyncClient(trust_env=False) as http:
        environment = Environment("test", {ENGAGE: Integration(sandbox.base_url)}, channels={"sms": Channel()})
        keeper = Keeper(MemoryStore([authorization_of(sandbox)] if is_authorized else []))
        effects = LiveEffects(environment, keeper)

        async def open_it(_: str | None) -> LiveEffects:
            return effects

        kept, clock = journal or Noting(), Clock()
        async with Deliverer(kept, environment, open_it, pace=pace, clock=clock, chance=lambda: 1.0) as deliverer:
            following = asyncio.create_task(deliverer.follow())
            yield Streaming(kept, deliverer, clock, sandbox, http)
            await deliverer.drain(5.0)
            await following
        await keeper.aclose()


@pytest.fixture
def streaming() -> Callable[..., Any]:
    return opened


@pytest.fixture
def event() -> Callable[..., ChannelEvent]:
    """Make an SMS."""
    return sms
