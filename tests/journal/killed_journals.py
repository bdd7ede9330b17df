"""Kills processes that keep runs, at any moment, and looks whether all that they were told is kept is there.

    python tests/journal/killed_journals.py FOLDER 500

The report is one JSON object; ``failures`` has to be empty. What SIGKILL cannot show is a loss of power: the pages that
were written stay with the system.
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
from flowengine.core.answers import Outcome
from flowengine.core.entries import Completed, Started
from flowengine.journal.history import SqliteHistory
from flowengine.journal.protocol import NewRun
from flowengine.journal.sqlite import SqliteJournal

AT_ONCE = 20
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


async def keep(folder: Path, name: str) -> None:
    """Append until the end, and say so after each append that has returned."""
    journal = SqliteJournal(folder / "runs.db")
    plan = compiled(folder)

    async def walk(run: str) -> None:
        seq = await journal.create(NewRun(plan, [Started(run, plan.digest, 1.0, None, {})]), owner=name, lease=60.0)
        while True:
            print(run, seq, flush=True)  # noqa: T201 - it is read by the one who kills
            entry = Completed("wait", seq, 1, Outcome("x", {"text": f"{run} {seq}"}), 1.0, 2.0)
            seq = await journal.append(run, seq, [entry], owner=name)

    await asyncio.gather(*(walk(f"{name}-{number}") for number in range(AT_ONCE)))


def kill_one(folder: Path, name: str, after: float) -> dict[str, int]:
    """Start one, kill it some time after its first word; return how many entries of each run it was told are kept."""
    command = [sys.executable, "-P", __file__, str(folder), "keep", name]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        select.select([process.stdout], [], [], 60)
        time.sleep(after)
        process.kill()
        said = process.stdout.read().decode()
    words = [line.split() for line in said[: said.rfind("\n") + 1].splitlines()]
    return {run: int(seq) for run, seq in words}


def lost(folder: Path, told: dict[str, int]) -> list[str]:
    """Return what was told and is not there, or is there and is not right."""
    with closing(SqliteHistory(folder / "runs.db")) as history:
        failures = history.check()
        for run, seq in told.items():
            entries = history.entries(run)
            if not seq <= len(entries) <= seq + 1:
                failures.append(f"{run} has {len(entries)} entries, and {seq} were acknowledged")
            texts = [entry.answer.outputs["text"] for entry in entries[1:]]  # type: ignore[union-attr,index] # see keep
            if texts != [f"{run} {number}" for number in range(1, len(entries))]:
                failures.append(f"{run} has other entries than were written")
    return failures


def kill_many(folder: Path, kills: int, seed: int = 1) -> dict[str, Any]:
    """Kill one after the other, on one file."""
    chance = random.Random(seed)  # noqa: S311 - a moment to kill at
    told: dict[str, int] = {}
    failures: list[str] = []
    for number in range(kills):
        latest = kill_one(folder, f"p{number}", chance.uniform(0.0, 0.15))
        told |= latest
        failures += lost(folder, latest)
    failures += lost(folder, told)
    return {"kills": kills, "acknowledged": sum(told.values()), "failures": failures}


if __name__ == "__main__":
    if sys.argv[2] == "keep":
        asyncio.run(keep(Path(sys.argv[1]), sys.argv[3]))
    else:
        report = kill_many(Path(sys.argv[1]), int(sys.argv[2]), seed=time.time_ns())
        print(json.dumps(report))  # noqa: T201 - the report
        sys.exit(1 if report["failures"] else 0)
