"""A property: whatever a server answers, a live run walks as a dry-run on these answers does.

Random flows are walked on random answers: once dry, once for real, over HTTP, against a server that gives exactly what
is recorded. A recording of the real run walks the same way again.
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import flowengine
from flowengine.core.answers import Answer
from flowengine.core.plan import Limits, Plan
from flowengine.core.trace import Run
from flowengine.core.values import as_text
from flowengine.core.wants import Send
from flowengine.drivers.local import Walk
from flowengine.effects.credentials import NotAuthorized, Refusal
from flowengine.effects.http import close_shared_client
from flowengine.effects.live import LiveEffects
from flowengine.flowfile.syntax import Flow
from flowengine.flowfile.yaml_tree import parse_yaml, to_value
from flowengine.project import Environment, Integration
from flowengine.recording.format import Recording
from flowengine.starting import start_values

NODES = Path(__file__).parents[1] / "conformance" / "nodes"
STANDARD = ["onError", "onInvalidData", "onInvalidChoice", "onTimeout", "onAuthorizationFailure"]
LIMITS = Limits(steps=10, visits=3)
ENOUGH = LIMITS.visits * 4
LEAP = 10_000.0
"""Seconds that a loop of the fixture `leaping` leaps over."""

Recorded = dict[str, list[dict[str, Any]]]

LOOK_UP = """
node: look-up
integration: service
versions:
  "1.0":
    inputs: {type: object, properties: {what: {}}}
    request: {method: GET, path: /look-up, query: {what: $(what)}, reads: READS}
    responses:
      - {when: {headers: {x-kind: odd}}, outcome: odd}
      - {when: {status: 2xx, body: {$: {regex: a}}}, outcome: found}
      - {when: {status: [2xx, 404]}, outcome: missing}
    reason: $.message
    outputs:
      all: {path: $}
      text: {path: $.answer, type: string}
      mark: {header: X-Mark}
      status: {status: true}
    outcomes: {odd: {kind: error}, found: {kind: success}, missing: {kind: error}}
