from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from flowengine.flowfile.yaml_tree import read_yaml, to_value

NAP = """\
flow: nap
start: nap
nodes:
  nap: {type: delay@1.0, inputs: {duration: 1h}, edges: {onTimeout: done}}
  done: {end: success}
"""
MISSING = "0" * 32


@pytest.fixture
def sms_run(page: httpx.Client, folder: Path) -> str:
    """A run of sms-inbound on the sandbox that is over."""
    trigger = to_value(read_yaml(folder / "triggers" / "sms-inbound.yaml"))
    run: str = page.post("/api/runs", json={"flow": "sms-inbound", "trigger": trigger}).json()["id"]
    assert _last_event(page, run) == "end"
    return run


def test_a_run_is_drawn_as_its_file_as_long_as_that_is_what_was_walked(page: httpx.Client, sms_run: str) -> None:
    shown = page.get(f"/api/studio/runs/{sms_run}").json()

    assert shown["path"] == "sms-inbound.yaml"
    assert shown["graph"] == page.get("/api/studio/flows/sms-inbound").json()["graph"]
    assert shown["awaits"] is None


def test_a_run_of_a_flow_that_was_changed_is_drawn_as_it_was(page: httpx.Client, sms_run: str, folder: Path) -> None:
    before = page.get(f"/api/studio/runs/{sms_run}").json()["graph"]
    (folder / "sms-inbound.yaml").write_text(NAP.replace("flow: nap", "flow: sms-inbound"), "utf-8")

    shown = page.get(f"/api/studio/runs/{sms_run}").json()

    assert shown["path"] is None
    assert _way(shown["graph"]) == _way(before)


def test_a_run_of_a_flow_that_is_gone_is_drawn(page: httpx.Client, sms_run: str, folder: Path) -> None:
    (folder / "sms-inbound.yaml").unlink()

    shown = page.get(f"/api/studio/runs/{sms_run}").json()

    assert shown["path"] is None
    assert len(shown["graph"]["nodes"]) > 1


def test_a_run_says_what_it_waits_for(page: httpx.Client, folder: Path) -> None:
    (folder / "nap.yaml").write_text(NAP, "utf-8")
    run = page.post("/api/runs", json={"flow": "nap"}).json()["id"]

    awaits = page.get(f"/api/studio/runs/{run}").json()["awaits"]

    assert awaits == {"kind": "time", "node": "nap", "events": [], "run": None}
    refused = page.post(f"/api/studio/runs/{run}/recording", json={"name": "nap-mine"})
    assert refused.status_code == 409
    assert refused.json()["error"]["code"] == "not-over"


def test_a_run_is_saved_as_a_recording_once(page: httpx.Client, sms_run: str, folder: Path) -> None:
    saved = page.post(f"/api/studio/runs/{sms_run}/recording", json={"name": "sms-inbound-mine"})

    assert saved.status_code == 201
    assert saved.json()["path"] == "recordings/sms-inbound.mine.recording.yaml"
    recordings = page.get("/api/studio/flows/sms-inbound/recordings").json()["recordings"]
    assert "sms-inbound-mine" in {one["name"] for one in recordings}
    again = page.post(f"/api/studio/runs/{sms_run}/recording", json={"name": "sms-inbound-mine"})
    assert again.status_code == 409
    wrong = page.post(f"/api/studio/runs/{sms_run}/recording", json={"name": "../mine"})
    assert wrong.status_code == 422
    assert not (folder.parent / "mine.recording.yaml").exists()


def test_a_run_that_is_not_there_is_said_so(page: httpx.Client) -> None:
    assert page.get(f"/api/studio/runs/{MISSING}").status_code == 404
    assert page.post(f"/api/studio/runs/{MISSING}/recording", json={"name": "mine"}).status_code == 404


def test_the_tenant_is_asked_for_its_assets(page: httpx.Client) -> None:
    tenant = page.get("/api/studio/streams/tenant").json()

    assert tenant["mayStream"] is True
    assert {"id", "channel", "address", "name"} <= tenant["assets"][0].keys()


def test_flows_that_use_the_stream_are_listed(page: httpx.Client, folder: Path) -> None:
    (folder / "nap.yaml").write_text(NAP, "utf-8")
    (folder / "broken.yaml").write_text("flow: [", "utf-8")

    users = page.get("/api/studio/streams/users").json()

    by_flow = {one["flow"]: one for one in users["flows"]}
    assert by_flow["sms-inbound"]["path"] == "sms-inbound.yaml"
    assert "nap" not in by_flow


def _way(graph: dict[str, Any]) -> set[tuple[str, str, str]]:
    shared = {(node, edge["outcome"], edge["to"]) for edge in graph["defaultEdges"] for node in edge["from"]}
    return {(edge["from"], edge["outcome"], edge["to"]) for edge in graph["edges"]} | shared


def _last_event(page: httpx.Client, run: str) -> str:
    """Follow a run until it ends."""
    name = ""
    with page.stream("GET", f"/api/runs/{run}/steps") as answer:
        for line in answer.iter_lines():
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            elif line.startswith("data: "):
                json.loads(line.removeprefix("data: "))
    return name
