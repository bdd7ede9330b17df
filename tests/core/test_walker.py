from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from flowengine.core import walker
from flowengine.core.answers import Answer, Broken, Elapsed, HttpAnswer, Invalid, Outcome, Refused, TimedOut
from flowengine.core.entries import Completed, Entry, Requested, Started, Stopped
from flowengine.core.plan import Limits, Plan
from flowengine.core.state import State
from flowengine.core.walker import EntryMismatch
from flowengine.core.wants import Compute, End, Known, Send, Wait, Want

Compile = Callable[..., Plan]

FLOW = """
flow: case
variables: {name: {type: string}, n: 0}
defaults: {authorization: crm, timeout: 2s, retry: {attempts: 3, delay: 1s, on: [onTimeout, onError]}}
start: ask
nodes:
  ask:
    type: ask@1.0
    inputs: {question: "$(trigger.question)"}
    set: {name: $(ask.answer)}
    edges: {answered: wait, onError: failed, onTimeout: failed, onInvalidData: failed, onAuthorizationFailure: failed}
  wait: {type: delay@1.0, inputs: {duration: 5s}, edges: {onTimeout: calculate}}
  calculate:
    type: evaluate@1.0
    inputs: {script: "n + 1", values: {who: $(name)}}
    timeout: 500ms
    edges: {"1": write}
  write: {type: set-variables@1.0, inputs: {values: {n: 7}}, edges: {onSuccess: route}}
  route:
    type: branch@1.0
    inputs: {rows: [{name: seven, when: {value: $(n), equals: 7}}]}
    edges: {seven: done, None of the above: ask}
  done: {end: success}
  failed: {end: error}
"""
OK = HttpAnswer(200, {}, {"answer": "Ann"})
TRIGGER = {"question": "who?"}


def started(plan: Plan, trigger: Any = TRIGGER, at: float = 0.0, **variables: Any) -> Started:
    return Started("r-1", plan.digest, at, trigger, {"n": 0, **variables})


def completed(want: Want, answer: Answer, at: float = 0.0) -> Completed:
    assert not isinstance(want, End)
    return Completed(want.node, want.visit, want.attempt, answer, at, at)


def step(plan: Plan, state: State, answer: Answer | None = None, at: float = 0.0) -> Want:
    """Do what is wanted; return what is wanted then."""
    want = walker.next(plan, state)
    if isinstance(want, Known):
        answer = want.answer
    assert answer is not None
    walker.apply(plan, state, completed(want, answer, at))
    return walker.next(plan, state)


@pytest.fixture
def plan(compiled: Compile) -> Plan:
    return compiled(FLOW)


@pytest.fixture
def state(plan: Plan) -> State:
    return walker.begin(plan, started(plan))


def test_what_is_wanted_one_after_the_other(plan: Plan, state: State) -> None:
    send = walker.next(plan, state)
    assert isinstance(send, Send)
    assert send[:3] == ("ask", 1, 1)
    assert send.request.json == {"question": "who?"}
    assert send[4:] == ("service", "crm", 2.0, "r-1:ask:1", False, (), True, None)
    wait = step(plan, state, OK)
    assert wait == Wait("wait", 1, 1, 5.0)
    compute = step(plan, state, Elapsed())
    assert isinstance(compute, Compute)
    assert compute[:4] == ("calculate", 1, 1, "evaluate")
    assert compute.inputs == {"script": "n + 1", "values": {"who": "Ann"}}
    assert (compute.variables, compute.timeout) == ({"name": "Ann", "n": 0}, 0.5)
    assert step(plan, state, Outcome("1", {"result": 1}, {})) == Known(
        "write", 1, 1, Outcome("onSuccess", None, {"n": 7})
    )
    assert (state.status, state.result, state.ended_at) == ("running", None, None)
    assert step(plan, state) == Known("route", 1, 1, Outcome("seven", {"output": "seven"}))
    assert step(plan, state) == End("success")
    assert (state.status, state.reason, state.at, state.path[-1]) == ("succeeded", None, "done", "done")
    assert [one.outcome for one in state.steps] == ["answered", "onTimeout", "1", "onSuccess", "seven"]
    assert state.scope["ask"] == {"answer": "Ann", "outcome": "answered"}
    assert state.scope["run"] == {"id": "r-1", "flow": "case", "startedAt": "1970-01-01T00:00:00.000Z"}


def test_asking_twice_gives_the_same_and_changes_nothing(plan: Plan, state: State) -> None:
    answers: list[Answer] = [
        HttpAnswer(401, {}),
        TimedOut(),
        Elapsed(),
        OK,
        Elapsed(),
        Outcome("1"),
        *[Outcome("x")] * 2,
    ]
    for answer in answers:
        want = walker.next(plan, state)
        before = copy.deepcopy(state)
        assert walker.next(plan, state) == want
        assert_same(state, before)
        walker.apply(plan, state, completed(want, want.answer if isinstance(want, Known) else answer))
    assert walker.next(plan, state) == walker.next(plan, state) == End("success")


