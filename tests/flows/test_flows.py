"""The flows people copy: valid, tested by recordings, and alive on the embedded sandbox."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest

import flowengine
from flowengine.core.answers import Json
from flowengine.core.trace import Run
from flowengine.flowfile.yaml_tree import read_yaml, to_value
from flowengine.sandbox.demo import demo_seed
from flowengine.shipped import shipped

FLOWS = Path(__file__).resolve().parents[2] / "flows"
SEED = FLOWS.parent / "flowengine" / "sandbox" / "demo.yaml"

LIVE_PATHS = {
    "email-inbound": "clean > search > reopen > append > complete > note > delivered",
    "find-or-open-conversation": "search > reopen > found",
    "livechat-close": "search > announce > close > closed",
    "livechat-inbound": "read > search > create > created",
    "messenger-inbound": "read > search > append > appended",
    "sms-gather": "first > more > join > count > more > search > create > stored",
    "sms-inbound": "read > search > reopen > append > appended",
    "task-modified": "read > change > add > accepted",
    "task-routed": "parse > known > add > joined",
    "update-conversation": "parse > known > update > stored",
    "web-form": "word > conversation > append > appended",
    "whatsapp-inbound": "kind > location > search > append > appended",
}
CALLED = {
    "find-or-open-conversation": {
        "businessNumber": "+447700900900",
        "customerNumber": "+447700900901",
        "text": "Where is my parcel?",
        "timestamp": "2026-11-23T10:00:00Z",
    }
}
"""Flows that others call, each with inputs to walk it with."""

EVENTS: dict[str, list[Json]] = {
    "sms-gather": [{"label": "another", "body": {"sms": {"message": "again"}}}, {"label": "now", "body": {}}]
}
"""What flows wait for that wait for something."""

ENGAGE_NODES = {path.stem for path in (shipped("nodes") / "webex-engage").glob("*.yaml")}
RECORDINGS = sorted((FLOWS / "recordings").glob("*.recording.yaml"))

PHONE = re.compile(r"\+?[0-9](?:[ .()-]?[0-9]){9,}")
RESERVED_PHONE = re.compile(r"\+?44 ?7700 ?900[0-9]{3}")
HOST = re.compile(r"(?:https?://|@)([A-Za-z0-9.-]+\.[A-Za-z]{2,})")
RESERVED_HOST = re.compile(r"(?:[a-z0-9-]+\.)*example\.com")

each_flow = pytest.mark.parametrize("name", sorted(LIVE_PATHS))


def source(name: str) -> Path:
    return FLOWS / f"{name}.yaml"


def trigger(name: str) -> Json:
    return {} if name in CALLED else to_value(read_yaml(FLOWS / "triggers" / f"{name}.yaml"))


def recordings(name: str) -> list[Path]:
    return [path for path in RECORDINGS if path.name.split(".")[0] == name]


def replayed(name: str, recording: Path) -> flowengine.DryRun:
    return flowengine.dry_run(source(name), recording)


@pytest.fixture(scope="module")
def live() -> dict[str, Run]:
    """Each flow's run with its trigger sample, on a fresh sandbox of its own, over HTTP."""

    async def one(name: str) -> Run:
        async with flowengine.connect("sandbox", near=FLOWS) as effects:
            inputs = CALLED.get(name, {})
            return await flowengine.run(
                source(name),
                trigger=trigger(name),
                variables=inputs,
                effects=effects,
                events=EVENTS.get(name, ()),
            )

    async def every() -> list[Run]:
        return await asyncio.gather(*map(one, LIVE_PATHS))

    return dict(zip(LIVE_PATHS, asyncio.run(every()), strict=True))


def test_the_folder_holds_these_flows_and_nothing_without_one() -> None:
    assert {path.stem for path in FLOWS.glob("*.yaml")} == set(LIVE_PATHS)
    assert {path.stem for path in (FLOWS / "triggers").glob("*")} == set(LIVE_PATHS) - set(CALLED)
    assert {path.name.split(".")[0] for path in (FLOWS / "recordings").glob("*")} == set(LIVE_PATHS)
    assert len(RECORDINGS) == len(list((FLOWS / "recordings").glob("*")))


@each_flow
def test_a_flow_has_no_finding_of_any_severity(name: str) -> None:
    assert [str(finding) for finding in flowengine.validate(source(name))] == []


