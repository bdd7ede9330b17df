"""What holds for every flow and every answer: random graphs, walked on random recorded answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import flowengine
from flowengine.core import walker
from flowengine.core.answers import Answer, Refused, TimedOut
from flowengine.core.entries import Completed, Entry, Requested, Started, Stopped
from flowengine.core.plan import Edge, Limits, Plan
from flowengine.core.state import State
from flowengine.core.trace import Run
from flowengine.core.wants import Await, End, Known, Send, Wait
from flowengine.drivers.dry_run import DryWalk
from flowengine.effects.fakes import FakeEffects
from flowengine.flowfile.syntax import Flow
from flowengine.flowfile.yaml_tree import parse_yaml, to_value
from flowengine.recording.replay import Replay

CATALOGUE = flowengine.Catalogue([Path(__file__).parents[1] / "conformance" / "nodes"])
STANDARD = ["onError", "onInvalidData", "onInvalidChoice", "onTimeout", "onAuthorizationFailure"]
ALIASES = {"later": "undecided", "onerror": "onError", "oninvalidchoice": "onInvalidChoice"}
LIMITS = Limits(steps=12, visits=4)
ANSWERS_NEEDED = LIMITS.visits * 4

ANSWERS = st.one_of(
    st.builds(lambda answer: {"status": 200, "body": {"answer": answer}}, st.sampled_from(["yes", "maybe", 1, None])),
    st.builds(lambda status: {"status": status}, st.sampled_from([200, 302, 400, 401, 403, 404, 418, 429, 500, 503])),
    st.builds(lambda pause: {"status": 429, "headers": {"Retry-After": pause}}, st.sampled_from(["1", "3601", "soon"])),
    st.just({"timeout": True}),
    st.just({"error": "connection refused"}),
    st.just({"status": 200, "text": "<html>"}),
    st.builds(lambda outcome: {"outcome": outcome}, st.sampled_from(["answered", "later", "nobody knows", "onError"])),
)
PROMISE = {"status": 200, "body": {"state": "taken", "id": "o-1"}}
RESULTS = st.one_of(
    st.just({"status": 200, "body": {"state": "done", "number": 1}}),
    st.just(PROMISE),
    st.just({**PROMISE, "timeout": True}),
    st.just({"status": 202, "headers": {"order-id": "o-2"}, "event": {"event": "order.done", "number": 2}}),
    st.builds(
        lambda name, final: {**PROMISE, "event": {"event": name, "final": final}},
        st.sampled_from(["order.refused", "order.cancelled", "order.lost"]),
        st.booleans(),
    ),
    st.sampled_from([{"status": 401}, {"status": 503}, {"timeout": True}]),
)
EVENTS = st.sampled_from(
    [
        {"event": {"sms": {"message": "hello"}}},
        {"event": {"label": "paid", "body": {"sum": 1}}},
        {"timeout": True},
        {"outcome": "paid"},
        {"error": "nothing can reach this run"},
    ]
)
RECORDED = {"ask@1.0": ANSWERS, "order@1.0": RESULTS, "receive@1.0": EVENTS}
RETRIES = st.fixed_dictionaries(
    {
        "attempts": st.integers(1, 3),
        "on": st.lists(st.sampled_from([*STANDARD, "undecided", "later"]), min_size=1, max_size=3, unique=True),
        "delay": st.sampled_from(["0s", "10ms", "2h"]),
    }
)


@dataclass
class Sample:
    """A flow as data, its plan, and what is recorded for it."""

    flow: dict[str, Any]
    plan: Plan = field(repr=False)
    recorded: dict[str, list[dict[str, Any]]]
    trigger: dict[str, Any]


@st.composite
def edges(draw: st.DrawFn, labels: list[str], targets: list[str]) -> dict[str, str]:
    chosen = draw(st.lists(st.sampled_from(labels), unique_by=lambda label: ALIASES.get(label, label)))
    return {label: draw(st.sampled_from(targets)) for label in chosen}


@st.composite
def nodes(draw: st.DrawFn, targets: list[str]) -> dict[str, Any]:
    kind = draw(st.sampled_from(["ask", "ask", "order", "receive", "branch", "set-variables", "delay"]))
    if kind == "ask":
        node: dict[str, Any] = {
            "type": "ask@1.0",
            "inputs": {"question": draw(st.sampled_from(["why", "$(text)", "$(none)", "$(n)"]))},
        }
        labels = ["answered", "undecided", "later", "unknown", *STANDARD, "onerror", "oninvalidchoice"]
    elif kind == "branch":
        condition = draw(st.sampled_from([{"equals": 1}, {"exists": True}, {"contains": "x"}]))
        value = draw(st.sampled_from(["$(n)", "$(text)", "$(none)", "$(trigger.n)"]))
        node = {"type": "branch@1.0", "inputs": {"rows": [{"name": "holds", "when": {"value": value, **condition}}]}}
        labels = ["holds", "None of the above", *STANDARD]
    elif kind == "order":
        node = {"type": "order@1.0", "inputs": {"item": draw(st.sampled_from(["tea", "$(text)", "$(none)"]))}}
        labels = ["ordered", "taken", "refused", *STANDARD, "onerror", "oninvalidchoice"]
    elif kind == "receive":
        events = {
            "reply": {
                "channel": "sms",
                "business": "+447700900001",
                "customer": draw(st.sampled_from(["1", "$(none)"])),
            },
            "paid": {"event": "paid", "key": draw(st.sampled_from(["$(n)", "7"]))},
        }
        timeout = draw(st.sampled_from([{"timeout": "10m"}, {}]))
        node = {"type": "receive@1.0", "inputs": {"events": events, **timeout}}
        labels = ["reply", "paid", *STANDARD]
    elif kind == "delay":
        until = {"until": draw(st.sampled_from(["2026-01-01T00:10:00Z", "2025-01-01T00:00:00Z", "$(text)"]))}
        node = {"type": "delay@1.0", "inputs": draw(st.sampled_from([{"duration": "1s"}, until]))}
        labels = ["onTimeout", *STANDARD[:3]]
    else:
        value = draw(st.sampled_from([1, "x", "$(n)", "$(trigger.n)", "$(none)"]))
        node = {"type": "set-variables@1.0", "inputs": {"values": {"n": value}}}
        labels = ["onSuccess", *STANDARD]
    if draw(st.booleans()):
        node["retry"] = draw(RETRIES)
        node["retry"]["on"] = [label for label in node["retry"]["on"] if kind == "ask" or label in STANDARD] or [
            "onError"
        ]
    if draw(st.booleans()):
        node["set"] = {"text": draw(st.sampled_from(["$(text)!", "$(n)", "$(trigger.n)", "$(none)", "x"]))}
    return {**node, "edges": draw(edges(labels, targets))}


@st.composite
def samples(draw: st.DrawFn) -> Sample:
    ids = [f"node{number}" for number in range(draw(st.integers(1, 5)))]
    targets = [*ids, *ids, "done", "failed"]
    flow: dict[str, Any] = {
        "flow": "sample",
        "variables": {"n": 1, "text": {"type": "string", "default": "t"}, "none": {"type": "string"}},
        "defaults": {"edges": draw(edges([*STANDARD, "onerror", "oninvalidchoice"], targets))},
        "start": draw(st.sampled_from(ids)),
        "nodes": {
            **{name: draw(nodes(targets)) for name in ids},
            "done": {"end": "success"},
            "failed": {"end": "error"},
        },
    }
    tree = parse_yaml(json.dumps(flow), "sample.yaml")
    plan = flowengine.compile(Flow(Path("sample.yaml"), tree, to_value(tree)), CATALOGUE)
    times = draw(st.sampled_from([1, ANSWERS_NEEDED, ANSWERS_NEEDED, ANSWERS_NEEDED]))
    recorded = {
        name: draw(st.lists(RECORDED[flow["nodes"][name]["type"]], min_size=1, max_size=4)) * times
        for name in ids
        if flow["nodes"][name]["type"] in RECORDED
    }
    return Sample(flow, plan, recorded, draw(st.sampled_from([{}, {"n": 1}, {"n": "x"}])))


def walk(sample: Sample) -> tuple[State, list[Entry]]:
    dry = DryWalk(sample.plan, Replay(sample.recorded))
    state = dry.run("run", sample.trigger, {"n": 1, "text": "t"}, LIMITS)
    return state, dry.entries


def view(state: State) -> dict[str, Any]:
    """Return all that a state holds, comparable."""
    return {
        name: vars(state.visit) if name == "visit" and state.visit else getattr(state, name)
        for name in State.__dataclass_fields__
    }


def edge_by_the_rule(sample: Sample, node: str, outcome: str) -> Edge | None:
    """Look an edge up as the rules of a node visit say, in the flow's own data."""
    own, defaults = sample.flow["nodes"][node]["edges"], sample.flow["defaults"]["edges"]
    for wanted, fall_through in ((outcome, False), ("onInvalidChoice", True)):
        for written in (own, defaults):
            for label, target in written.items():
                if ALIASES.get(label, label) == wanted:
                    return Edge(label, target, fall_through)
    return None


