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


INTAKE = """
import asyncio, json, sys
from collections import Counter
from pathlib import Path
import flowengine
from flowengine.core.entries import Started
from flowengine.journal.inbox import NewEvent
from flowengine.journal.protocol import NewRun
from flowengine.journal.sqlite import SqliteJournal

async def take_in(path, owner, flow, copies):
    journal, plan = SqliteJournal(path), flowengine.compile(flowengine.load(flow))
    sys.stdin.readline()
    def started(at):
        return NewRun(plan, [Started(f"{owner}-{at}", plan.digest, 1.0, None, {})])
    event = NewEvent("e-1", "message", ("k",), {}, 5.0, "sms")
    accepted = await asyncio.gather(*(journal.accept(event, [started(at)]) for at in range(copies)))
    await journal.close()
    print(json.dumps(Counter(one.state for one in accepted)))

asyncio.run(take_in(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), int(sys.argv[4])))
"""


def together(script: str, *arguments: str) -> list[Any]:
    """Run a script in several processes that begin at the same time; return what each printed."""
    workers = [
        subprocess.Popen(
            [sys.executable, "-P", "-c", script, arguments[0], f"o-{number}", *arguments[1:]],
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
    return [json.loads(worker.communicate(timeout=120)[0]) for worker in workers]


def test_one_event_that_is_delivered_to_four_processes_starts_one_run(path: Path, tmp_path: Path, intakes: Any) -> None:
    intakes.compiled(tmp_path)
    reports = together(INTAKE, str(path), str(tmp_path / "kept.yaml"), "250")
    assert sum(report.get("started", 0) for report in reports) == 1
    assert sum(report.get("duplicate", 0) for report in reports) == 999
    with closing(SqliteHistory(path)) as history:
        assert len(history.runs()) == 1
        assert [(event.copies, event.runs) for event in history.events()] == [(999, (history.runs()[0].id,))]


def test_four_processes_share_the_runs(path: Path, plan: Plan) -> None:
    steps = 20

    async def fill() -> None:
        journal = SqliteJournal(path)
        new = (NewRun(plan, [Started(f"r-{at}", plan.digest, 1.0, None, {})]) for at in range(RUNS))
        await asyncio.gather(*(journal.create(one) for one in new))
        await journal.close()

    asyncio.run(fill())
    reports = together(WORKER, str(path), str(steps))
    assert sorted(run for report in reports for run in report["runs"]) == sorted(f"r-{at}" for at in range(RUNS))
    assert sum(report["appends"] for report in reports) == RUNS * steps
    with closing(SqliteHistory(path)) as history:
        assert history.counts()["succeeded"] == RUNS
        assert history.check() == []
        for at in range(RUNS):
            entries = history.entries(f"r-{at}")[1:]
            assert len({entry.answer.outcome for entry in entries}) == 1  # type: ignore[union-attr] # see WORKER


def script(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def killing() -> Any:
    return script("killed_journals")


@pytest.fixture
def intakes() -> Any:
    return script("killed_intakes")


def test_what_was_acknowledged_outlives_a_kill(tmp_path: Path, killing: Any) -> None:
    report = killing.kill_many(tmp_path, kills=6)
    assert report["failures"] == []
    assert report["acknowledged"] > 6 * killing.AT_ONCE


def test_what_was_accepted_outlives_a_kill(tmp_path: Path, intakes: Any) -> None:
    report = intakes.kill_many(tmp_path, kills=5)
    assert report["failures"] == []
    assert report["acknowledged"] > 5 * intakes.AT_ONCE


def test_the_look_for_lost_events_finds_one(tmp_path: Path, intakes: Any) -> None:
    assert intakes.lost(tmp_path, ["p-0-0-unknown"]) == ["event p-0-0-unknown was lost"]
    assert intakes.lost(tmp_path, ["p-0-0-unknown"]) == []


def test_the_look_for_losses_finds_one(tmp_path: Path, killing: Any, plan: Plan) -> None:
    async def keep() -> None:
        journal = SqliteJournal(tmp_path / "runs.db")
        entry = Completed("wait", 1, 1, Outcome("x", {"text": "r-1 1"}), 1.0, 2.0)
        await journal.create(NewRun(plan, [Started("r-1", plan.digest, 1.0, None, {}), entry]))
        await journal.close()

    asyncio.run(keep())
    assert killing.lost(tmp_path, {"r-1": 2}) == []
    assert killing.lost(tmp_path, {"r-1": 3}) == ["r-1 has 2 entries, and 3 were acknowledged"]
