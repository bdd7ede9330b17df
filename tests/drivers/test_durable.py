"""Runs over a journal: what is kept when, who goes on with what, and how it is ended."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from flowengine.core import walker
from flowengine.core.answers import Answer, Broken, Elapsed, HttpAnswer
from flowengine.core.entries import Completed, Entry, Requested, Stopped
from flowengine.core.plan import Plan
from flowengine.core.state import Step
from flowengine.core.wants import Send
from flowengine.drivers.durable import Listener
from flowengine.drivers.durable_walk import DurableWalk, Left
from flowengine.errors import UsageError
from flowengine.journal.faults import JournalCorrupt, JournalFault
from flowengine.journal.protocol import Claim

OK = HttpAnswer(200, {}, {"answer": "Ann"})
ASK = """
flow: case
variables: {name: {type: string}}
start: ask
nodes:
  ask: {type: ask@1.0, set: {name: $(ask.answer)}, edges: {answered: check, onError: failed}}
  check:
    type: branch@1.0
    inputs: {rows: [{name: Ann, when: {value: $(name), equals: Ann}}]}
    edges: {Ann: again, None of the above: failed}
  again: {type: ask@1.0, edges: {answered: done, onError: failed}}
  done: {end: success}
  failed: {end: error}
"""
# The same, by a type that does not say that it is idempotent.
ONCE = (
    ASK.replace("ask@1.0", "http-request@1.0, inputs: {method: POST, url: 'https://example.com/'}")
    .replace("set: {name: $(ask.answer)}, edges: {answered:", "set: {name: Ann}, edges: {onSuccess:")
    .replace("edges: {answered: done", "edges: {onSuccess: done")
)
WAIT = """
flow: case
start: rest
nodes:
  rest: {type: delay@1.0, inputs: {duration: 1h}, edges: {onTimeout: ask}}
  ask: {type: ask@1.0, retry: {attempts: 2, delay: 10m, on: [onError]}, edges: {answered: done, onError: failed}}
  done: {end: success}
  failed: {end: error}
"""

Bench = Any
Make = Callable[[Callable[[Send], Answer]], Bench]
Compile = Callable[[str], Plan]


class Seen(Listener):
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.steps: list[str] = []
        self.how: list[Left] = []
        self.stuck_with: list[Exception] = []
        self.faults: list[JournalFault] = []

    def step(self, walk: DurableWalk, step: Step) -> None:  # noqa: ARG002 - a Listener's
        self.steps.append(step.node)

    def left(self, walk: DurableWalk, how: Left) -> None:  # noqa: ARG002 - likewise
        self.how.append(how)

    def stuck(self, run: str, fault: Exception) -> None:  # noqa: ARG002 - likewise
        self.stuck_with.append(fault)

    def fault(self, run: str | None, fault: JournalFault) -> None:  # noqa: ARG002 - likewise
        self.faults.append(fault)


async def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds that nobody tells."""
    while not holds():  # noqa: ASYNC110 - there is no event for it
        await asyncio.sleep(0.005)


def kinds(entries: list[Entry]) -> list[str]:
    return [type(entry).__name__ for entry in entries]


class Held:
    """An answer that is held back until ``let`` is set."""

    def __init__(self, answer: Answer = OK) -> None:
        self.asked, self.let = asyncio.Event(), asyncio.Event()
        self.times = 0
        self._answer = answer

    async def __call__(self, _: Send) -> Answer:
        self.times += 1
        self.asked.set()
        await self.let.wait()
        return self._answer


def test_a_request_is_kept_before_it_leaves_and_its_answer_before_anything_else(make: Make, compiled: Compile) -> None:
    kept: list[list[str]] = []

    def answer(_: Send) -> Answer:
        kept.append(kinds(bench.entries()))
        return OK

    bench = make(answer)

    async def scenario() -> DurableWalk:
        async with bench.worker() as worker:
            walk, task = await worker.begin(bench.new(compiled(ASK)))
            await task
            return walk

    walk = asyncio.run(scenario())
    assert kept == [["Started", "Requested"], ["Started", "Requested", "Completed", "Completed", "Requested"]]
    assert walk.state.path == ["ask", "check", "again", "done"]
    assert walker.replay(walk.plan, bench.entries()) == walk.state
    run = bench.history.run("run-1")
    assert (run.status, run.result, run.owner) == ("succeeded", "success", None)


