"""A process may end at every single call it makes: what the next one finishes is the journal of an undisturbed run.

Each conformance case that runs to its end is walked once undisturbed, and then once for each call to the journal and to
the world, with the process ending just before, or just after, that call.
"""

from __future__ import annotations

import asyncio
import copy
import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from crashing import CountedEffects, CountedJournal, Process, points, timeless

import flowengine
from flowengine.check.compile import TOOLS
from flowengine.core import walker
from flowengine.core.answers import Answer, Broken, Refused
from flowengine.core.entries import Completed, Entry, Requested, Started, Stopped
from flowengine.core.plan import DEFAULT_LIMITS, Limits, Plan
from flowengine.core.wants import Send
from flowengine.drivers.durable import Settings, Worker
from flowengine.effects.fakes import FakeEffects
from flowengine.flowfile.yaml_tree import read_yaml, to_value
from flowengine.journal.memory import MemoryJournal
from flowengine.journal.protocol import NewRun
from flowengine.recording.replay import Replay
from flowengine.starting import start_values

HERE = Path(__file__).resolve().parents[1] / "conformance"
# Those about the order of things; the others are about what values mean.
CASES = [path for room in ("recording", "run", "visit") for path in sorted((HERE / "cases" / room).glob("*.yaml"))]
LEASE = 30.0
MOST_LIVES = 200


class Service:
    """The other side: answers a key's attempt as recorded, the same again however often it is asked."""

    def __init__(self, recorded: Any) -> None:
        self._replay = Replay(copy.deepcopy(recorded))
        self._given: dict[tuple[str, int], Answer] = {}
        self.times: dict[tuple[str, int], int] = {}

    def __call__(self, send: Send) -> Answer:
        asked = (send.key, send.attempt)
        self.times[asked] = self.times.get(asked, 0) + 1
        if asked not in self._given:
            refreshed = send.refresh and not self._replay.left(send.node)
            self._given[asked] = Refused("no fresh credential") if refreshed else self._replay.take(send)
        return self._given[asked]


class Lives:
    """A run, and the processes that walk it one after the other."""

    def __init__(self, plan: Plan, new: NewRun, recorded: Any, patience: float) -> None:
        self.plan = plan
        self.journal = MemoryJournal()
        self.history = self.journal.history()
        self.service = Service(recorded)
        self._new = new
        self._patience = patience
        self._now = new.entries[0].at

    async def live(self, ends_at: int | None = None, *, after: bool = False) -> int:
        """Be one process: begin the run, or go on with it. Return how many calls it made."""
        process = Process(ends_at, after=after)
        effects = CountedEffects(self.service, process, self._now)

        async def world(_: str | None) -> FakeEffects:
            return effects

        journal = CountedJournal(self.journal, process)
        settings = Settings(patience=self._patience, lease=LEASE)
        async with Worker(journal, world, TOOLS, settings=settings, clock=effects.now) as worker:
            work = asyncio.create_task(self._work(worker))
            end = asyncio.create_task(process.ended.wait())
            await asyncio.wait({work, end}, return_when=asyncio.FIRST_COMPLETED)
            process.ended.set()
        await asyncio.gather(work, end, return_exceptions=True)
        self._now = effects.now() + LEASE + 1
        return process.calls

    async def _work(self, worker: Worker) -> None:
        if not self.history.ids("run"):
            _, task = await worker.begin(self._new)
            await task
        await worker.go_on()

    async def to_the_end(self) -> None:
        """Be processes that nothing happens to."""
        for _ in range(MOST_LIVES):
            await self.live()
            run = self.history.run("run-1")
            if run.ended_at is not None:
                return
            self._now = max(self._now, run.waiting_until or 0)
        pytest.fail("the run does not end")

    def entries(self) -> list[Entry]:
        return self.history.entries("run-1")


def _cases() -> list[Any]:
    return list(_runs())


def _runs() -> Iterator[Any]:
    for path in CASES:
        case = to_value(read_yaml(path))
        # What a script computes is not journalled before it, so those that take long are left to other tests.
        if not {"findings", "refused"} & case["expect"].keys() and "evaluate" not in case["flow"]:
            yield pytest.param(case, id=f"{path.parent.name}/{path.stem}")


