"""Calls whose result comes later, over real HTTP in both directions."""

from __future__ import annotations

import asyncio
import hmac
import json
import socket
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from aiohttp import web

from flowengine.sandbox.callbacks.options import CallbackOptions
from flowengine.sandbox.faults import Fault, Match
from flowengine.sandbox.server import Sandbox

if TYPE_CHECKING:
    from conftest import Naps, Receiver

    Live = Callable[..., Any]
    Listen = Callable[..., AbstractAsyncContextManager[Receiver]]

SMS = {"channel": "sms", "customeraddress": "+447700900123", "bizaddress": "+447700900001"}
SEED = {**SMS, "conversationId": "c-1"}
TEXT = {"channel": "sms", "direction": "inbound", "messagetype": "text", "text": "hello"}
APPEND = "/conversations/c-1/messages"
LEAP = 10_000.0
"""Seconds that a loop of the fixture `leaping` leaps over."""


@pytest.fixture
def later(live: Live, naps: Naps) -> Live:
    """Run a scenario against a sandbox with one conversation, in which no delay takes any time."""
    return lambda scenario, **options: live(scenario, seed=[SEED], sleep=naps, **options)


async def states(sandbox: Sandbox, client: httpx.AsyncClient) -> list[tuple[str, int, Any]]:
    """Return what became of the callbacks, the first one first."""
    told = (await client.get(f"{sandbox.url}/admin/callbacks")).json()
    return [(each["state"], each["posts"], each["last"]) for each in reversed(told["callbacks"])]


def test_each_write_is_accepted_and_its_result_posted_later(later: Live, receiver: Listen) -> None:
    async def scenario(sandbox: Sandbox, client: httpx.AsyncClient) -> None:
        async with receiver() as caller:
            path = "/conversations/c-1"
            agent = {"participantId": "agent-1"}
            calls: list[tuple[str, str, dict[str, Any]]] = [
                ("POST", "/conversations", {**SMS, "messages": [TEXT]}),
                ("POST", APPEND, TEXT),
                ("PATCH", path, {"taskId": "task-1"}),
                ("POST", f"{path}/participants", agent),
                ("DELETE", f"{path}/participants/agent-1", {}),
                ("POST", f"{path}/close", {}),
                ("POST", f"{path}/reopen", {}),
            ]
            answers = []
            for method, target, body in calls:
                answer = await client.request(method, target, json={**body, "webhookurl": caller.url})
                await sandbox.settled()
                assert (answer.status_code, answer.headers["tid"]) == (202, answer.json()["tid"])
                assert (answer.json()["status"], answer.json()["code"]) == ("accepted", 202)
                assert "value" not in answer.json()
                answers.append(answer.json()["tid"])
            assert [result["tid"] for result in caller.results] == answers
            assert {(each["status"], each["code"], each["tenantId"]) for each in caller.results} == {
                ("success", 200, "tenant-sandbox")
            }
            assert [(each["event"], each["value"].get("status")) for each in caller.results] == [
                ("conversation:created", "queued"),
                ("message:created", "queued"),
                ("conversation:updated", None),
                ("participant:added", "active"),
                ("participant:removed", "queued"),
                ("conversation:closed", "closed"),
                ("conversation:reopened", "queued"),
            ]
            assert list(caller.results[0]) == [
                *("event", "tid", "tenantId", "status", "code", "description", "value", "headers", "context")
            ]
            assert caller.results[1]["context"] == {"operation": "append", "conversationId": "c-1"}

    later(scenario)


def test_a_result_is_signed_and_comes_where_it_was_wanted(later: Live, receiver: Listen) -> None:
    async def scenario(sandbox: Sandbox, client: httpx.AsyncClient) -> None:
        async with receiver() as caller:
            await client.post(APPEND, json={**TEXT, "webhookurl": caller.url})
            await sandbox.settled()
            ((headers, body),) = caller.posts
            signed = headers["x-timestamp"].encode() + b"." + body
            expected = hmac.new(b"the secret", signed, "sha256").hexdigest()
            assert headers["x-signature"] == f"sha256={expected}"
            assert headers["content-type"] == "application/json"
            assert "authorization" not in headers

    later(scenario, callbacks=CallbackOptions(secret="the secret"))  # noqa: S106 - made up


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/conversations/c-2/messages", TEXT, 404),
        ("/conversations/c-2/messages", {}, 404),
        ("/conversations/c-1/reopen", {}, 409),
        ("/conversations", {**SMS, "channel": "fax"}, 422),
    ],
)
def test_what_goes_wrong_on_the_way_is_told_in_the_result(
    later: Live, receiver: Listen, path: str, body: Any, status: int
) -> None:
    async def scenario(sandbox: Sandbox, client: httpx.AsyncClient) -> None:
        async with receiver() as caller:
            answer = await client.post(path, json={**body, "webhookurl": caller.url})
            await sandbox.settled()
            assert (answer.status_code, answer.json()["status"]) == (202, "accepted")
            (result,) = caller.results
            assert (result["event"], result["status"], result["code"]) == ("conversation:error", "failed", status)
            assert result["tid"] == answer.json()["tid"]
            assert result["description"]

    later(scenario)