def test_a_long_wait_holds_neither_memory_nor_lease(make: Make, compiled: Compile) -> None:
    bench, seen = make(lambda _: OK), Seen()

    async def scenario() -> None:
        async with bench.worker(seen) as worker:
            _, task = await worker.begin(bench.new(compiled(WAIT)))
            await task
            assert (seen.how, worker.under_way) == ([Left.WAITING], 0)
            run = bench.history.run("run-1")
            assert (run.status, run.waiting_until, run.owner) == ("waiting", bench.effects.now() + 3600, None)
            bench.pass_(3599)
            await worker.go_on()
            assert seen.how == [Left.WAITING], "it is not due"
            bench.pass_(1)
            await worker.go_on()

    asyncio.run(scenario())
    assert seen.how == [Left.WAITING, Left.ENDED]
    assert seen.steps == ["rest", "ask"]
    elapsed = bench.entries()[1]
    assert (elapsed.answer, elapsed.at - elapsed.started_at) == (Elapsed(), 3600)


def test_a_pause_before_another_try_is_a_wait_like_any_other(make: Make, compiled: Compile) -> None:
    answers = iter([Broken("reset"), OK])
    bench, seen = make(lambda _: next(answers)), Seen()

    async def scenario() -> None:
        async with bench.worker(seen, patience=1e9) as worker:
            _, task = await worker.begin(bench.new(compiled(WAIT)))
            await task
        assert seen.how == [Left.ENDED], "patient enough, it is spent here"
        assert bench.effects.slept == [3600, 600]

    asyncio.run(scenario())


def test_what_waited_goes_on_late_where_nobody_was_there(make: Make, compiled: Compile) -> None:
    bench, seen = make(lambda _: OK), Seen()

    async def scenario() -> None:
        async with bench.worker() as worker:
            await (await worker.begin(bench.new(compiled(WAIT))))[1]
        bench.pass_(90_000)
        async with bench.worker(seen) as worker:
            await worker.go_on()

    asyncio.run(scenario())
    assert (seen.how, bench.effects.slept) == ([Left.ENDED], [0])


@pytest.mark.parametrize("grace", [0, 5])
def test_what_is_in_flight_may_end_within_the_grace(make: Make, compiled: Compile, grace: float) -> None:
    seen = Seen()

    async def scenario() -> Bench:
        held = Held()
        bench = make(held)
        async with bench.worker(seen) as worker:
            await worker.begin(bench.new(compiled(ASK)))
            await held.asked.wait()
            worker.leave()
            asyncio.get_running_loop().call_later(0.05, held.let.set)
            await worker.drain(grace)
        return bench

    bench = asyncio.run(scenario())
    whole = ["Started", "Requested", "Completed", "Completed"]
    assert kinds(bench.entries()) == (whole if grace else whole[:2])
    assert seen.how == [Left.OPEN]
    assert bench.history.run("run-1").owner is None, "the next one need not wait for the lease"


def test_a_wait_is_left_at_once(make: Make, compiled: Compile) -> None:
    bench, seen = make(lambda _: OK), Seen()
    waiting = asyncio.Event()

    async def sleep(_: float) -> None:
        waiting.set()
        await asyncio.Event().wait()

    bench.effects.sleep = sleep

    async def scenario() -> None:
        async with bench.worker(seen, patience=1e9) as worker:
            await worker.begin(bench.new(compiled(WAIT)))
            await waiting.wait()
            await worker.drain(60)

    asyncio.run(asyncio.wait_for(scenario(), 10))
    assert seen.how == [Left.WAITING]
    assert bench.history.run("run-1").waiting_until == bench.effects.now() + 3600


@pytest.mark.parametrize(("flow", "sent"), [(ASK, 2), (ONCE, 1)], ids=["idempotent", "not"])
def test_a_request_in_flight_is_sent_again_only_where_its_type_is_idempotent(
    make: Make, compiled: Compile, flow: str, sent: int
) -> None:
    async def scenario() -> tuple[Bench, Held]:
        held = Held(OK)
        bench = make(held)
        async with bench.worker() as worker:
            await worker.begin(bench.new(compiled(flow)))
            await held.asked.wait()
        held.let.set()
        async with bench.worker() as worker:
            await worker.go_on()
        return bench, held

    bench, held = asyncio.run(scenario())
    keys = [send.key for send in bench.effects.sent]
    run = bench.history.run("run-1")
    assert keys[:sent] == ["run-1:ask:1"] * sent
    assert "run-1:ask:1" not in keys[sent:]
    if flow == ASK:
        assert (run.status, held.times) == ("succeeded", 3)
    else:
        completed = bench.entries()[2]
        assert isinstance(completed, Completed)
        assert isinstance(completed.answer, Broken)
        assert completed.answer.reason.startswith("interrupted: ")
        assert (run.status, held.times) == ("failed", 1)


