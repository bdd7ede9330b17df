from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from typing import Any

import pytest

from flowengine.server.listening import Told
from flowengine.server.traces import Traces, with_parent

memory = pytest.importorskip("opentelemetry.sdk.trace.export.in_memory_span_exporter")

SMS = {"sms": {"message": "hello"}}
PARENT = f"00-{'ab' * 16}-{'cd' * 8}-01"


@pytest.fixture
def traced(serving: Any) -> tuple[Any, Any]:
    """A server whose spans are kept in memory."""
    server, exporter = serving(), memory.InMemorySpanExporter()
    history = server.world.journal.history()
    traces = Traces(history.run, exporter)
    told = Told(server.world.metrics, traces)

    async def attach() -> None:
        server.world.worker._listener = told

    asyncio.run_coroutine_threadsafe(attach(), server.loop).result(20)

    def spans() -> list[Any]:
        traces._provider.force_flush()
        found: list[Any] = list(exporter.get_finished_spans())
        return found

    return server, spans


def test_a_run_is_a_root_with_a_span_for_each_node(traced: tuple[Any, Any]) -> None:
    server, spans = traced
    run = server.start("greet", trigger=SMS)
    server.ended(run)
    server.stop()
    node, root = spans()
    assert (node.name, root.name) == ("greet", "run greet")
    assert root.parent is None
    assert node.parent.span_id == root.context.span_id
    assert node.context.trace_id == root.context.trace_id
    assert node.attributes["flowengine.outcome"] == "onSuccess"
    assert root.attributes["flowengine.run"] == run
    assert root.start_time <= node.start_time <= node.end_time <= root.end_time


def test_a_run_is_a_part_of_the_trace_of_who_started_it(traced: tuple[Any, Any]) -> None:
    server, spans = traced
    body = {"flow": "greet", "trigger": SMS}
    run = server.client.post("/api/runs", json=body, headers={"traceparent": PARENT}).json()["id"]
    server.ended(run)
    server.stop()
    node, root = spans()
    assert f"{root.context.trace_id:032x}" == f"{node.context.trace_id:032x}" == "ab" * 16
    assert f"{root.parent.span_id:016x}" == "cd" * 8


@pytest.mark.parametrize("written", ["", "00-x", PARENT.upper(), PARENT + "x", f"{PARENT}\n", None])
def test_what_is_no_trace_is_left_out(written: str | None) -> None:
    assert with_parent("api, local", written) == "api, local"


def test_a_called_run_is_below_the_one_that_called_it(serving: Any) -> None:
    server, exporter = serving(), memory.InMemorySpanExporter()
    kept = server.world.journal.history().run(server.start("waits"))
    runs = {
        "parent": kept._replace(id="parent", source=f"api, traceparent {PARENT}"),
        "child": kept._replace(id="child", called_by="parent"),
        "grandchild": kept._replace(id="grandchild", called_by="child"),
    }
    traces = Traces(runs.__getitem__, exporter)
    parent, child, grandchild = (traces._find(run) for run in runs)
    assert {parent.trace, child.trace, grandchild.trace} == {int("ab" * 16, 16)}
    assert (child.parent, grandchild.parent) == (parent.span, child.span)
    traces.close()


def test_nothing_of_it_is_imported_unless_it_is_wanted() -> None:
    code = "import sys, json, flowengine.server.running\nprint(json.dumps(sorted(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert not [name for name in json.loads(ran.stdout) if name.startswith("opentelemetry")]