def steps_follow_edges(sample: Sample, state: State) -> Iterator[bool]:
    assert state.path[0] == sample.flow["start"]
    for step, left, arrived in zip(state.steps, state.path, [*state.path[1:], None], strict=False):
        yield step.node == left
        if step.edge is not None:
            yield step.edge == edge_by_the_rule(sample, step.node, step.outcome)
            yield arrived in (step.edge.to, None)


PROPERTY = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@PROPERTY
@given(samples())
def test_a_path_uses_the_edges_of_the_flow_only(sample: Sample) -> None:
    state, _ = walk(sample)
    assert all(steps_follow_edges(sample, state))


@PROPERTY
@given(samples())
def test_every_run_ends_within_its_bounds_and_says_why(sample: Sample) -> None:
    state, entries = walk(sample)
    assert state.result in ("success", "error")
    assert state.status == ("succeeded" if state.result == "success" else "failed")
    assert (state.reason is None) == (state.path[-1] in ("done", "failed"))
    assert len(state.steps) <= LIMITS.steps
    assert max(state.visits.values()) <= LIMITS.visits
    for step in state.steps:
        assert 1 <= len(step.attempts) <= sample.plan.nodes[step.node].retry.attempts + 1
        assert [attempt.number for attempt in step.attempts] == list(range(1, len(step.attempts) + 1))
    times = [entry.at for entry in entries]
    assert times == sorted(times)


