"""Kills processes that accept events, at any moment, and looks whether all that they were told is accepted is there.

    python tests/journal/killed_intakes.py FOLDER 500

Each event is one of three: it starts a run and is forwarded, it wakes a run that waits, or nobody knows it. The report
is one JSON object; ``failures`` has to be empty.
"""

from __future__ import annotations

import asyncio
import json
import random
import select
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import flowengine
from flowengine.core.entries import Started
from flowengine.journal.history import SqliteHistory
from flowengine.journal.inbox import Awaiting, NewEvent
from flowengine.journal.outbox import Forward
from flowengine.journal.protocol import Journal, NewRun
from flowengine.journal.sqlite import SqliteJournal

AT_ONCE = 20
STATES = ("started", "taken", "unknown")
FLOW = """
flow: kept
start: wait
nodes:
  wait: {type: delay@1.0, inputs: {duration: 1d}, edges: {onTimeout: done}}
  done: {end: success}
"""


def compiled(folder: Path) -> flowengine.Plan:
    path = folder / "kept.yaml"
    path.write_text(FLOW, "utf-8")
    return flowengine.compile(flowengine.load(path))


async def deliver(journal: Journal, plan: flowengine.Plan, event: str) -> str:
    """Deliver an event; each time it is delivered it would start another run."""
    started = Started(f"{event} at {time.time_ns()}", plan.digest, 1.0, {"event": event}, {})
    runs = [NewRun(plan, [started], queue=event[:2])] if event.endswith("started") else []
    forward = [Forward("s", event, event[:2], {"event": event}, 5.0)] if runs else []
    accepted = await journal.accept(NewEvent(event, "message", (event,), {"event": event}, 5.0, "sms"), runs, forward)
    return accepted.state


async def take_in(folder: Path, name: str) -> None:
    """Accept events until the end, and say so after each."""
    journal, plan = SqliteJournal(folder / "runs.db"), compiled(folder)

    async def source(number: int) -> None:
        for count in range(sys.maxsize):
            state = STATES[count % len(STATES)]
            event = f"{name}-{number}-{count}-{state}"
            if state == "taken":
                waits = NewRun(plan, [Started(event, plan.digest, 1.0, None, {})])
                seq = await journal.create(waits, owner=name, lease=60.0)
                await journal.append(event, seq, [], owner=name, awaiting=Awaiting((event,), 1.0))
            if await deliver(journal, plan, event) != state:
                raise RuntimeError(event)
            print(event, flush=True)  # noqa: T201 - it is read by the one who kills

    await asyncio.gather(*(source(number) for number in range(AT_ONCE)))


def kill_one(folder: Path, name: str, after: float) -> list[str]:
    """Start one, kill it some time after its first word; return the events that it was told are accepted."""
    command = [sys.executable, "-P", __file__, str(folder), "keep", name]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        select.select([process.stdout], [], [], 60)
        time.sleep(after)
        process.kill()
        said = process.stdout.read().decode()
    return said[: said.rfind("\n") + 1].split()


async def deliver_again(folder: Path, told: list[str]) -> list[str]:
    """Deliver once more what was accepted; return what was not known."""
    journal, plan = SqliteJournal(folder / "runs.db"), compiled(folder)
    states = await asyncio.gather(*(deliver(journal, plan, event) for event in told))
    await journal.close()
    return [event for event, state in zip(told, states, strict=True) if state != "duplicate"]


def lost(folder: Path, told: list[str]) -> list[str]:
    """Return what was told and is not there, or is there and is not right."""
    again = asyncio.run(deliver_again(folder, told))
    with closing(SqliteHistory(folder / "runs.db")) as history:
        failures = [*history.check(), *(f"event {event} was lost" for event in again)]
        events = {event.id: event for event in history.events(limit=1_000_000)}
        runs = {run.id: run for run in history.runs(limit=1_000_000)}
        forwarded = {row.event for row in history.outbox("s", limit=1_000_000)}
    for name in told:
        event, state = events[name], name.rpartition("-")[2]
        if event.state != state or [run for run in event.runs if run not in runs]:
            failures.append(f"event {name} is {event.state}, and has started {event.runs}")
        if (name in forwarded) is not (state == "started"):
            failures.append(f"event {name} is forwarded, and should not be, or it is not")
    started = [run for event in events.values() for run in event.runs]
    odd = {run for run in runs if " at " in run} ^ set(started)
    return failures + [f"run {run} was started by no event, or twice" for run in odd]


def kill_many(folder: Path, kills: int, seed: int = 1) -> dict[str, Any]:
    """Kill one after the other, on one file."""
    chance = random.Random(seed)  # noqa: S311 - a moment to kill at
    told: list[str] = []
    failures: list[str] = []
    for number in range(kills):
        latest = kill_one(folder, f"p{number}", chance.uniform(0.0, 0.15))
        told += latest
        failures += lost(folder, latest)
    failures += lost(folder, told)
    return {"kills": kills, "acknowledged": len(told), "failures": failures}


if __name__ == "__main__":
    if sys.argv[2] == "keep":
        asyncio.run(take_in(Path(sys.argv[1]), sys.argv[3]))
    else:
        report = kill_many(Path(sys.argv[1]), int(sys.argv[2]), seed=time.time_ns())
        print(json.dumps(report))  # noqa: T201 - the report
        sys.exit(1 if report["failures"] else 0)
