from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest

import flowengine
from flowengine.core.answers import (
    Answer,
    Arrived,
    Broken,
    HttpAnswer,
    Invalid,
    NoCallback,
    Outcome,
    Refused,
    TimedOut,
)
from flowengine.core.plan import Limits, Plan
from flowengine.core.trace import Run
from flowengine.core.wants import Send
from flowengine.drivers.local import Walk
from flowengine.effects.fakes import FakeEffects
from flowengine.effects.live import LiveEffects
from flowengine.flowfile.yaml_tree import parse_yaml, read_yaml, to_value
from flowengine.project import ENGAGE, Environment, Integration
from flowengine.recording.format import parse_recording
from flowengine.recording.replay import recorded_answer
from flowengine.recording.taking import recorded_entry, refuse_unrecordable, take_recording
from flowengine.sandbox.demo import demo_seed
from flowengine.sandbox.server import Sandbox
from flowengine.starting import start_values

ROOT = Path(__file__).parents[2]
NODES = ROOT / "tests" / "conformance" / "nodes"

FLOW = """
flow: case
variables: {name: "", count: 1, given: {type: string}}
start: ask
nodes:
  ask:
    type: ask@1.0
    inputs: {question: why}
    retry: {attempts: 3, delay: 1s, on: [onTimeout, onError, onAuthorizationFailure]}
    set: {name: $(ask.answer)}
    edges: {answered: script, unknown: again, onAuthorizationFailure: failed, onInvalidChoice: failed}
  script:
    type: evaluate@1.0
    inputs: {script: "SCRIPT"}
    edges: {ok: done, onInvalidChoice: failed}
  again: {type: ask@1.0, edges: {answered: done, unknown: ask, onInvalidChoice: failed}}
  done: {end: success}
  failed: {end: error}
"""
OK = HttpAnswer(200, {}, {"answer": "Ann"})


@pytest.fixture
def compiled(tmp_path: Path) -> Callable[..., Plan]:
    def make(script: str = "count = count + 1; 'ok'", flow: str = FLOW) -> Plan:
        path = tmp_path / "case.yaml"
        path.write_text(flow.replace("SCRIPT", script), "utf-8")
        return flowengine.compile(flowengine.load(path), flowengine.Catalogue([NODES, tmp_path]))

    return make


def walked(plan: Plan, *answers: Answer, trigger: Any = None, **given: Any) -> Run:
    left = iter(answers)
    effects = FakeEffects(lambda _: next(left))
    options = {"trigger": trigger or {}, "variables": given, "journal": True}
    return asyncio.run(flowengine.run(plan, effects=effects, **options))


def test_what_each_node_got_is_written_in_the_order_of_the_requests(compiled: Callable[..., Plan]) -> None:
    plan = compiled()
    run = walked(
        plan,
        TimedOut("too late"),
        HttpAnswer(503, {"retry-after": "7", "server": "x"}, {"message": "busy"}),
        HttpAnswer(404, {}),
        HttpAnswer(200, {"date": "today"}, {"answer": "Bob", "b": [1, 2.5, None]}),
        trigger={"sms": {"senderNumber": "+447700900123"}},
        given="here",
        count=5,
    )

    taken = take_recording(plan, run, "case-busy")

    written = to_value(parse_yaml(taken.text, "a"))
    assert list(written) == ["recording", "flow", "digest", "run", "trigger", "variables", "responses", "expect"]
    assert (written["recording"], written["flow"], written["digest"]) == ("case-busy", "case", plan.digest)
    assert written["run"] == {"id": "run-1", "startedAt": "2026-01-01T00:00:00.000Z"}
    assert written["trigger"] == {"sms": {"senderNumber": "+447700900123"}}
    assert written["variables"] == {"count": 5, "given": "here"}
    assert list(written["responses"].items()) == [
        (
            "ask",
            [
                {"timeout": True},
                {"status": 503, "headers": {"retry-after": "7"}, "body": {"message": "busy"}},
                {"status": 404},
            ],
        ),
        ("again", [{"status": 200, "body": {"answer": "Bob", "b": [1, 2.5, None]}}]),
    ]
    assert written["expect"] == {
        "result": "success",
        "path": ["ask", "again", "done"],
        "outcomes": ["unknown", "answered"],
    }
    assert taken.answers == 4
    assert taken.notes == ()


