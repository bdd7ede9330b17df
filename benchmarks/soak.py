"""What a server keeps of many short runs: memory, log and file, while somebody looks on.

A real ``flowengine serve``, to which events are posted at a steady rate, each of which starts a run of three steps; a
reader of /api/live from the first to the last. Memory is compared with that after a fifth of the runs. Then what
is older than the last tenth is deleted while it serves, and the file compared with a fresh copy of what is left. Beside
it what the disk needs for a page. Run it: python benchmarks/soak.py [RUNS [RATE [FOLDER]]]
5,000 runs take under a minute; 100,000, for which the targets are, 17. The folder says on which disk.
"""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
from served import Served, at, keep_secrets, serving, told

RUNS = 5_000
RATE = 100.0
SOME = 250
"""Runs between two looks at the server."""

MIB = 1 << 20
TARGET_GROWTH_MIB = 20.0
TARGET_LOG_MIB = 64.0
TARGET_FILE = 1.3
TARGET_APPEND = 0.01
"""Share of appends that take 5 ms or longer."""

PROJECT = "default: here\nenvironments: {here: {channels: {webhook: {unsigned: true}}}}\n"
FLOW = """
flow: short
trigger: {channel: webhook, event: incoming-message}
variables: {said: "", kind: ""}
start: read
nodes:
  read: {type: set-variables@1.0, inputs: {values: {said: $(trigger.webhook.payload.text)}}, edges: {onSuccess: choose}}
  choose:
    type: branch@1.0
    inputs: {rows: [{name: Question, when: {value: $(said), contains: "?"}}]}
    edges: {Question: question, None of the above: done}
  question: {type: set-variables@1.0, inputs: {values: {kind: question}}, edges: {onSuccess: done}}
  done: {end: success}
"""


@dataclass
class Seen:
    """What was seen on the way. ``memory`` in bytes, after each so many runs."""

    memory: list[float] = field(default_factory=list)
    log: int = 0
    ended: int = 0
    gaps: int = 0


async def figures(client: aiohttp.ClientSession) -> Mapping[str, float]:
    """Return what /metrics says."""
    async with client.get("/metrics") as answer:
        lines = (line.rpartition(" ") for line in (await answer.text()).splitlines() if not line.startswith("#"))
        return {name: float(value) for name, _, value in lines}


async def look_on(client: aiohttp.ClientSession, seen: Seen, until: int) -> None:
    """Read what happens, until so many runs have ended."""
    async with client.get("/api/live", timeout=aiohttp.ClientTimeout(None)) as stream:
        async for line in stream.content:
            seen.ended += line == b"event: ended\n"
            seen.gaps += line == b"event: gap\n"
            if seen.ended >= until:
                return


async def post(client: aiohttp.ClientSession, number: int, due: float) -> None:
    """Post an event when its time has come."""
    await asyncio.sleep(max(0.0, due - time.perf_counter()))
    body = {"tid": f"t-{number}", "text": f"Is this number {number}?", "customer": f"+447700900{number % 1000:03}"}
    async with client.post("/hooks/webhook", json=body) as answer:
        answer.raise_for_status()


async def load(server: Served, runs: int, rate: float) -> tuple[Seen, Mapping[str, float]]:
    """Let so many runs walk; return what was seen, and the server's figures at the end."""
    seen, log = Seen(), server.database.with_name("runs.db-wal")
    async with aiohttp.ClientSession(server.url) as client:
        looking = asyncio.create_task(look_on(client, seen, runs))
        began = time.perf_counter()
        for first in range(0, runs, SOME):
            numbers = range(first, min(first + SOME, runs))
            await asyncio.gather(*(post(client, number, began + number / rate) for number in numbers))
            seen.memory.append((await figures(client))["process_resident_memory_bytes"])
            seen.log = max(seen.log, await asyncio.to_thread(size_of, log))
        with suppress(TimeoutError):
            await asyncio.wait_for(looking, 60)
        return seen, await figures(client)


def size_of(path: Path) -> int:
    """Return how large a file is; 0 where it is not there."""
    return path.stat().st_size if path.exists() else 0


def pruned(server: Served, seconds: float) -> float:
    """Delete what is older; return how many times as large as a fresh copy the file is."""
    command = [sys.executable, "-P", "-m", "flowengine", "runs", "prune", "--db", str(server.database)]
    subprocess.run([*command, "--older-than", f"{int(seconds)}s"], check=True)  # noqa: S603 - our own interpreter
    copy = server.database.with_name("copy.db")
    with closing(sqlite3.connect(server.database)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        connection.execute("VACUUM INTO ?", (str(copy),))
    return server.database.stat().st_size / copy.stat().st_size


def page_ms(folder: Path) -> float:
    """Return what the disk needs for a page, p99."""
    took = []
    with (folder / "page").open("wb") as file:
        for _ in range(200):
            file.write(b"x" * 4096)
            file.flush()
            before = time.perf_counter()
            os.fdatasync(file.fileno())
            took.append((time.perf_counter() - before) * 1000)
    return at(took, 0.99)


def run(folder: Path, runs: int, rate: float) -> bool:
    """Serve, load, prune, and print what came of it."""
    flows = folder / "flows"
    flows.mkdir()
    (flows / "short.yaml").write_text(FLOW, "utf-8")
    (folder / "flowengine.yaml").write_text(PROJECT, "utf-8")
    keep_secrets(folder, "unused", "127.0.0.1")
    with serving(folder, flows) as server:
        began = time.perf_counter()
        seen, now = asyncio.run(load(server, runs, rate))
        took = time.perf_counter() - began
        ratio = pruned(server, took / 10)
    name = "flowengine_journal_append_seconds"
    appends = now[f"{name}_count"]
    late = 1 - now[f'{name}_bucket{{le="0.005"}}'] / appends
    growth = (seen.memory[-1] - seen.memory[len(seen.memory) // 5]) / MIB
    counts = {one: int(now[f'flowengine_runs{{status="{one}"}}']) for one in ("succeeded", "failed", "running")}
    print(f"{runs:,} runs in {took:.0f} s, {rate:g} a second; {json.dumps(counts)}")
    print(f"memory at the end {seen.memory[-1] / MIB:.0f} MiB; a page on this disk: p99 {page_ms(folder):.1f} ms")
    print(f"appends: {appends:,.0f}, {now[f'{name}_sum'] / appends * 1000:.1f} ms each")
    met = [
        told("memory that came after a fifth of the runs", growth, TARGET_GROWTH_MIB, "MiB"),
        told("the log at its largest", seen.log / MIB, TARGET_LOG_MIB, "MiB"),
        told("the file after pruning, to a fresh copy", ratio, TARGET_FILE, "times"),
        told("appends that took 5 ms or longer", late * 100, TARGET_APPEND * 100, "%"),
        told("runs that the reader has not seen end", runs - seen.ended, 0.5, f"runs ({seen.gaps} gaps)"),
    ]
    return all(met) and counts["succeeded"] == runs


if __name__ == "__main__":
    how_many = int(sys.argv[1]) if len(sys.argv) > 1 else RUNS
    each_second = float(sys.argv[2]) if len(sys.argv) > 2 else RATE
    where = sys.argv[3] if len(sys.argv) > 3 else None
    with tempfile.TemporaryDirectory(dir=where) as place:
        sys.exit(0 if run(Path(place), how_many, each_second) else 1)