def assert_same(left: State, right: State) -> None:
    for name in State.__dataclass_fields__:
        if name != "visit":
            assert getattr(left, name) == getattr(right, name), name
    assert (left.visit and vars(left.visit)) == (right.visit and vars(right.visit))


def test_the_key_is_the_same_for_all_attempts_of_a_visit_and_another_for_the_next(compiled: Compile) -> None:
    plan = compiled(FLOW.replace("equals: 7", "equals: 8"))
    state = walker.begin(plan, started(plan))
    seen = []
    for answer in (HttpAnswer(403, {}), Broken("x"), Elapsed(), OK, Elapsed(), Outcome("1"), None, None, OK):
        want = walker.next(plan, state)
        if isinstance(want, Send):
            seen.append((want.visit, want.attempt, want.key, want.refresh))
        step(plan, state, answer)
    assert seen == [
        (1, 1, "r-1:ask:1", False),
        (1, 2, "r-1:ask:1", True),
        (1, 3, "r-1:ask:1", False),
        (2, 1, "r-1:ask:2", False),
    ]


def test_a_second_refusal_is_the_outcome(plan: Plan, state: State) -> None:
    step(plan, state, HttpAnswer(401, {}))
    assert step(plan, state, HttpAnswer(403, {})) == End("error")
    assert state.path == ["ask", "failed"]
    assert [one.status for one in state.steps[0].attempts] == [401, 403]


def test_no_usable_authorization_is_not_asked_for_again(plan: Plan, state: State) -> None:
    assert step(plan, state, Refused("none stored")) == End("error")
    assert (state.steps[0].outcome, state.steps[0].reason) == ("onAuthorizationFailure", "none stored")


def test_waits_between_attempts(plan: Plan, state: State) -> None:
    assert step(plan, state, TimedOut(), at=10) == Wait("ask", 1, 2, 1.0)
    assert isinstance(step(plan, state, Elapsed(), at=11), Send)
    assert step(plan, state, Broken("x"), at=12) == Wait("ask", 1, 3, 2.0)
    assert isinstance(step(plan, state, Elapsed(), at=14), Send)
    assert step(plan, state, TimedOut("late"), at=16) == End("error")
    assert [(one.number, one.outcome, one.started_at) for one in state.steps[0].attempts] == [
        (1, "onTimeout", 10),
        (2, "onError", 12),
        (3, "onTimeout", 16),
    ]
    assert state.steps[0].reason == "late"


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        (" 7 ", 7.0),
        ("0", 1.0),
        ("3600", 3600.0),
        ("3601", None),
        ("9" * 400, None),
        ("Thu, 01 Jan 1970 00:00:30 GMT", 20.0),
        ("Thu, 01 Jan 1970 00:00:30 -0000", 20.0),
        ("Thursday, 01-Jan-70 00:00:30 GMT", 20.0),
        ("Thu Jan  1 00:00:30 1970", 20.0),
        ("Thu, 01 Jan 1970 00:00:05 GMT", 1.0),
        ("Thu, 01 Jan 1970 02:00:00 GMT", None),
        ("Thu, 01 Jan 99999 00:00:00 GMT", 1.0),
        ("Thu, 01 Jan 99999999999999999999 00:00:00 GMT", 1.0),
        ("", 1.0),
        ("soon", 1.0),
        ("-5", 1.0),
        ("2.5", 1.0),
        ("²", 1.0),
        ("٣", 1.0),
        ("1e3", 1.0),
        ("nan", 1.0),
    ],
)
def test_retry_after(plan: Plan, state: State, header: str, seconds: float | None) -> None:
    want = step(plan, state, HttpAnswer(503, {"retry-after": header}), at=10)
    assert want == (End("error") if seconds is None else Wait("ask", 1, 2, seconds))


def test_retry_after_means_nothing_where_there_is_no_retry(plan: Plan, state: State) -> None:
    assert step(plan, state, HttpAnswer(200, {"retry-after": "7"}, {"answer": "Ann"})) == Wait("wait", 1, 1, 5.0)


def test_data_that_is_wrong_is_not_sent(plan: Plan) -> None:
    for trigger, word in (({}, "$(trigger.question)"), ({"question": 5}, "question")):
        state = walker.begin(plan, started(plan, trigger))
        want = walker.next(plan, state)
        assert isinstance(want, Known)
        assert isinstance(want.answer, Invalid)
        assert word in want.answer.reason
        assert step(plan, state) == End("error")
        assert len(state.steps[0].attempts) == 1