@pytest.mark.parametrize("body", [{}, {**TEXT, "text": 7}, {**TEXT, "webhookurl": "nowhere"}])
def test_what_is_malformed_is_refused_at_once(later: Live, receiver: Listen, body: Any) -> None:
    async def scenario(sandbox: Sandbox, client: httpx.AsyncClient) -> None:
        async with receiver() as caller:
            answer = await client.post(APPEND, json={"webhookurl": caller.url, **body})
            await sandbox.settled()
            assert (answer.status_code, caller.posts) == (400, [])
            assert (await client.get(f"{sandbox.url}/admin/conversations/c-1")).json()["messageCount"] == 0

    later(scenario)


def test_the_same_call_again_is_answered_alike_done_once_and_told_again(later: Live, receiver: Listen) -> None:
    async def scenario(sandbox: Sandbox, client: httpx.AsyncClient) -> None:
        async with receiver() as caller:
            headers = {"Idempotency-Key": "k-1"}
            for path, failing in ((APPEND, False), ("/conversations/c-2/close", True)):
                headers = {"Idempotency-Key": path}
                body = {**TEXT, "webhookurl": caller.url}
                first, again = [await client.post(path, json=body, headers=headers) for _ in range(2)]
                await sandbox.settled()
                assert first.content == again.content
                assert again.headers["Idempotency-Replayed"] == "true"
                told, retold = caller.posts[-2:]
                assert told[1] == retold[1]
                assert (json.loads(told[1])["status"] == "failed") is failing
                assert json.loads(told[1])["headers"] == headers
            assert (await client.get(f"{sandbox.url}/admin/conversations/c-1")).json()["messageCount"] == 1

    later(scenario)


def test_results_come_after_a_while_that_is_the_same_in_every_run(later: Live, receiver: Listen, naps: Naps) -> None:
    async def scenario(sandbox: Sandbox, client: httpx.AsyncClient) -> list[float]:
        before = len(naps.seconds)
        async with receiver() as caller:
            for _ in range(5):
                await client.post(APPEND, json={**TEXT, "webhookurl": caller.url})
                await sandbox.settled()
        return naps.seconds[before:]

    first, second = (later(scenario) for _ in range(2))
    other = later(scenario, callbacks=CallbackOptions(delay=(1, 2), seed=7))

    assert first == second
    assert len(set(first)) == 5
    assert all(0.05 <= seconds <= 0.2 for seconds in first)
    assert all(1 <= seconds <= 2 for seconds in other)


@pytest.mark.parametrize(
    ("statuses", "outcome"),
    [
        ((503, 500, 429), ("delivered", 4, 200)),
        ((503,) * 9, ("failed", 6, 503)),
        ((400,), ("failed", 1, 400)),
        ((307,), ("failed", 1, 307)),
    ],
)
def test_a_post_that_fails_is_sent_again_where_there_is_sense_in_it(
    later: Live, receiver: Listen, naps: Naps, statuses: tuple[int, ...], outcome: tuple[str, int, int]
) -> None:
    async def scenario(sandbox: Sandbox, client: httpx.AsyncClient) -> None:
        async with receiver(*statuses) as caller:
            await client.post(APPEND, json={**TEXT, "webhookurl": caller.url})
            await sandbox.settled()
            assert await states(sandbox, client) == [outcome]
            assert len(caller.posts) == outcome[1]
            assert len({body for _, body in caller.posts}) == 1
            assert naps.seconds[1:] == [0.5, 1, 2, 4, 8][: outcome[1] - 1]

    later(scenario)


def test_a_receiver_that_is_not_there_is_tried_a_few_times(later: Live) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}/"

        async def scenario(sandbox: Sandbox, client: httpx.AsyncClient) -> list[tuple[str, int, Any]]:
            await client.post(APPEND, json={**TEXT, "webhookurl": url})
            await sandbox.settled()
            return await states(sandbox, client)

        assert later(scenario) == [("failed", 6, "not reachable")]