def test_the_same_run_gives_the_same_bytes(compiled: Callable[..., Plan]) -> None:
    plan = compiled()
    run = walked(plan, OK)

    assert take_recording(plan, run, "a").text == take_recording(plan, run, "a").text


def test_a_second_run_differs_in_its_id_and_its_start_only() -> None:
    plan = flowengine.compile(flowengine.load(ROOT / "flows" / "sms-inbound.yaml"))
    trigger = to_value(read_yaml(ROOT / "flows" / "triggers" / "sms-inbound.yaml"))

    class Token:
        async def headers(self, *_: Any, **__: Any) -> dict[str, str]:
            return {"Authorization": f"Bearer {self.sandbox.token}"}

        def __init__(self, sandbox: Sandbox) -> None:
            self.sandbox = sandbox

        async def refused_again(self, *_: Any) -> None:
            pass

    async def once() -> Run:
        numbers = count(1)
        now = datetime.now(UTC)
        ids = {"clock": lambda: now, "new_id": lambda kind: f"{kind}-{next(numbers)}"}
        async with Sandbox(seed=demo_seed(), **ids) as sandbox:
            environment = Environment("test", {ENGAGE: Integration(sandbox.base_url)})
            walk = Walk(plan, LiveEffects(environment, Token(sandbox)), journal=True)
            state = await walk.run(trigger, start_values(plan, {}))
        return Run.of(plan, state, walk.entries)

    first, second = (take_recording(plan, asyncio.run(once()), "a").text.splitlines() for _ in range(2))

    assert [line.partition(" ")[0] for line, other in zip(first, second, strict=True) if line != other] == ["run:"]


@pytest.mark.parametrize(
    ("answer", "entry"),
    [
        (HttpAnswer(204, {}), {"status": 204}),
        (HttpAnswer(200, {}, {"b": 1, "a": [None]}), {"status": 200, "body": {"b": 1, "a": [None]}}),
        (HttpAnswer(200, {}, None, ""), {"status": 200, "text": ""}),
        (HttpAnswer(200, {}, None, '{"a": 1}'), {"status": 200, "text": '{"a": 1}'}),
        (TimedOut("too late"), {"timeout": True}),
        (Broken("connection refused"), {"error": "connection refused"}),
        (Broken(""), {"error": "no usable answer"}),
        (Refused("deleted"), {"outcome": "onAuthorizationFailure"}),
        (Invalid("what?"), {"outcome": "onInvalidData"}),
        (Outcome("unknown", {"a": 1}, {"b": 2}), {"outcome": "unknown", "outputs": {"a": 1}, "variables": {"b": 2}}),
        (Outcome("unknown"), {"outcome": "unknown"}),
    ],
)  # fmt: skip
def test_an_answer_is_an_entry(answer: Answer, entry: dict[str, Any], compiled: Callable[..., Plan]) -> None:
    assert recorded_entry(compiled().nodes["ask"], answer) == entry
    reads = "text" if isinstance(answer, HttpAnswer) and answer.text is not None else "json"
    assert type(recorded_answer(entry, reads)) in {type(answer), Outcome}
    if isinstance(answer, HttpAnswer):
        assert recorded_answer(entry, reads) == answer


WAITS = """
flow: case
defaults: {edges: {onInvalidChoice: failed}}
start: order
nodes:
  order:
    type: order@1.0
    retry: {attempts: 2, delay: 1s, on: [onTimeout]}
    edges: {ordered: wait, taken: wait, refused: failed}
  wait:
    type: receive@1.0
    inputs: {events: {reply: {channel: sms, business: "1", customer: "2"}, paid: {event: paid, key: "7"}}, timeout: 5m}
    edges: {reply: wait, paid: done, onTimeout: order}
  done: {end: success}
  failed: {end: error}
"""
TAKEN = {"status": 202, "headers": {"order-id": "o-1"}}


