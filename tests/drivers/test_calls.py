"""Flows that call flows, in memory and on recordings: ends, time, cancelling, journals. Rules: tests/conformance."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

import flowengine
from flowengine.core.answers import Answer, HttpAnswer, Returned
from flowengine.core.entries import Completed, Requested, Started, Stopped
from flowengine.core.plan import Plan
from flowengine.core.state import Step
from flowengine.core.trace import Run
from flowengine.core.wants import Call, Send
from flowengine.drivers.local import Walk
from flowengine.drivers.stepping import Stepping
from flowengine.effects.fakes import FakeEffects
from flowengine.explore.answers import possible_answers
from flowengine.recording.format import Recording

NODES = Path(__file__).parents[1] / "conformance" / "nodes"
CATALOGUE = flowengine.Catalogue([NODES])
OK = HttpAnswer(200, {}, {"answer": "Ann"})
EVERY = "onError: broken, onInvalidData: wrong, onTimeout: late"

CALLER = f"""
flow: caller
variables: {{got: {{type: string}}, question: Who?}}
start: call
nodes:
  call:
    type: call-flow@1.0
    timeout: 30m
    inputs: {{flow: child, inputs: {{question: $(question)}}}}
    set: {{got: $(call.answer)}}
    edges: {{told: told, not told: refused, {EVERY}}}
  told: {{end: success}}
  refused: {{end: error}}
  broken: {{end: error}}
  wrong: {{end: error}}
  late: {{end: error}}
"""
CHILD = """
flow: child
inputs: {question: {type: string}, pause: {type: string, default: 10m}}
outputs: {answer: $(ask.answer)}
start: START
nodes:
  before: {type: delay@1.0, inputs: {duration: $(pause)}, edges: {onTimeout: ask, onInvalidData: refused}}
  ask:
    type: ask@1.0
    inputs: {question: $(question)}
    edges: {answered: ANSWERED, unknown: UNKNOWN}
  rest: {type: delay@1.0, inputs: {duration: $(pause)}, edges: {onTimeout: done, onInvalidData: refused}}
  sigh: {type: delay@1.0, inputs: {duration: $(pause)}, edges: {onTimeout: refused, onInvalidData: refused}}
  done: {end: success, title: told}
  refused: {end: error, title: not told}
