"""A process may end at every single call while runs wait for events and for each other: nothing of it changes.

Each case is walked once undisturbed, and then once for each call to the journal and to the world, with the process
ending just before, or just after, that call. Events come as a server would take them, in the process that may end, and
are delivered again until they are taken. The entries of all runs, called ones included, have to come out the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from crashing import CountedEffects, CountedJournal, Process, points, timeless

import flowengine
from flowengine.check.compile import TOOLS
from flowengine.core import walker
from flowengine.core.answers import Answer, HttpAnswer, Json
from flowengine.core.entries import Entry, Requested, Started, Stopped
from flowengine.core.keys import callback_key, event_key
from flowengine.core.plan import Plan
from flowengine.core.wants import Send
from flowengine.drivers.durable import Settings, Worker
from flowengine.effects.fakes import FakeEffects
from flowengine.journal.inbox import NewEvent
from flowengine.journal.memory import MemoryJournal
from flowengine.journal.protocol import NewRun

HERE = Path(__file__).parent
NODES = [HERE / "simulation_flows", HERE.parent / "conformance" / "nodes"]
LEASE = 30.0
MOST_LIVES = 60
MOST_EVENTS = 50
ALL = "onError: broken, onInvalidData: broken"

RECEIVES = f"""
flow: receives
start: wait
nodes:
  wait:
    type: receive@1.0
    inputs:
      events: {{paid: {{event: paid, key: $(run.id)}}, refused: {{event: refused, key: $(run.id)}}}}
      timeout: 1h
    edges: {{paid: rest, refused: broken, onTimeout: late, {ALL}}}
  rest: {{type: delay@1.0, inputs: {{duration: 10m}}, edges: {{onTimeout: again, {ALL}}}}}
  again:
    type: receive@1.0
    inputs: {{events: {{paid: {{event: paid, key: $(run.id)-2}}}}}}
    edges: {{paid: done, {ALL}}}
  done: {{end: success, title: Paid}}
  late: {{end: success, title: Late}}
  broken: {{end: error, title: Broken}}
"""
ASKS = f"""
flow: asks
start: ask
nodes:
  ask: {{type: ask@1.0, inputs: {{question: one}}, edges: {{answered: later, {ALL}}}}}
  later: {{type: ask-later@1.0, inputs: {{question: two}}, edges: {{answered: done, onTimeout: late, {ALL}}}}}
  done: {{end: success, title: Paid}}
  late: {{end: error, title: Late}}
  broken: {{end: error, title: Broken}}
"""
STOPS = """
flow: stops
start: ask
nodes:
  ask: {type: ask@1.0, inputs: {question: one}, edges: {unknown: done}}
  done: {end: success, title: Paid}
"""
CALLS = f"""
flow: calls
start: one
nodes:
  one:
    type: call-flow@1.0
    inputs: {{flow: CALLED}}
    timeout: 2h
    edges: {{Paid: two, OTHERS, onTimeout: two, {ALL}}}
  two: {{type: ask@1.0, inputs: {{question: two}}, edges: {{answered: done, {ALL}}}}}
  done: {{end: success, title: Paid}}
  broken: {{end: error, title: Broken}}
