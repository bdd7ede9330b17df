"""Delivers the stream of one environment from the outbox: at least once, in order per conversation.

The outbox gives out one row of a conversation at a time, and holds it for whoever got it; so any number of processes
may deliver one database. While the stream is off, or nothing gets through, rows stay where they are.
"""

from __future__ import annotations

import asyncio
import logging
import math
import random
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from types import TracebackType
from typing import Final, NamedTuple, Self, TypeAlias

from flowengine.effects.protocol import Effects
from flowengine.errors import FlowError
from flowengine.journal.faults import JournalFault
from flowengine.journal.outbox import Forward, OutboxRow
from flowengine.journal.protocol import Journal
from flowengine.project import ENGAGE, Environment
from flowengine.streams.forwarding.backoff import Backoff
from flowengine.streams.forwarding.engage import Tenant, ask_tenant, post_event
from flowengine.streams.forwarding.kept import kept_settings, stream_key
from flowengine.streams.forwarding.payload import payload_of
from flowengine.streams.forwarding.settings import CHANNELS, NAME, TITLE, Settings
from flowengine.streams.forwarding.verdicts import Kind, Verdict, judge
from flowengine.streams.payloads import ChannelEvent

_LOG: Final = logging.getLogger("flowengine.streams")
_SHORTEST: Final = 0.02
"""Seconds between two looks, at least."""

_TOLD_EVERY: Final = 600.0
"""Seconds."""

Open: TypeAlias = Callable[[str | None], Awaitable[Effects]]
"""Opens an environment by its name."""


class Pace(NamedTuple):
    """Of a deliverer; times in seconds.

    At most ``at_once`` events are under way, each held for ``lease``. At least every ``look`` it is looked for events
    that other processes have kept, and for changed settings. ``closed`` are the waits while nothing gets through.
    """

    at_once: int = 16
    lease: float = 25.0
    look: float = 1.0
    backoff: Backoff = Backoff()
    closed: Backoff = Backoff(2.0, 60.0)