def test_a_walk_whose_lease_is_lost_has_no_further_effect(make: Make, compiled: Compile) -> None:
    seen, other = Seen(), Seen()

    async def scenario() -> Bench:
        held = Held()
        bench = make(held)
        async with bench.worker(seen) as slow:
            await slow.begin(bench.new(compiled(ASK)))
            await held.asked.wait()
            bench.pass_(31)
            async with bench.worker(other) as quick:
                going = asyncio.create_task(quick.go_on())
                held.asked.clear()
                await held.asked.wait()
                held.let.set()
                await going
            await slow.ended()
        return bench

    bench = asyncio.run(scenario())
    assert (seen.how, other.how) == ([Left.LOST], [Left.ENDED])
    assert [send.node for send in bench.effects.sent] == ["ask", "ask", "again"]
    assert kinds(bench.entries()).count("Requested") == 2


def test_a_lease_that_is_found_lost_cuts_off_what_is_under_way(make: Make, compiled: Compile) -> None:
    seen = Seen()

    async def scenario() -> None:
        held = Held()
        bench = make(held)
        async with bench.worker(seen, lease=0.03) as worker:
            _, task = await worker.begin(bench.new(compiled(ASK)))
            await held.asked.wait()
            await bench.journal.release(worker.owner, ["run-1"])
            await asyncio.wait_for(task, 10)

    asyncio.run(scenario())
    assert seen.how == [Left.LOST]


def test_leases_are_renewed(make: Make, compiled: Compile) -> None:
    async def scenario() -> None:
        held = Held()
        bench = make(held)
        async with bench.worker(lease=0.03) as worker:
            await worker.begin(bench.new(compiled(ASK)))
            await held.asked.wait()
            bench.pass_(10)
            await until(lambda: bench.history.run("run-1").leased_until > bench.effects.now())

    asyncio.run(asyncio.wait_for(scenario(), 10))


def test_a_run_that_is_cancelled_ends_where_it_stands(make: Make, compiled: Compile) -> None:
    seen = Seen()

    async def scenario() -> Bench:
        held = Held()
        bench = make(held)
        async with bench.worker(seen, cancellations=0.01) as worker:
            _, task = await worker.begin(bench.new(compiled(ASK)))
            await held.asked.wait()
            assert await bench.journal.cancel("run-1", "not wanted", bench.effects.now()) == "asked"
            await asyncio.wait_for(task, 10)
        return bench

    bench = asyncio.run(scenario())
    assert bench.entries()[-1] == Stopped(bench.effects.now(), "cancelled", "not wanted")
    assert (bench.history.run("run-1").status, seen.how) == ("cancelled", [Left.ENDED])


def test_a_run_that_was_to_be_cancelled_by_a_process_that_is_gone_is_cancelled_by_the_next(
    make: Make, compiled: Compile
) -> None:
    async def scenario() -> Bench:
        held = Held()
        bench = make(held)
        async with bench.worker() as worker:
            await worker.begin(bench.new(compiled(ASK)))
            await held.asked.wait()
            await bench.journal.cancel("run-1", "not wanted", bench.effects.now())
        async with bench.worker() as worker:
            await worker.go_on()
        assert held.times == 1
        return bench

    assert asyncio.run(scenario()).history.run("run-1").status == "cancelled"


def test_workers_share_what_is_due(make: Make, compiled: Compile) -> None:
    one, other = Seen(), Seen()

    async def answer(_: Send) -> Answer:
        await asyncio.sleep(0)
        return OK

    async def scenario() -> Bench:
        bench, plan = make(answer), compiled(ASK)
        for number in range(40):
            await bench.journal.create(bench.new(plan, run=f"run-{number}"))
        async with bench.worker(one, at_once=5) as first, bench.worker(other, at_once=5) as second:
            await asyncio.gather(first.go_on(), second.go_on())
        return bench

    bench = asyncio.run(scenario())
    assert len(one.how) + len(other.how) == 40
    assert set(one.how) == set(other.how) == {Left.ENDED}
    assert sorted(send.key for send in bench.effects.sent) == sorted(
        f"run-{number}:{node}:1" for number in range(40) for node in ("ask", "again")
    )


