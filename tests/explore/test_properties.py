"""What holds for every flow: random graphs, explored, and walked by brute force, each walk from its beginning."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import flowengine
from flowengine.check.graph import ways
from flowengine.check.reach import possible_edges
from flowengine.core import walker
from flowengine.core.answers import Answer, Elapsed
from flowengine.core.entries import Completed, Entry, Started
from flowengine.core.outcomes import edge_for
from flowengine.core.plan import Limits, Plan
from flowengine.core.wants import Wait
from flowengine.explore.answers import possible_answers
from flowengine.explore.exploration import Exploration
from flowengine.explore.moves import AT, enter
from flowengine.explore.search import explore
from flowengine.explore.unknown import made_up, read_places, wanted_kinds
from flowengine.flowfile.syntax import Flow
from flowengine.flowfile.yaml_tree import parse_yaml, to_value
from flowengine.starting import start_values

CATALOGUE = flowengine.Catalogue([Path(__file__).parents[1] / "conformance" / "nodes"])
STANDARD = ["onError", "onInvalidData", "onInvalidChoice", "onTimeout", "onAuthorizationFailure"]
VALUES = [
    "$(n)",
    "$(text)",
    "$(none)",
    "$(none)",
    "$(node0.answer)",
    "$(node1.answer)",
    "$(trigger.word)",
    "x",
    1,
    None,
]
DEPTH = 4
MOST_WALKS = 1000

Lengths = dict[tuple[str, ...], int]


@st.composite
def edges(draw: st.DrawFn, labels: list[str], targets: list[str]) -> dict[str, str]:
    chosen = draw(st.lists(st.sampled_from(labels), unique=True, min_size=len(labels) // 2))
    return {label: draw(st.sampled_from(targets)) for label in chosen}


@st.composite
def nodes(draw: st.DrawFn, targets: list[str]) -> dict[str, Any]:
    kind = draw(st.sampled_from(["ask", "ask", "branch", "set-variables", "evaluate"]))
    value = draw(st.sampled_from(VALUES))
    if kind == "ask":
        inputs: dict[str, Any] = draw(st.sampled_from([{"question": value}, {"count": value}, {}]))
        labels = ["answered", "undecided", "unknown", *STANDARD]
    elif kind == "branch":
        first, second = ({"value": one, "equals": 1} for one in ("$(n)", value))
        inputs = {"rows": [{"name": "first", "when": first}, {"name": "second", "when": second}]}
        labels = ["first", "second", "None of the above", "onInvalidData"]
    elif kind == "evaluate":
        inputs = {"script": "n = n + 1; none = 'x'", "values": {"value": value}, "branches": {"x": "x"}}
        labels = ["x", *STANDARD[:4]]
    else:
        inputs, labels = {"values": {"n": value}}, ["onSuccess", "onInvalidData"]
    node = {"type": f"{kind}@1.0", "inputs": inputs, "edges": draw(edges(labels, targets))}
    if kind == "ask" and draw(st.booleans()):
        node["retry"] = {"attempts": 2, "on": ["undecided", "onTimeout"]}
    if draw(st.integers(0, 2)):
        node["set"] = {draw(st.sampled_from(["text", "none"])): draw(st.sampled_from(VALUES))}
    return node


@st.composite
def flows(draw: st.DrawFn) -> Flow:
    ids = [f"node{number}" for number in range(draw(st.integers(2, 4)))]
    targets = [*ids, *ids, *ids, "done", "failed"]
    variables = {"n": 1, "text": {"type": "string", "default": "t"}, "none": {"type": "string"}}
    inner = {name: draw(nodes(targets)) for name in ids}
    data = {
        "flow": "sample",
        "variables": variables,
        "defaults": {"edges": draw(st.just({}) | edges(STANDARD, targets))},
        "start": "node0",
        "nodes": {**inner, "done": {"end": "success"}, "failed": {"end": "error"}},
    }
    tree = parse_yaml(json.dumps(data), "sample.yaml")
    flow = Flow(Path("sample.yaml"), tree, to_value(tree))
    assume(not any(one.severity == "error" for one in flowengine.validate(flow, CATALOGUE)))
    return flow


def every_flow(examples: int) -> Callable[[Callable[[Flow], None]], Callable[[], None]]:
    """Run a test on random flows."""

    def decorate(test: Callable[[Flow], None]) -> Callable[[], None]:
        few = settings(
            max_examples=examples,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        )
        decorated: Callable[[], None] = few(given(flow=flows())(test))
        return decorated

    return decorate


@every_flow(80)
def test_an_edge_that_is_taken_is_a_possible_one(flow: Flow) -> None:
    found, possible = explore(flow, CATALOGUE), possible_edges(flow, CATALOGUE)

    for (node, outcome), edge in found.walked.items():
        target = possible[node][outcome]
        if edge is not None:
            assert edge == (target.label, target.to, target.fall_through)
    assert all(possible[node][outcome].to is None for node, outcome in found.unhandled)
    assert found.is_whole


@every_flow(80)
def test_what_no_edge_leads_to_is_never_reached(flow: Flow) -> None:
    found, graph = explore(flow, CATALOGUE), ways(flow, CATALOGUE)

    assert graph is not None
    assert set(found.never) >= flow.nodes.keys() - graph.reached.keys()


@every_flow(80)
def test_a_way_goes_from_node_to_node_and_is_not_longer_than_a_walk_within_the_bounds(flow: Flow) -> None:
    found = explore(flow, CATALOGUE)

    for name, stand in found.reached.items():
        way = stand.way()
        assert [step.node for step in way[:1]] in ([], ["node0"])
        assert [step.edge.to for step in way if step.edge] == [*(step.node for step in way[1:]), name][: len(way)]


@every_flow(80)
def test_brute_force_finds_the_same_shortest_ways(flow: Flow) -> None:
    walked = Walks(flow)
    found = explore(flow, CATALOGUE)

    assert lengths(found, walked.depth) == walked.found


def lengths(found: Exploration, depth: int) -> Lengths:
    """Return how long the ways are that are not longer than ``depth``."""
    kinds: dict[str, Any] = {"end": found.ends, "unhandled": found.unhandled, "broken": found.broken}
    all_ = {
        (kind, *([key] if isinstance(key, str) else key)): len(stand.way())
        for kind, stands in kinds.items()
        for key, stand in stands.items()
    }
    short: Lengths = {}
    for (node, _), stand in found.wrong.items():
        key = ("wrong", node)
        short[key] = min(short.get(key, sys.maxsize), len(stand.way()))
    return {
        **{key: length for key, length in all_.items() if length <= depth},
        **{key: length for key, length in short.items() if length < depth},
    }


class Walks:
    """All walks of up to ``depth`` nodes, each replayed from a journal of its own: nothing is shared or dropped."""

    def __init__(self, flow: Flow) -> None:
        self.plan = plan = flowengine.compile(flow, CATALOGUE)
        reads = read_places(plan)
        places = [place for both in reads.values() for one in both for place in one]
        self._possible = possible_answers(plan, flow, CATALOGUE, places, wanted_kinds(plan))
        event = made_up(places, "trigger", wanted_kinds(plan), {})
        start: Entry = Started("brute", plan.digest, AT, event, start_values(plan, {}), Limits(1000, 1000))
        self.found: Lengths = {}
        self.depth = 0
        journals = [[start]]
        while self.depth < DEPTH and len(journals) < MOST_WALKS:
            self.depth += 1
            journals = [longer for journal in journals for longer in self._longer(journal)]

    def _longer(self, journal: list[Entry]) -> list[list[Entry]]:
        state = walker.replay(self.plan, journal)
        opened = enter(self.plan, state, self._possible[state.at])
        if opened.wrong is not None:
            self.found.setdefault(("wrong", state.at), self.depth - 1)
        ways = (self._walked(journal, answer) for answer in opened.answers.values())
        return [way for way in ways if way is not None]

    def _walked(self, journal: list[Entry], answer: Answer) -> list[Entry] | None:
        """Return the journal after one more node, or None where the run has ended."""
        journal = [*journal]
        state = walker.replay(self.plan, journal)
        steps = len(state.steps)
        while len(state.steps) == steps:
            want = walker.next(self.plan, state)
            came = Elapsed() if isinstance(want, Wait) else answer
            attempt = state.visit.attempt if state.visit else 1
            journal.append(Completed(state.at, state.visits[state.at], attempt, came, AT, AT))
            walker.apply(self.plan, state, journal[-1])
        if state.result is None:
            return journal
        self.found.setdefault(self._ended(self.plan, state), self.depth)
        return None

    @staticmethod
    def _ended(plan: Plan, state: Any) -> tuple[str, ...]:
        step = state.steps[-1]
        if plan.nodes[state.at].end is not None:
            return "end", state.at
        if edge_for(plan.nodes[step.node], step.outcome) is None:
            return "unhandled", step.node, step.outcome
        return "broken", step.node, state.reason