"""
WAITS = {
    "without a wait": ("ask", "done", "refused"),
    "after a wait": ("before", "done", "refused"),
    "before a wait": ("ask", "rest", "sigh"),
}
"""How the called flow waits: where it starts, and where an answer and none lead."""


def compiled(folder: Path, wait: str = "without a wait", caller: str = CALLER, pause: str = "10m") -> Plan:
    start, answered, unknown = WAITS[wait]
    child = (
        CHILD.replace("10m", pause).replace("START", start).replace("ANSWERED", answered).replace("UNKNOWN", unknown)
    )
    (folder / "child.yaml").write_text(child, "utf-8")
    (folder / "caller.yaml").write_text(caller, "utf-8")
    return flowengine.compile(flowengine.load(folder / "caller.yaml"), CATALOGUE)


def live(plan: Plan, answer: Callable[[Send], Answer | Awaitable[Answer]], **options: Any) -> Run:
    return flowengine.run_sync(plan, effects=FakeEffects(answer), journal=True, **options)


def dry(plan: Plan, *answers: dict[str, Any], **options: Any) -> Run:
    recording = Recording("case", "caller", {}, responses={"call/ask": list(answers)}, **options)
    return flowengine.dry_run(plan, recording).run


def outcome(run: Run) -> tuple[list[str], list[str]]:
    return run.path, [step.outcome for step in run.steps]


@pytest.mark.parametrize("wait", WAITS)
@pytest.mark.parametrize(
    ("recorded", "came", "end"),
    [
        ({"status": 200, "body": {"answer": "Ann"}}, "told", "told"),
        ({"status": 404}, "not told", "refused"),
        ({"status": 500}, "onError", "broken"),
        ({"error": "connection refused"}, "onError", "broken"),
        ({"timeout": True}, "onError", "broken"),
    ],
)
def test_the_end_of_the_called_flow_selects_the_edge(
    tmp_path: Path, wait: str, recorded: dict[str, Any], came: str, end: str
) -> None:
    from flowengine.recording.replay import recorded_answer  # noqa: PLC0415 - the same for both drivers

    plan = compiled(tmp_path, wait)

    for run in (dry(plan, recorded), live(plan, lambda _: recorded_answer(recorded))):
        assert outcome(run) == (["call", end], [came])
        assert run.variables["question"] == "Who?"
        assert run.steps[0].outputs == ({"answer": "Ann"} if came == "told" else {})
        assert (run.steps[0].reason is None) is (came != "onError")


@pytest.mark.parametrize("wait", ["after a wait", "before a wait"])
def test_a_call_that_takes_too_long_is_over_at_its_time_to_the_second(tmp_path: Path, wait: str) -> None:
    plan = compiled(tmp_path, wait, CALLER.replace("$(question)}", "$(question), pause: 2h}"))
    run = dry(plan, {"status": 200, "body": {"answer": "Ann"}})

    assert outcome(run) == (["call", "late"], ["onTimeout"])
    assert run.steps[0].ended_at - run.steps[0].started_at == 1800
    (child,) = run.called.values()
    assert (child.status, child.reason) == ("cancelled", f"cancelled at node {child.path[-1]!r}")


def test_a_caller_further_up_gives_less_time(tmp_path: Path) -> None:
    (tmp_path / "middle.yaml").write_text(
        CALLER.replace("flow: caller", "flow: middle").replace("timeout: 30m", "timeout: 3h"), "utf-8"
    )
    upper = CALLER.replace("flow: child, inputs: {question: $(question)}", "flow: middle")
    upper = upper.replace("{told: told, not told: refused, ", "{told: told, refused: refused, broken: broken, ")
    upper = upper.replace("$(call.answer)", "$(call.outcome)").replace(EVERY, f"wrong: wrong, late: late, {EVERY}")
    plan = compiled(tmp_path, "after a wait", upper, pause="1h")
    run = flowengine.dry_run(plan, Recording("case", "caller", {})).run

    assert outcome(run) == (["call", "late"], ["onTimeout"])
    assert run.steps[0].ended_at - run.steps[0].started_at == 1800
    (middle,) = run.called.values()
    (child,) = middle.called.values()
    assert (middle.status, child.status, middle.steps, child.steps) == ("cancelled", "cancelled", [], [])


def test_a_live_call_that_takes_too_long_is_cancelled(tmp_path: Path) -> None:
    plan = compiled(tmp_path, caller=CALLER.replace("timeout: 30m", "timeout: 20ms"))

    async def never(_: Send) -> Answer:
        await asyncio.Event().wait()
        return OK

    run = live(plan, never)

    assert outcome(run) == (["call", "late"], ["onTimeout"])
    assert run.steps[0].reason == "the called flow 'child' took longer than 0.02 s, and was cancelled"
    (child,) = run.called.values()
    assert (child.status, child.reason) == ("cancelled", "cancelled at node 'ask'")
    assert isinstance(child.entries[-1], Stopped)


def test_cancelling_a_run_cancels_what_it_called(tmp_path: Path) -> None:
    plan = compiled(tmp_path)

    async def cancelled() -> Walk:
        asked = asyncio.Event()

        async def answer(_: Send) -> Answer:
            asked.set()
            await asyncio.Event().wait()
            return OK

        walk = Walk(plan, FakeEffects(answer), journal=True)
        task = asyncio.create_task(walk.run({}, {"question": "Who?"}))
        await asked.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return walk

    walk = asyncio.run(cancelled())
    assert walk.state is not None
    assert (walk.state.status, walk.state.reason) == ("cancelled", "cancelled at node 'call'")
    assert [run.status for run in walk.called.values()] == ["cancelled"]


def test_flows_that_call_themselves_end_at_the_bound_in_both_drivers(tmp_path: Path) -> None:
    ring = CALLER.replace("$(call.answer)", "$(call.outcome)").replace(
        "flow: child, inputs: {question: $(question)}", "flow: caller"
    )
    ring = ring.replace("told: told, not told: refused, ", "told: told, refused: refused, wrong: wrong, late: late, ")
    ring = ring.replace("broken: {end: error}", "broken: {end: error, title: deep}").replace(
        "onError: broken", "onError: broken, deep: refused"
    )
    plan = compiled(tmp_path, caller=ring)
    limits = flowengine.Limits(depth=3)

    walked = flowengine.dry_run(plan, Recording("case", "caller", {}), limits=limits).run
    for run in (walked, live(plan, lambda _: OK, limits=limits)):
        runs = [run]
        while runs[-1].called:
            runs += runs[-1].called.values()
        assert len(runs) == 4
        assert outcome(runs[-1]) == (["call", "broken"], ["onError"])
        assert runs[-1].steps[0].reason == "flows call each other 3 deep, the bound of a run, before 'caller'"


def test_each_run_has_a_journal_of_its_own_and_an_id_of_its_place(tmp_path: Path) -> None:
    retried = CALLER.replace("    edges:", "    retry: {attempts: 2, delay: 1s, on: [not told]}\n    edges:")
    plan = compiled(tmp_path, caller=retried)
    answers = iter([HttpAnswer(404, {}), OK])
    run = live(plan, lambda _: next(answers))

    assert list(run.called) == ["run-1.call.1", "run-1.call.1.2"]
    for child in run.called.values():
        started = child.entries[0]
        assert isinstance(started, Started)
        assert (started.run, started.depth, started.trigger) == (child.id, 1, {})
        assert started.variables == {"pause": "10m", "question": "Who?"}
    requested = [entry.key for entry in run.entries if isinstance(entry, Requested)]
    assert requested == list(run.called)
    came = [entry.answer for entry in run.entries if isinstance(entry, Completed)]
    assert [one.end for one in came if isinstance(one, Returned)] == ["not told", "told"]


def test_the_trace_has_each_called_run_at_the_attempt_that_called_it(tmp_path: Path) -> None:
    run = dry(compiled(tmp_path), {"status": 200, "body": {"answer": "Ann"}})
    (attempt,) = run.to_json()["steps"][0]["attempts"]

    assert attempt["run"]["flow"] == "child"
    assert attempt["run"]["path"] == ["ask", "done"]
    assert "run" not in attempt["run"]["steps"][0]["attempts"][0]


def test_a_recorded_answer_stands_for_the_flow(tmp_path: Path) -> None:
    recording = Recording("case", "caller", {}, responses={"call": [{"outcome": "told", "outputs": {"answer": "Eve"}}]})
    run = flowengine.dry_run(compiled(tmp_path), recording).run

    assert outcome(run) == (["call", "told"], ["told"])
    assert (run.variables["got"], run.called) == ("Eve", {})


def test_a_recorded_timeout_takes_as_long_as_the_call_may(tmp_path: Path) -> None:
    recording = Recording("case", "caller", {}, responses={"call": [{"timeout": True}]})
    run = flowengine.dry_run(compiled(tmp_path), recording).run

    assert outcome(run) == (["call", "late"], ["onTimeout"])
    assert run.steps[0].ended_at - run.steps[0].started_at == 1800


def test_what_is_missing_in_a_called_flow_is_told_with_its_place(tmp_path: Path) -> None:
    plan = compiled(tmp_path)
    recording = Recording("case", "caller", {}, responses={"call/ask": []}, expect={"path": ["call", "told"]})
    done = flowengine.dry_run(plan, recording)

    assert done.run.status == "failed"
    assert done.missing is not None
    assert (done.missing.node, done.missing.method, done.missing.visit) == ("call/ask", "POST", 1)
    assert "no recorded answer left for node 'call/ask'" in (done.run.reason or "")


def test_steps_of_a_called_flow_are_told_to_whom_it_may_concern(tmp_path: Path) -> None:
    plan, told = compiled(tmp_path), list[str]()

    def on_call(called: Plan, want: Call) -> Callable[[Step], None]:
        told.append(f"{want.node} calls {called.flow}, {want.depth} deep")
        return lambda step: told.append(f"  {step.node}")

    recording = Recording("case", "caller", {}, responses={"call/ask": [{"status": 404}]})
    flowengine.dry_run(plan, recording, on_step=lambda step: told.append(step.node), on_call=on_call)
    live(plan, lambda _: OK, on_step=lambda step: told.append(step.node), on_call=on_call)

    assert told == ["call calls child, 1 deep", "  ask", "call"] * 2


def test_a_recording_of_a_run_holds_what_the_called_flow_got(tmp_path: Path) -> None:
    plan = compiled(tmp_path, "after a wait")
    taken = flowengine.take_recording(plan, live(plan, lambda _: OK), "case")

    assert list(taken.recording.responses) == ["call/ask"]
    assert taken.recording.expect is not None
    assert taken.recording.expect["outcomes"] == ["told"]
    assert flowengine.dry_run(plan, taken.recording).differences == []


def test_a_call_that_was_cut_off_is_recorded_as_such(tmp_path: Path) -> None:
    plan = compiled(tmp_path, caller=CALLER.replace("timeout: 30m", "timeout: 20ms"))

    async def never(_: Send) -> Answer:
        await asyncio.Event().wait()
        return OK

    taken = flowengine.take_recording(plan, live(plan, never), "case")
    assert taken.recording.responses == {"call": [{"timeout": True}]}
    assert flowengine.dry_run(plan, taken.recording).differences == []


def test_a_run_whose_called_runs_are_not_at_hand_is_recorded_by_what_they_came_to(tmp_path: Path) -> None:
    plan = compiled(tmp_path)
    run = live(plan, lambda _: OK)
    run.called.clear()  # type: ignore[attr-defined]
    taken = flowengine.take_recording(plan, run, "case")

    assert taken.recording.responses == {"call": [{"outcome": "told", "outputs": {"answer": "Ann"}}]}
    assert flowengine.dry_run(plan, taken.recording).differences == []


def test_stepping_walks_a_called_flow_as_one_step_and_goes_back_over_it(tmp_path: Path) -> None:
    plan = compiled(tmp_path)
    recording = Recording("case", "caller", {}, responses={"call/ask": [{"status": 200, "body": {"answer": "Ann"}}]})
    stepping = Stepping(plan, recording)

    assert stepping.forward()
    assert (stepping.state.path, stepping.variables()["got"]) == (["call", "told"], "Ann")
    assert stepping.back()
    assert (stepping.state.path, "got" in stepping.variables()) == (["call"], False)
    assert stepping.forward()
    assert stepping.state.path == ["call", "told"]


def test_another_end_of_a_called_flow_can_be_chosen(tmp_path: Path) -> None:
    plan, flow = compiled(tmp_path), flowengine.load(tmp_path / "caller.yaml")
    possible = possible_answers(plan, flow, CATALOGUE, [], {})
    recording = Recording("case", "caller", {}, responses={"call/ask": [{"status": 200, "body": {"answer": "Ann"}}]})
    stepping = Stepping(plan, recording, {node: one.answers for node, one in possible.items()})
    stepping.forward()
    ways = [way.outcome for way in stepping.ways()]

    assert ways == ["told", "not told", "onError", "onInvalidData", "onTimeout"]
    for outcome, end in zip(ways, ["told", "refused", "broken", "wrong", "late"], strict=True):
        stepping.choose(outcome)
        assert (stepping.state.path, stepping.run().called) == (["call", end], {})


def test_a_run_needs_the_inputs_that_have_no_default(tmp_path: Path) -> None:
    compiled(tmp_path)
    path = tmp_path / "child.yaml"

    with pytest.raises(flowengine.UsageError, match="needs a value for its input question"):
        flowengine.run_sync(flowengine.compile(flowengine.load(path), CATALOGUE), effects=FakeEffects(lambda _: OK))
    run = flowengine.run_sync(
        flowengine.compile(flowengine.load(path), CATALOGUE),
        variables={"question": "Who?"},
        effects=FakeEffects(lambda _: OK),
    )
    assert run.result == "success"
