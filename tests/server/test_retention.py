"""What is old goes while the server runs; what is open, and what is young, stays."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from flowengine.journal.faults import JournalFault
from flowengine.server.retention import prune

WEEK = 7 * 86_400.0


def pruned(server: Any, seconds: float) -> None:
    asyncio.run_coroutine_threadsafe(prune(server.world, seconds), server.loop).result(20)


def test_what_is_older_than_it_may_be_is_deleted(serving: Any) -> None:
    server = serving()
    over, open_ = server.start("greet", trigger={"sms": {"message": "hello"}}), server.start("waits")
    server.ended(over)
    server.client.post("/api/events/payment", json={"key": "1"})
    pruned(server, WEEK)
    assert len(server.client.get("/api/runs").json()["runs"]) == 2
    server.world.clock = lambda: time.time() + WEEK + 60
    pruned(server, WEEK)
    assert [one["id"] for one in server.client.get("/api/runs").json()["runs"]] == [open_]
    assert server.client.get("/api/events").json()["events"] == []


def test_a_journal_that_cannot_be_written_is_pruned_the_next_time(serving: Any) -> None:
    server = serving()

    async def full(_: float) -> None:
        raise JournalFault("the disk is full", "full")

    server.world.journal.prune = full
    pruned(server, WEEK)
    assert server.client.get("/readyz").json()["reasons"] == ["journal"]
    assert server.client.get("/healthz").status_code == 200
