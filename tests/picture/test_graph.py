from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from flowengine.catalogue.catalogue import Catalogue
from flowengine.check.validate import load
from flowengine.errors import InvalidFile
from flowengine.flowfile.syntax import Flow
from flowengine.picture.graph import Edge, Graph, graph_of

FLOWS = sorted((Path(__file__).resolve().parents[2] / "flows").glob("*.yaml"))

FLOW = """
flow: f
title: A flow
trigger: {channel: sms, event: incoming-message}
defaults: {edges: {onError: failed, onTimeout: failed, onInvalidData: retry, Failure: failed}}
start: search
nodes:
  search:
    type: search-conversation
    title: Known?
    edges: {conversationActive: done, conversationOnHold: done, onerror: retry, Failure: failed, onTimeout: failed}
  retry: {type: delay@1.0, inputs: {duration: 1s}, edges: {onTimeout: route}}
  route:
    type: branch@1.0
    inputs: {rows: [{name: onError, when: {value: 1, equals: 1}}]}
    edges: {onError: done, None of the above: failed}
  odd: {type: unheard-of@2, edges: {onError: failed, whatever: done}}
  done: {end: success, title: Fine}
  failed: {end: error}
"""


def flow(tmp_path: Path, text: str = FLOW) -> Flow:
    path = tmp_path / "f.yaml"
    path.write_text(text)
    return load(path)


@pytest.fixture
def graph(tmp_path: Path) -> Graph:
    return graph_of(flow(tmp_path), Catalogue())


def test_nodes_have_their_kind_and_their_lines(graph: Graph) -> None:
    assert [(node.id, node.kind, node.lines) for node in graph.nodes] == [
        ("search", "work", ("Known?", "search", "search-conversation@1.3")),
        ("retry", "wait", ("retry", "delay@1.0")),
        ("route", "branch", ("route", "branch@1.0")),
        ("odd", "work", ("odd", "unheard-of@2")),
        ("done", "success", ("Fine", "done")),
        ("failed", "error", ("failed",)),
    ]
    assert (graph.start, graph.trigger, graph.title) == ("search", ("sms", "incoming-message"), "A flow")


def test_labels_with_one_target_and_one_kind_are_one_edge(graph: Graph) -> None:
    assert [edge for edge in graph.edges if edge.source == "search"] == [
        Edge("search", "done", "success", ("conversationActive", "conversationOnHold")),
        Edge("search", "retry", "error", ("onerror",)),
        Edge("search", "failed", "error", ("Failure", "onTimeout")),
    ]


def test_the_kind_of_an_edge_is_that_of_the_outcome_at_this_node(graph: Graph) -> None:
    kinds = {(edge.source, label): edge.kind for edge in graph.edges for label in edge.labels}
    assert kinds["retry", "onTimeout"] == "success"
    assert kinds["route", "None of the above"] == "success"
    assert kinds["odd", "onError"] == "error"
    assert kinds["odd", "whatever"] == "success"


def test_defaults_are_edges_of_no_node(graph: Graph) -> None:
    assert [edge for edge in graph.edges if edge.source is None] == [
        Edge(None, "failed", "default", ("onError", "onTimeout", "Failure")),
        Edge(None, "retry", "default", ("onInvalidData",)),
    ]


def test_everything_puts_defaults_where_they_hold(tmp_path: Path) -> None:
    graph = graph_of(flow(tmp_path), Catalogue(), everything=True)
    assert [edge for edge in graph.edges if edge.kind == "default"] == [
        Edge("search", "retry", "default", ("onInvalidData",)),
        Edge("retry", "failed", "default", ("onError",)),
        Edge("retry", "retry", "default", ("onInvalidData",)),
        Edge("route", "failed", "default", ("onTimeout",)),
        Edge("route", "retry", "default", ("onInvalidData",)),
        Edge("odd", "failed", "default", ("onTimeout",)),
        Edge("odd", "retry", "default", ("onInvalidData",)),
    ]


def test_an_edge_to_nowhere_is_refused_at_its_place(tmp_path: Path) -> None:
    with pytest.raises(InvalidFile) as wrong:
        graph_of(flow(tmp_path, FLOW.replace("conversationActive: done", "conversationActive: dome")), Catalogue())
    assert [(one.code, one.node) for one in wrong.value.findings] == [("FE206", "search")]


def written(flow: Flow) -> Iterator[tuple[str | None, str, str]]:
    for name, node in flow.nodes.items():
        yield from ((name, label, target) for label, target in node.get("edges", {}).items())
    yield from ((None, label, target) for label, target in flow.defaults.get("edges", {}).items())


@pytest.mark.parametrize("path", FLOWS, ids=lambda path: path.stem)
def test_the_edges_drawn_are_the_edges_of_the_flow(path: Path) -> None:
    loaded = load(path)
    graph = graph_of(loaded, Catalogue())
    drawn = Counter((edge.source, label, edge.target) for edge in graph.edges for label in edge.labels)
    assert drawn == Counter(written(loaded))
    assert [node.id for node in graph.nodes] == list(loaded.nodes)
