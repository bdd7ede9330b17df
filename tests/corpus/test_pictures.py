"""The picture of every graph has exactly the edges that are walked."""

from __future__ import annotations

import flowengine
from flowengine.flowfile.syntax import Flow
from flowengine.studio.graphs import draw_up


def test_edges_of_the_picture_are_those_of_the_plan(flow: Flow, catalogue: flowengine.Catalogue) -> None:
    drawn = draw_up(flow.data, flow.path, catalogue)

    assert drawn is not None
    nodes = flowengine.compile(flow, catalogue).nodes.values()
    own = {(node.id, outcome, edge.to) for node in nodes for outcome, edge in node.edges.items()}
    shared = {
        (node.id, outcome, edge.to)
        for node in nodes
        for outcome, edge in node.default_edges.items()
        if outcome in node.kinds and outcome not in node.edges
    }
    assert {(one.source, one.outcome, one.target) for one in drawn.lines if not one.default} == own
    assert {(one.source, one.outcome, one.target) for one in drawn.lines if one.default} == shared