def test_a_receiver_that_hangs_up_is_tried_again(later: Live) -> None:
    async def scenario(sandbox: Sandbox, client: httpx.AsyncClient) -> list[tuple[str, int, Any]]:
        async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.close()

        server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            await client.post(APPEND, json={**TEXT, "webhookurl": f"http://127.0.0.1:{port}/"})
            await sandbox.settled()
        return await states(sandbox, client)

    options = CallbackOptions(retries=(1,))
    assert later(scenario, callbacks=options) == [("failed", 2, "connection broken")]


def test_a_receiver_that_does_not_answer_is_given_up(leaping: Callable[..., list[Any]]) -> None:
    async def never(_: web.BaseRequest) -> web.Response:
        await asyncio.sleep(LEAP)
        return web.Response()

    async def scenario() -> list[Any]:
        runner = web.ServerRunner(web.Server(never))
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
        async with Sandbox(seed=[SEED], callbacks=CallbackOptions(retries=())) as sandbox:
            headers = {"Authorization": f"Bearer {sandbox.token}"}
            async with httpx.AsyncClient(base_url=sandbox.base_url, headers=headers, trust_env=False) as client:
                await client.post(APPEND, json={**TEXT, "webhookurl": url})
                await sandbox.settled()
                shown = await states(sandbox, client)
        await runner.cleanup()
        return shown

    assert leaping(scenario()) == [("failed", 1, "no answer in time")]


def test_a_result_can_be_late(leaping: Callable[..., list[str]], receiver: Listen) -> None:
    async def scenario() -> list[str]:
        late = Fault(callback_delay=LEAP)
        async with receiver() as caller, Sandbox(seed=[SEED], faults=[late]) as sandbox:
            headers = {"Authorization": f"Bearer {sandbox.token}"}
            async with httpx.AsyncClient(base_url=sandbox.base_url, headers=headers, trust_env=False) as client:
                answer = await client.post(APPEND, json={**TEXT, "webhookurl": caller.url})
            await sandbox.settled()
            loop: Any = asyncio.get_running_loop()
            assert loop.leapt == LEAP
            return [answer.json()["tid"], *(result["tid"] for result in caller.results)]

    accepted, told = leaping(scenario())
    assert accepted == told


@pytest.mark.parametrize(
    ("fault", "posts", "slept"),
    [
        (Fault(callback="never"), 0, []),
        (Fault(callback="twice"), 2, [0]),
        (Fault(callback_delay=30), 1, [30]),
        (Fault(callback="twice", callback_delay=30), 2, [30]),
        (Fault(callback="reordered"), 0, []),
    ],
)
def test_a_result_can_go_wrong(  # noqa: PLR0913, PLR0917 - fixtures and parameters
    later: Live, receiver: Listen, naps: Naps, fault: Fault, posts: int, slept: list[float]
) -> None:
    async def scenario(sandbox: Sandbox, client: httpx.AsyncClient) -> None:
        async with receiver() as caller:
            answer = await client.post(APPEND, json={**TEXT, "webhookurl": caller.url})
            await sandbox.settled()
            assert [result["tid"] for result in caller.results] == [answer.headers["tid"]] * posts
            assert naps.seconds == slept
            await client.post(APPEND, json={**TEXT, "text": "another", "webhookurl": caller.url})
            await sandbox.settled()
            assert (await client.get(f"{sandbox.url}/admin/conversations/c-1")).json()["messageCount"] == 2

    later(scenario, faults=[fault], callbacks=CallbackOptions(delay=(0, 0)))


def test_results_can_come_out_of_order(later: Live, receiver: Listen, naps: Naps) -> None:
    async def scenario(sandbox: Sandbox, client: httpx.AsyncClient) -> None:
        naps.hold()
        async with receiver() as caller:
            tids = []
            for text in ("earlier", "held", "held, too", "later"):
                answer = await client.post(APPEND, json={**TEXT, "text": text, "webhookurl": caller.url})
                tids.append(answer.headers["tid"])
            assert [state for state, _, _ in await states(sandbox, client)] == ["waiting", "held", "held", "waiting"]
            naps.wake()
            await sandbox.settled()
            order = [tids.index(result["tid"]) for result in caller.results]
            assert sorted(order) == [0, 1, 2, 3]
            assert order.index(3) < min(order.index(1), order.index(2))

    held = Fault(Match(operation="append"), callback="reordered", times=2)
    first = Fault(Match(operation="append"), callback_delay=1)
    later(scenario, faults=[first, held])


def test_the_result_of_an_earlier_call_lets_no_later_one_go(later: Live, receiver: Listen, naps: Naps) -> None:
    async def scenario(sandbox: Sandbox, client: httpx.AsyncClient) -> list[str]:
        naps.hold()
        async with receiver() as caller:
            for text in ("earlier", "held"):
                await client.post(APPEND, json={**TEXT, "text": text, "webhookurl": caller.url})
            naps.wake()
            await sandbox.settled()
            return [state for state, _, _ in await states(sandbox, client)]

    faults = [Fault(callback_delay=1), Fault(callback="reordered")]
    assert later(scenario, faults=faults) == ["delivered", "held"]


