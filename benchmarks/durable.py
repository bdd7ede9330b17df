"""What keeping runs costs: durable steps, 200 runs at once, and 100,000 runs that wait.

Beside the journal, in the same process and in turns with it, bare ``sqlite3`` with a writer thread and group commit,
which keeps the same steps as JSON, under the same settings, in one table. A turn of it without making the JSON says
what the disk and the threads give. Run it: python benchmarks/durable.py [FOLDER]
The folder (the working directory, else) says on which disk.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

import flowengine
from flowengine.core.answers import HttpAnswer
from flowengine.core.entries import Completed, Started
from flowengine.journal.protocol import Journal, NewRun
from flowengine.journal.sqlite import SqliteJournal

AT_ONCE = 200
STEPS = 50
ROUNDS = 9
WAITING = 100_000
TARGET_SHARE = 0.40
TARGET_READY_S = 5.0
TARGET_MIB = 300.0
OWNER = "benchmark"

FLOW = """
flow: kept
start: wait
nodes:
  wait: {type: delay@1.0, inputs: {duration: 1d}, edges: {onTimeout: done}}
  done: {end: success}
"""
VALUE = {"conversationId": "c-1", "aliasId": "a-1", "teamId": "t-1", "status": "active"}
HEADERS = {"content-type": "application/json"}
BODY = {"tid": "5f1c-22", "status": "success", "code": "2000", "description": "accepted", "value": VALUE}
FACTS: dict[str, Any] = {
    "node": "append",
    "visit": 1,
    "attempt": 1,
    "status": 202,
    "headers": HEADERS,
    "body": BODY,
    "from": 1.0,
    "to": 2.0,
}
STEP = Completed("append", 1, 1, HttpAnswer(202, HEADERS, BODY), 1.0, 2.0)


def compiled(folder: Path) -> flowengine.Plan:
    """Compile the flow."""
    path = folder / "kept.yaml"
    path.write_text(FLOW, "utf-8")
    return flowengine.compile(flowengine.load(path))


class Bare:
    """A table, a writer thread, and one commit for all that came meanwhile."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.execute(
            "CREATE TABLE entries (run TEXT, seq INTEGER, entry TEXT NOT NULL, PRIMARY KEY (run, seq)) STRICT"
        )
        self._queue: SimpleQueue[tuple[str, int, str, asyncio.Future[None]] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        self._loop = asyncio.get_running_loop()

    def append(self, run: str, seq: int, entry: str) -> asyncio.Future[None]:
        """Keep a text."""
        done = self._loop.create_future()
        self._queue.put((run, seq, entry, done))
        return done

    def close(self) -> None:
        """End the thread."""
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (work := self._queue.get()) is not None:
            batch = [work]
            try:
                while (work := self._queue.get_nowait()) is not None:
                    batch.append(work)
            except Empty:
                pass
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.executemany("INSERT INTO entries VALUES (?, ?, ?)", [one[:3] for one in batch])
            self._connection.execute("COMMIT")
            self._loop.call_soon_threadsafe(_answer, [one[3] for one in batch])
        self._connection.close()


async def rate(one: Callable[[int], Coroutine[Any, Any, None]], at_once: int, steps: int) -> float:
    """Return how many steps a second so many runs make together."""
    before = time.perf_counter()
    await asyncio.gather(*(one(number) for number in range(at_once)))
    return at_once * steps / (time.perf_counter() - before)


def _answer(written: list[asyncio.Future[None]]) -> None:
    for one in written:
        one.set_result(None)


def walks(journal: Journal, name: str, steps: int) -> Callable[[int], Coroutine[Any, Any, None]]:
    """Return a walk that keeps each of its steps before it makes the next one."""

    async def walk(number: int) -> None:
        for seq in range(1, steps + 1):
            await journal.append(f"{name}-{number}", seq, [STEP], owner=OWNER)

    return walk


def bare_walks(bare: Bare, name: str, steps: int) -> Callable[[int], Coroutine[Any, Any, None]]:
    """Return the same by hand."""

    async def walk(number: int) -> None:
        for seq in range(1, steps + 1):
            await bare.append(f"{name}-{number}", seq, json.dumps(FACTS))

    return walk


def text_walks(bare: Bare, name: str, steps: int) -> Callable[[int], Coroutine[Any, Any, None]]:
    """Return the same with a text that is there already."""
    text = json.dumps(FACTS)

    async def walk(number: int) -> None:
        for seq in range(1, steps + 1):
            await bare.append(f"{name}-{number}-text", seq, text)

    return walk


def new_run(plan: flowengine.Plan, run: str) -> NewRun:
    """Return a run that has just started."""
    return NewRun(plan, [Started(run, plan.digest, 1.0, {"sms": {"message": "hello"}}, {})])


async def steps_a_second(folder: Path, plan: flowengine.Plan) -> bool:
    """Measure steps, in turns; say whether the target is met."""
    journal, bare = SqliteJournal(folder / "journal.db"), Bare(folder / "bare.db")
    rates: dict[tuple[str, int], list[float]] = {}
    for turn in range(ROUNDS):
        for at_once, steps in ((1, STEPS * 4), (AT_ONCE, STEPS)):
            name = f"{turn}-{at_once}"
            new = [new_run(plan, f"{name}-{number}") for number in range(at_once)]
            await together(journal.create(run, owner=OWNER, lease=3600.0) for run in new)
            kinds = {
                "text": text_walks(bare, name, steps),
                "bare": bare_walks(bare, name, steps),
                "journal": walks(journal, name, steps),
            }
            for kind, walk in kinds.items():
                rates.setdefault((kind, at_once), []).append(await rate(walk, at_once, steps))
    bare.close()
    await journal.close()
    return [
        shown(at_once, rates["text", at_once], rates["bare", at_once], rates["journal", at_once])
        for at_once in (1, AT_ONCE)
    ][-1]


def shown(at_once: int, text: list[float], bare: list[float], journal: list[float]) -> bool:
    """Print the medians; say whether the target is met. Shares are of one turn: a busy machine slows down both."""
    share = statistics.median(ours / theirs for ours, theirs in zip(journal, bare, strict=True))
    met = share >= TARGET_SHARE
    print(
        f"durable steps a second, {at_once:3} at once: bare sqlite3 {statistics.median(bare):7,.0f}"
        f" ({statistics.median(text):,.0f} without JSON)"
        f"   journal {statistics.median(journal):7,.0f}   {share:.0%} (at least {TARGET_SHARE:.0%})   {verdict(met)}"
    )
    return met


async def together(work: Any) -> None:
    """Await all of it."""
    await asyncio.gather(*work)


async def fill(path: Path, plan: flowengine.Plan) -> None:
    """Make a journal in which WAITING runs wait."""
    journal = SqliteJournal(path)

    async def one(number: int) -> None:
        run = f"run-{number}"
        seq = await journal.create(new_run(plan, run), owner=OWNER, lease=60.0)
        await journal.append(run, seq, [], owner=OWNER, waiting_until=1000.0 + number)

    for first in range(0, WAITING, 1000):
        await together(one(number) for number in range(first, first + 1000))
    await journal.close()


async def wake(path: Path) -> None:
    """Open a journal as a process that starts does, and wake one run; print how long it took, and the memory."""
    before = time.perf_counter()
    journal = SqliteJournal(path)
    due = await journal.next_due(OWNER)
    claims = await journal.claim(OWNER, 1000.0, 60.0, 1)
    await journal.load(claims[0].run)
    ready = time.perf_counter() - before
    before = time.perf_counter()
    await journal.claim(OWNER, 1001.0, 60.0, 1)
    once = time.perf_counter() - before
    await journal.close()
    if due != 1000.0 or claims[0].run != "run-0":
        raise RuntimeError(f"{due}, {claims}")
    print(ready, once, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


async def waiting(folder: Path, plan: flowengine.Plan) -> bool:
    """Measure a start with many waiting runs; say whether the targets are met."""
    path = folder / "waiting.db"
    await fill(path, plan)
    command = [sys.executable, "-P", __file__, "--wake", str(path)]
    ran = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=True)
    ready, once, mib = map(float, ran.stdout.split())
    print(f"{WAITING:,} waiting runs: {path.stat().st_size / 2**20:.0f} MiB on disk", end="")
    print(f"   ready in {ready * 1000:.0f} ms (at most {TARGET_READY_S:g} s)   waking one {once * 1000:.1f} ms", end="")
    met = ready <= TARGET_READY_S and mib <= TARGET_MIB
    print(f"   {mib:.0f} MiB of memory (at most {TARGET_MIB:g})   {verdict(met)}")
    return met


async def main(folder: Path) -> int:
    """Measure, print, and return 1 where a target is missed."""
    with tempfile.TemporaryDirectory(dir=folder) as name:
        plan = compiled(Path(name))
        met = [await steps_a_second(Path(name), plan), await waiting(Path(name), plan)]
    return 0 if all(met) else 1


def verdict(met: bool) -> str:  # noqa: FBT001 - one fact
    """Say it in a word."""
    return "PASS" if met else "MISS"


if __name__ == "__main__":
    if "--wake" in sys.argv:
        asyncio.run(wake(Path(sys.argv[-1])))
    else:
        sys.exit(asyncio.run(main(Path(sys.argv[1] if len(sys.argv) > 1 else "."))))