"""

VALUES = st.recursive(
    st.sampled_from(
        [None, True, 0, -1, 1.0, 1.5, 10**20, 2**53 + 1, 1e300, "", "a", "maybe", "é\u2028😀\x00", "[secret]"]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["answer", "b", "on", "é:"]), inner),
    max_leaves=6,
)
BODIES = st.one_of(
    st.builds(lambda value: {"body": {"answer": value}}, VALUES),
    # A text as a body stands for itself where texts are read, and for a JSON string elsewhere.
    st.builds(lambda value: {"body": value}, VALUES.filter(lambda value: not isinstance(value, str))),
    st.builds(
        lambda text: {"text": text},
        st.sampled_from(["", "<html>", '"a"', '{"a":1,"a":2}', "NaN", "[" * 70, " 1 ", "a\r\nb"]),
    ),
    st.just({}),
)
PAUSES = ["1", "3600", "3601", "soon", ""]
DATES = ["Thu, 01 Jan 1970 00:00:00 GMT", "Thu, 01 Jan 2026 00:30:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT"]
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "retry-after": st.sampled_from([*PAUSES, *DATES]),
        "x-kind": st.sampled_from(["odd", "even"]),
        "x-mark": st.sampled_from(["a: b", "1"]),
        "content-type": st.just("text/html"),
    },
)
STATUSES = st.sampled_from(
    [
        200,
        200,
        200,
        200,
        201,
        202,
        204,
        206,
        301,
        302,
        304,
        400,
        401,
        401,
        403,
        404,
        409,
        422,
        429,
        500,
        503,
        599,
        600,
        999,
    ]
)
WITHOUT_BODY = (204, 304)


@st.composite
def http_answers(draw: st.DrawFn) -> dict[str, Any]:
    status = draw(STATUSES)
    body = {} if status in WITHOUT_BODY else draw(BODIES)
    return {"status": status, "headers": draw(HEADERS), **body}


ANSWERS = st.one_of(
    http_answers(),
    http_answers(),
    http_answers(),
    st.just({"timeout": True}),
    st.builds(lambda how: {"error": how}, st.sampled_from(["closed", "reset", "cut", "not HTTP"])),
    st.just({"outcome": "onAuthorizationFailure"}),
)
RETRIES = st.fixed_dictionaries(
    {
        "attempts": st.integers(1, 3),
        "on": st.lists(st.sampled_from(STANDARD), min_size=1, max_size=3, unique=True),
        "delay": st.sampled_from(["0s", "10ms", "2h"]),
    }
)


@st.composite
def edges(draw: st.DrawFn, labels: list[str], targets: list[str]) -> dict[str, str]:
    chosen = draw(st.lists(st.sampled_from(labels), unique=True, min_size=len(labels) // 2))
    return {label: draw(st.sampled_from(targets)) for label in chosen}


@st.composite
def asking_nodes(draw: st.DrawFn, name: str, targets: list[str]) -> dict[str, Any]:
    kind = draw(st.sampled_from(["ask", "look-up", "look-up-text", "http-request"]))
    value = draw(st.sampled_from(["why", "why", "why", "$(text)", "$(n)", "$(run.startedAt)", "$(trigger.word)"]))
    node: dict[str, Any] = {"type": f"{kind}@1.0", "inputs": {"question" if kind == "ask" else "what": value}}
    labels = ["answered", "undecided", "unknown"] if kind == "ask" else ["odd", "found", "missing"]
    if kind == "http-request":
        parse = draw(st.sampled_from(["json", "text"]))
        node["inputs"] = {"method": "GET", "url": f"$(trigger.url)/{name}", "query": {"q": value}, "parse": parse}
        node["authorization"] = "desk"
        labels = ["onSuccess"]
    if draw(st.booleans()):
        node["retry"] = draw(RETRIES)
    output = {"ask": "answer", "http-request": "responseBody"}.get(kind, "all")
    if draw(st.booleans()):
        node["set"] = {"n": f"$({name}.{output})"}
    return {**node, "edges": draw(edges([*labels, *STANDARD], targets))}


@st.composite
def computing_nodes(draw: st.DrawFn, targets: list[str]) -> dict[str, Any]:
    kind = draw(st.sampled_from(["branch", "set-variables", "delay", "evaluate"]))
    value = draw(st.sampled_from(["$(n)", "$(text)", "$(trigger.word)", "$(run.id)"]))
    if kind == "branch":
        inputs: dict[str, Any] = {"rows": [{"name": "holds", "when": {"value": value, "contains": "a"}}]}
        labels = ["holds", "None of the above", "onInvalidData"]
    elif kind == "evaluate":
        inputs = {"script": "n = [n, text].length; text = text + '.'; 'x'", "values": {"value": value}}
        labels = ["x", *STANDARD[:4]]
    elif kind == "delay":
        inputs, labels = {"duration": "1d"}, ["onTimeout"]
    else:
        inputs, labels = {"values": {"n": value}}, ["onSuccess", "onInvalidData"]
    return {"type": f"{kind}@1.0", "inputs": inputs, "edges": draw(edges(labels, targets))}


@st.composite
def samples(draw: st.DrawFn) -> tuple[dict[str, Any], Recorded]:
    ids = [f"node{number}" for number in range(draw(st.integers(1, 4)))]
    targets = [*ids, *ids, *ids, "done", "failed"]
    inner = {
        name: draw(
            asking_nodes(name, targets) if number == 0 else asking_nodes(name, targets) | computing_nodes(targets)
        )
        for number, name in enumerate(ids)
    }
    flow = {
        "flow": "sample",
        "variables": {"n": 1, "text": {"type": "string", "default": "t"}},
        "defaults": {"authorization": "desk", "edges": draw(edges(STANDARD, targets))},
        "start": "node0",
        "nodes": {**inner, "done": {"end": "success"}, "failed": {"end": "error"}},
    }
    asked = [name for name, node in inner.items() if "retry" in node or node["type"] not in COMPUTING]
    return flow, {name: draw(st.lists(ANSWERS, min_size=1, max_size=4)) * ENOUGH for name in asked}


COMPUTING = ("branch@1.0", "set-variables@1.0", "delay@1.0", "evaluate@1.0")


class Service:
    """A server that gives each node what is recorded for it, in order; and the credentials that go with it."""

    def __init__(self, recorded: Recorded) -> None:
        self.node = ""
        self._recorded = recorded
        self._used: Counter[str] = Counter()

    def next(self) -> dict[str, Any]:
        """Return what is recorded for the attempt that is under way."""
        return self._recorded[self.node][self._used[self.node]]

    def use(self) -> dict[str, Any]:
        entry = self.next()
        self._used[self.node] += 1
        return entry

    async def headers(
        self,
        name: str | None,
        *,
        url: str,  # noqa: ARG002 - as Credentials has it
        kinds: tuple[str, ...] = (),  # noqa: ARG002 - likewise
        refresh: bool = False,  # noqa: ARG002 - likewise
        refused: Refusal | None = None,  # noqa: ARG002 - likewise
    ) -> Mapping[str, str]:
        if "outcome" in self.next():
            self.use()
            raise NotAuthorized(f"{name} is of no use")
        return {"Authorization": "Bearer of good news"}

    async def refused_again(self, name: str, refused: Refusal | None = None) -> None:
        """Learn nothing: the next node is given what is recorded for it."""

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        _, _, length = head.lower().partition(b"\r\ncontent-length:")
        await reader.readexactly(int(length.partition(b"\r\n")[0] or 0))
        entry = self.use()
        if "timeout" in entry:
            await asyncio.sleep(LEAP)
        elif entry.get("error") == "reset":
            connection: socket.socket = writer.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
        else:
            writer.write(sent(entry))
            await writer.drain()
        writer.close()


def sent(entry: dict[str, Any]) -> bytes:
    """Return an answer as it is on the wire."""
    if "error" in entry:
        wrong = {"cut": b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", "not HTTP": b"220 mail.example.com\r\n\r\n"}
        return wrong.get(entry["error"], b"")
    headers = "".join(f"{name}: {value}\r\n" for name, value in entry["headers"].items())
    return f"HTTP/1.1 {entry['status']} So\r\n{headers}\r\n".encode() + body_of(entry).encode()


def body_of(entry: dict[str, Any]) -> str:
    body = entry.get("body")
    text: str = entry.get("text", "" if body is None else as_text(body))
    return text


def framed(recorded: Recorded) -> Recorded:
    """Return what is recorded, with the headers that a server has to add."""

    def one(entry: dict[str, Any]) -> dict[str, Any]:
        if "status" not in entry:
            return entry
        length = {} if entry["status"] in WITHOUT_BODY else {"content-length": str(len(body_of(entry).encode()))}
        return {**entry, "headers": {"connection": "close", **length, **entry["headers"]}}

    return {node: [one(entry) for entry in entries] for node, entries in recorded.items()}


class Hurried(LiveEffects):
    """Real requests, one at a time; what the engine waits takes no time."""

    def __init__(self, environment: Environment, service: Service, start: float) -> None:
        super().__init__(environment, service)
        self._service = service
        self._now = start

    def now(self) -> float:
        return self._now

    def new_id(self) -> str:
        return "run-1"

    async def sleep(self, seconds: float) -> None:
        self._now += seconds

    async def send(self, want: Send) -> Answer:
        self._service.node = want.node
        return await super().send(want)


async def live(plan: Plan, recorded: Recorded) -> Run:
    """Walk against a server that answers what is recorded."""
    service = Service(recorded)
    server = await asyncio.start_server(service.handle, "127.0.0.1", 0)
    place = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    environment = Environment("test", {"service": Integration(f"http://{place}")}, egress=frozenset([place]))
    walk = Walk(plan, Hurried(environment, service, 1_767_225_600.0), journal=True)
    state = await walk.run({"url": f"http://{place}"}, start_values(plan, {}), LIMITS)
    await close_shared_client()
    server.close()
    await server.wait_closed()
    return Run.of(plan, state, walk.entries)


def seen(run: Run) -> list[Any]:
    """Return what two walks have in common where they are the same; times and reasons aside."""
    steps = [
        (
            step.node,
            step.visit,
            step.outcome,
            step.edge,
            step.inputs,
            step.outputs,
            step.wrote,
            [(attempt.number, attempt.outcome, attempt.status) for attempt in step.attempts],
        )
        for step in run.steps
    ]
    return [run.status, run.result, run.path, run.variables, *steps]


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> flowengine.Catalogue:
    folder = tmp_path_factory.mktemp("nodes")
    (folder / "look-up.yaml").write_text(LOOK_UP.replace("READS", "json"))
    (folder / "look-up-text.yaml").write_text(
        LOOK_UP.replace("READS", "text").replace("look-up\n", "look-up-text\n", 1)
    )
    return flowengine.Catalogue([NODES, folder])


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(sample=samples())
def test_a_live_run_walks_as_a_dry_run_does(
    sample: tuple[dict[str, Any], Recorded],
    catalogue: flowengine.Catalogue,
    leaping: Callable[[Coroutine[Any, Any, Run]], Run],
) -> None:
    flow, recorded = sample
    tree = parse_yaml(json.dumps(flow), "sample.yaml")
    plan = flowengine.compile(Flow(Path("sample.yaml"), tree, to_value(tree)), catalogue)

    run = leaping(live(plan, framed(recorded)))
    about = {"id": "run-1"}
    dry = flowengine.dry_run(
        plan, Recording("r", "sample", run.entries[0].trigger, responses=framed(recorded), run=about), limits=LIMITS
    )

    assert seen(dry.run) == seen(run)

    taken = flowengine.take_recording(plan, run, "taken")
    again = flowengine.dry_run(plan, taken.recording, limits=LIMITS)

    assert seen(again.run) == seen(run)
    assert again.unused == {}
