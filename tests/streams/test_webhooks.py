from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowengine.authorizations.record import AUTHORIZED, SIGNING, Authorization
from flowengine.authorizations.secret import Secret
from flowengine.authorizations.store import MemoryStore
from flowengine.flowfile.yaml_tree import read_yaml, to_value
from flowengine.journal.memory import MemoryJournal
from flowengine.journal.outbox import Forward
from flowengine.project import Channel, Environment, Signature
from flowengine.streams.channels import CHANNELS
from flowengine.streams.guard import Guard, Refusal
from flowengine.streams.signatures import sign
from flowengine.streams.tasks import CHANNEL as TASKS
from flowengine.streams.triggers import Triggers
from flowengine.streams.webhooks import Received, World, receive_webhook, warnings

NOW = 1_764_000_000.0
HOOK = Signature("webex-connect", ("sms-hook",))
JSON = {"content-type": "application/json"}
SMS = {"transid": "t-1", "oa": "+447700900901", "da": "447700900900", "message": "Hello you"}
FLOW = (
    "flow: {0}\ntrigger: {{channel: sms, event: incoming-message{1}}}\nstart: done\nnodes: {{done: {{end: success}}}}\n"
)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("flows")
    (folder / "answer.yaml").write_text(FLOW.format("answer", ""))
    (folder / "count.yaml").write_text(FLOW.format("count", ", order: none"))
    (folder / "mail.yaml").write_text(FLOW.format("mail", "").replace("sms", "email"))
    environment = Environment("live", channels={"sms": Channel(HOOK), "whatsapp": Channel(), "webhook": Channel()})
    secret = Authorization("sms-hook", SIGNING, None, (), AUTHORIZED, secrets={"value": Secret("secret-of-sms")})
    triggers = Triggers([folder])
    triggers.refresh()
    return World(
        environment,
        Guard.ready(environment, MemoryStore([secret])),
        triggers,
        lambda event: [Forward("engage", event.id, event.conversation, event.trigger, event.at)],
    )


def post(world: World, body: Any, channel: str = "sms", **headers: str) -> Received | Refusal:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return receive_webhook(world, channel, JSON | sign(HOOK, "secret-of-sms", raw, NOW) | headers, raw, NOW)


def taken(world: World, body: Any) -> Received:
    received = post(world, body)
    assert isinstance(received, Received)
    return received


def test_an_event_starts_flows_and_is_handed_on(world: World) -> None:
    received = taken(world, SMS)

    assert received.event._replace(body=None) == (
        "incoming-message:t-1",
        "incoming-message",
        ("channel:sms:incoming-message:447700900900:447700900901",),
        None,
        NOW,
        "sms",
        "sms:447700900900:447700900901",
    )
    assert received.event.body["sms"]["senderNumber"] == "+447700900901"
    assert (received.event.body["channel"], received.event.body["message"]) == ("sms", "Hello you")
    assert [(one.plan.flow, one.queue, one.environment, one.source) for one in received.runs] == [
        ("answer", "answer:sms:447700900900:447700900901", "live", "sms incoming-message"),
        ("count", None, "live", "sms incoming-message"),
    ]
    started = received.runs[0].entries[0]
    assert (started.trigger["sms"]["keyword"], started.at) == ("Hello", NOW)  # type: ignore[union-attr] # it is Started
    assert [one.event for one in received.forward] == ["incoming-message:t-1"]


def test_a_thousand_copies_start_each_flow_once(world: World) -> None:
    async def deliver() -> tuple[list[str], list[Any]]:
        journal = MemoryJournal()
        states = []
        for _ in range(1000):
            received = taken(world, SMS)
            states.append((await journal.accept(received.event, received.runs, received.forward)).state)
        with_history = journal.history()
        return states, with_history.runs()

    states, runs = asyncio.run(deliver())

    assert states == ["started"] + ["duplicate"] * 999
    assert sorted(one.flow for one in runs) == ["answer", "count"]


def test_messages_of_one_conversation_wait_for_each_other(world: World) -> None:
    async def claimed() -> list[str]:
        journal = MemoryJournal()
        for number, sender in enumerate(["447700900901", "+44 7700 900901", "447700900902"]):
            received = taken(world, {**SMS, "transid": f"t-{number}", "oa": sender})
            await journal.accept(received.event, received.runs)
        claims = await journal.claim("me", NOW + 1, 30, 10)
        history = journal.history()
        return sorted(history.run(one.run).flow for one in claims)

    assert asyncio.run(claimed()) == ["answer", "answer", "count", "count", "count"]


