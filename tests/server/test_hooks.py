"""Webhooks and callbacks: proven, kept, answered, and only then walked."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from flowengine.authorizations.record import AUTHORIZED, SIGNING, Authorization
from flowengine.authorizations.secret import Secret
from flowengine.authorizations.store import FileStore
from flowengine.errors import UsageError
from flowengine.project import Signature
from flowengine.server.limits import Limits, Rate
from flowengine.streams.signatures import sign

HOOK = Signature("hmac-sha256", ("hook",), header="x-signature", timestamp="x-timestamp")
TOKEN = Signature("jwt", ("hook",))
PROJECT = """
default: test
environments:
  test:
    channels:
      sms: {signature: {scheme: hmac-sha256, authorization: hook, header: X-Signature, timestamp: X-Timestamp}}
      email: {signature: {scheme: jwt, authorization: hook}}
      webhook: {unsigned: true}
    integrations:
      webex-engage:
        baseUrl: sandbox
        callback:
          url: https://flows.example.com/callbacks/webex-engage
          signature: {scheme: webex, authorization: hook}
"""
CALLBACK = Signature("webex", ("hook",))
RECEIVES = """
flow: receives
variables: {said: {type: string}}
start: wait
nodes:
  wait:
    type: receive@1.0
    inputs: {events: {paid: {event: payment, key: "42"}}, timeout: 1h}
    edges: {paid: done, onTimeout: failed, onError: failed, onInvalidData: failed}
  done: {end: success}
  failed: {end: error}