"""


def calls(flow: str, *others: str) -> str:
    """Return a flow that calls another one, which has these ends, too."""
    return CALLS.replace("CALLED", flow).replace("OTHERS, ", "".join(f"{one}: broken, " for one in others))


DEEP = calls("calls", "Broken").replace("flow: calls\nstart", "flow: deep\nstart").replace("2h", "3h")

Post: TypeAlias = Callable[[NewEvent], Any]


@dataclass
class Case:
    """A flow, what it calls, and what comes: events by the key that they have, and runs that are cancelled."""

    flows: tuple[str, ...]
    events: dict[str, str] = field(default_factory=dict)
    first: tuple[str, ...] = ()
    posted: str = "never"
    cancelled: str | None = None
    ends: str = "success"


def paid(run: str = "run-1") -> str:
    return event_key("paid", run)


CALLED = "run-1.one.1"
BOTH = {paid(): "paid", paid("run-1-2"): "paid"}
BOTH_BELOW = {paid(CALLED): "paid", paid(f"{CALLED}-2"): "paid"}
CALLS_RECEIVES = (calls("receives", "Late", "Broken"), RECEIVES)
CASES = {
    "received": Case((RECEIVES,), BOTH),
    "received-before-anybody-waits": Case((RECEIVES,), first=tuple(BOTH)),
    "the-other-one": Case((RECEIVES,), {event_key("refused", "run-1"): "refused"}, ends="error"),
    "nothing-comes": Case((RECEIVES,)),
    "result-before-the-answer": Case((ASKS,), posted="before"),
    "result-with-the-answer": Case((ASKS,), posted="with"),
    "result-after-the-answer": Case((ASKS,), posted="after"),
    "result-twice": Case((ASKS,), posted="twice"),
    "no-result": Case((ASKS,), ends="error"),
    "called-waits-and-ends": Case(CALLS_RECEIVES, BOTH_BELOW),
    "called-waits-in-vain": Case(CALLS_RECEIVES, ends="error"),
    "called-comes-to-an-error": Case(CALLS_RECEIVES, {event_key("refused", CALLED): "refused"}, ends="error"),
    "called-takes-too-long": Case((CALLS_RECEIVES[0], RECEIVES.replace("timeout: 1h", "timeout: 5h"))),
    "called-is-cancelled": Case(CALLS_RECEIVES, cancelled=CALLED, ends="error"),
    "called-has-no-edge": Case((calls("stops"), STOPS), ends="error"),
    "called-gets-a-result": Case((calls("asks", "Late", "Broken"), ASKS), posted="before"),
    "called-calls": Case((DEEP, *CALLS_RECEIVES), {paid(f"{CALLED}.one.1"): "paid", paid(f"{CALLED}.one.1-2"): "paid"}),
    "called-calls-and-takes-too-long": Case((DEEP.replace("3h", "30m"), *CALLS_RECEIVES)),
    "caller-is-cancelled": Case(CALLS_RECEIVES, cancelled="run-1", ends="error"),
}


class World:
    """Runs, the processes that walk them one after the other, and what comes from outside."""

    def __init__(self, plan: Plan, case: Case, patience: float) -> None:
        self.plan = plan
        self.journal = MemoryJournal()
        self.history = self.journal.history()
        self.sent: dict[tuple[str, int], int] = {}
        self.now = 1_767_225_600.0
        self._case = case
        self._patience = patience
        self._arrived: set[str] = set()
        self._tasks: set[asyncio.Task[Any]] = set()

    async def live(self, ends_at: int | None = None, *, after: bool = False) -> int:
        """Be one process, and return how many calls it made."""
        process = Process(ends_at, after=after)
        self._tasks = set()
        journal: Any = CountedJournal(self.journal, process)
        effects = CountedEffects(lambda send: self._answer(send, journal), process, self.now)
        effects._address = "https://flows.example.com/callbacks"

        async def world(_: str | None) -> FakeEffects:
            return effects

        settings = Settings(patience=self._patience, lease=LEASE)
        async with Worker(journal, world, TOOLS, settings=settings, clock=effects.now) as worker:
            work = asyncio.create_task(self._work(worker, journal, effects, process))
            end = asyncio.create_task(process.ended.wait())
            await asyncio.wait({work, end}, return_when=asyncio.FIRST_COMPLETED)
            process.ended.set()
        await asyncio.gather(work, end, *self._tasks, return_exceptions=True)
        if ends_at is None:
            work.result()
        self.now = effects.now() + (LEASE + 1 if ends_at is not None else 0)
        return process.calls

    async def to_the_end(self) -> None:
        """Be processes that nothing happens to."""
        for _ in range(MOST_LIVES):
            await self.live()
            if not self._open():
                return
            self.now += LEASE + 1
        pytest.fail(f"the runs do not end: {self._open()}")

    async def _work(self, worker: Worker, journal: Any, effects: FakeEffects, process: Process) -> None:
        if not self.history.ids("run-1"):
            started = Started("run-1", self.plan.digest, effects.now(), {}, {})
            await worker.begin(NewRun(self.plan, [started]))
        for key in self._case.first:
            await self._arrive(journal, key, "paid", effects.now())
        for _ in range(MOST_EVENTS):
            await worker.go_on()
            await asyncio.gather(*self._tasks)
            if process.ended.is_set() or not await self._something_comes(journal, effects):
                return
        pytest.fail("it goes on for ever")

    async def _something_comes(self, journal: Any, effects: FakeEffects) -> bool:
        """Let come what is waited for; where nothing does, let time pass."""
        waiting = [run for run in self._open() if run.status == "waiting"]
        for run in waiting:
            if run.id == self._case.cancelled:
                await journal.cancel(run.id, "not wanted", effects.now())
                return True
            for key in self.history.awaited(run.id):
                if key in self._case.events and key not in self._arrived:
                    await self._arrive(journal, key, self._case.events[key], effects.now())
                    return True
                if self._case.posted != "never" and key.startswith("callback:") and key not in self._arrived:
                    await self._post(journal, key.rpartition(":")[2], key)
                    return True
        times = [run.waiting_until for run in waiting if run.waiting_until is not None]
        if times:
            effects._now = max(effects.now(), min(times))
        return bool(times)

    async def _arrive(self, journal: Any, key: str, name: str, at: float, body: Json = None) -> None:
        await journal.accept(NewEvent(key, name, [key], body or {}, at, "test"))
        self._arrived.add(key)

    async def _answer(self, send: Send, journal: Any) -> Answer:
        asked = (send.key, send.attempt)
        self.sent[asked] = self.sent.get(asked, 0) + 1
        if send.callback is None:
            return HttpAnswer(200, {}, {"answer": "yes"})
        tid = f"t-{send.key}".replace(":", "-")
        key = callback_key("service", tid)
        for _ in range({"before": 1, "twice": 2}.get(self._case.posted, 0)):
            await self._post(journal, tid, key)
        if self._case.posted in {"with", "twice"}:
            self._tasks.add(asyncio.create_task(self._post(journal, tid, key)))
        return HttpAnswer(202, {}, {"tid": tid, "status": "accepted"})

    async def _post(self, journal: Any, tid: str, key: str) -> None:
        body = {"event": "question:answered", "tid": tid, "status": "success", "answer": "posted"}
        await self._arrive(journal, key, "question:answered", self.now, body)

    def _open(self) -> list[Any]:
        return [run for run in self.history.runs() if run.ended_at is None]

    def entries(self) -> dict[str, list[Entry]]:
        """Return the entries of all runs, without times."""
        return {run.id: timeless(self.history.entries(run.id)) for run in self.history.runs()}

    def taken(self) -> set[tuple[str, str | None]]:
        """Return which run took which event."""
        return {(event.keys[0], event.run) for event in self.history.events() if event.state == "taken"}


@pytest.fixture
def compiled(tmp_path: Path) -> Callable[[Case], Plan]:
    def compiled(case: Case) -> Plan:
        for number, text in enumerate(case.flows):
            (tmp_path / f"{number}.yaml").write_text(text, "utf-8")
        return flowengine.compile(flowengine.load(tmp_path / "0.yaml"), flowengine.Catalogue(NODES))

    return compiled


def check(world: World) -> None:
    for run in world.history.runs():
        plan = world.plan if run.digest == world.plan.digest else world.plan.called(run.flow)
        entries = world.history.entries(run.id)
        state = walker.replay(plan, entries)
        assert (state.status, state.result, state.reason) == (run.status, run.result, run.reason)
        for before, entry in pairwise(entries):
            if isinstance(before, Requested):
                assert isinstance(entry, Stopped) or entry[:3] == before[:3]


@pytest.mark.parametrize("patience", [1e9, 0.0], ids=["patient", "impatient"])
@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in CASES.items()])
def test_runs_that_wait_come_out_the_same(case: Case, patience: float, compiled: Callable[[Case], Plan]) -> None:
    plan = compiled(case)

    async def scenario() -> None:
        undisturbed = World(plan, case, patience)
        calls = await undisturbed.live()
        await undisturbed.to_the_end()
        assert undisturbed.history.run("run-1").result == case.ends
        check(undisturbed)
        for ends_at, after in points(calls):
            world = World(plan, case, patience)
            await world.live(ends_at, after=after)
            await world.to_the_end()
            assert world.entries() == undisturbed.entries(), (ends_at, after)
            assert world.taken() >= undisturbed.taken() - {one for one in undisturbed.taken() if "run:" in one[0]}
            check(world)
            assert sum(world.sent.values()) - len(world.sent) <= 1, "one repeated send a crash"

    asyncio.run(scenario())