@pytest.mark.parametrize("text", ["x" * (1 << 20), "x" * (1 << 19)])
def test_a_value_that_is_too_large_is_wrong_data(compiled: Compile, text: str) -> None:
    plan = compiled(FLOW.replace('"$(trigger.question)"', '"$(trigger.question)$(trigger.question)!"'))
    state = walker.begin(plan, started(plan, {"question": text}))
    want = walker.next(plan, state)
    assert isinstance(want, Known)
    assert want.answer == Invalid("longer than 1,048,576 characters")


def test_a_variable_that_would_be_too_large_ends_the_run(compiled: Compile) -> None:
    plan = compiled(FLOW.replace("name: $(ask.answer)", 'name: "$(ask.answer)$(ask.answer)!"'))
    state = walker.begin(plan, started(plan, name="before"))
    assert step(plan, state, HttpAnswer(200, {}, {"answer": "x" * (1 << 19)})) == End("error")
    assert state.reason == "node 'ask' sets the variable 'name' to a value that is longer than 1,048,576 characters"
    assert state.scope["name"] == "before"


@pytest.mark.parametrize(("value", "named"), [(5, "integer"), (True, "boolean"), (["x"], "array")])
def test_a_variable_keeps_its_declared_type(plan: Plan, state: State, value: Any, named: str) -> None:
    assert step(plan, state, HttpAnswer(200, {}, {"answer": value})) == End("error")
    assert state.reason == f"node 'ask' sets the variable 'name' to {named}; it is declared as string"
    assert (state.steps[0].wrote, state.steps[0].edge, "name" in state.scope) == ({}, None, False)


def test_what_a_node_itself_writes_has_to_be_declared(plan: Plan, state: State) -> None:
    step(plan, state, OK)
    step(plan, state, Elapsed())
    assert step(plan, state, Outcome("1", {}, {"n": 1, "trigger": 2})) == End("error")
    assert state.reason == "node 'calculate' writes 'trigger', which is not a variable of this flow"
    assert (state.scope["trigger"], state.scope["n"], state.steps[-1].wrote) == (TRIGGER, 0, {})


def test_without_an_edge_the_run_ends_and_says_so(plan: Plan, state: State) -> None:
    assert step(plan, state, HttpAnswer(302, {})) == End("error")
    assert state.reason == (
        "node 'ask' came back with 'onInvalidChoice' (answered with 302, which no response rule matches), "
        "and the flow has no edge for it"
    )
    assert state.steps[0].edge is None


def test_bounds(compiled: Compile) -> None:
    plan = compiled(
        "flow: case\nstart: a\nnodes:\n"
        "  a: {type: delay@1.0, inputs: {duration: 0s}, edges: {onTimeout: b}}\n"
        "  b: {type: delay@1.0, inputs: {duration: 0s}, edges: {onTimeout: a}}\n"
    )
    for limits, steps, reason in (
        (Limits(steps=3), 3, "the run took 3 steps, its bound, before node 'b'"),
        (Limits(visits=2), 4, "node 'a' was visited 2 times, its bound"),
        (Limits(), 200, "node 'a' was visited 100 times, its bound"),
    ):
        state = walker.begin(plan, started(plan)._replace(limits=limits))
        while not isinstance(walker.next(plan, state), End):
            step(plan, state, Elapsed())
        assert (len(state.steps), state.reason, state.status) == (steps, reason, "failed")
        assert sum(state.visits.values()) == len(state.path) == steps


def test_a_flow_may_be_over_where_it_starts(compiled: Compile) -> None:
    plan = compiled("flow: case\nstart: done\nnodes: {done: {end: error}}")
    state = walker.begin(plan, started(plan))
    assert walker.next(plan, state) == End("error")
    assert (state.status, state.path, state.reason) == ("failed", ["done"], None)


def test_stopped_from_outside(plan: Plan, state: State) -> None:
    walker.apply(plan, state, Stopped(3.0, "cancelled", "somebody pressed a key"))
    assert walker.next(plan, state) == End("error")
    assert (state.status, state.reason, state.ended_at) == ("cancelled", "somebody pressed a key", 3.0)


def mismatches(want: Want) -> list[Entry]:
    assert not isinstance(want, End)
    node, visit, attempt = want[:3]
    wrong = [("other", visit, attempt), (node, visit + 1, attempt), (node, visit, attempt + 1), ("", 0, 0)]
    stray = OK if isinstance(want, Wait) else Elapsed()
    return [
        *(Completed(*one, OK, 0.0, 0.0) for one in wrong),
        *(Requested(*one, "key", 0.0) for one in wrong),
        Completed(node, visit, attempt, stray, 0.0, 0.0),
        Started("r-2", "sha256:0", 0.0, {}, {}),
    ]


