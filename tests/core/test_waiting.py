"""Waiting in the walker: what is wanted, what may be reported, and what comes of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flowengine.core import walker
from flowengine.core.answers import (
    Answer,
    Arrived,
    Broken,
    Elapsed,
    HttpAnswer,
    Invalid,
    NoCallback,
    Outcome,
    Returned,
    TimedOut,
)
from flowengine.core.entries import Completed, Requested, Started
from flowengine.core.keys import callback_key, channel_key, event_key
from flowengine.core.plan import Plan
from flowengine.core.state import State
from flowengine.core.waiting import delay_of, moment_of, receiving
from flowengine.core.walker import EntryMismatch
from flowengine.core.wants import Await, End, Send, Wait, Want
from flowengine.flowfile.yaml_tree import read_yaml, to_value

Compile = Callable[..., Plan]

ORDER = to_value(read_yaml(Path(__file__).parents[1] / "conformance" / "nodes" / "order.yaml"))

RECEIVE = """
flow: case
defaults: {timeout: 2s, edges: {onInvalidChoice: failed}}
start: before
nodes:
  before: {type: delay@1.0, inputs: {duration: 5s}, edges: {onTimeout: wait}}
  wait:
    type: receive@1.0
    inputs:
      events:
        reply: {channel: sms, business: "+44 7700 900001", customer: "$(trigger.number)"}
        paid: {event: paid, key: 7}
      timeout: 10m
    RETRY
    edges: {reply: done, paid: done}
  done: {end: success}
  failed: {end: error}
"""
CALL = """
flow: case
defaults: {edges: {onInvalidChoice: failed}}
start: order
nodes:
  order: {type: order@1.0, inputs: {item: tea}, edges: {ordered: done, taken: done} MORE}
  done: {end: success}
  failed: {end: error}
