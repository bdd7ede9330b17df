from __future__ import annotations

from pathlib import Path

import httpx


def test_a_page_says_what_a_version_does_and_who_uses_it(page: httpx.Client) -> None:
    shown = page.get("/api/studio/nodes/append-message", params={"version": "1.4"}).json()

    assert shown["request"] == {"method": "POST", "path": "/conversations/$(conversationId)/messages"}
    assert (shown["idempotent"], shown["callback"], shown["method"]) == (True, "60s", "Append Message")
    assert shown["requirements"]["fromEmail"] == [
        "channel is email and direction is not announcement and messageType is email"
    ]
    assert shown["changes"]["from"] == "1.3"
    assert shown["changes"]["inputs"]["changed"] == ["direction"]
    assert shown["changes"]["inputs"]["details"]["direction"]["was"] == [
        "inbound, the only direction that this version has for SMS"
    ]
    assert {"flow": "sms-inbound", "path": "sms-inbound.yaml", "node": "append", "version": "1.4"} in shown["uses"]
    assert any("Messages given as a JSON array" in one for one in shown["ourReading"])


def test_what_an_input_takes_more_than_before_is_said(page: httpx.Client) -> None:
    shown = page.get("/api/studio/nodes/append-message", params={"version": "1.3"}).json()["changes"]["inputs"][
        "details"
    ]

    assert "lc-carousel-response" in shown["messageType"]["added"]
    assert shown["messageType"]["removed"] == []


def test_the_first_version_changes_nothing(page: httpx.Client) -> None:
    assert page.get("/api/studio/nodes/append-message", params={"version": "1.0"}).json()["changes"] is None


def test_node_types_are_listed_with_those_who_use_them(page: httpx.Client, folder: Path) -> None:
    (folder / "broken.yaml").write_text("flow: [", "utf-8")
    nodes = {one["node"]: one for one in page.get("/api/studio/nodes").json()["nodes"]}

    assert nodes["append-message"]["flows"] > 5
    assert "append-chat" in nodes["append-message"]["aliases"]
    assert [one["version"] for one in nodes["append-message"]["versions"] if one["recommended"]] == ["1.4"]


def test_what_is_not_there_is_said(page: httpx.Client) -> None:
    answer = page.get("/api/studio/nodes/append-mesage")
    assert (answer.status_code, "append-message" in answer.text) == (404, True)
    answer = page.get("/api/studio/nodes/append-message", params={"version": "9.9"})
    assert (answer.status_code, "it has 1.0, 1.3, 1.4" in answer.text) == (404, True)
