from __future__ import annotations

from collections.abc import Callable

import pytest

import flowengine
from flowengine.core import walker
from flowengine.core.answers import HttpAnswer
from flowengine.core.entries import Entry, Started, Stopped
from flowengine.core.plan import Plan
from flowengine.core.wants import Send
from flowengine.drivers.durable_retry import NotVisited, retried
from flowengine.effects.fakes import FakeEffects

FLOW = """
flow: case
variables: {times: 0}
start: ask
nodes:
  ask: {type: ask@1.0, edges: {answered: count}}
  count:
    type: evaluate@1.0
    inputs: {script: "times = times + 1; times < 3 ? 'again' : 'enough'"}
    edges: {again: ask, enough: done}
  other: {type: ask@1.0, edges: {answered: done}}
  done: {end: success}
"""


@pytest.fixture
def plan(compiled: Callable[[str], Plan]) -> Plan:
    return compiled(FLOW)


@pytest.fixture
def entries(plan: Plan) -> list[Entry]:
    effects = FakeEffects(lambda _: HttpAnswer(200, {}, {"answer": "Ann"}))
    run = flowengine.run_sync(plan, effects=effects, journal=True)
    assert run.path == ["ask", "count", "ask", "count", "ask", "count", "done"]
    return run.entries


def test_a_retry_stands_where_the_old_run_came_to_the_node_last(plan: Plan, entries: list[Entry]) -> None:
    begun = retried(plan, entries, "ask", run="new", at=9e9)
    state = walker.replay(plan, begun)
    want = walker.next(plan, state)
    assert isinstance(begun[0], Started)
    assert (begun[0].run, begun[0].at) == ("new", 9e9)
    assert (state.at, state.visits["ask"], state.scope["times"], state.scope["run"]["id"]) == ("ask", 3, 2, "new")
    assert isinstance(want, Send)
    assert want.key == "new:ask:3"


def test_from_the_first_node_nothing_is_taken_over_but_the_start(plan: Plan, entries: list[Entry]) -> None:
    first = [*entries[:3], Stopped(1.0, "cancelled", "enough")]
    assert len(retried(plan, first, "ask", run="new", at=0.0)) == 1
    assert retried(plan, first, "count", run="new", at=0.0)[1:] == entries[1:3]


@pytest.mark.parametrize("node", ["done", "other", "nowhere"])
def test_a_node_where_no_work_was_done_is_refused(plan: Plan, entries: list[Entry], node: str) -> None:
    with pytest.raises(NotVisited) as caught:
        retried(plan, entries, node, run="new", at=0.0)
    assert caught.value.visited == ["ask", "count"]