@pytest.mark.parametrize("asked", [False, True], ids=["before next", "after next"])
def test_an_entry_that_cannot_follow_leaves_the_state_as_it_was(plan: Plan, state: State, *, asked: bool) -> None:
    for answer in (HttpAnswer(401, {}), TimedOut(), Elapsed(), OK, Elapsed(), Outcome("1"), None, None):
        want = walker.next(plan, copy.deepcopy(state))
        if asked:
            walker.next(plan, state)
        before = copy.deepcopy(state)
        for entry in mismatches(want):
            with pytest.raises(EntryMismatch):
                walker.apply(plan, state, entry)
            assert_same(state, before)
        walker.apply(plan, state, Requested(*want[:3], "key", 0.0))
        assert_same(state, before)
        step(plan, state, answer)
    before = copy.deepcopy(state)
    for entry in (
        completed(Known("route", 1, 1, OK), OK),
        Requested("route", 1, 1, "k", 0.0),
        Stopped(0.0, "failed", "x"),
    ):
        with pytest.raises(EntryMismatch, match="the run has ended"):
            walker.apply(plan, state, entry)
        assert_same(state, before)


def test_a_mismatch_says_what_was_expected(plan: Plan, state: State) -> None:
    with pytest.raises(EntryMismatch, match=r"attempt 1 of visit 1 of node 'ask' is under way; Requested\(node='x'"):
        walker.apply(plan, state, Requested("x", 1, 1, "k", 0.0))
    with pytest.raises(EntryMismatch, match="a run starts once"):
        walker.apply(plan, state, started(plan))
    with pytest.raises(EntryMismatch, match=r"node 'ask' does not wait, and got Elapsed\(\)"):
        walker.apply(plan, state, Completed("ask", 1, 1, Elapsed(), 0.0, 0.0))


def test_a_pause_that_is_over_is_none(compiled: Compile) -> None:
    plan = compiled(FLOW.replace("delay: 1s", "delay: 0s"))
    state = walker.begin(plan, started(plan))
    want = step(plan, state, HttpAnswer(503, {"retry-after": "Thu, 01 Jan 1970 00:00:05 GMT"}), at=10)
    assert isinstance(want, Send)
    assert (want.attempt, want.refresh) == (2, False)


def test_a_journal_is_folded_over_its_own_plan_only(plan: Plan, compiled: Compile) -> None:
    other = compiled(FLOW.replace("5s", "6s"))
    assert other.digest != plan.digest
    with pytest.raises(EntryMismatch, match="was started on plan sha256:"):
        walker.begin(other, started(plan))
    for entries in ([], [Stopped(0.0, "failed", "x")]):
        with pytest.raises(EntryMismatch, match="begins with a Started entry"):
            walker.replay(plan, entries)


def test_the_digest_is_of_what_a_flow_does(compiled: Compile) -> None:
    plan = compiled(FLOW)
    assert (
        compiled("# a note\n" + FLOW.replace("{name: {type: string}, n: 0}", "{n: 0, name: {type: string}}")).digest
        == plan.digest
    )
    for change in (("duration: 5s", "duration: 4s"), ("answered: wait", "answered: write"), ("n: 0", "n: 1")):
        assert compiled(FLOW.replace(*change)).digest != plan.digest


def test_a_replayed_journal_goes_on_where_it_ended(plan: Plan) -> None:
    first = started(plan)
    state = walker.begin(plan, first)
    entries: list[Entry] = [first, Requested("ask", 1, 1, "k", 0.0)]
    assert walker.next(plan, walker.replay(plan, entries)) == walker.next(plan, state)
    entries.append(completed(walker.next(plan, state), TimedOut()))
    assert walker.next(plan, walker.replay(plan, entries)) == Wait("ask", 1, 2, 1.0)
    assert walker.next(plan, walker.replay(plan, [first, *entries[2:]])) == Wait("ask", 1, 2, 1.0)


def test_a_trigger_starts_the_flow_or_not(compiled: Compile) -> None:
    plan = compiled(
        "flow: case\ntrigger:\n  channel: sms\n  event: in\n  when:\n"
        "    - {value: $(trigger.kind), exists: true}\n    - {value: $(trigger.kind), startsWith: a}\n"
        "start: done\nnodes: {done: {end: success}}"
    )
    assert walker.starts(plan, {"kind": "abc"}) is None
    assert "trigger.when[1] does not hold" in str(walker.starts(plan, {"kind": "xyz"}))
    assert "trigger.when[0] does not hold" in str(walker.starts(plan, None))
    assert "trigger.when[1] cannot be judged: startsWith compares text" in str(walker.starts(plan, {"kind": 5}))
