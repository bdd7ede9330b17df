"""A whole small world on one seeded scheduler: processes, their clocks, the disk, the service, and what goes wrong.

Whatever goes wrong, in whatever order: all runs end, and nothing that was kept is lost or done twice. Nothing here
takes real time, and one seed is one history. ``FLOWENGINE_SIMULATIONS=20000`` looks at more seeds.
"""

from __future__ import annotations

import asyncio
import os
import random
import selectors
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from copy import deepcopy
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import flowengine
from flowengine.check.compile import TOOLS
from flowengine.core import walker
from flowengine.core.answers import Answer, Arrived, HttpAnswer, Json, Returned
from flowengine.core.entries import Completed, Entry, Requested, Started, Stopped
from flowengine.core.keys import callback_key, event_key
from flowengine.core.plan import Plan
from flowengine.core.wants import Send
from flowengine.drivers.durable import Listener, Settings, Worker
from flowengine.journal.faults import JournalFault, RunExists
from flowengine.journal.inbox import NewEvent
from flowengine.journal.memory import MemoryJournal
from flowengine.journal.protocol import NewRun

EPOCH = 1_767_225_600.0
LONGEST = 30 * 86_400.0
"""Seconds within which every run of a simulation has to end."""


class _Passing(selectors.SelectSelector):
    """Lets virtual time pass in place of waiting."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            raise RuntimeError("nothing will ever happen again")
        self.now += max(0.0, timeout)
        return super().select(0)


class SeededLoop(asyncio.SelectorEventLoop):
    """An event loop in virtual time. What is ready at the same moment happens in an order that the seed decides."""

    def __init__(self, seed: int) -> None:
        self._passing = _Passing()
        self.random = random.Random(seed)  # noqa: S311 - chance that can be repeated
        super().__init__(self._passing)

    def time(self) -> float:
        return self._passing.now

    def call_soon(self, callback: Any, *args: Any, context: Any = None) -> Any:
        if self.random.random() < 0.2:
            return self.call_later(self.random.random() * 1e-4, callback, *args, context=context)
        return super().call_soon(callback, *args, context=context)

    def run_in_executor(self, executor: Any, func: Any, *args: Any) -> Any:  # noqa: ARG002 - there are no threads here
        future = self.create_future()

        def work() -> None:
            if future.cancelled():
                return
            try:
                future.set_result(func(*args))
            except Exception as fault:  # noqa: BLE001 - handed on, as an executor does
                future.set_exception(fault)

        self.call_later(self.random.random() * 0.01, work)
        return future


class Chances(NamedTuple):
    """How often (0 to 1) things go wrong: each call to the journal, each answer, each event, each second."""

    busy: float = 0.02
    lost_answer: float = 0.05
    failure: float = 0.1
    twice: float = 0.3
    kill: float = 0.01
    clock_jump: float = 0.003


class Process:
    """One process: when it is dead, nothing that it began arrives anywhere, and nobody hears of it."""

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation
        self.is_dead = False
        self.skew = 0.0

    def now(self) -> float:
        return EPOCH + asyncio.get_running_loop().time() + self.skew

    async def does(self, work: Callable[[], Awaitable[Any]]) -> Any:
        chance, chances = self._simulation.random, self._simulation.chances
        await self._takes(chance.random() * 0.01)
        if chance.random() < chances.busy:
            raise JournalFault("somebody else writes", "busy")
        done = await work()
        await self._takes(chance.random() * 0.01)
        if chance.random() < chances.busy:
            raise JournalFault("it is not known whether that was kept", "io")
        return done

    async def _takes(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        if self.is_dead:
            await asyncio.Event().wait()


class _Journal:
    """The journal, as one process uses it."""

    def __init__(self, process: Process, journal: MemoryJournal) -> None:
        self._process = process
        self._journal = journal

    def history(self) -> Any:
        return self._journal.history()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._journal, name)
        return lambda *given, **options: self._process.does(lambda: method(*given, **options))


class _Effects:
    """The world, as one process meets it."""

    def __init__(self, process: Process, simulation: Simulation) -> None:
        self._process = process
        self._simulation = simulation
        self.now = process.now

    def new_id(self) -> str:
        return f"id-{self._simulation.random.getrandbits(64):x}"

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def timeout(self, integration: str | None) -> float:  # noqa: ARG002 - the same for all
        return 10.0

    def callback(self, integration: str | None) -> str | None:  # noqa: ARG002 - the same for all
        return "https://flows.example.com/callbacks/service"

    async def send(self, want: Send) -> Answer:
        chance = self._simulation.random
        await asyncio.sleep(chance.random())
        if self._process.is_dead:
            await asyncio.Event().wait()
        answer = self._simulation.service(want)
        if chance.random() < self._simulation.chances.lost_answer:
            await asyncio.Event().wait()
        await asyncio.sleep(chance.random() * 5)
        return answer


class _Listener(Listener):
    def __init__(self, stuck: list[tuple[str, Exception]]) -> None:
        self._stuck = stuck

    def stuck(self, run: str, fault: Exception) -> None:
        self._stuck.append((run, fault))


class Simulation:
    """Runs of some plans, walked by two processes at a time, until all have ended. ``random`` decides everything."""

    def __init__(self, plans: list[Plan], seed: int, chances: Chances, runs: int = 6) -> None:
        self.loop = SeededLoop(seed)
        self.random = self.loop.random
        self.chances = chances
        self.journal = MemoryJournal()
        self.history = self.journal.history()
        self.sent: Counter[tuple[str, int]] = Counter()
        self.requests: dict[str, Any] = {}
        self.posted: set[str] = set()
        self.arrived: set[tuple[str | None, str]] = set()
        self.deaths = 0
        self.stuck: list[tuple[str, Exception]] = []
        self.plans = {plan.digest: plan for plan in plans}
        self._roots = plans
        self._runs = runs
        self._tasks: set[asyncio.Task[Any]] = set()
        self._processes: list[Process] = []
        self._given: dict[str, Answer] = {}

    def go(self) -> None:
        try:
            self.loop.run_until_complete(self._go())
        finally:
            self.loop.close()

    async def _go(self) -> None:
        for number in range(2):
            self._start_process(number)
        self._spawn(self._chaos())
        self._spawn(self._begin_runs())
        while not self._is_over():
            await asyncio.sleep(1)
            assert not self.stuck, "no run is ever one that cannot be gone on with"
            if self.loop.time() > LONGEST:
                open_runs = [run for run in self.history.runs(limit=1000) if run.ended_at is None]
                raise AssertionError(f"some runs never end: {open_runs}")
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    def _is_over(self) -> bool:
        counts = self.history.counts()
        return sum(counts.values()) >= self._runs and not counts["running"] and not counts["waiting"]

    def _spawn(self, work: Any) -> None:
        self._tasks.add(asyncio.create_task(work))

    def _start_process(self, place: int) -> None:
        process = Process(self)
        self._processes[place : place + 1] = [process]
        self._spawn(self._live(process))

    async def _live(self, process: Process) -> None:
        effects = _Effects(process, self)

        async def worlds(_: str | None) -> Any:
            return effects

        patience = self.random.choice([0.0, 3.0, 1e9])
        settings = Settings(patience=patience, at_once=self.random.choice([1, 3, 100]), look=20.0)
        journal: Any = _Journal(process, self.journal)
        listener = _Listener(self.stuck)
        worker = Worker(journal, worlds, TOOLS, listener=listener, settings=settings, clock=process.now)
        with suppress(JournalFault):
            await worker.__aenter__()
            while True:
                with suppress(JournalFault):
                    await worker.follow()

    async def _chaos(self) -> None:
        """End processes, start others in their place, and set their clocks wrong, for the first minutes."""
        while self.loop.time() < 600:
            await asyncio.sleep(1)
            for place, process in enumerate(self._processes):
                if self.random.random() < self.chances.kill:
                    process.is_dead = True
                    self.deaths += 1
                    self._start_process(place)
                elif self.random.random() < self.chances.clock_jump:
                    process.skew = self.random.choice([-3600.0, 0.0, 3600.0])
        for process in self._processes:
            process.skew = 0.0

    async def _begin_runs(self) -> None:
        for number in range(self._runs):
            plan = self.random.choice(self._roots)
            values = {name: one.default for name, one in plan.variables.items() if one.has_default}
            started = Started(f"run-{number}", plan.digest, EPOCH + self.loop.time(), {}, values)
            queue = self.random.choice([None, "customer-1"])
            with suppress(RunExists):
                await self.journal.create(NewRun(plan, [started], queue=queue))
            if self.random.random() < 0.5:
                self._spawn(self._pay(f"run-{number}"))
            await asyncio.sleep(self.random.random() * 20)

    def service(self, want: Send) -> Answer:
        """Answer a request: the same key has the same answer, however often it is asked."""
        self.sent[want.key, want.attempt] += 1
        assert self.requests.setdefault(want.key, want.request) == want.request, "a key has one request"
        asked = f"{want.key}#{want.attempt}"
        if asked not in self._given:
            self._given[asked] = self._answer(want)
        return self._given[asked]

    def _answer(self, want: Send) -> Answer:
        if self.random.random() < self.chances.failure:
            return HttpAnswer(500, {}, {"message": "down"})
        tid = f"t-{want.key}-{want.attempt}"
        if want.callback is None:
            return HttpAnswer(200, {}, {"answer": "yes", "ticket": tid})
        fate = self.random.random()
        for _ in range(2 if self.random.random() < self.chances.twice else 1):
            if fate > self.chances.lost_answer:
                self._spawn(self._post_later(tid))
        return HttpAnswer(202, {}, {"tid": tid, "status": "accepted"})

    async def _post_later(self, tid: str) -> None:
        await asyncio.sleep(self.random.choice([0.0, 1.0, 20.0, 90.0]) * self.random.random())
        body = {"event": "question:answered", "tid": tid, "status": "success", "answer": "posted"}
        await self.post(f"callback:{tid}", "question:answered", callback_key("service", tid), body)

    async def _pay(self, run: str) -> None:
        for _ in range(2):
            await asyncio.sleep(self.random.random() * 400)
            await self.post(f"paid:{run}", "order-paid", event_key("order-paid", run), {"amount": 1})

    async def post(self, id_: str, name: str, key: str, body: Json) -> None:
        """Let an event come, as a server would take it."""
        event = NewEvent(id_, name, [key], body, EPOCH + self.loop.time(), "test")
        self.posted.add(id_)
        await self.journal.accept(event)


HERE = Path(__file__).parent / "simulation_flows"
NODES = Path(__file__).parents[1] / "conformance" / "nodes"
SEEDS = int(os.environ.get("FLOWENGINE_SIMULATIONS", "60"))
SOME = 20


@pytest.fixture(scope="module")
def plans() -> list[Plan]:
    types = flowengine.Catalogue([HERE, NODES])
    return [flowengine.compile(flowengine.load(HERE / f"{name}.yaml"), types) for name in FLOWS]


FLOWS = ("steps", "conversation", "caller")


def unrepeatable(plan: Plan) -> Plan:
    """Return the same flow with services that may not be asked twice."""
    data = deepcopy(dict(plan.data))
    for flow in (data, *data.get("flows", {}).values()):
        for one in flow["types"].values():
            if "request" in one:
                one["request"]["idempotent"] = False
    return Plan.from_data(data, TOOLS)


def check(simulation: Simulation, plans: list[Plan]) -> None:
    known = {plan.digest: plan for root in plans for plan in (root, *(root.called(flow) for flow in root.flows))}
    for run in simulation.history.runs(limit=1000):
        entries = simulation.history.entries(run.id)
        state = walker.replay(known[run.digest], entries)
        assert (state.status, state.result, state.reason) == (run.status, run.result, run.reason)
        assert not any(isinstance(entry, Started) for entry in entries[1:])
        for before, entry in pairwise(entries):
            if isinstance(before, Requested):
                assert isinstance(entry, Stopped) or entry[:3] == before[:3]
        for entry in entries:
            check_call(simulation, run.id, entry)
    events = simulation.history.events(limit=1000)
    assert simulation.posted <= {event.id for event in events}
    taken = {(event.run, event.keys[0]) for event in events if event.state == "taken" and event.source == "test"}
    assert taken == simulation.arrived


def check_call(simulation: Simulation, run: str, entry: Entry) -> None:
    if not isinstance(entry, Completed):
        return
    if isinstance(entry.answer, Arrived):
        simulation.arrived.add((run, entry.answer.key))
    if isinstance(entry.answer, Returned):
        (child,) = simulation.history.ids(f"{run}.{entry.node}.{entry.visit}", 1)
        ended = simulation.history.run(child)
        assert (ended.result, ended.called_by) == (entry.answer.result, run)


@pytest.mark.parametrize("group", range(0, SEEDS, SOME))
def test_every_run_ends_and_nothing_is_lost(group: int, plans: list[Plan]) -> None:
    for seed in range(group, group + SOME):
        simulation = Simulation(plans, seed, Chances(clock_jump=0.003 if seed % 3 == 0 else 0.0))
        simulation.go()
        check(simulation, plans)


def test_what_may_not_be_repeated_is_sent_once(plans: list[Plan]) -> None:
    careful = [unrepeatable(plan) for plan in plans]
    for seed in range(SOME):
        simulation = Simulation(careful, seed, Chances(kill=0.03, clock_jump=0.0))
        simulation.go()
        check(simulation, careful)
        assert set(simulation.sent.values()) <= {1}


def test_one_seed_is_one_history(plans: list[Plan]) -> None:
    histories = []
    for _ in range(2):
        simulation = Simulation(plans, 7, Chances())
        simulation.go()
        histories.append([simulation.history.entries(run.id) for run in simulation.history.runs(limit=1000)])
    assert histories[0] == histories[1]
