from __future__ import annotations

from pathlib import Path

import pytest

import flowengine
from flowengine.check.reach import ANY_OTHER, PossibleEdges, Target, possible_edges

NODES = Path(__file__).parents[1] / "conformance" / "nodes"


def edges_of(path: Path, node: str, head: str = "") -> PossibleEdges:
    path.write_text(f"flow: case\n{head}start: a\nnodes:\n  a: {node}\n  x: {{end: success}}\n  y: {{end: error}}\n")
    return possible_edges(flowengine.load(path), flowengine.Catalogue([NODES]))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "flow.yaml"


def test_an_outcome_follows_its_edge_the_defaults_and_then_what_it_falls_through_to(path: Path) -> None:
    node = "{type: ask@1.0, edges: {answered: x, later: y, onInvalidChoice: x}}"
    found = edges_of(path, node, "defaults: {edges: {onerror: y, onInvalidChoice: y}}\n")["a"]
    assert found["answered"] == Target("x", "answered")
    assert found["undecided"] == Target("y", "later")
    assert found["onError"] == Target("y", "onerror", default=True)
    assert found["unknown"] == Target("x", "onInvalidChoice", fall_through=True)
    assert found["onInvalidChoice"] == Target("x", "onInvalidChoice")
    assert "later" not in found


def test_the_defaults_are_fallen_through_to_last(path: Path) -> None:
    found = edges_of(path, "{type: ask@1.0}", "defaults: {edges: {onInvalidChoice: y}}\n")["a"]
    assert found["answered"] == Target("y", "onInvalidChoice", fall_through=True, default=True)


def test_without_any_edge_the_run_ends(path: Path) -> None:
    found = edges_of(path, "{type: ask@1.0, edges: {answered: x}}")
    assert found["a"]["onTimeout"] == Target(None)
    assert found["x"] == {}


@pytest.mark.parametrize(
    ("node", "outcomes"),
    [
        ("{type: delay@1.0, inputs: {duration: 1s}}", {"onTimeout"}),
        ("{type: delay@1.0, inputs: {duration: $(trigger.pause)}}", {"onTimeout", "onInvalidData"}),
        ("{type: set-variables@1.0, inputs: {values: {v: 1}}}", {"onSuccess"}),
        (
            "{type: branch@1.0, inputs: {rows: [{name: r, when: {value: 1, equals: 1}}], default: d}}",
            {"r", "d", "onInvalidData"},
        ),
        (
            "{type: evaluate@1.0, inputs: {script: '1', branches: {one: 1}}}",
            {"one", "onInvalidChoice", "onError", "onTimeout"},
        ),
        (
            "{type: evaluate@1.0, inputs: {script: '1'}, edges: {seven: x}}",
            {"seven", ANY_OTHER, "onInvalidChoice", "onError", "onTimeout"},
        ),
    ],
)
def test_only_what_a_node_can_come_back_with_counts(path: Path, node: str, outcomes: set[str]) -> None:
    assert set(edges_of(path, node)["a"]) == outcomes


def test_a_row_that_is_named_like_an_alias_is_no_alias(path: Path) -> None:
    node = "{type: branch@1.0, inputs: {rows: [{name: onerror, when: {value: 1, equals: 1}}]}, edges: {onerror: x}}"
    assert edges_of(path, node)["a"]["onerror"] == Target("x", "onerror")


def test_a_misspelt_label_and_those_of_an_unknown_type_are_ways(path: Path) -> None:
    assert edges_of(path, "{type: ask@1.0, edges: {anwsered: x}}")["a"]["anwsered"] == Target("x", "anwsered")
    assert edges_of(path, "{type: none@1.0, edges: {what: x}}")["a"]["what"] == Target("x", "what")