"""
SHARED = "known to both sides"
JSON = {"content-type": "application/json"}
Post = Callable[..., Any]


@pytest.fixture
def project(folder: Path) -> Path:
    """A project whose hooks are signed, and whose secret is kept."""
    (folder / "flowengine.yaml").write_text(PROJECT)
    (folder / "receives.yaml").write_text(RECEIVES)
    record = Authorization("hook", SIGNING, None, (), AUTHORIZED, secrets={"value": Secret(SHARED)})
    FileStore().change("hook", lambda _: record)
    return folder


@pytest.fixture
def hooked(project: Path, serving: Any) -> Any:
    assert project
    return serving()


@pytest.fixture(autouse=True)
def _own_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLOWENGINE_AUTH_KEY", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=")


def sms(transaction: str = "t-1", text: str = "hello") -> bytes:
    return json.dumps({"transid": transaction, "oa": "+447700900901", "da": "+447700900900", "message": text}).encode()


def post(server: Any, raw: bytes, *, path: str = "/hooks/sms", how: Signature = HOOK, **headers: str) -> Any:
    signed = {**JSON, **sign(how, SHARED, raw, time.time()), **headers}
    return server.client.post(path, content=raw, headers=signed)


def test_an_event_is_kept_answered_and_starts_its_flow(hooked: Any) -> None:
    answer = post(hooked, sms())
    assert answer.status_code == 200
    said = answer.json()
    assert (said["state"], len(said["runs"])) == ("started", 1)
    assert hooked.ended(said["runs"][0])["status"] == "succeeded"
    shown = hooked.client.get(f"/api/runs/{said['runs'][0]}").json()["run"]
    assert (shown["flow"], shown["environment"], shown["source"]) == ("greet", "test", "sms incoming-message")
    event = hooked.client.get("/api/events").json()["events"][0]
    assert (event["id"], event["state"], event["runs"]) == (said["event"], "started", said["runs"])
    assert hooked.client.get(f"/api/events/{event['number']}").json()["event"] == event


def test_an_event_starts_one_run_however_often_and_fast_it_comes(hooked: Any) -> None:
    answers = asyncio.run(post_at_once(hooked.url, sms(), 1000))
    assert len({tuple(one["runs"]) for one in answers}) == 1
    states = [one["state"] for one in answers]
    assert (states.count("started"), states.count("duplicate")) == (1, 999)
    assert len(hooked.client.get("/api/runs").json()["runs"]) == 1
    assert hooked.client.get("/api/events").json()["events"][0]["copies"] == 999


async def post_at_once(url: str, raw: bytes, times: int) -> list[dict[str, Any]]:
    headers = {**JSON, **sign(HOOK, SHARED, raw, time.time())}

    async def post_one(client: aiohttp.ClientSession) -> dict[str, Any]:
        async with client.post("/hooks/sms", data=raw, headers=headers) as answer:
            said: dict[str, Any] = await answer.json()
            return said

    async with aiohttp.ClientSession(url, connector=aiohttp.TCPConnector(limit=100)) as client:
        return await asyncio.gather(*(post_one(client) for _ in range(times)))


def test_the_sender_does_not_wait_for_the_flow(hooked: Any) -> None:
    post(hooked, sms("warm"))
    took = []
    for number in range(20):
        before = time.perf_counter()
        post(hooked, sms(f"t-{number}"))
        took.append(time.perf_counter() - before)
    assert sorted(took)[10] < 0.05


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"x-signature": ""}, 401),
        ({"x-signature": "0" * 64}, 401),
        ({"x-signature": "abc"}, 401),
        ({"x-timestamp": "1"}, 401),
        ({"x-timestamp": ""}, 401),
        ({"content-type": "text/plain"}, 415),
        ({"content-type": "multipart/form-data; boundary=x"}, 415),
    ],
)
def test_what_is_not_proven_starts_nothing(hooked: Any, change: dict[str, str], status: int) -> None:
    assert post(hooked, sms(), **change).status_code == status
    assert hooked.client.get("/api/events").json()["events"] == []
    assert hooked.client.get("/api/runs").json()["runs"] == []


def test_a_signature_is_that_of_one_body(hooked: Any) -> None:
    signed = sign(HOOK, SHARED, sms(), time.time())
    answer = hooked.client.post("/hooks/sms", content=sms(text="other"), headers={**JSON, **signed})
    assert answer.status_code == 401
    assert hooked.client.post("/hooks/sms", content=sms(), headers=JSON).status_code == 401


@pytest.mark.parametrize(
    ("path", "raw", "status"),
    [
        ("/hooks/sms", b"{", 400),
        ("/hooks/sms", b"{}", 422),
        ("/hooks/sms", b'{"files": [{"filepath": "/etc/passwd"}]}', 422),
        ("/hooks/sms", b'"' + b"x" * (1 << 20) + b'"', 413),
        ("/hooks/whatsapp", b"{}", 404),
        ("/hooks/nothing", b"{}", 404),
        ("/callbacks/webex-connect", b"{}", 404),
    ],
)
def test_what_is_no_event_is_refused(hooked: Any, path: str, raw: bytes, status: int) -> None:
    assert post(hooked, raw, path=path).status_code == status


def test_a_service_may_ask_whether_an_address_is_there(hooked: Any, tokens: dict[str, str]) -> None:
    assert tokens
    assert [hooked.client.head(f"/hooks/{name}").status_code for name in ("sms", "whatsapp", "x")] == [200, 404, 404]
    assert hooked.client.head("/callbacks/webex-engage").status_code == 405
    read = {"Authorization": f"Bearer {tokens['read']}"}
    assert hooked.client.get("/api/events", headers=read).json()["events"] == []


def test_a_signed_token_is_no_token_of_the_server(hooked: Any) -> None:
    mail = json.dumps({"from": "ada@example.com", "to": "help@example.com", "message": "hello"}).encode()
    assert post(hooked, mail, path="/hooks/email", how=TOKEN).status_code == 200
    wrong = {"authorization": "Bearer x.y.z"}
    assert post(hooked, mail, path="/hooks/email", how=TOKEN, **wrong).status_code == 401
    assert hooked.client.get("/api/flows", headers=sign(TOKEN, SHARED, b"", time.time())).status_code == 401


def test_hooks_are_open_to_senders_and_nothing_else_is(hooked: Any, tokens: dict[str, str]) -> None:
    assert tokens
    assert post(hooked, sms()).status_code == 200
    assert hooked.client.get("/api/events").status_code == 401
    evil = {"origin": "https://evil.example", "sec-fetch-site": "cross-site"}
    assert post(hooked, sms("t-2"), **evil).status_code == 200, "its signature says who sent it"


def test_a_result_that_nobody_waits_for_is_kept(hooked: Any) -> None:
    raw = json.dumps({"event": "message:created", "tid": "tid-1", "status": "success", "value": {}}).encode()
    said = [post(hooked, raw, path="/callbacks/webex-engage", how=CALLBACK).json() for _ in range(2)]
    assert [one["state"] for one in said] == ["unknown", "duplicate"]
    event = hooked.client.get("/api/events", params={"state": "unknown"}).json()["events"][0]
    assert event["id"] == "callback:webex-engage:tid-1:message:created"
    assert event["keys"] == ["callback:webex-engage:tid-1"]
    for wrong in (b"[]", b'{"tid": "x"}', b'{"tid": 1, "event": "x"}', b'{"tid": "", "event": "x"}'):
        assert post(hooked, wrong, path="/callbacks/webex-engage", how=CALLBACK).status_code == 422


def test_a_custom_event_is_taken_by_the_run_that_awaits_it(hooked: Any) -> None:
    run = hooked.start("receives")
    deadline = time.monotonic() + 20
    while hooked.client.get(f"/api/runs/{run}").json()["run"]["status"] != "waiting" and time.monotonic() < deadline:
        pass
    assert hooked.client.post("/api/events/payment", json={"key": "41"}).json()["state"] == "unknown"
    said = hooked.client.post("/api/events/payment", json={"key": "42", "body": {"sum": 3}, "id": "p-1"}).json()
    assert said == {"event": "p-1", "state": "taken", "runs": [run]}
    assert hooked.client.post("/api/events/payment", json={"key": "42", "id": "p-1"}).json()["state"] == "duplicate"
    ended = hooked.ended(run)
    assert (ended["status"], ended["steps"][0]["outcome"]) == ("succeeded", "paid")


@pytest.mark.parametrize(("body", "status"), [({}, 422), ({"key": ""}, 422), ({"key": 1}, 422), ([], 422)])
def test_a_custom_event_has_a_key(server: Any, body: Any, status: int) -> None:
    assert server.client.post("/api/events/payment", json=body).status_code == status


@pytest.mark.parametrize("number", ["0", "99", "x", "-1", "1.0", "9" * 30, "\u0661"])
def test_an_event_that_is_not_there_is_not_found(server: Any, number: str) -> None:
    assert server.client.get(f"/api/events/{number}").status_code == 404


def test_a_server_whose_secret_is_missing_does_not_start(project: Path, serving: Any) -> None:
    assert project
    FileStore().change("hook", lambda _: None)
    with pytest.raises(UsageError, match="'sms' is verified with 'hook'"):
        serving()


def test_wrong_signatures_become_slow_and_right_ones_do_not(project: Path, serving: Any) -> None:
    assert project
    server = serving(limits=Limits(failures=Rate(0.001, 2)))
    wrong = [post(server, sms(), **{"x-signature": "0" * 64}).status_code for _ in range(4)]
    assert wrong == [401, 401, 429, 429]
    assert post(server, sms()).status_code == 200


def test_a_flow_that_is_saved_is_started_by_the_next_event(hooked: Any, project: Path) -> None:
    path = project / "greet.yaml"
    path.write_text(path.read_text().replace("flow: greet", "flow: welcome"))
    deadline, number = time.monotonic() + 20, 0
    flows: set[str] = set()
    while "welcome" not in flows and time.monotonic() < deadline:
        number += 1
        post(hooked, sms(f"t-{number}"))
        flows = {one["flow"] for one in hooked.client.get("/api/runs").json()["runs"]}
    assert "welcome" in flows