"""
SMS = channel_key("sms", "incoming-message", "447700900001", "447700900123")
PAID = event_key("paid", "7")
ORDERED = callback_key("service", "o-1")
TAKEN = HttpAnswer(202, {}, {"id": "o-1", "state": "taken"})


class Walk:
    """A walk that is taken answer by answer; ``want`` is what is wanted now."""

    def __init__(self, plan: Plan, at: float = 100.0) -> None:
        self.plan = plan
        trigger = {"number": "+447700900123"}
        self.state: State = walker.begin(plan, Started("r-1", plan.digest, at, trigger, {}))
        self.at = at

    @property
    def want(self) -> Want:
        return walker.next(self.plan, self.state)

    def report(self, answer: Answer, at: float | None = None) -> Want:
        want, began = self.want, self.at
        assert not isinstance(want, End)
        self.at = began if at is None else at
        walker.apply(self.plan, self.state, Completed(want.node, want.visit, want.attempt, answer, began, self.at))
        return self.want


@pytest.fixture
def receive(compiled: Compile) -> Walk:
    walk = Walk(compiled(RECEIVE.replace("    RETRY\n", "")))
    walk.report(Elapsed(), 105.0)
    return walk


@pytest.fixture
def call(compiled: Compile) -> Walk:
    return Walk(compiled(CALL.replace(" MORE", ""), ORDER))


def last(walk: Walk) -> tuple[str, dict[str, Any]]:
    step = walk.state.steps[-1]
    return step.outcome, step.outputs


def test_a_receive_wants_any_of_its_events(receive: Walk) -> None:
    assert receive.want == Await("wait", 1, 1, (SMS, PAID), 100.0, 600.0, ("reply", "paid"), None)


def test_messages_count_from_when_the_node_is_reached() -> None:
    events = {"a": {"channel": "sms", "business": "1", "customer": "2"}}
    custom = {"b": {"event": "paid", "key": 7}}

    assert receiving({"events": events}, 100.0, 105.0).since == 105.0
    assert receiving({"events": custom}, 100.0, 105.0).since == 100.0
    assert receiving({"events": events | custom}, 100.0, 105.0).since == 100.0
    assert receiving({"events": events}, 100.0, 105.0).seconds is None


@pytest.mark.parametrize("inputs", [{}, {"events": None}, {"events": {"a": {}}}, {"events": {"a": "sms"}}])
def test_inputs_of_another_form_are_refused_with_a_sentence(inputs: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="not those of a receive"):
        receiving(inputs, 0.0, 0.0)


def test_what_comes_is_the_outcome(receive: Walk) -> None:
    assert receive.report(Arrived(SMS, "MO", {"sms": {"message": "hello"}})) == End("success")
    said = {"message": "hello"}
    outputs = {"event": "incoming-message", "channel": "sms", "message": "hello", "payload": said, "sms": said}
    assert last(receive) == ("reply", outputs)
    assert receive.state.scope["wait"]["outcome"] == "reply"


@pytest.mark.parametrize("body", [None, "text", [1], {"whatsapp": {}}, {"sms": "hello"}])
def test_a_body_of_another_form_is_there_as_it_came(receive: Walk, body: Any) -> None:
    receive.report(Arrived(SMS, "MO", body))

    assert last(receive) == ("reply", {"event": "incoming-message", "channel": "sms", "payload": body})


def test_a_custom_event_has_a_payload(receive: Walk) -> None:
    receive.report(Arrived(PAID, "paid", {"outcome": "x", "sum": 1}))

    assert last(receive) == ("paid", {"event": "paid", "payload": {"outcome": "x", "sum": 1}})


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (TimedOut("late"), "onTimeout"),
        (Broken("nobody"), "onError"),
        (Invalid("wrong"), "onInvalidData"),
        (Outcome("paid", {"payload": 1}), "paid"),
    ],
)
def test_other_ends_of_a_wait(receive: Walk, answer: Answer, outcome: str) -> None:
    receive.report(answer, 705.0)

    assert last(receive)[0] == outcome


@pytest.mark.parametrize(
    "answer",
    [HttpAnswer(200, {}), Elapsed(), NoCallback(), Returned("x", "success", {}), Arrived("event:b:7", "b", {})],
)
def test_what_was_not_waited_for_is_refused_and_changes_nothing(receive: Walk, answer: Answer) -> None:
    before = receive.want

    with pytest.raises(EntryMismatch, match="node 'wait' waits for an event, and got"):
        receive.report(answer)
    assert receive.want == before


@pytest.mark.parametrize("answer", [Arrived(SMS, "MO", {}), NoCallback(), Elapsed()])
def test_a_request_is_not_answered_by_an_event(call: Walk, answer: Answer) -> None:
    with pytest.raises(EntryMismatch, match="node 'order' does not wait, and got"):
        call.report(answer)


def test_a_retry_of_its_own_waits_again_for_the_same(compiled: Compile) -> None:
    retry = "retry: {attempts: 2, delay: 1m, on: [onTimeout]}"
    walk = Walk(compiled(RECEIVE.replace("RETRY", retry)))
    walk.report(Elapsed(), 105.0)
    first = walk.want
    assert isinstance(first, Await)

    assert walk.report(TimedOut("late"), 705.0) == Wait("wait", 1, 2, 60.0)
    assert walk.report(Elapsed(), 765.0) == first._replace(attempt=2)
    assert walk.report(Arrived(PAID, "paid", {}), 800.0) == End("success")
    attempts = walk.state.steps[-1].attempts
    assert [(one.outcome, one.started_at, one.ended_at) for one in attempts] == [
        ("onTimeout", 105.0, 705.0),
        ("paid", 765.0, 800.0),
    ]


def test_a_call_that_was_taken_waits_for_its_result(call: Walk) -> None:
    send = call.want
    assert isinstance(send, Send)
    assert send.callback == "replyTo"

    assert call.report(TAKEN, 102.0) == Await("order", 1, 1, (ORDERED,), 0.0, 28.0, (), "service")
    assert call.report(Arrived(ORDERED, "order.done", {"number": 3, "id": None}), 110.0) == End("success")
    step = call.state.steps[-1]
    assert (step.outcome, step.outputs, step.reason) == ("ordered", {"id": "o-1", "number": 3}, None)
    assert [(one.status, one.started_at, one.ended_at) for one in step.attempts] == [(202, 100.0, 110.0)]


@pytest.mark.parametrize(
    "answer",
    [
        HttpAnswer(200, {}, {"state": "taken"}),
        HttpAnswer(200, {}, {"state": "taken", "id": 5}),
        HttpAnswer(200, {}, {"state": "done", "id": "o-1"}),
        HttpAnswer(404, {"order-id": "o-1"}),
    ],
)
def test_other_answers_are_results(call: Walk, answer: HttpAnswer) -> None:
    assert isinstance(call.report(answer), End)


@pytest.mark.parametrize(
    ("name", "body", "outcome", "reason"),
    [
        ("order.refused", {"final": True, "message": "Sold out"}, "refused", "Sold out"),
        ("order.cancelled", {"final": True}, "refused", "'order.cancelled' was posted back"),
        (
            "order.refused",
            {"final": False},
            "onInvalidChoice",
            "'order.refused' was posted back, which no response rule",
        ),
        ("order.lost", None, "onInvalidChoice", "'order.lost' was posted back, which no response rule matches"),
    ],
)
def test_rules_read_what_is_posted(call: Walk, name: str, body: Any, outcome: str, reason: str) -> None:
    call.report(TAKEN)
    call.report(Arrived(ORDERED, name, body))

    step = call.state.steps[-1]
    assert (step.outcome, step.outputs) == (outcome, {"id": "o-1"})
    assert step.reason is not None
    assert step.reason.startswith(reason)


def test_a_result_that_never_comes_is_a_timeout(call: Walk) -> None:
    call.report(TAKEN, 102.0)
    call.report(TimedOut("nothing came"), 130.0)

    step = call.state.steps[-1]
    assert (step.outcome, step.outputs) == ("onTimeout", {"id": "o-1"})
    assert step.reason == "accepted, but no result was posted back in time"


@pytest.mark.parametrize(
    ("answer", "outcome", "reason"),
    [
        (TAKEN, "taken", None),
        (
            HttpAnswer(202, {"order-id": "o-1"}),
            "onInvalidChoice",
            "accepted, and its result cannot come: 'service' has no callback address here",
        ),
    ],
)
def test_without_an_address_the_answer_is_the_result(
    call: Walk, answer: HttpAnswer, outcome: str, reason: str | None
) -> None:
    assert isinstance(call.report(answer), Await)
    call.report(NoCallback())

    step = call.state.steps[-1]
    assert (step.outcome, step.reason, step.outputs["id"]) == (outcome, reason, "o-1")


def test_a_second_try_takes_a_result_of_the_first(compiled: Compile) -> None:
    walk = Walk(compiled(CALL.replace(" MORE", ", retry: {attempts: 2, delay: 0s, on: [onTimeout]}"), ORDER))
    walk.report(TAKEN, 101.0)
    send = walk.report(TimedOut(), 130.0)
    assert isinstance(send, Send)
    assert (send.attempt, send.key) == (2, "r-1:order:1")

    again = walk.report(TAKEN, 131.0)
    assert isinstance(again, Await)
    assert (again.attempt, again.since, again.seconds) == (2, 0.0, 29.0)


def test_the_timeout_of_the_flow_is_for_all_of_the_call(compiled: Compile) -> None:
    walk = Walk(compiled(CALL.replace(" MORE", ", timeout: 5s"), ORDER))

    first = walk.report(TAKEN, 102.0)
    assert isinstance(first, Await)
    assert first.seconds == 3.0
    late = Walk(walk.plan).report(TAKEN, 200.0)
    assert isinstance(late, Await)
    assert late.seconds == 0.0


def test_a_journal_that_ends_in_a_wait_goes_on_as_if_it_had_not(call: Walk) -> None:
    plan = call.plan
    started = Started("r-1", plan.digest, 100.0, {"number": "+447700900123"}, {})
    entries = [
        started,
        Requested("order", 1, 1, "r-1:order:1", 100.0),
        Completed("order", 1, 1, TAKEN, 100.0, 102.0),
    ]
    call.report(TAKEN, 102.0)

    assert walker.next(plan, walker.replay(plan, list(entries))) == call.want


@pytest.mark.parametrize(
    ("text", "at"),
    [("1970-01-01T00:00:10Z", 10.0), ("1970-01-01T01:00:00.5+01:00", 0.5), ("1970-01-01T00:01Z", 60.0)],
)
def test_moments(text: str, at: float) -> None:
    assert moment_of(text) == at
    assert delay_of({"until": text}, 4.0) == max(0.0, at - 4.0)


@pytest.mark.parametrize(
    "text", ["1970-01-01", "1970-01-01T00:00:00", "1970-13-01T00:00:00Z", "1970-01-01T00:00:00Z\n", "soon", 5, None]
)
def test_what_is_no_moment(text: Any) -> None:
    with pytest.raises(ValueError, match="is not a moment: expected one such as"):
        moment_of(text)


@pytest.mark.parametrize("inputs", [{}, {"duration": "1s", "until": "1970-01-01T00:00:10Z"}])
def test_a_delay_says_one_thing(inputs: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="either a `duration` or `until`"):
        delay_of(inputs, 0.0)
