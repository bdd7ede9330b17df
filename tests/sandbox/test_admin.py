from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from flowengine.sandbox.server import Sandbox

    Live = Callable[..., Any]

SMS = {"channel": "sms", "customeraddress": "+447700900123", "bizaddress": "+447700900001"}
TEXT = {"direction": "inbound", "messagetype": "text", "text": "hello"}


@pytest.mark.parametrize(
    ("seed", "state", "participants", "user_id"),
    [
        ({}, "queued", [], None),
        ({"state": "queued"}, "queued", [], None),
        ({"state": "active"}, "active", ["agent-1"], "agent-1"),
        ({"state": "onhold"}, "onhold", ["agent-1"], "agent-1"),
        ({"state": "closed"}, "closed", [], None),
        ({"participants": ["agent-7"]}, "active", ["agent-7"], "agent-7"),
        ({"state": "onhold", "participants": ["agent-7", "agent-8"]}, "onhold", ["agent-7", "agent-8"], "agent-8"),
        ({"state": "closed", "participants": ["agent-7"]}, "closed", [], "agent-7"),
    ],
)
def test_a_conversation_is_seeded_in_a_state(
    live: Live, seed: dict[str, Any], state: str, participants: list[str], user_id: str | None
) -> None:
    async def scenario(sandbox: Sandbox, client: httpx.AsyncClient) -> None:
        added = await client.post(f"{sandbox.url}/admin/conversations", json={**SMS, **seed, "messages": [TEXT]})
        assert added.status_code == 201, added.text
        assert (added.json()["state"], added.json()["participants"]) == (state, participants)
        found = (await client.post("/conversations/search", json=SMS)).json()["value"]
        assert (found["status"], found["chatExist"], found["userId"]) == (state, state != "closed", user_id)

    live(scenario)


@pytest.mark.parametrize(
    ("seed", "status", "field"),
    [
        ({"states": "queued"}, 400, "states"),
        ({"state": "picked"}, 400, "state"),
        ({"state": "queued", "participants": ["agent-1"]}, 400, "participants"),
        ({"participants": [7]}, 400, "participants[0]"),
        ({"channel": "fax"}, 422, "channel"),
        ({"messages": [{"text": "hello"}]}, 400, "messages[0].direction"),
        ({"conversationId": "c-1"}, 409, None),
    ],
)
def test_a_wrong_seed_is_refused(live: Live, seed: dict[str, Any], status: int, field: str | None) -> None:
    async def scenario(sandbox: Sandbox, client: httpx.AsyncClient) -> None:
        answer = await client.post(f"{sandbox.url}/admin/conversations", json={**SMS, **seed})
        assert (answer.status_code, answer.json()["value"]) == (status, {"field": field} if field else None)
        assert (await client.get(f"{sandbox.url}/admin/conversations")).json()["total"] == 1

    live(scenario, seed=[{**SMS, "conversationId": "c-1"}])


def test_conversations_are_held_and_resumed(live: Live) -> None:
    async def scenario(sandbox: Sandbox, client: httpx.AsyncClient) -> None:
        path = f"{sandbox.url}/admin/conversations/c-1"
        for body, participants in (
            ({"state": "active", "participantId": "agent-7"}, ["agent-7"]),
            ({"state": "onhold"}, ["agent-7"]),
            ({"state": "active"}, ["agent-7"]),
            ({"state": "closed"}, []),
            ({"state": "onhold"}, ["agent-1"]),
            ({"state": "queued"}, []),
        ):
            changed = await client.patch(path, json=body)
            assert (changed.status_code, changed.json()["state"]) == (200, body["state"])
            assert changed.json()["participants"] == participants
            found = await client.post("/conversations/search", json=SMS)
            assert found.json()["value"]["status"] == body["state"]
        events = [event["event"] for event in (await client.get(path)).json()["events"]]
        assert events == ["created", "joined", "held", "resumed", "closed", "reopened", "joined", "held", "left"]

    live(scenario, seed=[{**SMS, "conversationId": "c-1"}])


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("c-1", {}, 400),
        ("c-1", {"state": "picked"}, 400),
        ("c-1", {"state": "active", "agent": "x"}, 400),
        ("c-2", {"state": "active"}, 404),
    ],
)
def test_wrong_changes_are_refused(live: Live, path: str, body: dict[str, str], status: int) -> None:
    async def scenario(sandbox: Sandbox, client: httpx.AsyncClient) -> int:
        return (await client.patch(f"{sandbox.url}/admin/conversations/{path}", json=body)).status_code

    assert live(scenario, seed=[{**SMS, "conversationId": "c-1"}]) == status


