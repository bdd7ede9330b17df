from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

import flowengine
from flowengine.core import walker
from flowengine.core.answers import Answer, Broken, HttpAnswer, Refused, TimedOut
from flowengine.core.entries import Completed, Entry, Requested, Started, Stopped
from flowengine.core.plan import Plan
from flowengine.core.state import State, Step
from flowengine.core.wants import Send
from flowengine.drivers.local import Walk
from flowengine.effects.alone import Alone
from flowengine.effects.fakes import FakeEffects

NODES = Path(__file__).parents[1] / "conformance" / "nodes"
OK = HttpAnswer(200, {}, {"answer": "Ann"})
FLOW = """
flow: case
variables: {name: {type: string}}
start: ask
nodes:
  ask:
    type: ask@1.0
    timeout: 20ms
    retry: {attempts: 2, delay: 1s, on: [onTimeout, onError]}
    set: {name: $(ask.answer)}
    edges: {answered: script, onTimeout: late, onError: failed, onAuthorizationFailure: failed}
  script: {type: evaluate@1.0, inputs: {script: "name + '!'"}, edges: {Ann!: done}}
  done: {end: success}
  late: {end: error}
  failed: {end: error}
"""


def compiled(folder: Path, text: str) -> Plan:
    path = folder / "flow.yaml"
    path.write_text(text, "utf-8")
    return flowengine.compile(flowengine.load(path), flowengine.Catalogue([NODES]))


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    return compiled(tmp_path, FLOW)


def walk(
    plan: Plan,
    answer: Callable[[Send], Answer | Awaitable[Answer]],
    on_step: Callable[[Step], None] | None = None,
) -> tuple[State, list[Entry], FakeEffects]:
    effects = FakeEffects(answer)
    driver = Walk(plan, effects, on_step, journal=True)
    return asyncio.run(driver.run({}, {})), driver.entries, effects


def one_after_the_other(*answers: Answer) -> Callable[[Send], Answer]:
    left = iter(answers)
    return lambda _: next(left)


async def never(_: Send) -> Answer:
    await asyncio.Event().wait()
    return OK


def test_the_timeout_is_for_the_whole_attempt(plan: Plan) -> None:
    state, entries, effects = walk(plan, never)

    assert state.path == ["ask", "late"]
    assert [attempt.outcome for attempt in state.steps[0].attempts] == ["onTimeout", "onTimeout"]
    assert state.steps[0].reason == "no answer within 0.02 s"
    assert next(entry.answer for entry in entries if isinstance(entry, Completed)) == TimedOut(
        "no answer within 0.02 s"
    )
    assert effects.slept == [1.0]


def test_an_attempt_that_is_too_late_is_cancelled(plan: Plan) -> None:
    ended = []

    async def slow(_: Send) -> Answer:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("cancelled")
        return OK

    walk(plan, slow)

    assert ended == ["cancelled", "cancelled"]


def test_the_journal_has_the_request_before_it_is_sent_and_the_answer_after(plan: Plan) -> None:
    journal: list[Entry] = []
    seen = []

    def answer(send: Send) -> Answer:
        seen.append((send.attempt, type(journal[-1]).__name__, len(journal)))
        return Broken("reset") if send.attempt == 1 else OK

    effects = FakeEffects(answer)
    driver = Walk(plan, effects, journal=True)
    journal = driver.entries
    state = asyncio.run(driver.run({}, {}))

    assert seen == [(1, "Requested", 2), (2, "Requested", 5)]
    assert [type(entry).__name__ for entry in journal] == [
        "Started",
        *("Requested", "Completed", "Completed", "Requested", "Completed"),
        *("Completed",),
    ]
    assert journal[1] == Requested("ask", 1, 1, "run-1:ask:1", effects.now() - 1)
    assert state.path == ["ask", "script", "done"]
    assert walker.replay(plan, journal) == state


def test_without_a_journal_none_is_kept(plan: Plan) -> None:
    run = flowengine.run_sync(plan, effects=FakeEffects(lambda _: OK))
    assert (run.result, run.entries) == ("success", [])
    kept = flowengine.run_sync(plan, effects=FakeEffects(lambda _: OK), journal=True)
    assert isinstance(kept.entries[0], Started)


def test_every_step_is_told_once_when_it_is_over(plan: Plan) -> None:
    told: list[tuple[str, str, int]] = []

    def on_step(step: Step) -> None:
        told.append((step.node, step.outcome, len(step.attempts)))

    walk(plan, one_after_the_other(HttpAnswer(401, {}), HttpAnswer(500, {}), OK), on_step)

    assert told == [("ask", "answered", 3), ("script", "Ann!", 1)]


