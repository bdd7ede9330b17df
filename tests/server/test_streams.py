"""Streams over the API: what they are set to, and that an event that came in at a hook goes out of the outbox."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from flowengine.streams.forwarding.settings import NAME

PROJECT = """
default: test
environments:
  test:
    channels: {sms: {unsigned: true}}
    integrations: {webex-engage: {baseUrl: sandbox}}
"""
STREAM = f"/api/streams/{NAME}"


@pytest.fixture
def streaming(folder: Path, serving: Any) -> Any:
    """A server whose events are handed on to a sandbox."""
    (folder / "flowengine.yaml").write_text(PROJECT)
    return serving()


def post(server: Any, transaction: str) -> Any:
    body = {"transid": transaction, "oa": "+447700900901", "da": "+447700900900", "message": "hello"}
    return server.client.post("/hooks/sms", json=body)


def shown(server: Any) -> dict[str, Any]:
    stream: dict[str, Any] = server.client.get(STREAM).json()["stream"]
    return stream


def test_what_came_in_is_handed_on(streaming: Any) -> None:
    for number in range(5):
        assert post(streaming, f"t-{number}").status_code == 200
    assert post(streaming, "t-0").json()["state"] == "duplicate"
    deadline = time.monotonic() + 20
    while shown(streaming)["delivered"] < 5 and time.monotonic() < deadline:
        pass
    stream = shown(streaming)
    assert (stream["delivered"], stream["pending"], stream["dead"], stream["lagMs"]) == (5, 0, 0, 0)
    metrics = streaming.client.get("/metrics").text
    assert 'flowengine_outbox_rows{state="delivered",stream="webex-engage-streaming@test"} 5.0' in metrics


def test_a_stream_is_shown_and_changed(streaming: Any, tokens: dict[str, str]) -> None:
    assert tokens
    read, edit = ({"Authorization": f"Bearer {tokens[right]}"} for right in ("operate", "edit"))
    assert streaming.client.patch(STREAM, json={"enabled": False}, headers=read).status_code == 403
    changed = streaming.client.patch(STREAM, json={"enabled": False, "channels": ["sms"]}, headers=edit)
    assert (changed.json()["stream"]["enabled"], changed.json()["stream"]["channels"]) == (False, ["sms"])
    (listed,) = streaming.client.get("/api/streams", headers=read).json()["streams"]
    assert listed["enabled"] is False
    assert "Apple" in listed["warnings"][0]
    back = streaming.client.patch(STREAM, json={"enabled": True, "channels": "all"}, headers=edit)
    assert back.json()["stream"]["channels"] == "all"
    assert back.json()["stream"]["events"] == ["Incoming events & Messages"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"channels": []}, 422),
        ({"channels": ["fax"]}, 422),
        ({"assets": []}, 422),
        ({"assets": ["no such asset"]}, 409),
        ({"enabled": "yes"}, 422),
        ({"events": []}, 422),
        ({"authorization": "../x"}, 422),
    ],
)
def test_a_stream_is_not_set_to_what_there_is_not(streaming: Any, body: dict[str, Any], status: int) -> None:
    before = shown(streaming)
    assert streaming.client.patch(STREAM, json=body).status_code == status
    assert shown(streaming)["changedAt"] is before["changedAt"] is None


def test_assets_are_those_of_the_tenant(streaming: Any) -> None:
    deadline = time.monotonic() + 20
    while shown(streaming)["tenant"] is None and time.monotonic() < deadline:
        pass
    asset = shown(streaming)["tenant"]["assets"][0]
    changed = streaming.client.patch(STREAM, json={"assets": [asset["id"]]})
    assert changed.json()["stream"]["assets"] == [asset]
    assert streaming.client.patch(STREAM, json={"assets": "all"}).json()["stream"]["assets"] == "all"


def test_a_stream_is_tried(streaming: Any) -> None:
    said = streaming.client.post(f"{STREAM}/test").json()
    assert (said["delivered"], said["status"]) == (True, 202)
    assert said["event"].startswith("flowengine-test-")


def test_nothing_was_given_up(streaming: Any) -> None:
    assert streaming.client.get(f"{STREAM}/dead").json() == {"events": []}
    assert streaming.client.post(f"{STREAM}/resend").json() == {"resent": 0}
    assert streaming.client.post(f"{STREAM}/resend", json={"numbers": [1, 2]}).json() == {"resent": 0}
    wrong = streaming.client.post(f"{STREAM}/resend", content=json.dumps({"numbers": ["1"]}))
    assert wrong.status_code == 415


def test_there_is_one_stream(streaming: Any) -> None:
    for path in ("/api/streams/other", "/api/streams/other/dead"):
        assert streaming.client.get(path).status_code == 404
