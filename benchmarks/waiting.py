"""What waiting costs: 100,000 runs that wait for an event, on one file.

How long a process that starts takes until it knows what is next, how much memory that needs, and how long an event
takes to wake the one run that waits for it, seen from the call to the claim. Waking must not depend on how many others
wait: the steps of SQLite's machine are counted, and compared with those among a hundred runs. Then how many events a
second are taken in, each of which starts a run. Run it: python benchmarks/waiting.py [FOLDER]
The folder (the working directory, else) says on which disk.
"""

from __future__ import annotations

import asyncio
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import flowengine
from flowengine.core.entries import Started
from flowengine.journal.inbox import Awaiting, NewEvent
from flowengine.journal.protocol import NewRun
from flowengine.journal.sqlite import SqliteJournal

WAITING = 100_000
FEW = 100
WOKEN = 200
STARTED = 5000
AT_ONCE = 1000
TARGET_READY_S = 5.0
TARGET_MIB = 300.0
TARGET_STEPS = 1.5
OWNER = "benchmark"

FLOW = """
flow: kept
start: wait
nodes:
  wait: {type: delay@1.0, inputs: {duration: 1d}, edges: {onTimeout: done}}
  done: {end: success}
"""
BODY = {"channel": "sms", "message": "yes please", "from": "+44 7700 900123", "to": "+44 7700 900456"}


def compiled(folder: Path) -> flowengine.Plan:
    """Compile the flow."""
    path = folder / "kept.yaml"
    path.write_text(FLOW, "utf-8")
    return flowengine.compile(flowengine.load(path))


def new_run(plan: flowengine.Plan, run: str) -> NewRun:
    """Return a run that has just started."""
    return NewRun(plan, [Started(run, plan.digest, 1.0, {"sms": BODY}, {})])


def message(number: int, prefix: str = "e") -> NewEvent:
    """Return the event that a run waits for."""
    return NewEvent(f"{prefix}-{number}", "incoming-message", (f"k-{number}", "everybody"), BODY, 5.0, "sms")


async def fill(path: Path, plan: flowengine.Plan, runs: int) -> float:
    """Make a journal in which runs wait, each for a key of its own and for ten days; return how long it took."""
    journal = SqliteJournal(path)
    before = time.perf_counter()

    async def one(number: int) -> None:
        run = f"run-{number}"
        seq = await journal.create(new_run(plan, run), owner=OWNER, lease=60.0)
        awaiting = Awaiting((f"k-{number}", f"other-{number}"), 1.0)
        await journal.append(run, seq, [], owner=OWNER, waiting_until=864_000.0 + number, awaiting=awaiting)

    for first in range(0, runs, AT_ONCE):
        await asyncio.gather(*(one(number) for number in range(first, min(first + AT_ONCE, runs))))
    await journal.close()
    return time.perf_counter() - before


async def wake(path: Path, runs: int) -> dict[str, float]:
    """Open a journal as a process that starts does, then wake runs, one after the other."""
    before = time.perf_counter()
    journal = SqliteJournal(path)
    due = await journal.next_due(OWNER)
    claims = await journal.claim(OWNER, 1000.0, 60.0, 1)
    ready = time.perf_counter() - before
    if due != 864_000.0 or claims:
        raise RuntimeError(f"{due}, {claims}")
    took = [await wake_one(journal, number) for number in range(1, runs, max(1, runs // WOKEN))]
    steps = await counted(journal)
    await journal.close()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"ready": ready, "wake": statistics.median(took), "worst": max(took), "steps": steps, "memory": memory}


async def wake_one(journal: SqliteJournal, number: int) -> float:
    """Return how long an event takes to bring its run into the hands of a worker."""
    before = time.perf_counter()
    await journal.accept(message(number))
    claims = await journal.claim(OWNER, 1000.0, 60.0, 1)
    took = time.perf_counter() - before
    if [claim.run for claim in claims] != [f"run-{number}"]:
        raise RuntimeError(f"event {number} woke {claims}")
    return took


async def counted(journal: SqliteJournal) -> int:
    """Return how many steps SQLite's machine makes for one event and the claim of its run."""
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    connection = journal._writer._connection  # noqa: SLF001 - what it costs is seen from inside only
    connection.set_progress_handler(count, 1)
    await wake_one(journal, 0)
    connection.set_progress_handler(None, 0)
    return steps


async def intake(path: Path, plan: flowengine.Plan) -> float:
    """Return how many events a second are accepted that each start a run, many at once."""
    journal = SqliteJournal(path)
    before = time.perf_counter()
    for first in range(0, STARTED, AT_ONCE):
        numbers = range(first, first + AT_ONCE)
        await asyncio.gather(
            *(journal.accept(message(number, "new"), [new_run(plan, f"new-{number}")]) for number in numbers)
        )
    took = time.perf_counter() - before
    await journal.close()
    return STARTED / took


async def woken(path: Path, runs: int) -> dict[str, Any]:
    """Wake runs in a process of its own."""
    command = [sys.executable, "-P", __file__, "--wake", str(path), str(runs)]
    ran = await asyncio.to_thread(subprocess.run, command, capture_output=True, check=True)
    figures: dict[str, Any] = json.loads(ran.stdout)
    return figures


def shown(few: dict[str, Any], many: dict[str, Any]) -> bool:
    """Print the figures; say whether the targets are met."""
    ready = many["ready"] <= TARGET_READY_S and many["memory"] <= TARGET_MIB
    print(f"  ready in {many['ready'] * 1000:.0f} ms (at most {TARGET_READY_S:g} s)", end="")
    print(f"   {many['memory']:.0f} MiB of memory (at most {TARGET_MIB:g})   {verdict(ready)}")
    share = many["steps"] / few["steps"]
    print(f"  waking one: {many['wake'] * 1000:.2f} ms (worst of {WOKEN}: {many['worst'] * 1000:.1f})", end="")
    print(f"   {share:.2f} times the steps that it takes among {FEW} (at most {TARGET_STEPS:g})", end="")
    print(f"   {verdict(share <= TARGET_STEPS)}")
    return bool(ready and share <= TARGET_STEPS)


async def main(folder: Path) -> int:
    """Measure, print, and return 1 where a target is missed."""
    with tempfile.TemporaryDirectory(dir=folder) as name:
        few, many = Path(name) / "few.db", Path(name) / "many.db"
        plan = compiled(Path(name))
        await fill(few, plan, FEW)
        took = await fill(many, plan, WAITING)
        size = many.stat().st_size / 2**20
        print(f"{WAITING:,} runs that wait for an event: written in {took:.0f} s, {size:.0f} MiB on disk")
        met = shown(await woken(few, FEW), await woken(many, WAITING))
        print(f"  events a second that start a run, {AT_ONCE} at once: {await intake(many, plan):,.0f}")
    return 0 if met else 1


def verdict(met: bool) -> str:  # noqa: FBT001 - one fact
    """Say it in a word."""
    return "PASS" if met else "MISS"


if __name__ == "__main__":
    if "--wake" in sys.argv:
        print(json.dumps(asyncio.run(wake(Path(sys.argv[-2]), int(sys.argv[-1])))))
    else:
        sys.exit(asyncio.run(main(Path(sys.argv[1] if len(sys.argv) > 1 else "."))))
