"""Several processes on one file, and processes that are killed."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from flowengine.core.answers import Outcome
from flowengine.core.entries import Completed, Started
from flowengine.core.plan import Plan
from flowengine.journal.history import SqliteHistory
from flowengine.journal.protocol import NewRun
from flowengine.journal.sqlite import SqliteJournal

PROCESSES = 4
RUNS = 60

WORKER = """
import asyncio, json, sys
from pathlib import Path
from flowengine.core.answers import Outcome
from flowengine.core.entries import Completed
from flowengine.journal.faults import Fenced
from flowengine.journal.history import SqliteHistory
from flowengine.journal.protocol import Ended
from flowengine.journal.sqlite import SqliteJournal

async def work(path, owner, steps):
    journal = SqliteJournal(path)
    sys.stdin.readline()
    mine, appends = [], 0
    async def walk(run):
        nonlocal appends
        seq = len(await journal.load(run))
        for number in range(steps):
            seq = await journal.append(run, seq, [Completed("wait", number, 1, Outcome(owner), 1.0, 2.0)], owner=owner)
            appends += 1
        await journal.append(run, seq, [], owner=owner, ended=Ended("succeeded", "success", None, 3.0))
    while claims := await journal.claim(owner, 2.0, 1000.0, 5):
        mine += [claim.run for claim in claims]
        await asyncio.gather(*(walk(claim.run) for claim in claims))
    await journal.close()
    print(json.dumps({"runs": mine, "appends": appends}))

asyncio.run(work(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
"""


def test_four_processes_share_the_runs(path: Path, plan: Plan) -> None:
    steps = 20

    async def fill() -> None:
        journal = SqliteJournal(path)
        new = (NewRun(plan, [Started(f"r-{at}", plan.digest, 1.0, None, {})]) for at in range(RUNS))
        await asyncio.gather(*(journal.create(one) for one in new))
        await journal.close()

    asyncio.run(fill())
    workers = [
        subprocess.Popen(
            [sys.executable, "-P", "-c", WORKER, str(path), f"o-{number}", str(steps)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(PROCESSES)
    ]
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("go\n")
        worker.stdin.flush()
    reports = [json.loads(worker.communicate(timeout=120)[0]) for worker in workers]
    assert sorted(run for report in reports for run in report["runs"]) == sorted(f"r-{at}" for at in range(RUNS))
    assert sum(report["appends"] for report in reports) == RUNS * steps
    with closing(SqliteHistory(path)) as history:
        assert history.counts()["succeeded"] == RUNS
        assert history.check() == []
        for at in range(RUNS):
            entries = history.entries(f"r-{at}")[1:]
            assert len({entry.answer.outcome for entry in entries}) == 1  # type: ignore[union-attr] # see WORKER


@pytest.fixture
def killing() -> Any:
    spec = importlib.util.spec_from_file_location("killed_journals", Path(__file__).with_name("killed_journals.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_what_was_acknowledged_outlives_a_kill(tmp_path: Path, killing: Any) -> None:
    report = killing.kill_many(tmp_path, kills=6)
    assert report["failures"] == []
    assert report["acknowledged"] > 6 * killing.AT_ONCE


def test_the_look_for_losses_finds_one(tmp_path: Path, killing: Any, plan: Plan) -> None:
    async def keep() -> None:
        journal = SqliteJournal(tmp_path / "runs.db")
        entry = Completed("wait", 1, 1, Outcome("x", {"text": "r-1 1"}), 1.0, 2.0)
        await journal.create(NewRun(plan, [Started("r-1", plan.digest, 1.0, None, {}), entry]))
        await journal.close()

    asyncio.run(keep())
    assert killing.lost(tmp_path, {"r-1": 2}) == []
    assert killing.lost(tmp_path, {"r-1": 3}) == ["r-1 has 2 entries, and 3 were acknowledged"]
