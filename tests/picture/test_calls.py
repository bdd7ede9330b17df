"""A node that calls a flow is drawn as one."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowengine.catalogue.catalogue import Catalogue
from flowengine.check.validate import load
from flowengine.picture.dot import to_dot
from flowengine.picture.flow_picture import to_svg
from flowengine.picture.graph import Edge, Graph, graph_of
from flowengine.picture.mermaid import to_mermaid

CALLER = """
flow: caller
start: call
nodes:
  call:
    {type: call-flow@1.0, title: Ask, inputs: {flow: child}, edges: {told: done, not told: failed, onError: failed}}
  done: {end: success}
  failed: {end: error}
"""
CHILD = "flow: child\nstart: told\nnodes: {told: {end: success}, refused: {end: error, title: not told}}\n"


@pytest.fixture
def graph(tmp_path: Path) -> Graph:
    (tmp_path / "caller.yaml").write_text(CALLER, "utf-8")
    (tmp_path / "child.yaml").write_text(CHILD, "utf-8")
    return graph_of(load(tmp_path / "caller.yaml"), Catalogue())


def test_it_says_which_flow_it_calls(graph: Graph) -> None:
    (call,) = [node for node in graph.nodes if node.id == "call"]
    assert (call.kind, call.lines) == ("call", ("Ask", "call", "call-flow@1.0", "calls child"))


def test_its_edges_are_of_the_kind_of_the_ends(graph: Graph) -> None:
    assert graph.edges == (
        Edge("call", "done", "success", ("told",)),
        Edge("call", "failed", "error", ("not told", "onError")),
    )


def test_it_has_two_borders_in_every_language(graph: Graph) -> None:
    assert '  n_call[["Ask<br/>call<br/>call-flow@1.0<br/>calls child"]]' in to_mermaid(graph).splitlines()
    assert '"call" [label="Ask\\ncall\\ncall-flow@1.0\\ncalls child", shape=box, peripheries=2];' in to_dot(graph)
    svg = to_svg(graph)
    card = svg[svg.index('class="card call"') :].partition("</g>")[0]
    assert card.count('<rect class="face"') == 2