@each_flow
def test_a_flow_is_called_like_its_file_and_fit_for_a_picture(name: str) -> None:
    data = flowengine.load(source(name)).data

    assert data["flow"] == name
    assert data["title"]
    assert data["description"]
    assert [node for node, one in data["nodes"].items() if not one.get("title")] == []


def test_all_eight_engage_nodes_appear_and_every_version_is_pinned() -> None:
    types = [
        node["type"] for name in LIVE_PATHS for node in flowengine.load(source(name)).nodes.values() if "type" in node
    ]

    assert len(ENGAGE_NODES) == 8
    assert {one.partition("@")[0] for one in types} >= ENGAGE_NODES
    assert [one for one in types if "@" not in one] == []


@each_flow
def test_no_edge_leads_straight_back_which_the_canvas_forbids(name: str) -> None:
    nodes = flowengine.load(source(name)).nodes
    edges = {(node, target) for node, one in nodes.items() for target in one.get("edges", {}).values()}

    assert [edge for edge in edges if edge[::-1] in edges] == []


@each_flow
def test_a_flow_has_recordings_that_succeed_and_recordings_that_fail(name: str) -> None:
    expected = [to_value(read_yaml(path))["expect"] for path in recordings(name)]

    assert {one["result"] for one in expected} == {"success", "error"}
    assert [one for one in expected if not one["path"]] == []


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda path: path.name.removesuffix(".recording.yaml"))
def test_a_recording_comes_out_as_it_expects(recording: Path) -> None:
    name, case, *_ = recording.name.split(".")
    done = replayed(name, recording)

    assert to_value(read_yaml(recording))["recording"] == f"{name}-{case}"
    assert done.differences == []
    assert done.unused == {}


@each_flow
def test_every_edge_that_a_flow_writes_is_walked_by_a_recording(name: str) -> None:
    written = {
        (node, label) for node, one in flowengine.load(source(name)).nodes.items() for label in one.get("edges", {})
    }
    walked = {
        (step.node, step.edge.label)
        for recording in recordings(name)
        for step in replayed(name, recording).run.steps
        if step.edge is not None and not step.edge.fall_through
    }

    assert written - walked == set()


@each_flow
def test_a_flow_runs_on_the_sandbox_with_its_trigger_sample(name: str, live: dict[str, Run]) -> None:
    run = live[name]

    assert " > ".join(run.path) == LIVE_PATHS[name], [(step.node, step.outcome, step.reason) for step in run.steps]
    assert (run.status, run.result) == ("succeeded", "success")


def test_the_sms_sample_is_written_into_the_demo_conversation(live: dict[str, Run]) -> None:
    run = live["sms-inbound"]

    assert run.variables["conversationId"] == "CSR-DEMO-SMS"
    assert run.variables["timestamp"] == "2026-11-23T10:00:00.000Z"
    assert [step.outcome for step in run.steps] == [
        "ready",
        "conversationClosed",
        "ConversationReopened",
        "onAppendMessageSuccess",
    ]


def test_an_sms_that_opts_out_does_not_start_the_flow() -> None:
    event: Any = trigger("sms-inbound")
    event["sms"] |= {"keyword": "STOP", "message": ""}

    with pytest.raises(flowengine.UsageError, match="does not start the flow"):
        flowengine.run_sync(source("sms-inbound"), trigger=event)


@pytest.mark.parametrize("name", ["task-routed", "task-modified", "update-conversation"])
def test_a_call_does_not_start_a_task_flow(name: str) -> None:
    event: Any = trigger(name)
    event["webex"]["mediaType"] = "telephony"

    with pytest.raises(flowengine.UsageError, match="does not start the flow"):
        flowengine.run_sync(source(name), trigger=event)


def test_the_demo_conversations_are_named_as_such_and_each_call_gives_fresh_ones() -> None:
    first, second = demo_seed(), demo_seed()
    first[0].clear()

    assert [one["conversationId"] for one in second if not one["conversationId"].startswith("CSR-DEMO-")] == []
    assert second == demo_seed()


@pytest.mark.parametrize("path", [*sorted(FLOWS.rglob("*.yaml")), SEED], ids=lambda path: path.name)
def test_nothing_points_at_a_real_person_or_host(path: Path) -> None:
    text = path.read_text("utf-8")
    hosts = HOST.findall(text)

    assert [found for found in PHONE.findall(_without_times(text)) if not RESERVED_PHONE.fullmatch(found)] == []
    assert [host for host in hosts if not RESERVED_HOST.fullmatch(host)] == []


def _without_times(text: str) -> str:
    return re.sub(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(?:Z|[+-][0-9:]+)", "", text)
