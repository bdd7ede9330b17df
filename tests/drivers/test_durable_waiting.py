"""Runs over a journal that wait for events and for runs that they call: when they go on, and what gets in between."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from flowengine.core.answers import Answer, Arrived, HttpAnswer, Invalid, Returned, TimedOut
from flowengine.core.entries import Completed, Entry
from flowengine.core.keys import event_key
from flowengine.core.plan import Plan
from flowengine.core.wants import Send
from flowengine.drivers.durable import Listener
from flowengine.drivers.durable_walk import DurableWalk, Left
from flowengine.journal.faults import Fenced, JournalFault
from flowengine.journal.inbox import NewEvent

OK = HttpAnswer(200, {}, {"answer": "Ann"})
RECEIVE = """
flow: receives
start: wait
nodes:
  wait:
    type: receive@1.0
    inputs: {events: {paid: {event: paid, key: $(run.id)}}, timeout: 1h}
    edges: {paid: done, onTimeout: late}
  done: {end: success, title: Paid}
  late: {end: error, title: Late}
"""
CALL = """
flow: calls
variables: {order: "42"}
start: call
nodes:
  call:
    type: call-flow@1.0
    inputs: {flow: receives}
    timeout: 2h
    edges: {Paid: ask, Late: failed, onError: failed, onTimeout: failed, onInvalidData: failed}
  ask: {type: ask@1.0, edges: {answered: done}}
  done: {end: success}
  failed: {end: error}
"""
PAUSE = """
flow: pauses
start: rest
nodes:
  rest: {type: delay@1.0, inputs: {duration: 1h}, edges: {onTimeout: done}}
  done: {end: success}
"""
CHILD = "run-1.call.1"

Bench = Any
Make = Callable[[Callable[[Send], Answer]], Bench]
Compile = Callable[..., Plan]


class Seen(Listener):
    def __init__(self) -> None:
        self.how: list[tuple[str, Left]] = []
        self.faults: list[str] = []

    def left(self, walk: DurableWalk, how: Left) -> None:
        self.how.append((walk.run, how))

    def fault(self, run: str | None, fault: JournalFault) -> None:  # noqa: ARG002 - a Listener's
        self.faults.append(str(fault))


async def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds that nobody tells."""
    while not holds():  # noqa: ASYNC110 - there is no event for it
        await asyncio.sleep(0.005)


def answers(entries: list[Entry]) -> list[Answer]:
    return [entry.answer for entry in entries if isinstance(entry, Completed)]


def paid(bench: Bench, run: str, name: str = "paid") -> NewEvent:
    return NewEvent(f"{name}-{run}", name, [event_key("paid", run)], {"amount": 1}, bench.effects.now(), "test")


async def begin(bench: Bench, plan: Plan, **settings: Any) -> None:
    """Begin run-1, and let it come to where it waits."""
    async with bench.worker(**settings) as worker:
        await worker.begin(bench.new(plan))
        await worker.go_on()


def test_a_run_that_waits_for_an_event_holds_neither_memory_nor_lease(make: Make, compiled: Compile) -> None:
    bench, seen = make(lambda _: OK), Seen()

    async def scenario() -> None:
        async with bench.worker(seen, patience=1e9) as worker:
            _, task = await worker.begin(bench.new(compiled(RECEIVE)))
            await task
            assert (worker.under_way, seen.how) == (0, [("run-1", Left.WAITING)])
            run = bench.history.run("run-1")
            assert (run.status, run.owner, run.waiting_until) == ("waiting", None, bench.effects.now() + 3600)
            await bench.journal.accept(paid(bench, "run-1"))
            await worker.go_on()

    asyncio.run(scenario())
    assert answers(bench.entries()) == [Arrived("event:paid:run-1", "paid", {"amount": 1})]
    assert bench.history.run("run-1").status == "succeeded"
    assert [event.state for event in bench.history.events()] == ["taken"]


@pytest.mark.parametrize("flow", [RECEIVE, PAUSE], ids=["receive", "delay"])
def test_a_timer_fires_within_a_second_of_its_time_after_a_restart(make: Make, compiled: Compile, flow: str) -> None:
    bench, seen = make(lambda _: OK), Seen()

    async def scenario() -> float:
        await begin(bench, compiled(flow))
        async with bench.worker(seen) as worker:
            following = asyncio.create_task(worker.follow())
            bench.pass_(3599)
            worker.look()
            await asyncio.sleep(0)
            assert seen.how == []
            before = asyncio.get_running_loop().time()
            bench.pass_(1)
            await until(lambda: bool(seen.how))
            took = asyncio.get_running_loop().time() - before
            worker.leave()
            await following
        return took

    assert asyncio.run(scenario()) < 1.0
    assert seen.how == [("run-1", Left.ENDED)]


def test_an_event_that_another_process_takes_in_wakes_whoever_follows_within_a_second(
    make: Make, compiled: Compile
) -> None:
    bench, seen = make(lambda _: OK), Seen()

    async def scenario() -> float:
        await begin(bench, compiled(RECEIVE))
        async with bench.worker(seen) as worker:
            following = asyncio.create_task(worker.follow())
            before = asyncio.get_running_loop().time()
            await bench.journal.accept(paid(bench, "run-1"))
            await until(lambda: bool(seen.how))
            took = asyncio.get_running_loop().time() - before
            worker.leave()
            await following
        return took

    assert asyncio.run(scenario()) < 1.0