def waited(plan: Plan, events: dict[str, list[Answer]]) -> Run:
    effects = FakeEffects(
        lambda _: HttpAnswer(202, {"order-id": "o-1", "server": "x"}),
        event=lambda want: events[want.node].pop(0),
        address="https://flows.example.com/callbacks",
    )
    return asyncio.run(flowengine.run(plan, effects=effects, journal=True))


def test_what_came_later_stands_beside_what_promised_it(compiled: Callable[..., Plan]) -> None:
    plan = compiled(flow=WAITS)
    run = waited(plan, {"order": [TimedOut(), NoCallback()]})

    taken = take_recording(plan, run, "a")

    written = to_value(parse_yaml(taken.text, "a"))
    assert written["responses"] == {"order": [{**TAKEN, "timeout": True}, TAKEN]}
    assert written["expect"]["outcomes"] == ["onInvalidChoice"]
    assert taken.answers == 2


def test_events_are_recorded_with_their_labels(compiled: Callable[..., Plan]) -> None:
    plan = compiled(flow=WAITS.replace("start: order", "start: wait"))
    done = {"event": "order.done", "number": 7, "apiKey": "f8a2-71cc-90ab"}
    events = {
        "order": [Arrived("callback:service:o-1", "order.done", done)],
        "wait": [
            Arrived("channel:sms:incoming-message:1:2", "MO", {"sms": {"message": "hello"}}),
            TimedOut(),
            Arrived("event:paid:7", "paid", [1]),
        ],
    }
    run = waited(plan, events)

    taken = take_recording(plan, run, "a")

    written = to_value(parse_yaml(taken.text, "a"))
    assert written["responses"] == {
        "wait": [
            {"event": {"label": "reply", "body": {"sms": {"message": "hello"}}}},
            {"timeout": True},
            {"event": {"label": "paid", "body": [1]}},
        ],
        "order": [{**TAKEN, "event": {**done, "apiKey": "[secret]"}}],
    }
    assert written["expect"]["outcomes"] == ["reply", "onTimeout", "ordered", "paid"]
    dry = flowengine.dry_run(plan, parse_recording(taken.text.encode(), Path("a")))
    assert (dry.differences, dry.unused) == ([], {})


READS_HEADERS = """
node: look-up
integration: crm
versions:
  "1.0":
    inputs: {}
    request: {method: GET, path: /x}
    responses: [{when: {headers: {X-Kind: odd}}, outcome: odd}, {outcome: even}]
    outputs: {tag: {header: ETag}, id: {path: $.id, header: X-Id}}
    outcomes: {odd: {kind: error}, even: {kind: success}}
"""


def test_only_headers_that_somebody_reads_are_written(compiled: Callable[..., Plan], tmp_path: Path) -> None:
    (tmp_path / "look-up.yaml").write_text(READS_HEADERS)
    flow = "flow: case\nstart: a\nnodes: {a: {type: TYPE@1.0, INPUTSedges: {even: z, onError: z}}, z: {end: success}}\n"
    look_up = compiled(flow=flow.replace("TYPE", "look-up").replace("INPUTS", "")).nodes["a"]
    call = "inputs: {method: GET, url: 'https://a.example.com'}, "
    http = flow.replace("TYPE", "http-request").replace("INPUTS", call).replace("even", "onSuccess")
    got = {"x-kind": "even", "server": "x", "retry-after": "1", "etag": "a", "x-id": "5", "content-type": "text/html"}

    def names(node: Any, **headers: str) -> list[str]:
        return list(recorded_entry(node, HttpAnswer(200, got | headers)).get("headers", {}))

    assert names(look_up) == ["content-type", "etag", "retry-after", "x-id", "x-kind"]
    for kind in ("application/json; charset=utf-8", "application/problem+json", ""):
        assert names(look_up, **{"content-type": kind}) == ["etag", "retry-after", "x-id", "x-kind"]
    assert names(compiled(flow=http).nodes["a"]) == sorted(got)