@pytest.mark.parametrize("statuses", [(), (503,)])
def test_a_result_can_overtake_the_answer(later: Live, receiver: Listen, naps: Naps, statuses: tuple[int, ...]) -> None:
    async def scenario(sandbox: Sandbox, client: httpx.AsyncClient) -> None:
        async with receiver(*statuses) as caller:
            naps.hold()
            answer = await client.post(APPEND, json={**TEXT, "webhookurl": caller.url})
            # Nobody wakes up, so what is here by now came without any wait.
            assert [result["tid"] for result in caller.results] == [answer.headers["tid"]]
            naps.wake()
            await sandbox.settled()
            assert len(caller.posts) == len(statuses) + 1

    later(scenario, faults=[Fault(callback="early")])


@pytest.mark.parametrize("fault", [Fault(reset=True), Fault(cut=True), Fault(broken=True)])
def test_a_result_comes_though_the_answer_was_lost(
    later: Live, receiver: Listen, fault: Fault, capfd: pytest.CaptureFixture[str]
) -> None:
    async def scenario(sandbox: Sandbox, client: httpx.AsyncClient) -> None:
        async with receiver() as caller:
            headers = {"Idempotency-Key": "k-1"}
            with pytest.raises((httpx.TransportError, json.JSONDecodeError)):
                (await client.post(APPEND, json={**TEXT, "webhookurl": caller.url}, headers=headers)).json()
            await sandbox.settled()
            (result,) = caller.results
            assert (result["event"], result["headers"]) == ("message:created", headers)

    later(scenario, faults=[fault])

    assert capfd.readouterr().err == ""


def test_a_fault_of_callbacks_waits_for_a_call_that_has_one(later: Live, receiver: Listen) -> None:
    async def scenario(sandbox: Sandbox, client: httpx.AsyncClient) -> list[tuple[str, int, Any]]:
        async with receiver() as caller:
            await client.post("/conversations/search", json={**SMS, "webhookurl": caller.url})
            assert (await client.post(APPEND, json=TEXT)).json()["status"] == "success"
            for _ in range(2):
                await client.post(APPEND, json={**TEXT, "webhookurl": caller.url})
            await sandbox.settled()
            return await states(sandbox, client)

    shown = later(scenario, faults=[Fault(callback="never")])
    assert shown == [("never", 0, None), ("delivered", 1, 200)]


def test_a_fault_that_answers_instead_has_no_result(later: Live, receiver: Listen) -> None:
    async def scenario(sandbox: Sandbox, client: httpx.AsyncClient) -> list[Any]:
        async with receiver() as caller:
            answer = await client.post(APPEND, json={**TEXT, "webhookurl": caller.url})
            await sandbox.settled()
            return [answer.status_code, caller.posts]

    assert later(scenario, faults=[Fault(status=503)]) == [503, []]


def test_after_a_reset_no_result_of_before_comes(later: Live, receiver: Listen, naps: Naps) -> None:
    async def scenario(sandbox: Sandbox, client: httpx.AsyncClient) -> None:
        async with receiver() as caller:
            naps.hold()
            for text in ("waiting", "held"):
                await client.post(APPEND, json={**TEXT, "text": text, "webhookurl": caller.url})
            await client.post(f"{sandbox.url}/admin/reset")
            naps.wake()
            await sandbox.settled()
            await client.post(f"{sandbox.url}/admin/faults", json={"callback": "early"})
            answer = await client.post(APPEND, json={**TEXT, "webhookurl": caller.url})
            await sandbox.settled()
            assert [result["tid"] for result in caller.results] == [answer.headers["tid"]]
            assert await states(sandbox, client) == [("delivered", 1, 200)]

    later(scenario, faults=[Fault(callback_delay=1), Fault(callback="reordered")])


def test_stopping_does_not_wait_for_results(receiver: Listen) -> None:
    async def go() -> list[Any]:
        async with receiver() as caller:
            async with Sandbox(seed=[SEED], faults=[Fault(callback_delay=3600)]) as sandbox:
                headers = {"Authorization": f"Bearer {sandbox.token}"}
                async with httpx.AsyncClient(base_url=sandbox.base_url, headers=headers, trust_env=False) as client:
                    await client.post(APPEND, json={**TEXT, "webhookurl": caller.url})
            return caller.posts

    assert asyncio.run(asyncio.wait_for(go(), 10)) == []
