from __future__ import annotations

import asyncio
import gzip
import json
import os
import signal
import socket
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from flowengine.errors import UsageError
from flowengine.sandbox.faults import Fault, Match
from flowengine.sandbox.server import Sandbox, serve

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Clock

    Live = Callable[..., Any]

SMS = {"channel": "sms", "customeraddress": "+447700900123", "bizaddress": "+447700900001"}
TEXT = {"channel": "sms", "direction": "inbound", "messagetype": "text", "text": "hello"}
SEED = {**SMS, "conversationId": "c-1"}


async def raw(sandbox: Sandbox, request: str, *, hang_up: bool = False) -> bytes:
    """Send bytes as they are; `PORT` and `TOKEN` are filled in. Return all that comes back until the end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", sandbox.port)
    writer.write(request.replace("PORT", str(sandbox.port)).replace("TOKEN", sandbox.token).encode())
    if hang_up:
        writer.write_eof()
    answer = await asyncio.wait_for(reader.read(), 5)
    writer.close()
    return answer


def test_the_life_of_a_conversation(live: Live) -> None:
    async def scenario(_: Sandbox, client: httpx.AsyncClient) -> list[tuple[int, str, str]]:
        created = await client.post("/conversations", json={**SMS, "messages": [TEXT]})
        path = f"/conversations/{created.json()['value']['conversationId']}"
        steps = [
            await client.post(f"{path}/participants", json={"participantId": "agent 1/ä"}),
            await client.patch(path, json={"taskId": "task-1"}),
            await client.post(f"{path}/messages", json=TEXT),
            await client.delete(f"{path}/participants/agent%201%2F%C3%A4"),
            await client.post(f"{path}/close"),
            await client.post(f"{path}/reopen"),
        ]
        assert all(step.headers["tid"] == step.json()["tid"] for step in (created, *steps))
        searched = await client.post("/conversations/search", json=SMS)
        assert searched.status_code == 200
        assert searched.json()["value"]["aliasId"] == "task-1"
        return [(step.status_code, step.json()["status"], step.json()["value"].get("status", "")) for step in steps]

    assert live(scenario) == [
        (202, "success", "active"),
        (202, "success", ""),
        (202, "success", "active"),
        (202, "success", "queued"),
        (202, "success", "closed"),
        (202, "success", "queued"),
    ]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/conversations/search", {}, 400),
        ("POST", "/conversations/search", {**SMS, "channel": "fax"}, 422),
        ("POST", "/conversations", {"channel": "sms"}, 400),
        ("POST", "/conversations/c-1/messages", {**TEXT, "text": 7}, 400),
        ("POST", "/conversations/c-2/messages", TEXT, 404),
        ("POST", "/conversations/closed/messages", {**TEXT, "direction": "outbound"}, 409),
        ("POST", "/conversations/closed/messages", {**TEXT, "direction": "announcement"}, 202),
        ("POST", "/conversations/closed/close", None, 409),
        ("POST", "/conversations/closed/participants", {"participantId": "agent-1"}, 409),
        ("POST", "/conversations/c-1/reopen", None, 409),
        ("DELETE", "/conversations/c-1/participants/agent-1", None, 404),
        ("PATCH", "/conversations/c-1", {}, 400),
        ("GET", "/conversations", None, 405),
        ("PUT", "/conversations/c-1", {}, 405),
        ("POST", "/conversations/c-1/transfer", {}, 404),
        ("POST", "/conversations/..%2F..%2Fadmin/close", None, 404),
        ("GET", "/nowhere", None, 404),
    ],
)
def test_refusals(live: Live, method: str, path: str, body: Any, status: int) -> None:
    async def scenario(_: Sandbox, client: httpx.AsyncClient) -> httpx.Response:
        return await client.request(method, path, json=body) if body is not None else await client.request(method, path)

    closed = {**SMS, "conversationId": "closed", "state": "closed"}
    answer = live(scenario, seed=[SEED, closed])

    assert answer.status_code == status
    assert answer.json()["status"] == ("success" if status == 202 else "failed")
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert ("Allow" in answer.headers) == (status == 405)


@pytest.mark.parametrize(
    ("headers", "body", "status", "field"),
    [
        ({"Content-Type": "text/plain"}, b"{}", 415, "Content-Type"),
        ({}, b"{}", 415, "Content-Type"),
        ({"Content-Type": "application/json; charset=utf-8"}, b"{", 400, "body"),
        ({"Content-Type": "application/json"}, b"[1]", 400, "body"),
        (
            {"Content-Type": "application/json", "Content-Encoding": "gzip"},
            gzip.compress(b"{}", mtime=0),
            415,
            "Content-Encoding",
        ),
        ({"Content-Type": "application/json"}, b"x" * 2_000_000, 413, "body"),
    ],
)
def test_bodies_that_are_not_read(live: Live, headers: dict[str, str], body: bytes, status: int, field: str) -> None:
    async def scenario(_: Sandbox, client: httpx.AsyncClient) -> httpx.Response:
        return await client.post("/conversations", content=body, headers=headers)

    answer = live(scenario)

    assert (answer.status_code, answer.json()["value"]) == (status, {"field": field})


@pytest.mark.parametrize("path", ["/conversations/search", "/conversations", "/anything", ""])
@pytest.mark.parametrize("authorization", [None, "Bearer", "Bearer wrong", "Basic TOKEN", "TOKEN"])
def test_every_path_of_the_api_needs_a_token(live: Live, path: str, authorization: str | None) -> None:
    async def scenario(sandbox: Sandbox, _: httpx.AsyncClient) -> httpx.Response:
        headers = {"Authorization": authorization.replace("TOKEN", sandbox.token)} if authorization else {}
        async with httpx.AsyncClient(trust_env=False) as client:
            return await client.post(sandbox.base_url + path, json=SMS, headers=headers)

    answer = live(scenario)

    assert (answer.status_code, answer.json()["status"]) == (401, "failed")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_token_expires_and_another_one_is_granted(live: Live, clock: Clock) -> None:
    async def scenario(sandbox: Sandbox, client: httpx.AsyncClient) -> list[int]:
        form = {
            "grant_type": "client_credentials",
            "client_id": sandbox.client_id,
            "client_secret": sandbox.client_secret,
        }
        statuses = [(await client.post("/conversations/search", json=SMS)).status_code]
        clock.pass_seconds(3600)
        statuses.append((await client.post("/conversations/search", json=SMS)).status_code)
        granted = await client.post(f"{sandbox.url}/oauth/token", data=form)
        client.headers["Authorization"] = f"bearer {granted.json()['access_token']}"
        statuses.append((await client.post("/conversations/search", json=SMS)).status_code)
        wrong = await client.post(f"{sandbox.url}/oauth/token", json=form)
        return [*statuses, wrong.status_code]

    assert live(scenario, clock=clock) == [200, 401, 200, 415]


def test_each_sandbox_has_secrets_of_its_own() -> None:
    one, other = Sandbox(), Sandbox()

    assert {one.client_id, one.client_secret, one.token}.isdisjoint({other.client_id, other.client_secret, other.token})


def test_fifty_sends_of_one_key_at_once_are_done_once(live: Live) -> None:
    async def scenario(sandbox: Sandbox, client: httpx.AsyncClient) -> None:
        async def send() -> httpx.Response:
            return await client.post("/conversations/c-1/messages", json=TEXT, headers={"Idempotency-Key": "k-1"})

        answers = await asyncio.gather(*(send() for _ in range(50)))
        assert {answer.status_code for answer in answers} == {202}
        assert len({answer.content for answer in answers}) == 1
        assert sum("Idempotency-Replayed" not in answer.headers for answer in answers) == 1
        kept = await client.get(f"{sandbox.url}/admin/conversations/c-1")
        assert kept.json()["messageCount"] == 1
        other = await client.post(
            "/conversations/c-1/messages", json={**TEXT, "text": "other"}, headers={"Idempotency-Key": "k-1"}
        )
        assert other.status_code == 422

    live(scenario, seed=[SEED])


@pytest.mark.parametrize(
    ("fault", "error", "is_done"),
    [
        (Fault(reset=True), httpx.ReadError, True),
        (Fault(cut=True), httpx.RemoteProtocolError, True),
        (Fault(broken=True), json.JSONDecodeError, True),
        (Fault(status=503), AssertionError, False),
    ],
)
def test_a_fault_spoils_one_answer_and_a_safe_repetition_does_the_work_once(
    live: Live, fault: Fault, error: type[Exception], *, is_done: bool
) -> None:
    async def scenario(sandbox: Sandbox, client: httpx.AsyncClient) -> None:
        async def send() -> dict[str, Any]:
            answer = await client.post("/conversations/c-1/messages", json=TEXT, headers={"Idempotency-Key": "k-1"})
            body: dict[str, Any] = answer.json()
            assert answer.status_code == 202
            return body

        async def count() -> int:
            return int((await client.get(f"{sandbox.url}/admin/conversations/c-1")).json()["messageCount"])

        with pytest.raises(error):
            await send()
        assert await count() == int(is_done)
        assert (await send())["status"] == "success"
        assert await count() == 1

    live(scenario, seed=[SEED], faults=[fault])


def test_a_status_fault_answers_as_it_was_told(live: Live) -> None:
    async def scenario(sandbox: Sandbox, client: httpx.AsyncClient) -> None:
        fault = {
            "match": {"operation": "search"},
            "times": 2,
            "status": 429,
            "headers": {"Retry-After": "2", "content-type": "text/html"},
            "body": "<h1>Slow down</h1>",
        }
        set_fault = await client.post(f"{sandbox.url}/admin/faults", json=fault)
        assert set_fault.status_code == 201
        for _ in range(2):
            answer = await client.post("/conversations/search", json=SMS)
            assert (answer.status_code, answer.headers["Retry-After"], answer.text) == (429, "2", "<h1>Slow down</h1>")
            assert answer.headers.get_list("Content-Type") == ["text/html"]
        assert (await client.post("/conversations/search", json=SMS)).status_code == 200
        listed = (await client.get(f"{sandbox.url}/admin/faults")).json()["faults"]
        assert [(each["id"], each["times"], each["used"]) for each in listed] == [("1", 2, 2)]

    live(scenario)


def test_an_accepted_call_whose_result_is_not_known_can_be_played(live: Live) -> None:
    accepted = {"tid": "t-1", "status": "accepted"}

    async def scenario(_: Sandbox, client: httpx.AsyncClient) -> tuple[int, Any]:
        answer = await client.patch("/conversations/c-1", json={"taskId": "task-1"})
        return answer.status_code, answer.json()

    assert live(scenario, seed=[SEED], faults=[Fault(status=202, body=accepted)]) == (202, accepted)


def test_a_token_can_be_made_to_expire(live: Live) -> None:
    async def scenario(sandbox: Sandbox, client: httpx.AsyncClient) -> list[int]:
        statuses = [(await client.post("/conversations/search", json=SMS)).status_code for _ in range(2)]
        client.headers["Authorization"] = f"Bearer {sandbox.token}"
        return [*statuses, (await client.post("/conversations/search", json=SMS)).status_code]

    assert live(scenario, faults=[Fault(expire_token=True)]) == [401, 401, 200]


def test_a_delayed_call_is_done_late_and_others_are_not_held_up(live: Live) -> None:
    async def scenario(_: Sandbox, client: httpx.AsyncClient) -> list[str]:
        order: list[str] = []

        async def close(name: str) -> None:
            answer = await client.post(f"/conversations/{name}/close")
            order.append(f"{name} {answer.status_code}")

        await asyncio.gather(close("c-1"), close("c-2"))
        return order

    slow = Fault(Match(path="/api/v1/conversations/c-1/"), delay=0.2)
    assert live(scenario, seed=[SEED, {**SEED, "conversationId": "c-2"}], faults=[slow]) == ["c-2 202", "c-1 202"]


def test_stopping_does_not_wait_for_delayed_calls() -> None:
    async def go() -> None:
        sandbox = Sandbox(faults=[Fault(delay=3600)])
        await sandbox.start()
        async with httpx.AsyncClient(trust_env=False, timeout=0.2) as client:
            with pytest.raises(httpx.ReadTimeout):
                await client.post(f"{sandbox.base_url}/conversations/search")
            await asyncio.wait_for(sandbox.stop(), 5)

    asyncio.run(go())


def test_the_token_endpoint_can_fail_and_the_admin_calls_cannot(live: Live) -> None:
    async def scenario(sandbox: Sandbox, client: httpx.AsyncClient) -> list[int]:
        return [
            (await client.post(f"{sandbox.url}/oauth/token")).status_code,
            (await client.post("/conversations/search", json=SMS)).status_code,
            (await client.get(f"{sandbox.url}/admin/faults")).status_code,
            (await client.get(sandbox.url)).status_code,
        ]

    assert live(scenario, faults=[Fault(times=None, status=503)]) == [503, 503, 200, 200]


@pytest.mark.parametrize(
    ("request_head", "status"),
    [
        ("GET /admin/faults HTTP/1.1\r\nHost: 127.0.0.1:PORT", 200),
        ("GET /admin/faults HTTP/1.1\r\nHost: localhost:PORT", 200),
        ("GET /admin/faults HTTP/1.1\r\nHost: [::1]:PORT", 200),
        ("GET /%61dmin/faults HTTP/1.1\r\nHost: 127.0.0.1:PORT", 200),
        ("GET /admin/faults HTTP/1.1\r\nHost: evil.example", 421),
        ("GET /admin/faults HTTP/1.1\r\nHost: evil.example:PORT", 421),
        ("GET /admin/faults HTTP/1.1\r\nHost: 127.0.0.1", 421),
        ("GET /admin/faults HTTP/1.0", 421),
        ("GET /admin/faults HTTP/1.1", 400),
        ("GET /admin/faults HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nHost: evil.example", 400),
        ("GET http://evil.example/admin/faults HTTP/1.1\r\nHost: 127.0.0.1:PORT", 400),
        ("GET / HTTP/1.1\r\nHost: evil.example", 421),
        ("POST /api/v1/conversations/c-1/close HTTP/1.1\r\nHost: evil.example\r\nAuthorization: Bearer TOKEN", 421),
        ("POST /oauth/token HTTP/1.1\r\nHost: evil.example", 421),
        ("DELETE /admin/faults HTTP/1.1\r\nHost: 127.0.0.1:PORT", 204),
        ("DELETE /admin/faults HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nSec-Fetch-Site: same-origin", 204),
        ("DELETE /admin/faults HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nSec-Fetch-Site: cross-site", 403),
        ("DELETE /admin/faults HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nSec-Fetch-Site: same-site", 403),
        ("DELETE /admin/faults HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nOrigin: http://evil.example", 403),
        ("DELETE /admin/faults HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nOrigin: http://127.0.0.1:PORT", 204),
        ("POST /admin/faults HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nContent-Type: text/plain\r\nContent-Length: 2", 415),
        ("HEAD / HTTP/1.1\r\nHost: 127.0.0.1:PORT", 405),
        ("PUT / HTTP/1.1\r\nHost: 127.0.0.1:PORT", 405),
    ],
)
def test_other_pages_in_the_browser_are_kept_out(live: Live, request_head: str, status: int) -> None:
    async def scenario(sandbox: Sandbox, client: httpx.AsyncClient) -> tuple[bytes, int]:
        body = "{}" if "Content-Length" in request_head else ""
        answer = await raw(sandbox, f"{request_head}\r\nConnection: close\r\n\r\n{body}")
        return answer, len((await client.get(f"{sandbox.url}/admin/faults")).json()["faults"])

    answer, faults = live(scenario, faults=[Fault(Match(operation="close"), status=503)])

    assert int(answer.split(b" ", 2)[1]) == status
    assert faults == (0 if status == 204 else 1)
    assert b"access-control" not in answer.lower()


def test_a_call_that_breaks_off_does_nothing_and_leaves_no_traceback(
    live: Live, capfd: pytest.CaptureFixture[str]
) -> None:
    head = "POST /api/v1/conversations HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nAuthorization: Bearer TOKEN\r\n"

    async def scenario(sandbox: Sandbox, client: httpx.AsyncClient) -> None:
        await raw(sandbox, f"{head}Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{{", hang_up=True)
        await raw(sandbox, f"{head}Transfer-Encoding: chunked\r\n\r\nzz\r\n", hang_up=True)
        await raw(sandbox, "\x00 no HTTP\r\n\r\n")
        assert (await client.get(f"{sandbox.url}/admin/conversations")).json()["total"] == 0

    live(scenario)

    assert capfd.readouterr().err == ""


def test_a_port_can_be_asked_for_and_a_taken_one_is_explained() -> None:
    async def go() -> None:
        async with Sandbox() as sandbox:
            assert sandbox.url == f"http://127.0.0.1:{sandbox.port}"
            assert sandbox.base_url == f"{sandbox.url}/api/v1"
            with pytest.raises(UsageError, match=f"Port {sandbox.port} of 127.0.0.1 cannot be used"):
                await Sandbox(port=sandbox.port).start()
        async with Sandbox(port=sandbox.port) as again:
            assert again.url == sandbox.url

    asyncio.run(go())


@pytest.mark.parametrize("port", [-1, 70_000])
def test_a_port_that_does_not_exist_is_explained(port: int) -> None:
    with pytest.raises(UsageError, match=f"{port} is not a port: give one up to 65535"):
        asyncio.run(Sandbox(port=port).start())


def test_a_wrong_seed_is_explained() -> None:
    with pytest.raises(UsageError, match=r"seed\[1\]: bizaddress is missing"):
        asyncio.run(Sandbox(seed=[SEED, {"channel": "sms", "customeraddress": "+447700900123"}]).start())


def test_it_listens_on_loopback_only(live: Live) -> None:
    async def scenario(sandbox: Sandbox, _: httpx.AsyncClient) -> list[Any]:
        assert sandbox._runner is not None
        return [address[0] for address in sandbox._runner.addresses]

    assert live(scenario) == ["127.0.0.1"]


def test_a_stopped_one_does_not_answer_any_more() -> None:
    async def go() -> int:
        async with Sandbox() as sandbox:
            pass
        await sandbox.stop()
        return sandbox.port

    port = asyncio.run(go())
    with socket.socket() as client:
        assert client.connect_ex(("127.0.0.1", port)) != 0


@pytest.mark.skipif(os.name == "nt", reason="Windows has no signal handlers in an event loop")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serve_ends_with_a_signal(number: signal.Signals) -> None:
    ready: list[Sandbox] = []

    async def go() -> None:
        loop = asyncio.get_running_loop()

        def on_ready(sandbox: Sandbox) -> None:
            ready.append(sandbox)
            loop.call_soon(os.kill, os.getpid(), number)

        await asyncio.wait_for(serve(Sandbox(), on_ready), 5)

    asyncio.run(go())

    assert ready[0].port > 0