def test_at_a_drain_under_load_nothing_in_flight_is_cut_and_the_rest_is_left(make: Make, compiled: Compile) -> None:
    async def scenario() -> tuple[Bench, int]:
        held = Held()
        bench, plan = make(held), compiled(ONCE)
        for number in range(40):
            await bench.journal.create(bench.new(plan, run=f"run-{number}"))
        async with bench.worker(at_once=10) as worker:
            following = asyncio.create_task(worker.follow())
            await until(lambda: held.times == 10)
            worker.leave()
            asyncio.get_running_loop().call_later(0.02, held.let.set)
            await worker.drain(10)
            await following
        before = held.times
        async with bench.worker() as worker:
            await worker.go_on()
        return bench, before

    bench, before = asyncio.run(asyncio.wait_for(scenario(), 60))
    assert before == 10
    assert bench.history.counts()["succeeded"] == 40, "a request that was cut off would have come back interrupted"
    assert len(bench.effects.sent) == 80


def test_runs_are_bounded_at_once(make: Make, compiled: Compile) -> None:
    async def scenario() -> None:
        held = Held()
        bench, plan = make(held), compiled(ASK)
        for number in range(10):
            await bench.journal.create(bench.new(plan, run=f"run-{number}"))
        async with bench.worker(at_once=3) as worker:
            going = asyncio.create_task(worker.go_on())
            await until(lambda: held.times == 3)
            assert worker.under_way == 3
            held.let.set()
            await going
        assert bench.history.counts()["succeeded"] == 10
        assert held.times == 20

    asyncio.run(asyncio.wait_for(scenario(), 20))


def test_a_run_whose_environment_is_not_known_here_is_left_alone(make: Make, compiled: Compile) -> None:
    bench, seen = make(lambda _: OK), Seen()

    async def scenario() -> None:
        await bench.journal.create(bench.new(compiled(ASK), environment="production"))
        async with bench.worker(seen) as worker:

            async def worlds(name: str | None) -> Any:
                raise UsageError(f"there is no environment {name!r}")

            worker._worlds = worlds
            await worker.go_on()

    asyncio.run(scenario())
    assert [str(fault) for fault in seen.stuck_with] == ["there is no environment 'production'"]
    assert bench.history.run("run-1").status == "running"
    assert bench.effects.sent == []


@pytest.mark.parametrize(
    ("fault", "done"),
    [(JournalFault("busy", "busy"), "succeeded"), (JournalCorrupt("cut off", run="run-1"), "running")],
)
def test_a_run_that_cannot_be_read_is_tried_again_unless_it_is_damaged(
    make: Make, compiled: Compile, fault: JournalFault, done: str
) -> None:
    bench, seen = make(lambda _: OK), Seen()
    load, faults = bench.journal.load, iter([fault])

    async def failing(run: str) -> list[Entry]:
        for one in faults:
            raise one
        return list(await load(run))

    bench.journal.load = failing

    async def scenario() -> None:
        await bench.journal.create(bench.new(compiled(ASK)))
        async with bench.worker(seen) as worker:
            await worker.go_on()

    asyncio.run(scenario())
    assert bench.history.run("run-1").status == done
    assert (seen.faults, seen.stuck_with) == (([fault], []) if done == "succeeded" else ([], [fault]))


def test_a_walk_that_fails_by_a_fault_of_ours_is_told_and_stops_no_other(make: Make, compiled: Compile) -> None:
    class Clumsy(Seen):
        def step(self, walk: DurableWalk, step: Step) -> None:
            super().step(walk, step)
            if walk.run == "run-1":
                raise RuntimeError("clumsy")

    bench, seen = make(lambda _: OK), Clumsy()

    async def scenario() -> None:
        plan = compiled(ASK)
        for number in (1, 2):
            await bench.journal.create(bench.new(plan, run=f"run-{number}"))
        async with bench.worker(seen) as worker:
            await worker.go_on()

    asyncio.run(scenario())
    assert [str(fault) for fault in seen.stuck_with] == ["clumsy"]
    assert bench.history.run("run-2").status == "succeeded"


