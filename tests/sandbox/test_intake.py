from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from flowengine.sandbox.faults import Fault, Match
from flowengine.sandbox.intake import Intake
from flowengine.sandbox.tenant import Tenant

if TYPE_CHECKING:
    import httpx

    from flowengine.sandbox.server import Sandbox

    Live = Callable[..., Any]

SMS = {
    "tid": "tid-1",
    "ts": "2026-11-23T10:00:01Z",
    "channel": "SMS",
    "event": "MO",
    "oa": "447700900123",
    "da": "447700900900",
    "userId": "someone",
    "message": "hello",
}
CHAT = {
    "tid": "tid-2",
    "ts": 1795428000000,
    "channel": "Rtm",
    "event": "TypingIndicator",
    "userId": "visitor-1",
    "appId": "app-1",
    "thread_id": "thread-1",
}
EVENTS = "/streams/events"


async def kept(client: httpx.AsyncClient, **wanted: str) -> list[dict[str, Any]]:
    """Return what a reader of the API sees."""
    answer = await client.get(EVENTS, params=wanted)
    assert (answer.status_code, answer.json()["status"]) == (200, "success")
    events: list[dict[str, Any]] = answer.json()["value"]["events"]
    return events


def test_an_event_is_kept_as_it_came(live: Live) -> None:
    async def scenario(_: Sandbox, client: httpx.AsyncClient) -> None:
        answer = await client.post(EVENTS, json=SMS)
        assert answer.status_code == 202
        assert answer.json()["value"] == {"number": 1, "id": "tid-1", "duplicate": False}
        (event,) = await kept(client)
        assert event.pop("receivedAt")
        assert event == {
            "number": 1,
            "id": "tid-1",
            "channel": "SMS",
            "event": "MO",
            "conversation": "SMS 447700900900 447700900123",
            "ts": "2026-11-23T10:00:01Z",
            "late": False,
            "copies": 1,
            "differs": False,
            "body": SMS,
        }

    live(scenario)


@pytest.mark.parametrize(
    ("headers", "changes", "event_id"),
    [
        ({"Idempotency-Key": "key-1", "transid": "trans-1"}, {"transid": "trans-2"}, "key-1"),
        ({"transid": "trans-1"}, {"transid": "trans-2"}, "trans-1"),
        ({}, {"transid": "trans-2"}, "trans-2"),
        ({}, {}, "tid-1"),
    ],
)
def test_an_event_is_known_by_its_id(
    live: Live, headers: dict[str, str], changes: dict[str, str], event_id: str
) -> None:
    async def scenario(sandbox: Sandbox, client: httpx.AsyncClient) -> None:
        answers = [await client.post(EVENTS, json={**SMS, **changes}, headers=headers) for _ in range(3)]
        assert [answer.json()["value"] for answer in answers] == [
            {"number": 1, "id": event_id, "duplicate": duplicate} for duplicate in (False, True, True)
        ]
        (event,) = await kept(client)
        assert (event["copies"], event["differs"]) == (3, False)
        shown = (await client.get(f"{sandbox.url}/admin/streams")).json()
        assert (shown["total"], shown["duplicates"], shown["channels"]) == (1, 2, {"SMS": 1})
        await client.post(EVENTS, json={**SMS, **changes, "message": "something else"}, headers=headers)
        assert [(each["differs"], each["body"]["message"]) for each in await kept(client)] == [(True, "hello")]

    live(scenario)


def test_the_order_within_a_conversation_can_be_seen(live: Live) -> None:
    async def scenario(sandbox: Sandbox, client: httpx.AsyncClient) -> None:
        for tid, second, customer in (("a", 5, "1"), ("b", 3, "2"), ("c", 4, "1"), ("d", 6, "1"), ("e", 3, "2")):
            body = {**SMS, "tid": tid, "ts": f"2026-11-23T10:00:0{second}Z", "oa": f"44770090012{customer}"}
            await client.post(EVENTS, json=body)
        await client.post(EVENTS, json=CHAT)
        one = "SMS 447700900900 447700900121"
        assert [(each["id"], each["late"]) for each in await kept(client, conversation=one)] == [
            ("a", False),
            ("c", True),
            ("d", False),
        ]
        assert [each["id"] for each in await kept(client, channel="SMS")] == ["a", "b", "c", "d", "e"]
        assert [each["conversation"] for each in await kept(client, channel="Rtm")] == ["Rtm app-1 visitor-1 thread-1"]
        newest = (await client.get(f"{sandbox.url}/admin/streams?limit=2")).json()["events"]
        assert [each["id"] for each in newest] == ["tid-2", "e"]

    live(scenario)


