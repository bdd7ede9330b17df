"""Several processes deliver one journal in virtual time, while everything goes wrong that may; seed by seed."""

from __future__ import annotations

import asyncio
import random
import selectors
from collections import Counter, defaultdict
from typing import Any

import pytest

from flowengine.core.answers import Answer, Broken, HttpAnswer, TimedOut
from flowengine.core.wants import Send
from flowengine.effects.fakes import FakeEffects
from flowengine.journal.inbox import NewEvent
from flowengine.journal.memory import MemoryJournal
from flowengine.project import ENGAGE, Environment, Integration
from flowengine.streams.forwarding.delivering import Deliverer, Pace
from flowengine.streams.forwarding.kept import stream_key
from flowengine.streams.payloads import ChannelEvent

EVENTS = 60
CUSTOMERS = 5
PROCESSES = 3
AT_ONCE = 4
EPOCH = 1_795_000_000.0
ENVIRONMENT = Environment("test", {ENGAGE: Integration("https://engage.example.com")})


class _Passing(selectors.SelectSelector):
    """Lets virtual time pass in place of waiting."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        self.now += max(0.0, timeout or 0.0)
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._passing = _Passing()
        super().__init__(self._passing)

    def time(self) -> float:
        return self._passing.now

    def run_in_executor(self, executor: Any, func: Any, *args: Any) -> Any:  # noqa: ARG002 - there are no threads here
        future = self.create_future()
        future.set_result(func(*args))
        return future


class Engage:
    """The other side: takes events by their ids, and is as unreliable as chance wants it until ``calm``."""

    def __init__(self, chance: random.Random) -> None:
        self.came: list[str] = []
        self.refused: set[str] = set()
        self.unlinked_until = 0.0
        self.calm = False
        self._chance = chance

    async def answer(self, want: Send) -> Answer:
        await asyncio.sleep(self._chance.random() * 0.3)
        is_linked = asyncio.get_running_loop().time() >= self.unlinked_until
        if want.request.method == "GET":
            integrations = [ENGAGE]
            return HttpAnswer(200, {}, {"contactCenterLinked": is_linked, "integrations": integrations, "assets": []})
        if not is_linked:
            return HttpAnswer(403, {}, {"value": {"field": "contactCenterLinked"}})
        if not self.calm and self._chance.random() < 0.02:
            self.unlinked_until = asyncio.get_running_loop().time() + 50
        how = 1.0 if self.calm else self._chance.random()
        if how < 0.1:
            return HttpAnswer(500, {})
        if how < 0.15:
            return HttpAnswer(429, {"retry-after": "3"})
        if how < 0.2:
            return Broken("cannot connect")
        if how < 0.22:
            self.refused.add(want.key)
            return HttpAnswer(422, {}, {"description": "never"})
        self.came.append(want.key)
        return TimedOut("the answer was lost") if how < 0.3 else HttpAnswer(202, {})


async def simulate(seed: int, event: Any) -> tuple[Engage, MemoryJournal, int]:
    chance = random.Random(seed)  # noqa: S311 - chance that can be repeated
    loop, engage, journal, kills = asyncio.get_running_loop(), Engage(chance), MemoryJournal(), 0
    pace = Pace(at_once=AT_ONCE, lease=30.0, look=1.0)

    async def effects(_: str | None) -> FakeEffects:
        return FakeEffects(engage.answer)

    def process() -> tuple[Deliverer, asyncio.Task[None]]:
        deliverer = Deliverer(
            journal, ENVIRONMENT, effects, pace=pace, clock=lambda: EPOCH + loop.time(), chance=chance.random
        )
        return deliverer, asyncio.create_task(deliverer.follow())

    running = [process() for _ in range(PROCESSES)]
    for number in range(EVENTS):
        one: ChannelEvent = event(number, chance.randrange(CUSTOMERS))._replace(at=EPOCH + loop.time())
        new = NewEvent(one.id, one.event, one.keys, {}, one.at, one.channel, one.conversation)
        await journal.accept(new, (), running[0][0].forward(one))
        chance.choice(running)[0].look()
        await asyncio.sleep(chance.random() * 2)
        if chance.random() < 0.1:
            kills += 1
            at = chance.randrange(PROCESSES)
            kill(*running[at])
            running[at] = process()
    engage.calm = True
    while await journal.outbox_next() is not None:  # noqa: ASYNC110 - in virtual time
        await asyncio.sleep(10)
    for deliverer, _ in running:
        await deliverer.drain(1.0)
    return engage, journal, kills


def kill(deliverer: Deliverer, following: asyncio.Task[None]) -> None:
    """End a process where it stands: it tells nobody."""
    for task in (following, *deliverer._under_way):
        task.cancel()


@pytest.mark.parametrize("seed", range(60))
def test_nothing_is_lost_and_conversations_keep_their_order(seed: int, event: Any) -> None:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        engage, journal, kills = runner.run(simulate(seed, event))

    rows = journal.history().outbox(stream_key("test"), limit=1000)
    states = Counter(row.state for row in rows)
    assert (len(rows), states["pending"]) == (EVENTS, 0)
    assert {row.event for row in rows if row.state == "dead"} == engage.refused
    delivered = {row.event for row in rows if row.state == "delivered"}
    assert delivered <= set(engage.came)
    assert set(engage.came) <= delivered | engage.refused
    conversations: defaultdict[str | None, list[str]] = defaultdict(list)
    for row in reversed(rows):
        conversations[row.conversation].append(row.event)
    arrived: defaultdict[str | None, list[str]] = defaultdict(list)
    conversation_of = {row.event: row.conversation for row in rows}
    for known in engage.came:
        listed = arrived[conversation_of[known]]
        if not listed or listed[-1] != known:
            listed.append(known)
    for conversation, order in arrived.items():
        assert order == [one for one in conversations[conversation] if one in set(order)]
    lost_answers = sum(row.attempts for row in rows)
    assert len(engage.came) <= lost_answers + kills * AT_ONCE