def test_the_conversation_that_changed_last_is_listed_first(live: Live) -> None:
    async def scenario(sandbox: Sandbox, client: httpx.AsyncClient) -> None:
        await client.post("/conversations/c-1/messages", json=TEXT)
        listed = (await client.get(f"{sandbox.url}/admin/conversations?limit=2")).json()
        assert [each["conversationId"] for each in listed["conversations"]] == ["c-1", "c-3"]
        assert (listed["total"], listed["counts"], listed["revision"]) == (3, {"queued": 2, "closed": 1}, 4)

    seed = [{**SMS, "conversationId": f"c-{n}", "state": "closed" if n == 2 else "queued"} for n in (1, 2, 3)]
    live(scenario, seed=seed)


@pytest.mark.parametrize("limit", ["0", "501", "-1", "ten", "1" * 5_000, "٣"])
def test_a_wrong_limit_is_refused(live: Live, limit: str) -> None:
    async def scenario(sandbox: Sandbox, client: httpx.AsyncClient) -> tuple[int, Any]:
        answer = await client.get(f"{sandbox.url}/admin/conversations", params={"limit": limit})
        return answer.status_code, answer.json()["value"]

    assert live(scenario) == (400, {"field": "limit"})


def test_the_list_has_the_last_messages_and_one_conversation_has_all(live: Live) -> None:
    async def scenario(sandbox: Sandbox, client: httpx.AsyncClient) -> tuple[int, int, int]:
        (listed,) = (await client.get(f"{sandbox.url}/admin/conversations")).json()["conversations"]
        whole = (await client.get(f"{sandbox.url}/admin/conversations/c-1")).json()
        assert listed["messages"] == whole["messages"][-50:]
        return len(listed["messages"]), len(whole["messages"]), listed["messageCount"]

    seed = [{**SMS, "conversationId": "c-1", "messages": [{**TEXT, "text": str(n)} for n in range(60)]}]
    assert live(scenario, seed=seed) == (50, 60, 60)


def test_reset_brings_back_the_start(live: Live) -> None:
    async def scenario(sandbox: Sandbox, client: httpx.AsyncClient) -> None:
        await client.post(f"{sandbox.url}/admin/conversations", json={**SMS, "channel": "api"})
        await client.patch(f"{sandbox.url}/admin/conversations/c-1", json={"state": "closed"})
        await client.post(f"{sandbox.url}/admin/faults", json={"status": 500})
        headers = {"Idempotency-Key": "k-1"}
        await client.post(f"{sandbox.url}/admin/reset")
        listed = (await client.get(f"{sandbox.url}/admin/conversations")).json()
        assert [(each["conversationId"], each["state"]) for each in listed["conversations"]] == [("c-1", "queued")]
        assert (await client.get(f"{sandbox.url}/admin/faults")).json() == {"faults": []}
        first = await client.post("/conversations/c-1/messages", json=TEXT, headers=headers)
        await client.post(f"{sandbox.url}/admin/reset")
        again = await client.post("/conversations/c-1/messages", json=TEXT, headers=headers)
        assert (first.status_code, again.status_code) == (202, 202)
        assert first.json()["tid"] != again.json()["tid"]

    live(scenario, seed=[{**SMS, "conversationId": "c-1"}])


def test_faults_are_set_listed_and_removed(live: Live) -> None:
    async def scenario(sandbox: Sandbox, client: httpx.AsyncClient) -> None:
        path = f"{sandbox.url}/admin/faults"
        several = await client.post(path, json={"faults": [{"status": 500}, {"delay": "20ms", "times": "always"}]})
        assert [each["id"] for each in several.json()["faults"]] == ["1", "2"]
        assert (await client.delete(f"{path}/1")).status_code == 204
        assert (await client.delete(f"{path}/1")).status_code == 404
        assert [each["id"] for each in (await client.get(path)).json()["faults"]] == ["2"]
        assert (await client.delete(path)).status_code == 204
        assert (await client.get(path)).json() == {"faults": []}
        wrong = await client.post(path, json={"faults": [{"status": 500}, {"status": 1, "time": 2}]})
        assert (wrong.status_code, wrong.json()["value"]) == (400, {"field": "faults[1].time"})
        assert "faults[1].status is 1, expected a status" in wrong.json()["description"]
        assert (await client.get(path)).json() == {"faults": []}

    live(scenario)
