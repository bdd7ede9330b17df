"""Events for runs in this process: kept until they are taken, each by one run; and the door they are posted to."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from flowengine.core.answers import Arrived, Broken, TimedOut
from flowengine.core.keys import callback_key
from flowengine.core.wants import Await
from flowengine.effects.alone import Alone
from flowengine.effects.inbox import MOST, Inbox
from flowengine.effects.posting import posting_door, read_posted
from flowengine.streams.guard import Refusal


def wait(*keys: str, since: float = 0.0, seconds: float | None = None) -> Await:
    return Await("wait", 1, 1, keys, since, seconds)


def event(key: str, body: int = 0) -> Arrived:
    return Arrived(key, "name", body)


def test_what_came_before_is_taken_once_and_the_earliest_first() -> None:
    inbox = Inbox()
    for at, one in enumerate([event("a", 1), event("b", 2), event("a", 3)]):
        inbox.deliver(one, float(at))

    assert inbox.take(wait("b", "a")) == event("a", 1)
    assert inbox.take(wait("a", since=3.0)) is None
    assert inbox.take(wait("a")) == event("a", 3)
    assert inbox.take(wait("a")) is None


def test_who_waits_longest_gets_it() -> None:
    async def scene() -> list[Arrived]:
        inbox = Inbox()
        first, second = asyncio.create_task(inbox.wait(wait("x", "a"))), asyncio.create_task(inbox.wait(wait("a")))
        await asyncio.sleep(0)
        for number in (1, 2, 3):
            inbox.deliver(event("a", number), 0.0)
        return [await first, await second, await inbox.wait(wait("a"))]

    assert asyncio.run(scene()) == [event("a", 1), event("a", 2), event("a", 3)]


def test_who_has_gone_gets_nothing() -> None:
    async def scene() -> Arrived | None:
        inbox = Inbox()
        gone = asyncio.create_task(inbox.wait(wait("a")))
        await asyncio.sleep(0)
        gone.cancel()
        await asyncio.gather(gone, return_exceptions=True)
        inbox.deliver(event("a"), 0.0)
        return inbox.take(wait("a"))

    assert asyncio.run(scene()) == event("a")


def test_it_keeps_so_many_and_no_more() -> None:
    inbox = Inbox()
    for number in range(MOST + 1):
        inbox.deliver(event(str(number)), 0.0)

    assert inbox.take(wait("0")) is None
    assert inbox.take(wait("1", str(MOST))) == event("1")


def test_without_anybody_who_could_reach_it_a_wait_says_so() -> None:
    late, never = asyncio.run(Alone().receive(wait("a", seconds=0.0))), asyncio.run(Alone().receive(wait("a")))

    assert isinstance(late, TimedOut)
    assert isinstance(never, Broken)
    assert all("this run is not kept" in one.reason for one in (late, never))


@pytest.mark.parametrize(
    "raw", [b"", b"[]", b"{}", b'{"tid": 5}', b'{"tid": ""}', b'{"tid": "a", "tid": "b"}', b"\xff"]
)
def test_what_is_no_result(raw: bytes) -> None:
    assert read_posted("engage", raw) is None


def test_the_door_lets_in_what_is_verified() -> None:
    def verify(integration: str, headers: object, raw: bytes, now: float) -> Refusal | None:  # noqa: ARG001 - as it is called
        return None if integration == "engage" else Refusal(404, "not-found", "nothing is taken here")

    async def scene() -> tuple[list[int], Arrived | None]:
        inbox = Inbox()
        async with posting_door(inbox, verify) as url, httpx.AsyncClient(base_url=url) as client:
            answers = [
                await client.post("/callbacks/engage", json={"tid": "t-1", "event": "done", "n": 1}),
                await client.post("/callbacks/crm", json={"tid": "t-1"}),
                await client.post("/callbacks/engage", content=b"hello"),
                await client.get("/callbacks/engage"),
                await client.post("/", json={"tid": "t-1"}),
            ]
        return [one.status_code for one in answers], inbox.take(wait(callback_key("engage", "t-1")))

    statuses, arrived = asyncio.run(scene())
    assert statuses == [202, 404, 422, 405, 404]
    assert arrived == Arrived(callback_key("engage", "t-1"), "done", {"tid": "t-1", "event": "done", "n": 1})