def test_a_wait_is_over_at_its_time_though_the_clock_was_put_back(make: Make, compiled: Compile) -> None:
    """The run was begun by a clock that was an hour ahead; its wait was kept by one that is right."""
    bench = make(lambda _: OK)

    async def scenario() -> None:
        new = bench.new(compiled(PAUSE))
        bench.pass_(-3600)
        async with bench.worker() as worker:
            _, task = await worker.begin(new)
            await task
            assert bench.history.run("run-1").waiting_until == bench.effects.now() + 3600
            bench.pass_(3600)
            await worker.go_on()

    asyncio.run(scenario())
    assert bench.history.run("run-1").status == "succeeded"


@pytest.mark.parametrize("skew", [-3600.0, 3600.0])
def test_an_event_counts_though_the_clocks_differ(make: Make, compiled: Compile, skew: float) -> None:
    """What a called run comes to, whoever kept its end by whichever clock."""
    bench = make(lambda _: OK)

    async def scenario() -> None:
        await begin(bench, compiled(CALL, RECEIVE))
        await bench.journal.accept(paid(bench, CHILD))
        bench.pass_(skew)
        async with bench.worker() as worker:
            await worker.go_on()

    asyncio.run(scenario())
    returned = answers(bench.entries())[0]
    assert isinstance(returned, Returned)
    assert returned.end == "Paid"


def test_a_call_that_takes_too_long_is_cancelled(make: Make, compiled: Compile) -> None:
    bench = make(lambda _: OK)

    async def scenario() -> None:
        await begin(bench, compiled(CALL, RECEIVE.replace("timeout: 1h", "timeout: 9h")))
        bench.pass_(7200)
        async with bench.worker() as worker:
            await worker.go_on()

    asyncio.run(scenario())
    (came,) = answers(bench.entries())
    assert came == TimedOut("the called flow 'receives' took longer than 7200 s, and was cancelled")
    child = bench.history.run(CHILD)
    assert (child.status, child.reason) == ("cancelled", "run run-1 waits no longer for it")


def test_a_call_that_was_cancelled_as_its_time_was_over_by_a_process_that_then_ended_took_too_long(
    make: Make, compiled: Compile
) -> None:
    bench = make(lambda _: OK)

    async def scenario() -> None:
        await begin(bench, compiled(CALL, RECEIVE.replace("timeout: 1h", "timeout: 9h")))
        bench.pass_(7200)
        await bench.journal.cancel(CHILD, "run run-1 waits no longer for it", bench.effects.now())
        async with bench.worker() as worker:
            await worker.go_on()

    asyncio.run(scenario())
    assert isinstance(answers(bench.entries())[0], TimedOut)


def test_a_caller_that_is_cancelled_takes_the_one_it_called_along(make: Make, compiled: Compile) -> None:
    bench = make(lambda _: OK)

    async def scenario() -> None:
        await begin(bench, compiled(CALL, RECEIVE))
        assert await bench.journal.cancel("run-1", "not wanted", bench.effects.now()) == "stopped"

    asyncio.run(scenario())
    assert [run.status for run in bench.history.runs()] == ["cancelled", "cancelled"]