class Deliverer:
    """Delivers, from ``async with`` on as far as settings are known, and really while ``follow`` runs.

    ``clock`` gives the time of the rows, ``chance`` numbers from 0 to 1 that spread the waits.
    """

    def __init__(  # noqa: PLR0913 - each is a part of the world of its own
        self,
        journal: Journal,
        environment: Environment,
        effects: Open,
        *,
        pace: Pace = Pace(),  # noqa: B008 - immutable
        clock: Callable[[], float] = time.time,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.settings = Settings()
        self.tenant: Tenant | None = None
        """What was known when it was last asked."""
        self._journal = journal
        self._history = journal.history()
        self._environment = environment
        self._stream = stream_key(environment.name)
        self._effects = effects
        self._pace = pace
        self._clock = clock
        self._chance = chance
        self._following: asyncio.Task[None] | None = None
        self._under_way: dict[asyncio.Task[None], OutboxRow] = {}
        self._wake = asyncio.Event()
        self._leaving = False
        self._is_open = False
        self._closed_for: str | None = None
        self._misses = 0
        self._not_before = 0.0
        self._read_at = -math.inf
        self._told: dict[str, tuple[str, float]] = {}

    async def __aenter__(self) -> Self:
        await self.reread()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.drain(0)
        await asyncio.to_thread(self._history.close)

    @property
    def under_way(self) -> int:
        """How many events are being delivered."""
        return len(self._under_way)

    @property
    def closed_for(self) -> str | None:
        """Why nothing gets through now, None while it does, or while nobody has tried."""
        return self._closed_for

    def forward(self, event: ChannelEvent) -> list[Forward]:
        """Return what goes into the outbox with an event. May be called in another thread."""
        if ENGAGE not in self._environment.integrations or not self.settings.takes(event):
            return []
        known = f"{event.channel}:{event.id}"
        return [Forward(self._stream, known, event.conversation, payload_of(event), event.at)]

    def look(self) -> None:
        """Look at once: something was kept."""
        self._wake.set()

    async def reread(self) -> None:
        """Read the settings, which may have changed, and go by them at once."""
        self._read_at = self._clock()
        settings, _ = await asyncio.to_thread(kept_settings, self._history, self._environment.name)
        if settings != self.settings:
            self.settings = settings
            self._is_open, self._misses, self._not_before = False, 0, 0.0
            self._wake.set()

    async def follow(self) -> None:
        """Deliver until ``drain``, whatever becomes of the journal and of Engage meanwhile."""
        if ENGAGE not in self._environment.integrations:
            return
        self._following = asyncio.current_task()
        if self.settings.enabled and set(self._environment.channels) & set(self.settings.channels or CHANNELS):
            await self._ask()
        while not self._leaving:
            try:
                if not 0 <= self._clock() - self._read_at < self._pace.look:
                    await self.reread()
                await self._take()
                seconds = await self._until_next()
            except JournalFault as fault:
                self._tell("journal", f"the journal cannot be used: {fault}")
                seconds = self._pace.look
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._wake.wait()
            self._wake.clear()

    async def drain(self, grace: float) -> None:
        """Begin nothing more, give what is under way ``grace`` seconds, and cut the rest off: it is sent once more."""
        self._leaving = True
        self._wake.set()
        if self._following is not None:
            _, late = await asyncio.wait([self._following], timeout=grace)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late)
        if self._under_way and grace > 0:
            await asyncio.wait(self._under_way, timeout=grace)
        left = dict(self._under_way)
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left)
        for row in (row for task, row in left.items() if task.cancelled()):
            now = self._clock()
            with suppress(JournalFault):
                await self._journal.failed(row.number, now, now, "cut off by the end of a process", counts=False)

    async def _take(self) -> None:
        """Begin to deliver what is due, as far as there is room."""
        now, room = self._clock(), self._room()
        if not self.settings.enabled or room <= 0 or now < self._not_before:
            return
        if not self._is_open:
            due = await self._journal.outbox_next(self._stream)
            if due is None or due > now or not await self._ask():
                return
            now, room = self._clock(), self._room()
        for row in await self._journal.outbox_due(now, room, self._pace.lease, self._stream):
            task = asyncio.create_task(self._deliver(row))
            self._under_way[task] = row
            task.add_done_callback(self._let_go)

    async def _until_next(self) -> float:
        """Return how long to wait: until something is due that may be sent, or it is time to look again."""
        look, now = self._pace.look, self._clock()
        if not self.settings.enabled or self._room() <= 0:
            return look
        due = await self._journal.outbox_next(self._stream)
        return look if due is None else min(look, max(_SHORTEST, max(due, self._not_before) - now))

    def _room(self) -> int:
        """Return how many more may be under way: one alone, where nothing got through before."""
        return (1 if self._misses else self._pace.at_once) - len(self._under_way)

    def _let_go(self, task: asyncio.Task[None]) -> None:
        del self._under_way[task]
        self._wake.set()

    async def _deliver(self, row: OutboxRow) -> None:
        verdict = await self._post(row)
        try:
            await self._note(row, verdict)
        except JournalFault as fault:
            # It is held until its lease ends, and then sent once more.
            self._tell("journal", f"what came of event {row.event} cannot be kept: {fault}")

    async def _post(self, row: OutboxRow) -> Verdict:
        try:
            effects = await self._effects(self._environment.name)
            answer = await post_event(effects, self.settings.authorization, row.event, row.body)
        except FlowError as fault:
            return Verdict(Kind.CLOSED, str(fault))
        except Exception as fault:  # noqa: BLE001 - ours: it is logged, and the event stays
            _LOG.exception("a fault of flowengine while event %s was delivered", row.event)
            return Verdict(Kind.AGAIN, f"{type(fault).__name__}: {fault}")
        return judge(answer, self._clock())

    async def _note(self, row: OutboxRow, verdict: Verdict) -> None:
        now, attempts = self._clock(), row.attempts + 1
        backoff = self._pace.backoff
        if verdict.kind is Kind.DELIVERED:
            self._opened()
            await self._journal.delivered(row.number, now)
        elif verdict.kind is Kind.CLOSED:
            self._close(verdict.reason)
            await self._journal.failed(row.number, now, now, verdict.reason, counts=False)
        elif verdict.kind is Kind.DEAD or backoff.is_over(attempts):
            given_up = "" if verdict.kind is Kind.DEAD else f"given up after {attempts} attempts: "
            _LOG.warning("event %s is not delivered: %s%s", row.event, given_up, verdict.reason)
            await self._journal.dead(row.number, now, f"{given_up}{verdict.reason}")
        else:
            self._tell("again", f"Engage did not take an event, and gets it again: {verdict.reason}")
            wait = backoff.wait(attempts, self._chance)
            if verdict.wait is not None:
                # Whoever says when to come back says so to all.
                self._not_before = max(self._not_before, now + verdict.wait)
                wait = max(wait, verdict.wait)
            await self._journal.failed(row.number, now, now + wait, verdict.reason)

    async def _ask(self) -> bool:
        """Ask whether the tenant may stream; return whether it is worth trying. Where nobody can tell, it is."""
        try:
            effects = await self._effects(self._environment.name)
            self.tenant = await ask_tenant(effects, self.settings.authorization)
        except FlowError as fault:
            self.tenant = Tenant(None, str(fault), is_refused=True)
        reason = self.tenant.reason or ""
        if self.tenant.may_stream is False or self.tenant.is_refused:
            self._close(reason)
            return False
        if self.tenant.may_stream is None:
            self._tell("tenant", f"whether the tenant may stream is not known: {reason}")
        else:
            self._closed_for = None
        self._is_open = True
        return True

    def _close(self, reason: str) -> None:
        """Let everything rest for some time: it would not get through."""
        self._is_open = False
        self._closed_for = reason
        now = self._clock()
        if now >= self._not_before:
            self._misses += 1
            self._not_before = now + self._pace.closed.wait(self._misses, self._chance)
        unwanted = f"who does not want the stream ends it with `flowengine streams disable {NAME}`"
        self._tell("closed", f"events stay in the outbox, and nothing is lost: {reason}; {unwanted}")

    def _opened(self) -> None:
        """Note that events get through."""
        if self._told.pop("closed", None) is not None:
            _LOG.info("%s: events are delivered again", TITLE)
        self._closed_for, self._misses = None, 0

    def _tell(self, about: str, sentence: str) -> None:
        """Say something, unless the same was said lately."""
        said, at = self._told.get(about, ("", -math.inf))
        if self._clock() - at >= _TOLD_EVERY or (about == "closed" and said != sentence):
            self._told[about] = sentence, self._clock()
            _LOG.warning("%s: %s", TITLE, sentence)