def test_what_has_come_back_is_kept_though_whoever_looks_on_fails(make: Make, compiled: Compile) -> None:
    class Clumsy(Listener):
        def step(self, walk: DurableWalk, step: Step) -> None:  # noqa: ARG002 - a Listener's
            raise RuntimeError("the output cannot be written")

    bench = make(lambda _: OK)

    async def scenario() -> None:
        async with bench.worker(Clumsy()) as worker:
            await asyncio.wait({(await worker.begin(bench.new(compiled(ASK))))[1]})

    asyncio.run(scenario())
    assert kinds(bench.entries()) == ["Started", "Requested", "Completed"]


def test_a_journal_that_is_busy_when_runs_are_claimed_is_tried_again(make: Make, compiled: Compile) -> None:
    bench, seen = make(lambda _: OK), Seen()
    claim, faults = bench.journal.claim, iter([JournalFault("busy", "busy")])

    async def busy(*arguments: Any) -> list[Claim]:
        for one in faults:
            raise one
        return list(await claim(*arguments))

    bench.journal.claim = busy

    async def scenario() -> None:
        await bench.journal.create(bench.new(compiled(ASK)))
        async with bench.worker(seen, look=0.01) as worker:
            await worker.go_on()

    asyncio.run(scenario())
    assert [str(fault) for fault in seen.faults] == ["busy"]
    assert bench.history.run("run-1").status == "succeeded"


def test_a_journal_that_cannot_be_written_for_a_while_costs_no_answer(
    make: Make, compiled: Compile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flowengine.drivers.durable_ledger.AGAIN", 0.01)
    bench, seen = make(lambda _: OK), Seen()
    append, times = bench.journal.append, 0

    async def full(*arguments: Any, **options: Any) -> int:
        nonlocal times
        times += 1
        if 1 < times < 5:
            raise JournalFault("the disk is full", "full")
        return int(await append(*arguments, **options))

    bench.journal.append = full

    async def scenario() -> None:
        async with bench.worker(seen) as worker:
            await (await worker.begin(bench.new(compiled(ONCE))))[1]

    asyncio.run(scenario())
    assert [str(fault) for fault in seen.faults] == ["the disk is full"] * 3
    assert bench.history.run("run-1").status == "succeeded"
    assert len(bench.effects.sent) == 2


def test_an_answer_that_cannot_be_kept_ends_the_run(make: Make, compiled: Compile) -> None:
    bench = make(lambda _: HttpAnswer(200, {}, {"answer": "half a character: \ud800"}))

    async def scenario() -> None:
        async with bench.worker() as worker:
            await (await worker.begin(bench.new(compiled(ASK))))[1]

    asyncio.run(scenario())
    run = bench.history.run("run-1")
    assert run.status == "failed"
    assert "cannot be kept" in run.reason
    assert isinstance(bench.entries()[-1], Stopped)


def test_a_start_that_cannot_be_kept_is_refused(make: Make, compiled: Compile) -> None:
    bench = make(lambda _: OK)

    async def scenario() -> None:
        async with bench.worker() as worker:
            await worker.begin(bench.new(compiled(ASK), trigger={"x": float("nan")}))

    with pytest.raises(UsageError, match="this run cannot be kept"):
        asyncio.run(scenario())


def test_followed_runs_go_on_within_a_second_of_their_time(make: Make, compiled: Compile) -> None:
    seen = Seen()
    bench = make(lambda _: OK)

    async def scenario() -> float:
        async with bench.worker() as worker:
            await (await worker.begin(bench.new(compiled(WAIT))))[1]
        async with bench.worker(seen) as worker:
            following = asyncio.create_task(worker.follow())
            await until(lambda: following.get_loop().time() > 0)
            assert seen.how == []
            before = asyncio.get_running_loop().time()
            bench.pass_(3600)
            await until(lambda: bool(seen.how))
            took = asyncio.get_running_loop().time() - before
            worker.leave()
            await following
            return took

    assert asyncio.run(scenario()) < 1.0


def test_requests_of_one_visit_have_one_key(make: Make, compiled: Compile) -> None:
    answers = iter([Broken("reset"), OK])
    bench = make(lambda _: next(answers))

    async def scenario() -> None:
        async with bench.worker(patience=1e9) as worker:
            await (await worker.begin(bench.new(compiled(WAIT))))[1]

    asyncio.run(scenario())
    requested = [entry for entry in bench.entries() if isinstance(entry, Requested)]
    assert [(one.attempt, one.key) for one in requested] == [(1, "run-1:ask:1"), (2, "run-1:ask:1")]
