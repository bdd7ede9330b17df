"""The picture of every graph has exactly the edges that are walked."""

from __future__ import annotations

from itertools import pairwise

import flowengine
from flowengine.flowfile.syntax import Flow
from flowengine.picture.flow_picture import pieces
from flowengine.picture.graph import graph_of
from flowengine.picture.layout import Route
from flowengine.picture.svg import place, size_of
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


def test_the_svg_has_every_edge_once(flow: Flow, catalogue: flowengine.Catalogue) -> None:
    parts = pieces(graph_of(flow, catalogue))

    drawn = [(one.source, chip.text, one.target) for one in parts.arrows for chip in one.chips]
    written = [
        (card.id, chip.text, note.heading.removeprefix("→ "))
        for card in parts.cards
        for note in card.notes
        for chip in note.chips
    ]
    edges = [(name, label, to) for name, node in flow.nodes.items() for label, to in node.get("edges", {}).items()]
    assert sorted(drawn + written) == sorted(edges)


def test_no_line_and_no_label_is_on_a_card(flow: Flow, catalogue: flowengine.Catalogue) -> None:
    parts = pieces(graph_of(flow, catalogue))
    layout = place(*parts)
    cards = {card.id: (*layout.boxes[card.id], *size_of(card)) for card in parts.cards}

    for arrow, route in zip(parts.arrows, layout.routes, strict=True):
        others = [area for name, area in cards.items() if name not in {arrow.source, arrow.target}]
        for x, y in passed(route):
            assert not any(left < x < left + width and top < y < top + height for left, top, width, height in others), (
                arrow
            )


def passed(route: Route) -> list[tuple[float, float]]:
    """Return points along a line, one every few pixels: straight within a pair, an even curve to the next one."""
    found = []
    for number, ((x0, y0), (x1, y1)) in enumerate(pairwise(route.points)):
        for step in range(41):
            part = step / 40
            bend = part if number % 2 == 0 else part * part * (3 - 2 * part)
            found.append((x0 + (x1 - x0) * bend, y0 + (y1 - y0) * part))
    return found
