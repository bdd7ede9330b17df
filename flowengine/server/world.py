"""Everything that handlers need of one server, put together once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from flowengine.drivers.durable import Worker
from flowengine.journal.protocol import History, Journal
from flowengine.runs.worlds import Worlds
from flowengine.server.access import Access
from flowengine.server.flows import Flows
from flowengine.server.histories import Histories
from flowengine.server.limits import Buckets, Crowd, Limits
from flowengine.server.listening import Told
from flowengine.server.live import Live
from flowengine.server.metrics import Metrics
from flowengine.server.protection import Names
from flowengine.streams.forwarding.delivering import Deliverer
from flowengine.streams.webhooks import World as Intake

T = TypeVar("T")


@dataclass(eq=False)
class ServerWorld:
    """One server. ``environment`` is what runs are started in where nobody says otherwise; None: the project's default.

    ``intake`` is what receives webhooks, and ``deliverer`` what hands them on, in that environment.

    Who sets ``stopping`` ends the server; from then on it is ``draining``, and begins nothing more. ``closing`` is set
    when streams have to end. ``following`` is the worker at work; ``openapi`` the document of the application.
    """

    folder: Path
    database: Path
    environment: str | None
    journal: Journal
    histories: Histories
    worker: Worker
    worlds: Worlds
    flows: Flows
    live: Live
    access: Access
    names: Names
    port: int
    told: Told
    intake: Intake
    deliverer: Deliverer
    metrics: Metrics = field(default_factory=Metrics)
    limits: Limits = field(default_factory=Limits)
    clock: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    draining: bool = False
    following: asyncio.Task[None] | None = None
    openapi: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        limits = self.limits
        self.callers = Buckets(limits.callers, self.monotonic)
        self.senders = Buckets(limits.senders, self.monotonic)
        self.failures = Buckets(limits.failures, self.monotonic)
        self.calls = Crowd("requests", limits.calls)
        self.hooks = Crowd("webhooks", limits.hooks)
        self.readers = Crowd("streams", limits.streams)

    def worker_claims(self) -> bool:
        """Whether the worker looks for runs that are due."""
        return self.following is not None and not self.following.done()

    async def ask(self, question: Callable[[History], T]) -> T:
        """Ask the journal something, in a thread. Raises what the question does."""
        return await self.histories.ask(question)

    def cookie(self, host: str) -> str:
        """Return the name of the session's cookie. Cookies know no ports, so that of this server is in it."""
        return "__Host-flowengine" if self.names.is_public(host) else f"flowengine-{self.port}"