def _plan(case: dict[str, Any], folder: Path) -> Plan:
    path = folder / "flow.yaml"
    path.write_text(case["flow"], "utf-8", newline="")
    (folder / "nodes").mkdir()
    for manifest in case.get("nodes", []):
        (folder / "nodes" / f"{manifest['node']}.yaml").write_text(json.dumps(manifest), "utf-8")
    return flowengine.compile(flowengine.load(path), flowengine.Catalogue([folder / "nodes", HERE / "nodes"]))


def _every_type(plan: Plan, *, idempotent: bool) -> Plan:
    data = copy.deepcopy(dict(plan.data))
    for one in data["types"].values():
        if "request" in one:
            one["request"]["idempotent"] = idempotent
    return Plan.from_data(data, TOOLS)


def _new(plan: Plan, case: dict[str, Any]) -> NewRun:
    recording = case.get("recording", {})
    values = start_values(plan, recording.get("variables", {}))
    limits = Limits(**case["limits"]) if "limits" in case else DEFAULT_LIMITS
    return NewRun(plan, [Started("run-1", plan.digest, 1_767_225_600.0, recording.get("trigger", {}), values, limits)])


def _recorded(case: dict[str, Any]) -> dict[str, Any]:
    given = case.get("recording", {}).get("responses", {})
    return {node: answers if isinstance(answers, list) else [answers] for node, answers in given.items()}


def _is_interrupted(entry: Entry) -> bool:
    return (
        isinstance(entry, Completed)
        and isinstance(entry.answer, Broken)
        and entry.answer.reason.startswith("interrupted")
    )


def _check_invariants(lives: Lives) -> None:
    entries = lives.entries()
    run = lives.history.run("run-1")
    state = walker.replay(lives.plan, entries)
    assert (state.status, state.result, state.reason) == (run.status, run.result, run.reason)
    for before, entry in pairwise(entries):
        if isinstance(before, Requested):
            assert isinstance(entry, Stopped) or entry[:3] == before[:3]
    assert not any(isinstance(entry, Started) for entry in entries[1:])


async def _undisturbed(plan: Plan, case: dict[str, Any], patience: float) -> tuple[list[Entry], int]:
    lives = Lives(plan, _new(plan, case), _recorded(case), patience)
    calls = await lives.live()
    await lives.to_the_end()
    return lives.entries(), calls


@pytest.mark.parametrize("patience", [1e9, 0.0], ids=["patient", "impatient"])
@pytest.mark.parametrize("case", _cases())
def test_the_next_process_finishes_what_was_begun(case: dict[str, Any], patience: float, tmp_path: Path) -> None:
    plan = _every_type(_plan(case, tmp_path), idempotent=True)

    async def scenario() -> None:
        expected, calls = await _undisturbed(plan, case, patience)
        for ends_at, after in points(calls):
            lives = Lives(plan, _new(plan, case), _recorded(case), patience)
            await lives.live(ends_at, after=after)
            await lives.to_the_end()
            assert timeless(lives.entries()) == timeless(expected), (ends_at, after)
            _check_invariants(lives)
            assert sum(lives.service.times.values()) - len(lives.service.times) <= 1, "one repeated send a crash"

    asyncio.run(scenario())


@pytest.mark.parametrize("case", _cases())
def test_what_may_not_be_repeated_is_not(case: dict[str, Any], tmp_path: Path) -> None:
    plan = _every_type(_plan(case, tmp_path), idempotent=False)

    async def scenario() -> None:
        expected, calls = await _undisturbed(plan, case, 1e9)
        for ends_at, after in points(calls):
            lives = Lives(plan, _new(plan, case), _recorded(case), 1e9)
            await lives.live(ends_at, after=after)
            await lives.to_the_end()
            _check_invariants(lives)
            assert set(lives.service.times.values()) <= {1}
            entries = timeless(lives.entries())
            interrupted = [seq for seq, entry in enumerate(entries) if _is_interrupted(entry)]
            assert len(interrupted) <= 1
            same = interrupted[0] if interrupted else len(entries)
            assert entries[:same] == timeless(expected)[:same]
            assert interrupted or len(entries) == len(expected)

    asyncio.run(scenario())