def test_a_body_that_yaml_cannot_hold_is_written_as_text(compiled: Callable[..., Plan]) -> None:
    plan = compiled()
    run = walked(plan, HttpAnswer(200, {}, {"answer": 10**20}))

    taken = take_recording(plan, run, "a")

    assert taken.recording.responses == {"ask": [{"status": 200, "text": '{"answer":100000000000000000000}'}]}
    assert flowengine.dry_run(plan, taken.recording).run.variables["name"] == 10**20
    assert taken.notes == ("the variable 'name' is not expected, as no recording can hold its value",)
    assert taken.recording.expect is not None
    assert "name" not in taken.recording.expect["variables"]


def test_what_a_script_makes_of_the_clock_is_not_expected(compiled: Callable[..., Plan]) -> None:
    plan = compiled("given = new Date().toISOString().slice(0, 4); 'ok'")
    taken = take_recording(plan, walked(plan, OK), "a")

    assert taken.recording.expect is not None
    assert taken.recording.expect["variables"] == {"name": "Ann"}
    assert taken.notes == (
        "the variable 'given' is not expected, as a script writes it that reads the clock or makes random numbers",
    )


def test_an_outcome_that_no_edge_can_have_is_not_expected(compiled: Callable[..., Plan]) -> None:
    plan = compiled("' ok'")
    taken = take_recording(plan, walked(plan, OK), "a")

    assert taken.recording.expect == {
        "result": "error",
        "path": ["ask", "script", "failed"],
        "variables": {"name": "Ann"},
    }
    assert flowengine.dry_run(plan, taken.recording).differences == []


def test_a_flow_that_a_secret_decides_goes_another_way(compiled: Callable[..., Plan]) -> None:
    script = "given = name.token; given === 'se-cret' ? 'ok' : 'then'"
    flow = FLOW.replace("$(ask.answer)", "$(ask.ticket)").replace('name: ""', "name: {type: object}")
    plan = compiled(script, flow)
    answer = HttpAnswer(200, {}, {"answer": 1, "ticket": {"token": "se-cret"}})
    taken = take_recording(plan, walked(plan, answer), "a")

    assert "se-cret" not in taken.text
    assert taken.recording.expect is None
    goes = "'script' with then in place of 'script' with ok"
    assert taken.notes == (
        f"the recording expects nothing, as a dry-run of it goes another way: {goes}",
        "what is a secret, or looks like one, reads [secret] in it",
    )
    assert f"The recording expects nothing, as a dry-run of it goes another way: {goes}." in taken.text


def test_the_start_of_the_run_is_that_of_the_dry_run(compiled: Callable[..., Plan]) -> None:
    plan = compiled(flow=FLOW.replace("$(ask.answer)", "$(run.startedAt) $(run.id)"))
    effects = FakeEffects(lambda _: OK, now=1_795_428_000.123456)
    run = asyncio.run(flowengine.run(plan, effects=effects, journal=True))

    dry = flowengine.dry_run(plan, take_recording(plan, run, "a").recording).run

    assert dry.variables["name"] == run.variables["name"] == "2026-11-23T10:00:00.123Z run-1"


def test_a_walk_that_does_not_come_out_the_same_is_not_expected(compiled: Callable[..., Plan]) -> None:
    plan = compiled("Date.now() < 1e12 ? 'ok' : 'then'")
    run = walked(plan, OK)
    run.steps[-1].attempts[-1] = run.steps[-1].attempts[-1]._replace(outcome="ok")
    taken = take_recording(plan, run, "a")

    assert taken.recording.expect is None
    goes = "'script' with then in place of 'script' with ok"
    assert taken.notes == (f"the recording expects nothing, as a dry-run of it goes another way: {goes}",)