@PROPERTY
@given(samples())
def test_every_answer_was_asked_for_and_is_journalled_after_its_request(sample: Sample) -> None:
    _, entries = walk(sample)
    asked = {}
    for before, entry in pairwise(entries):
        if isinstance(entry, Requested):
            assert entry[:3] not in asked
            asked[entry[:3]] = entry.key
            assert entry.key == f"run:{entry.node}:{entry.visit}"
        if isinstance(before, Requested):
            assert isinstance(entry, Stopped) or (isinstance(entry, Completed) and entry[:3] == before[:3])
    assert len([one for one in entries if isinstance(one, Started)]) == 1


@PROPERTY
@given(samples())
def test_a_dry_run_comes_out_the_same_each_time(sample: Sample) -> None:
    first, second = walk(sample), walk(sample)
    assert first[1] == second[1]
    assert json.dumps(Run.of(sample.plan, first[0]).to_json()) == json.dumps(Run.of(sample.plan, second[0]).to_json())


@PROPERTY
@given(samples())
def test_the_fold_of_the_journal_is_the_state(sample: Sample) -> None:
    state, entries = walk(sample)
    assert view(walker.replay(sample.plan, entries)) == view(state)


@PROPERTY
@given(samples())
def test_every_part_of_a_journal_goes_on_to_the_same_end(sample: Sample) -> None:
    state, entries = walk(sample)
    for cut in range(1, len(entries) + 1):
        again = walker.replay(sample.plan, entries[:cut])
        for entry in entries[cut:]:
            want = walker.next(sample.plan, again)
            assert not isinstance(want, End)
            if isinstance(entry, Requested):
                assert isinstance(want, Send)
                assert (*want[:3], want.key) == entry[:4]
            elif isinstance(entry, Completed):
                assert want[:3] == entry[:3]
                assert not isinstance(want, Known) or want.answer == entry.answer
                assert not isinstance(want, Wait) or entry.at - entry.started_at > want.seconds - 1e-6
                if isinstance(want, Await) and isinstance(entry.answer, TimedOut):
                    assert entry.at - entry.started_at == pytest.approx(want.seconds or 0.0)
            walker.apply(sample.plan, again, entry)
        assert walker.next(sample.plan, again) == End(state.result or "")
        assert view(again) == view(state)


@PROPERTY
@given(samples())
def test_the_live_driver_walks_the_same_way(sample: Sample) -> None:
    state, entries = walk(sample)
    if isinstance(entries[-1], Stopped):
        return
    replay = Replay(sample.recorded)

    def answer(send: Send) -> Answer:
        refused = send.refresh and not replay.left(send.node)
        return Refused("no fresh credential") if refused else replay.take(send)

    run = flowengine.run_sync(
        sample.plan,
        trigger=sample.trigger,
        effects=FakeEffects(answer, event=replay.take, address="https://flows.example.com/callbacks"),
        limits=LIMITS,
        journal=True,
    )
    assert (run.result, run.status, run.path, run.reason) == (state.result, state.status, state.path, state.reason)
    assert [(one.outcome, one.edge, one.outputs, one.wrote, one.inputs) for one in run.steps] == [
        (one.outcome, one.edge, one.outputs, one.wrote, one.inputs) for one in state.steps
    ]
    wanted = [entry[:3] for entry in entries if isinstance(entry, Requested)]
    sent = [entry[:3] for entry in run.entries if isinstance(entry, Requested)]
    assert sent[: len(wanted)] == wanted
