"""The in-process driver: events that a run was given, and results that come later."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

import flowengine
from flowengine.core.answers import Arrived, HttpAnswer, NoCallback, TimedOut
from flowengine.core.entries import Completed
from flowengine.core.plan import Plan
from flowengine.core.wants import Await
from flowengine.drivers.local import Walk
from flowengine.effects.fakes import FakeEffects

NODES = Path(__file__).parents[1] / "conformance" / "nodes"
FLOW = """
flow: case
defaults: {edges: {onInvalidChoice: failed}}
start: order
nodes:
  order: {type: order@1.0, edges: {ordered: first, taken: first, refused: failed}}
  first:
    type: receive@1.0
    inputs: {timeout: 5m, events: {reply: {channel: sms, business: "1", customer: "2"}}}
    edges: {reply: second, onTimeout: failed}
  second:
    type: receive@1.0
    inputs:
      timeout: 5m
      events: {paid: {event: paid, key: "7"}, tapped: {channel: livechat, business: a, customer: b}}
    edges: {paid: done, tapped: done, onTimeout: failed}
  done: {end: success}
  failed: {end: error}
"""
TAKEN = HttpAnswer(202, {"order-id": "o-1"}, {"state": "taken"})


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    path = tmp_path / "flow.yaml"
    path.write_text(FLOW, "utf-8")
    return flowengine.compile(flowengine.load(path), flowengine.Catalogue([NODES]))


def walk(plan: Plan, *events: Any, **options: Any) -> tuple[Walk, FakeEffects, list[Await]]:
    effects = FakeEffects(lambda _: TAKEN, **options)
    waits: list[Await] = []
    walked = Walk(plan, effects, journal=True, events=events, on_wait=waits.append)
    asyncio.run(walked.run({}, {}))
    return walked, effects, waits


def outcomes(walked: Walk) -> list[str]:
    assert walked.state is not None
    return [step.outcome for step in walked.state.steps]


def test_each_event_goes_to_the_first_that_waits_for_it(plan: Plan) -> None:
    walked, effects, waits = walk(plan, {"label": "tapped", "body": {}}, {"sms": {"message": "hello"}})

    assert outcomes(walked) == ["taken", "reply", "tapped"]
    assert (walked.events, effects.awaited, waits) == ([], [], [])


def test_without_one_it_waits_for_its_time(plan: Plan) -> None:
    walked, effects, waits = walk(plan, {"label": "nobody's"})

    assert outcomes(walked) == ["taken", "onTimeout"]
    assert walked.events == [{"label": "nobody's"}]
    assert [one.labels for one in waits] == [("reply",)]
    assert effects.slept == [300.0]


def test_without_an_address_the_first_answer_is_the_result(plan: Plan) -> None:
    walked, effects, _ = walk(plan, {"sms": {}})

    assert outcomes(walked)[0] == "taken"
    assert effects.sent[0].callback == "replyTo"
    assert [one.answer for one in walked.entries if isinstance(one, Completed)][:2] == [TAKEN, NoCallback()]


@pytest.mark.parametrize(
    ("name", "outcome"), [("order.done", "ordered"), ("order.lost", "onInvalidChoice"), (None, "onTimeout")]
)
def test_with_one_it_waits_for_the_result(name: str | None, outcome: str, plan: Plan) -> None:
    def event(want: Await) -> Arrived | TimedOut:
        return Arrived(want.keys[0], name, {}) if name is not None else TimedOut()

    walked, effects, _ = walk(plan, {"sms": {}}, event=event, address="https://flows.example.com/callbacks")

    assert outcomes(walked)[0] == outcome
    assert effects.awaited[0][3:] == (("callback:service:o-1",), 0.0, 30.0, (), "service")


def test_a_wait_can_be_cancelled(plan: Plan) -> None:
    async def scene() -> Walk:
        effects = FakeEffects(lambda _: TAKEN)
        reached = asyncio.Event()

        async def never(_: Await) -> TimedOut:
            reached.set()
            await asyncio.Event().wait()
            raise AssertionError("it was cancelled")

        effects.receive = never  # type: ignore[method-assign] # the one thing that is different here
        walked = Walk(plan, effects)
        task = asyncio.create_task(walked.run({}, {}))
        await reached.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return walked

    walked = asyncio.run(scene())
    assert walked.state is not None
    assert (walked.state.status, walked.state.reason) == ("cancelled", "cancelled at node 'first'")