@pytest.mark.parametrize(
    ("addresses", "conversation"),
    [
        (
            {"channel": "AppleBusinessChat", "abcUserId": "u", "abcAccountId": "b", "appId": "a"},
            "AppleBusinessChat b u",
        ),
        ({"channel": "WhatsApp", "waid": "w", "userId": "u", "appId": "a"}, "WhatsApp a w"),
        ({"channel": "Messenger", "psid": "p", "userId": "u", "appId": "a"}, "Messenger a p"),
        (
            {"channel_identifier": "EMAIL", "from": "a@example.com", "to": "b@example.com"},
            "EMAIL b@example.com a@example.com",
        ),
        ({"channel": "Other"}, "Other"),
    ],
)
def test_addresses_have_other_names_on_each_channel(live: Live, addresses: dict[str, str], conversation: str) -> None:
    async def scenario(_: Sandbox, client: httpx.AsyncClient) -> str:
        answer = await client.post(EVENTS, json={"tid": "t", "ts": "now", "event": "MO", **addresses})
        assert answer.status_code == 202
        (event,) = await kept(client)
        return str(event["conversation"])

    assert live(scenario) == conversation


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"channel": None}, "channel"),
        ({"channel": 7}, "channel"),
        ({"event": ""}, "event"),
        ({"ts": None}, "ts"),
        ({"ts": True}, "ts"),
        ({"ts": {}}, "ts"),
        ({"tid": None}, "tid"),
        ({"tid": ["x"]}, "tid"),
    ],
)
def test_a_malformed_event_is_refused(live: Live, changes: dict[str, Any], field: str) -> None:
    async def scenario(_: Sandbox, client: httpx.AsyncClient) -> None:
        answer = await client.post(EVENTS, json={**SMS, **changes})
        assert (answer.status_code, answer.json()["value"]) == (400, {"field": field})
        assert await kept(client) == []

    live(scenario)


@pytest.mark.parametrize(
    ("tenant", "field"),
    [(Tenant(linked=False), "contactCenterLinked"), (Tenant(integrations=("other",)), "integrations")],
)
def test_a_tenant_that_may_not_forward_is_refused(live: Live, tenant: Tenant, field: str) -> None:
    async def scenario(_: Sandbox, client: httpx.AsyncClient) -> None:
        answer = await client.post(EVENTS, json=SMS)
        assert (answer.status_code, answer.json()["value"]) == (403, {"field": field})
        assert "WWW-Authenticate" not in answer.headers
        assert await kept(client) == []

    live(scenario, tenant=tenant)


def test_faults_are_met_here_too(live: Live) -> None:
    async def scenario(_: Sandbox, client: httpx.AsyncClient) -> list[int]:
        statuses = [(await client.post(EVENTS, json=SMS)).status_code for _ in range(3)]
        assert len(await kept(client)) == 1
        return statuses

    faults = [Fault(Match(operation="forwardEvent"), status=status) for status in (503, 429)]
    assert live(scenario, faults=faults) == [503, 429, 202]


def test_a_reset_forgets_them(live: Live) -> None:
    async def scenario(sandbox: Sandbox, client: httpx.AsyncClient) -> list[Any]:
        await client.post(EVENTS, json=SMS)
        await client.post(f"{sandbox.url}/admin/reset")
        return [*await kept(client), (await client.post(EVENTS, json=SMS)).json()["value"]["duplicate"]]

    assert live(scenario) == [False]


def test_the_oldest_event_is_forgotten_first() -> None:
    intake = Intake(lambda: "now", limit=2)
    for tid in ("a", "b", "c", "b"):
        intake.take(b'{"tid": "%s", "ts": 1, "channel": "SMS", "event": "MO"}' % tid.encode(), {})

    shown = intake.overview(10).body

    assert b'"total":3,"duplicates":1,"channels":{"SMS":2}' in shown
    assert b'"id":"a"' not in shown