@pytest.mark.parametrize(
    ("channel", "headers", "raw", "refused"),
    [
        ("fax", {}, b"{}", (404, "not-found")),
        ("email", {}, b"{}", (404, "not-found")),
        ("../sms", {}, b"{}", (404, "not-found")),
        ("sms", {"x-hub-signature": "0" * 64}, b"{}", (401, "unauthorized")),
        ("sms", {"x-hub-signature": ""}, b"not even JSON", (401, "unauthorized")),
        ("sms", {"content-type": "text/plain"}, b"{}", (415, "not-json")),
        ("sms", {"content-type": "application/x-www-form-urlencoded"}, b"oa=1&da=2", (415, "not-json")),
        ("sms", {"content-type": "multipart/form-data; boundary=x"}, b"{}", (415, "not-json")),
        ("sms", {"content-type": "application/json; charset=utf-16"}, b"{}", (415, "not-json")),
        ("sms", {"content-type": ""}, b"{}", (415, "not-json")),
        ("sms", {}, b"", (400, "not-json")),
        ("sms", {}, b"{", (400, "not-json")),
        ("sms", {}, b"\xff", (400, "not-json")),
        ("sms", {}, b'{"oa": NaN}', (400, "not-json")),
        ("sms", {}, b'{"oa": "1", "oa": "2"}', (400, "not-json")),
        ("sms", {}, b'{"oa": "\\ud800"}', (400, "not-json")),
        ("sms", {}, b'{"a":' * 61 + b"1" + b"}" * 61, (400, "not-json")),
        ("sms", {}, b"[" * 100_000, (400, "not-json")),
        ("sms", {}, b'{"a": [' + b"0," * 120_000 + b"0]}", (400, "not-json")),
        ("sms", {}, b'{"files": {"a": {"filepath": "/etc/passwd"}}}', (422, "not-an-event")),
        ("sms", {}, b'{"a": "' + b"x" * (1 << 20) + b'"}', (413, "too-large")),
    ],
)
def test_what_is_not_taken(
    world: World, channel: str, headers: dict[str, str], raw: bytes, refused: tuple[int, str]
) -> None:
    answer = post(world, raw, channel, **headers)

    assert isinstance(answer, Refusal)
    assert answer[:2] == refused


@pytest.mark.parametrize(
    "kind", ["application/json", "Application/JSON; charset=UTF-8", 'application/json;charset="utf-8"']
)
def test_json_is_called_json(world: World, kind: str) -> None:
    assert isinstance(post(world, SMS, **{"content-type": kind}), Received)


def test_a_replayed_body_of_another_channel_is_refused(world: World) -> None:
    raw = json.dumps({**SMS, "channel": "SMS"}).encode()

    refused = receive_webhook(world, "whatsapp", JSON | sign(HOOK, "secret-of-sms", raw, NOW), raw, NOW)

    assert refused == Refusal(
        422, "not-an-event", "this is an event of the channel SMS: it belongs to sms, and came as one of whatsapp"
    )


def test_what_nothing_can_start_is_said(world: World) -> None:
    assert warnings(world)[1:] == [
        "the channel 'webhook' of the environment 'live' is unsigned: whoever reaches it may post there",
        (
            "the environment 'live' takes no events of email, which would start mail: "
            "list them under `channels` in flowengine.yaml"
        ),
    ]


@settings(max_examples=200, deadline=None)
@given(channel=st.sampled_from(["whatsapp", "webhook"]), raw=st.binary() | st.text().map(str.encode))
def test_no_body_is_too_strange(world: World, channel: str, raw: bytes) -> None:
    assert isinstance(receive_webhook(world, channel, JSON, raw, NOW), Received | Refusal)


def test_it_takes_a_fraction_of_what_it_may(world: World) -> None:
    body = {**SMS, "message": "word " * 20_000, "extras": [{"number": n, "text": "x" * 90} for n in range(1000)]}
    post(world, body)

    times = []
    for _ in range(5):
        before = time.perf_counter()
        taken(world, body)
        times.append(time.perf_counter() - before)

    assert min(times) < 0.025


FLOWS = Path(__file__).resolve().parents[2] / "flows"
OF_TASKS = ("task-routed", "task-modified")


@pytest.fixture(scope="module")
def shipped() -> World:
    triggers = Triggers([FLOWS])
    triggers.refresh()
    environment = Environment(channels={name: Channel() for name in (*CHANNELS, TASKS)})
    return World(environment, Guard.ready(environment, MemoryStore()), triggers)


@pytest.mark.parametrize("name", sorted(path.stem for path in (FLOWS / "webhooks").glob("*.json")))
def test_the_bodies_beside_the_flows_become_their_sample_triggers(shipped: World, name: str) -> None:
    raw = (FLOWS / "webhooks" / f"{name}.json").read_bytes()
    sample = to_value(read_yaml(FLOWS / "triggers" / f"{name}.yaml"))

    received = receive_webhook(shipped, TASKS if name in OF_TASKS else name.partition("-")[0], JSON, raw, NOW)

    assert isinstance(received, Received)
    assert name in [one.plan.flow for one in received.runs]
    for root, variables in sample.items():
        found = received.event.body[root]
        assert {key: found[key] for key in variables if key != "variables"} == {
            key: value for key, value in variables.items() if key != "variables"
        }
        assert json.loads(found.get("variables", "0")) == json.loads(variables.get("variables", "0"))
