from __future__ import annotations

import asyncio
import logging
import math
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from flowengine.journal.faults import JournalFault
from flowengine.server.limits import Limits, Rate

SMS = {"sms": {"message": "hello"}}


def figures(server: Any) -> dict[tuple[str, ...], float]:
    """Return what /metrics says, by name and values of the labels."""
    answer = server.client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=1.0.0")
    samples = [one for family in text_string_to_metric_families(answer.text) for one in family.samples]
    return {(one.name, *sorted(one.labels.values())): one.value for one in samples}


def test_figures_are_those_of_runs_steps_and_requests(server: Any) -> None:
    server.ended(server.start("greet", trigger=SMS))
    run = server.start("waits")
    with server.client.stream("GET", f"/api/runs/{run}/steps") as stream:
        assert any(line.startswith("event: step") for line in stream.iter_lines())
    server.client.get("/no/such/place")
    server.client.post("/api/events/payment", json={"key": "1"})
    found = figures(server)
    assert found["flowengine_runs", "succeeded"] == 1
    assert found["flowengine_runs_ended_total", "greet", "succeeded"] == 1
    assert found["flowengine_steps_total", "onSuccess", "set-variables@1.0"] == 2
    assert found["flowengine_step_seconds_count", "set-variables@1.0"] == 2
    assert found["flowengine_journal_append_seconds_count",] >= 2
    assert found["flowengine_events", "unknown"] == 1
    assert found["flowengine_events_accepted_total", "api", "unknown"] == 1
    assert found["flowengine_http_requests_total", "/api/runs", "202", "POST"] == 2
    assert found["flowengine_http_requests_total", "-", "-", "404"] == 1
    assert not [key for key in found if "/no/such/place" in key], "a caller makes no labels"


def test_a_server_is_ready_until_it_drains(serving: Any) -> None:
    server = serving()
    assert server.client.get("/readyz").json() == {"ready": True, "reasons": []}
    server.world.draining = True
    answer = server.client.get("/readyz")
    assert (answer.status_code, answer.json()) == (503, {"ready": False, "reasons": ["draining"]})
    assert server.client.get("/healthz").status_code == 200
    refused = server.client.post("/api/runs", json={"flow": "waits"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "draining")
    assert server.client.get("/api/runs").json()["runs"] == []


def test_a_server_whose_worker_has_ended_is_not_ready(serving: Any) -> None:
    server = serving()
    server.loop.call_soon_threadsafe(server.world.following.cancel)
    server.thread.join(20)
    assert not server.world.worker_claims()


def test_readiness_needs_no_token_and_figures_do(serving: Any, tokens: dict[str, str]) -> None:
    server = serving()
    assert server.client.get("/readyz").status_code == 200
    assert server.client.get("/metrics").status_code == 401
    headers = {"Authorization": f"Bearer {tokens['read']}"}
    assert server.client.get("/metrics", headers=headers).status_code == 200


def test_whoever_asks_too_fast_is_told_to_wait(serving: Any, tokens: dict[str, str]) -> None:
    server = serving(limits=Limits(callers=Rate(0.001, 2)))
    read, edit = ({"Authorization": f"Bearer {tokens[right]}"} for right in ("read", "edit"))
    assert [server.client.get("/api/runs", headers=read).status_code for _ in range(3)] == [200, 200, 429]
    answer = server.client.get("/nothing", headers=read)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "1000")
    assert server.client.get("/api/runs", headers=edit).status_code == 200


def test_more_calls_at_once_than_there_is_room_for_are_refused(serving: Any) -> None:
    server = serving(limits=Limits(calls=0))
    answer = server.client.get("/api/runs")
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "busy")


def test_a_fault_of_ours_says_nothing_about_us(
    serving: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    server = serving()

    async def fail() -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(server.world.flows, "current", fail)
    with caplog.at_level(logging.ERROR):
        answer = server.client.get("/api/flows")
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "internal")
    assert "secret" not in answer.text
    assert "secret detail" in caplog.text


def test_a_journal_that_cannot_be_read_is_told_and_nothing_more(serving: Any) -> None:
    server = serving()

    async def close() -> None:
        await server.world.histories.close()
        server.world.histories._open_one = _fail

    asyncio.run_coroutine_threadsafe(close(), server.loop).result(20)
    answer = server.client.get("/api/runs")
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "journal")
    assert server.client.get("/readyz").json()["reasons"] == ["journal"]
    assert server.client.get("/healthz").status_code == 200


def test_a_server_whose_journal_was_taken_away_is_not_ready(serving: Any) -> None:
    server = serving()
    path = server.world.database
    path.rename(path.with_name("elsewhere"))
    assert server.client.post("/api/events/payment", json={"key": "1"}).status_code == 503
    assert server.client.get("/readyz").json()["reasons"] == ["journal"]
    path.with_name("elsewhere").rename(path)
    server.world.told.fault_at = -math.inf
    assert server.client.get("/readyz").json()["ready"] is True


def test_a_write_that_was_refused_is_seen_in_readiness_and_a_damaged_run_is_not(serving: Any) -> None:
    server = serving()
    for code, ready in (("damaged", True), ("slow", True), ("full", False)):
        server.world.told.fault(None, JournalFault("the disk is full", code))
        assert server.client.get("/readyz").json()["ready"] is ready


def _fail() -> Any:
    raise JournalFault("the disk is full", "unusable")
