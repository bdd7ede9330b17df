"""Branches over one number: a row is reached exactly where some number leads to it, found by trying them all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

import flowengine
from flowengine.core.answers import Outcome
from flowengine.core.branching import decide
from flowengine.flowfile.syntax import Flow
from flowengine.flowfile.yaml_tree import parse_yaml, to_value
from flowengine.generate.generate import generate

CATALOGUE = flowengine.Catalogue()
NUMBERS = [number / 4 for number in range(-20, 41)]

CONDITIONS = st.builds(
    lambda operator, number: {"value": "$(trigger.n)", operator: number},
    st.sampled_from(["greaterThan", "lessThan", "atLeast", "atMost", "equals", "notEquals"]),
    st.integers(0, 4),
)
WHEN = st.one_of(
    CONDITIONS,
    st.lists(CONDITIONS, min_size=2, max_size=3),
    st.builds(lambda listed: {"any": listed}, st.lists(CONDITIONS, min_size=2, max_size=3)),
)
ROWS = st.lists(WHEN, min_size=1, max_size=3)


@settings(max_examples=120, deadline=None)
@given(ROWS)
def test_a_row_is_reached_where_a_number_leads_to_it(rows: list[Any]) -> None:
    named = [{"name": f"row{number}", "when": when} for number, when in enumerate(rows)]
    made = generate(flow(named), CATALOGUE, seconds=3600.0)

    branch = made.plan.nodes["choose"].rows
    assert branch is not None
    possible = {
        answer.outcome
        for number in NUMBERS
        if isinstance(answer := decide(branch, {"trigger": {"n": number}}), Outcome)
    }
    reached = {case.run.steps[0].outcome for case in made.cases}
    assert reached - {"onInvalidData"} == possible
    assert len(made.cases) == len(reached)


def flow(rows: list[Any]) -> Flow:
    edges = {**{row["name"]: "done" for row in rows}, "None of the above": "done"}
    branch = {"type": "branch@1.0", "inputs": {"rows": rows}, "edges": edges}
    data = {"flow": "sample", "start": "choose", "nodes": {"choose": branch, "done": {"end": "success"}}}
    tree = parse_yaml(json.dumps(data), "sample.yaml")
    return Flow(Path("sample.yaml"), tree, to_value(tree))