def test_what_cannot_be_kept_of_a_call_is_invalid_data(
    make: Make, compiled: Compile, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = make(lambda _: OK)
    create = bench.journal.create

    async def refused(new: Any, **options: Any) -> int:
        if new.called_by is not None:
            raise ValueError("an entry of 9 MiB is too large")
        return int(await create(new, **options))

    monkeypatch.setattr(bench.journal, "create", refused)
    asyncio.run(begin(bench, compiled(CALL, RECEIVE)))
    assert answers(bench.entries()) == [Invalid("the flow 'receives' cannot be called: an entry of 9 MiB is too large")]
    assert bench.history.run("run-1").status == "failed"


@pytest.mark.parametrize("call", ["append", "create", "claim", "next_due", "load", "release"])
def test_a_full_disk_holds_up_runs_that_wait_and_loses_nothing(
    make: Make, compiled: Compile, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    monkeypatch.setattr("flowengine.drivers.durable_ledger.AGAIN", 0.01)
    bench, seen = make(lambda _: OK), Seen()
    method, left = getattr(bench.journal, call), 0

    async def full(*given: Any, **options: Any) -> Any:
        nonlocal left
        if left > 0:
            left -= 1
            raise JournalFault("the disk is full", "full")
        return await method(*given, **options)

    monkeypatch.setattr(bench.journal, call, full)

    async def scenario() -> None:
        nonlocal left
        await bench.journal.create(bench.new(compiled(CALL, RECEIVE)))
        async with bench.worker(seen, look=0.01) as worker:
            following = asyncio.create_task(worker.follow())
            left = 3
            await until(lambda: bench.history.awaited(CHILD) != [] if bench.history.ids(CHILD) else False)
            left = 3
            await bench.journal.accept(paid(bench, CHILD))
            await until(lambda: bench.history.run("run-1").ended_at is not None)
            worker.leave()
            await following

    asyncio.run(asyncio.wait_for(scenario(), 30))
    assert [run.status for run in bench.history.runs()] == ["succeeded", "succeeded"]
    assert [send.key for send in bench.effects.sent] == ["run-1:ask:1"]


def test_a_disk_that_is_full_at_the_start_is_told_and_left_behind(make: Make, compiled: Compile) -> None:
    bench, seen = make(lambda _: OK), Seen()

    async def scenario() -> None:
        await bench.journal.create(bench.new(compiled(RECEIVE)))
        async with bench.worker(seen) as worker:
            take_over, faults = worker.take_over, iter([JournalFault("the disk is full", "full")])

            async def full() -> None:
                for fault in faults:
                    raise fault
                await take_over()

            worker.take_over = full  # type: ignore[method-assign]
            await worker.go_on()

    asyncio.run(scenario())
    assert (seen.faults, seen.how) == (["the disk is full"], [("run-1", Left.WAITING)])


def test_who_was_slow_cannot_end_the_wait_of_a_run_that_somebody_else_walks(make: Make, compiled: Compile) -> None:
    bench = make(lambda _: OK)

    async def scenario() -> None:
        await begin(bench, compiled(RECEIVE))
        bench.pass_(3600)
        (slow,) = await bench.journal.claim("slow", bench.effects.now(), 30.0, 9)
        bench.pass_(31)
        await bench.journal.accept(paid(bench, "run-1"))
        async with bench.worker() as worker:
            await worker.go_on()
        stale = Completed("wait", 1, 1, TimedOut(), 1.0, 2.0)
        with pytest.raises(Fenced):
            await bench.journal.append(slow.run, 1, [stale], owner="slow")

    asyncio.run(scenario())
    assert bench.history.run("run-1").status == "succeeded"
    assert isinstance(answers(bench.entries())[0], Arrived)


def test_a_drain_leaves_what_waits_and_cuts_off_nothing_of_what_it_called(make: Make, compiled: Compile) -> None:
    """Twenty runs, each with one that it called: some wait for an event, some are in the middle of a request."""
    asked, let = asyncio.Event(), asyncio.Event()

    async def answer(_: Send) -> Answer:
        asked.set()
        await let.wait()
        return OK

    async def scenario() -> Bench:
        bench, plan = make(answer), compiled(CALL, RECEIVE)  # type: ignore[arg-type]
        runs = [f"run-{number}" for number in range(20)]
        for run in runs:
            await bench.journal.create(bench.new(plan, run=run))
        async with bench.worker() as worker:
            following = asyncio.create_task(worker.follow())
            await until(lambda: bench.history.counts()["waiting"] == 40)
            for run in runs[:10]:
                await bench.journal.accept(paid(bench, f"{run}.call.1"))
            await until(lambda: len(bench.effects.sent) == 10)
            worker.leave()
            asyncio.get_running_loop().call_later(0.02, let.set)
            await worker.drain(10)
            await following
        assert bench.history.counts() | {"running": 0} == bench.history.counts(), "none is in anybody's hands for long"
        for run in runs[10:]:
            await bench.journal.accept(paid(bench, f"{run}.call.1"))
        async with bench.worker() as worker:
            await worker.go_on()
        return bench

    bench = asyncio.run(asyncio.wait_for(scenario(), 60))
    assert bench.history.counts()["succeeded"] == 40
    assert len(bench.effects.sent) == 20, "no request was cut off and sent again"


def test_whoever_sees_a_run_through_walks_its_family_and_nobody_else(make: Make, compiled: Compile) -> None:
    bench, seen = make(lambda _: OK), Seen()

    async def scenario() -> None:
        plan = compiled(CALL, RECEIVE)
        await bench.journal.create(bench.new(plan, run="run-10"))
        async with bench.worker(seen) as worker:
            await worker.begin(bench.new(plan))
            seeing = asyncio.create_task(worker.see_through("run-1"))
            await until(lambda: bench.history.ids(CHILD) != [] and bench.history.awaited(CHILD) != [])
            await bench.journal.accept(paid(bench, CHILD))
            await asyncio.wait_for(seeing, 10)

    asyncio.run(scenario())
    assert {run for run, _ in seen.how} == {"run-1", CHILD}
    assert (bench.history.run("run-1").status, bench.history.run("run-10").entries) == ("succeeded", 1)


def test_a_run_that_another_process_ends_is_seen_through(make: Make, compiled: Compile) -> None:
    bench = make(lambda _: OK)

    async def scenario() -> None:
        async with bench.worker() as worker, bench.worker() as other:
            await worker.begin(bench.new(compiled(RECEIVE)))
            await worker.ended()
            await bench.journal.accept(paid(bench, "run-1"))
            await other.go_on()
            await asyncio.wait_for(worker.see_through("run-1"), 10)

    asyncio.run(scenario())
    assert bench.history.run("run-1").status == "succeeded"
