"""The stream over real HTTP: against the sandbox, with everything that may happen on the way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from flowengine.journal.inbox import NewEvent
from flowengine.sandbox.tenant import Tenant
from flowengine.streams.forwarding.backoff import Backoff
from flowengine.streams.forwarding.delivering import Pace
from flowengine.streams.forwarding.kept import stream_json, stream_key
from flowengine.streams.forwarding.settings import Settings
from flowengine.streams.payloads import ChannelEvent

Event = Callable[..., ChannelEvent]
IMPATIENT = Pace(backoff=Backoff(8.0, 64.0, 600.0), closed=Backoff(2.0, 60.0), look=0.01)
KEY = stream_key("test")


def test_events_arrive_as_they_came_and_once(streaming: Any, event: Event) -> None:
    async def go() -> None:
        async with streaming() as world:
            await world.accept(event(1, pciInfo={"a": 1}), event(1), event(2), event(3, customer=2))
            await world.journal.until(3)
            arrived = {one["id"]: one for one in await world.arrived()}
            assert set(arrived) == {f"sms:incoming-message:t-{number}" for number in (1, 2, 3)}
            assert arrived["sms:incoming-message:t-1"]["body"] == event(1, pciInfo={"a": 1}).body
            assert all(one["copies"] == 1 and not one["late"] for one in arrived.values())
            assert {row.state for row in world.rows()} == {"delivered"}

    asyncio.run(go())


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ({"status": 500}, "status 500"),
        ({"status": 404}, "status 404"),
        ({"reset": True}, "connection"),
        ({"cut": True}, "cut off"),
        ({"broken": True}, "JSON"),
    ],
)
def test_what_fails_for_now_is_sent_again(streaming: Any, event: Event, fault: dict[str, Any], reason: str) -> None:
    async def go() -> None:
        async with streaming() as world:
            await world.fault(match={"operation": "forwardEvent"}, **fault)
            await world.accept(event(1), event(2))
            await world.journal.until(1)
            second, first = world.rows()
            assert (first.state, first.attempts, first.due_at) == ("pending", 1, world.clock() + 8.0)
            assert reason in first.error
            assert (second.state, second.attempts, second.due_at) == ("pending", 0, None)
            world.later(8.0)
            await world.journal.until(3)
            assert [one["body"]["transid"] for one in await world.arrived()] == ["t-1", "t-2"]

    asyncio.run(go())


def test_whoever_says_when_to_come_back_says_so_for_all(streaming: Any, event: Event) -> None:
    async def go() -> None:
        async with streaming(pace=IMPATIENT) as world:
            await world.fault(match={"operation": "forwardEvent"}, status=429, headers={"Retry-After": "30"})
            await world.accept(event(1))
            await world.journal.until(1)
            (row,) = world.rows()
            assert row.due_at == world.clock() + 30
            await world.accept(event(2, customer=2))
            world.later(29.0)
            assert await world.arrived() == []
            world.later(1.0)
            await world.journal.until(3)
            assert len(await world.arrived()) == 2

    asyncio.run(go())


def test_a_slow_engage_is_waited_for_so_long(streaming: Any, event: Event, leaping: Any) -> None:
    async def go() -> None:
        async with streaming() as world:
            await world.fault(match={"operation": "forwardEvent"}, delay="10000s")
            await world.accept(event(1))
            await world.journal.until(1, within=1e6)
            (row,) = world.rows()
            assert (row.state, row.error) == ("pending", "no answer within 10 s")

    leaping(go())


def test_what_will_never_be_taken_is_given_up_and_sent_again_when_told(streaming: Any, event: Event) -> None:
    async def go() -> None:
        async with streaming() as world:
            await world.fault(match={"operation": "forwardEvent"}, status=422)
            await world.accept(event(1), event(2))
            await world.journal.until(2)
            two, one = world.rows()
            assert (one.state, one.error, two.state) == (
                "dead",
                "status 422: A fault was set for this call",
                "delivered",
            )
            told = stream_json(world.journal.history(), "test", world.clock())
            assert (told["dead"], told["pending"], told["lastError"]["number"]) == (1, 0, one.number)
            assert await world.journal.resend([one.number]) == 1
            world.later(0)
            await world.journal.until(3)
            assert {row.state for row in world.rows()} == {"delivered"}

    asyncio.run(go())


def test_it_is_over_after_so_much_waiting(streaming: Any, event: Event) -> None:
    async def go() -> None:
        pace = PACE_OF_THREE
        async with streaming(pace=pace) as world:
            await world.fault(match={"operation": "forwardEvent"}, status=503, times="always")
            await world.accept(event(1))
            for attempt, wait in ((1, 8.0), (2, 16.0), (3, 0.0)):
                await world.journal.until(attempt)
                world.later(wait)
            (row,) = world.rows()
            assert (row.state, row.attempts) == ("dead", 3)
            assert row.error.startswith("given up after 3 attempts: status 503")

    asyncio.run(go())


PACE_OF_THREE = Pace(backoff=Backoff(8.0, 64.0, 8.0 + 16.0 + 32.0))


@pytest.mark.parametrize(
    ("tenant", "lacks", "repaired"),
    [
        (Tenant(linked=False), "not linked to Contact Center", {"contactCenterLinked": True}),
        (Tenant(integrations=()), "does not have the integration webex-engage", {"integrations": ["webex-engage"]}),
    ],
)
def test_events_wait_until_the_tenant_may_stream(
    streaming: Any, event: Event, tenant: Tenant, lacks: str, repaired: dict[str, Any]
) -> None:
    async def go() -> None:
        async with streaming(tenant=tenant, pace=IMPATIENT) as world:
            await world.accept(event(1), event(2))
            world.later(100.0)
            await told(lambda: world.deliverer.closed_for)
            assert lacks in world.deliverer.closed_for
            assert [(row.state, row.attempts) for row in world.rows()] == [("pending", 0)] * 2
            await world.admin("PATCH", "tenant", repaired)
            world.later(100.0)
            await world.journal.until(2)
            assert [one["body"]["transid"] for one in await world.arrived()] == ["t-1", "t-2"]
            assert world.deliverer.closed_for is None

    asyncio.run(go())


def test_a_tenant_may_lose_the_right_meanwhile(streaming: Any, event: Event) -> None:
    async def go() -> None:
        async with streaming(pace=IMPATIENT) as world:
            await world.accept(event(1))
            await world.journal.until(1)
            await world.admin("PATCH", "tenant", {"contactCenterLinked": False})
            await world.accept(*(event(number, customer=number) for number in range(2, 9)))
            await world.journal.until(8)
            assert "not linked" in world.deliverer.closed_for
            assert {(row.state, row.attempts) for row in world.rows()} == {("delivered", 1), ("pending", 0)}
            await world.admin("PATCH", "tenant", {"contactCenterLinked": True})
            world.later(100.0)
            await world.journal.until(15)
            assert len(await world.arrived()) == 8

    asyncio.run(go())


def test_without_an_authorization_events_wait(streaming: Any, event: Event) -> None:
    async def go() -> None:
        async with streaming(is_authorized=False) as world:
            await world.accept(event(1))
            await told(lambda: world.deliverer.closed_for)
            assert "flowengine auth add webex-engage-streaming" in world.deliverer.closed_for
            assert [(row.state, row.attempts) for row in world.rows()] == [("pending", 0)]

    asyncio.run(go())


def test_a_token_that_has_ended_is_replaced(streaming: Any, event: Event) -> None:
    async def go() -> None:
        async with streaming() as world:
            await world.accept(event(1))
            await world.journal.until(1)
            await world.admin("POST", "tokens", {"expire": True})
            await world.accept(event(2))
            await world.journal.until(2)
            assert [(row.state, row.attempts) for row in world.rows()] == [("delivered", 1)] * 2

    asyncio.run(go())


def test_a_stream_that_is_switched_off_keeps_what_is_pending(streaming: Any, event: Event) -> None:
    async def go() -> None:
        async with streaming() as world:
            await world.fault(match={"operation": "forwardEvent"}, status=500)
            await world.accept(event(1))
            await world.journal.until(1)
            off = replace(Settings(), enabled=False)
            await world.journal.keep_stream(KEY, off.to_json(), 1.0)
            await world.deliverer.reread()
            assert world.deliverer.forward(event(2)) == []
            world.later(1000.0)
            assert await world.arrived() == []
            await world.journal.keep_stream(KEY, Settings().to_json(), 2.0)
            await world.deliverer.reread()
            await world.journal.until(2)
            assert len(await world.arrived()) == 1

    asyncio.run(go())


def test_settings_of_other_processes_count_at_the_next_look(streaming: Any, event: Event) -> None:
    async def go() -> None:
        async with streaming(pace=IMPATIENT) as world:
            await world.journal.keep_stream(KEY, replace(Settings(), channels=("apple",)).to_json(), 1.0)
            world.later(1.0)
            await told(lambda: world.deliverer.settings.channels)
            assert world.deliverer.forward(event(1)) == []

    asyncio.run(go())


def test_rows_of_other_environments_stay(streaming: Any, event: Event) -> None:
    async def go() -> None:
        async with streaming() as world:
            one = event(1)
            (forward,) = world.deliverer.forward(one)
            other = forward._replace(stream=stream_key("production"))
            await world.journal.accept(NewEvent("x", "message", (), {}, one.at, "sms"), (), [other])
            await world.accept(event(2))
            await world.journal.until(1)
            assert [one["body"]["transid"] for one in await world.arrived()] == ["t-2"]
            assert world.journal.history().outbox(other.stream)[0].state == "pending"

    asyncio.run(go())


def test_what_is_cut_off_at_the_end_is_due_at_once(streaming: Any, event: Event) -> None:
    async def go() -> None:
        async with streaming() as world:
            await world.accept(event(1))
            await world.journal.until(1)
            await world.fault(match={"operation": "forwardEvent"}, delay="10000s")
            await world.accept(event(2))
            await told(lambda: world.deliverer.under_way)
            await world.deliverer.drain(0)
            row = world.rows()[0]
            assert (row.state, row.attempts, row.due_at) == ("pending", 0, world.clock())
            assert world.deliverer.under_way == 0

    asyncio.run(go())


async def told(question: Callable[[], Any]) -> None:
    """Go round the loop until something is so."""
    async with asyncio.timeout(20):
        while not question():  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0)