def test_waits_are_those_of_the_walker(plan: Plan) -> None:
    state, _, effects = walk(plan, one_after_the_other(HttpAnswer(503, {"retry-after": "7"}), OK))
    assert effects.slept == [7.0]
    assert [attempt.started_at for attempt in state.steps[0].attempts] == [effects.now() - 7, effects.now()]


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [(Refused("none stored"), "onAuthorizationFailure"), (HttpAnswer(404, {}), "unknown"), (Broken("gone"), "onError")],
)
def test_answers_become_outcomes(plan: Plan, answer: Answer, outcome: str) -> None:
    state, _, _ = walk(plan, lambda _: answer)
    assert state.steps[0].outcome == outcome


@pytest.mark.parametrize("fault", [RuntimeError("secret"), OSError("secret"), KeyError("secret")])
def test_effects_that_raise_are_an_error_of_the_node(
    plan: Plan, fault: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    def answer(_: Send) -> Answer:
        raise fault

    with caplog.at_level(logging.DEBUG):
        state, _, _ = walk(plan, answer)

    assert (state.path, state.steps[0].outcome) == (["ask", "failed"], "onError")
    assert state.steps[0].reason == f"the request failed: {type(fault).__name__}"
    assert "the request of node ask failed" in caplog.text


@pytest.mark.parametrize("journal", [True, False])
def test_a_cancelled_run_says_where(tmp_path: Path, *, journal: bool) -> None:
    plan = compiled(tmp_path, FLOW.replace("20ms", "1h"))

    async def cancel() -> Walk:
        asked = asyncio.Event()

        async def answer(_: Send) -> Answer:
            asked.set()
            await asyncio.Event().wait()
            return OK

        driver = Walk(plan, FakeEffects(answer), journal=journal)
        task = asyncio.create_task(driver.run({}, {}))
        await asked.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return driver

    driver = asyncio.run(cancel())
    state = driver.state
    assert state is not None
    assert (state.status, state.result, state.reason) == ("cancelled", "error", "cancelled at node 'ask'")
    assert driver.entries[-1:] == (
        [Stopped(state.ended_at or 0, "cancelled", "cancelled at node 'ask'")] if journal else []
    )
    if journal:
        assert walker.replay(plan, driver.entries) == state


def test_a_run_that_is_over_stays_as_it_ended(plan: Plan) -> None:
    def cancel_all(step: Step) -> None:
        if step.node == "script":
            raise asyncio.CancelledError

    driver = Walk(plan, FakeEffects(lambda _: OK), cancel_all)
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(driver.run({}, {}))
    assert driver.state is not None
    assert (driver.state.status, driver.state.reason) == ("succeeded", None)
    assert driver.entries == []


def test_the_environment_says_the_timeout_where_the_flow_does_not(tmp_path: Path) -> None:
    class Hasty(FakeEffects):
        asked: Any = None

        def timeout(self, integration: str | None) -> float:
            self.asked = integration
            return 0.01

    plan = compiled(tmp_path, FLOW.replace("    timeout: 20ms\n", ""))
    effects = Hasty(never)
    run = flowengine.run_sync(plan, effects=effects)
    assert (run.path, run.steps[0].reason, effects.asked) == (["ask", "late"], "no answer within 0.01 s", "service")


def test_a_handler_runs_beside_the_loop(tmp_path: Path) -> None:
    plan = compiled(
        tmp_path,
        "flow: case\nstart: a\nnodes:\n"
        "  a: {type: evaluate@1.0, timeout: 200ms, inputs: {script: 'for (;;) {}'}, edges: {onTimeout: done}}\n"
        "  done: {end: success}\n",
    )

    async def both() -> tuple[flowengine.Run, int]:
        running = asyncio.create_task(flowengine.run(plan, effects=Alone()))
        turns = 0
        while not running.done():
            await asyncio.sleep(0)
            turns += 1
        return await running, turns

    run, turns = asyncio.run(both())
    assert run.path == ["a", "done"]
    assert turns > 100


def test_many_runs_at_once_keep_their_own_state(plan: Plan) -> None:
    async def answer(send: Send) -> Answer:
        await asyncio.sleep(0)
        return HttpAnswer(200, {}, {"answer": "Ann"}) if send.key.endswith(":ask:1") else OK

    async def all_of_them() -> list[flowengine.Run]:
        effects = FakeEffects(answer)
        return await asyncio.gather(*(flowengine.run(plan, effects=effects) for _ in range(20)))

    runs = asyncio.run(all_of_them())
    assert len({run.id for run in runs}) == 20
    assert {json.dumps(run.path) for run in runs} == {json.dumps(["ask", "script", "done"])}


def test_a_flow_that_needs_nobody_has_a_clock_and_ids_all_the_same() -> None:
    alone = Alone()
    assert alone.now() > 1_700_000_000
    assert alone.new_id() != alone.new_id()
    assert alone.timeout("service") == 10
