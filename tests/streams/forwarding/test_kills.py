"""Processes that are killed while they deliver: nothing is lost, and no conversation gets out of order."""

from __future__ import annotations

import asyncio
import random
import sys
from pathlib import Path
from typing import Any

import httpx

from flowengine.journal.inbox import NewEvent
from flowengine.journal.outbox import Forward
from flowengine.journal.sqlite import SqliteJournal
from flowengine.sandbox.server import Sandbox
from flowengine.streams.forwarding.kept import stream_key
from flowengine.streams.forwarding.payload import payload_of

SCRIPT = Path(__file__).with_name("killed_deliverers.py")
EVENTS = 160
CUSTOMERS = 6
KILLS = 4
AT_ONCE = 4


async def start(database: Path, sandbox: Sandbox) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-P", SCRIPT, database, sandbox.base_url, sandbox.token, stdout=asyncio.subprocess.PIPE
    )


async def kill_after(process: asyncio.subprocess.Process, answers: int) -> bool:
    """Kill a process after so many answers; say whether it got so far."""
    assert process.stdout is not None
    for _ in range(answers):
        if not await process.stdout.readline():
            return False
    process.kill()
    await process.communicate()
    return True


async def go(database: Path, event: Any) -> dict[str, Any]:
    journal = SqliteJournal(database)
    for number in range(EVENTS):
        one = event(number, number % CUSTOMERS)
        known = f"sms:{one.id}"
        new = NewEvent(one.id, one.event, one.keys, {}, one.at, one.channel, one.conversation)
        await journal.accept(
            new, (), [Forward(stream_key("test"), known, one.conversation, payload_of(one), one.at - 1e6)]
        )
    chance = random.Random(7)  # noqa: S311 - chance that can be repeated
    async with Sandbox() as sandbox, httpx.AsyncClient(trust_env=False) as http:
        slow = [{"match": {"operation": "forwardEvent"}, "times": "always", "delay": "100ms"}]
        (await http.post(f"{sandbox.url}/admin/faults", json={"faults": slow})).raise_for_status()
        running = [await start(database, sandbox) for _ in range(2)]
        kills = 0
        for number in range(KILLS):
            if not await kill_after(running[number % 2], chance.randrange(1, 9)):
                break
            kills += 1
            running[number % 2] = await start(database, sandbox)
        assert [(await process.communicate(), process.returncode)[1] for process in running] == [0, 0]
        assert kills == KILLS
        counts = (await asyncio.to_thread(journal.history().outbox_counts))[stream_key("test")]
        assert (counts.pending, counts.delivered, counts.dead) == (0, EVENTS, 0)
        await journal.close()
        headers = {"Authorization": f"Bearer {sandbox.token}"}
        value: dict[str, Any] = (await http.get(f"{sandbox.base_url}/streams/events", headers=headers)).json()["value"]
        return value


def test_processes_that_are_killed_lose_nothing(tmp_path: Path, event: Any) -> None:
    value = asyncio.run(go(tmp_path / "runs.db", event))

    assert {one["body"]["transid"] for one in value["events"]} == {f"t-{number}" for number in range(EVENTS)}
    assert not any(one["late"] or one["differs"] for one in value["events"])
    assert value["duplicates"] <= KILLS * AT_ONCE