def test_limits_of_its_own_do_not_come_out_the_same(compiled: Callable[..., Plan]) -> None:
    plan = compiled()
    effects = FakeEffects(lambda _: HttpAnswer(404, {}))
    run = asyncio.run(flowengine.run(plan, effects=effects, journal=True, limits=Limits(steps=3)))

    taken = take_recording(plan, run, "a")

    assert taken.recording.expect is None
    assert "as a dry-run of it goes another way: it ends with error (no recorded answer left" in taken.notes[0]


def test_a_run_that_was_ended_is_recorded_as_far_as_it_came(compiled: Callable[..., Plan]) -> None:
    plan, asked = compiled(), asyncio.Event()

    async def answer(send: Send) -> Answer:
        if send.attempt == 1:
            return TimedOut()
        asked.set()
        await asyncio.Event().wait()
        return OK

    async def ended() -> Run:
        walk = Walk(plan, FakeEffects(answer), journal=True)
        walking = asyncio.create_task(walk.run({}, start_values(plan, {})))
        await asked.wait()
        walking.cancel()
        await asyncio.wait([walking])
        assert walk.state is not None
        return Run.of(plan, walk.state, walk.entries)

    taken = take_recording(plan, asyncio.run(ended()), "a")

    assert taken.recording.responses == {"ask": [{"timeout": True}]}
    assert taken.recording.expect is None
    assert "description: \"The run did not come to its end: cancelled at node 'ask'.\"\n" in taken.text
    assert taken.notes == ("the recording expects nothing, as the run did not come to its end",)


def test_a_recording_needs_the_journal_of_its_plan(compiled: Callable[..., Plan]) -> None:
    plan = compiled()
    run = walked(plan, OK)

    with pytest.raises(flowengine.UsageError, match="another plan"):
        take_recording(compiled("'ok'"), run, "a")
    run.entries.clear()
    with pytest.raises(flowengine.UsageError, match="journal=True"):
        take_recording(plan, run, "a")


@pytest.mark.parametrize(
    ("trigger", "why"),
    [
        ({"n": 10**20}, "a number has at most 16 digits"),
        ({"text": "x" * 70_000}, "70,000 characters"),
        ({"texts": ["x" * 60_000] * 18}, "larger than"),
        ([1], "trigger is array"),
    ],
)
def test_what_no_file_can_hold_is_refused(trigger: Any, why: str, compiled: Callable[..., Plan]) -> None:
    with pytest.raises(flowengine.UsageError, match=f"the run cannot be recorded.*{why}"):
        refuse_unrecordable(compiled(), trigger, {})


def test_an_answer_that_no_file_can_hold_is_refused(compiled: Callable[..., Plan]) -> None:
    plan = compiled()
    with pytest.raises(flowengine.UsageError, match="the run cannot be recorded: a text of 70,0"):
        take_recording(plan, walked(plan, HttpAnswer(200, {}, {"answer": "x" * 70_000})), "a")


def test_a_wrong_name_is_refused(compiled: Callable[..., Plan]) -> None:
    plan = compiled()
    with pytest.raises(flowengine.UsageError, match="the run cannot be recorded"):
        take_recording(plan, walked(plan, OK), "No name")


def test_it_is_in_the_api(tmp_path: Path) -> None:
    flow = tmp_path / "flow.yaml"
    flow.write_text(
        "flow: case\nstart: a\nnodes:\n"
        "  a: {type: delay@1.0, inputs: {duration: 1ms}, edges: {onTimeout: b}}\n  b: {end: success}\n"
    )
    run = flowengine.run_sync(flow, journal=True)

    taken = flowengine.take_recording(flow, run, "case-a")

    assert parse_recording(taken.text.encode(), flow).expect == {
        "result": "success",
        "path": ["a", "b"],
        "outcomes": ["onTimeout"],
    }
    assert json.dumps(taken.recording.run["id"]) == json.dumps(run.id)
