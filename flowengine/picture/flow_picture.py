"""A flow as an SVG file of its own: it needs no page, no script and no font, and follows light and dark."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

from flowengine.picture.crowds import written_links
from flowengine.picture.graph import EVERY_NODE, Edge, Graph, Node
from flowengine.picture.svg import Arrow, Card, Chip, Mark, Note, draw

START: Final = "#start"
"""No node can be called like this."""

EVERY: Final = "#every"
"""Nor like this: what is written here holds for every node."""

_MARKS: Final[dict[str, Mark]] = {"success": "success", "error": "error", "fall-through": "fall", "default": "error"}
_STYLES: Final = ("colours.css", "flow.css")


class Pieces(NamedTuple):
    """What a flow is drawn of; the first card is the top."""

    cards: tuple[Card, ...]
    arrows: tuple[Arrow, ...]


def to_svg(graph: Graph) -> str:
    """Draw a flow as SVG. Edges of ``defaults`` are written into a card, once, or into each that they hold for."""
    first, rest = draw(*pieces(graph), graph.title).split("\n", 1)
    return f"{first}\n<style>\n{style()}</style>\n{rest}"


def pieces(graph: Graph) -> Pieces:
    """Return what a flow is drawn of: a card for each node, one for what starts it, one for the edges of all nodes."""
    written = written_links(graph, ((edge.source, edge.target) for edge in graph.edges if edge.source and _own(edge)))
    title, *texts = graph.trigger
    cards = [Card(START, "start", title, tuple(texts))]
    leaving = defaultdict(list)
    for edge in graph.edges:
        leaving[edge.source].append(edge)
    cards += [_card(node, leaving[node.id], written) for node in graph.nodes]
    shared = [edge for edge in graph.edges if edge.source is None]
    if shared:
        cards.append(Card(EVERY, "start", EVERY_NODE, notes=tuple(map(_note, shared))))
    arrows = [Arrow(START, graph.start, "success")]
    arrows += [
        Arrow(edge.source, edge.target, _MARKS[edge.kind], _chips(edge))
        for edge in graph.edges
        if edge.source and _own(edge) and (edge.source, edge.target) not in written
    ]
    return Pieces(tuple(cards), tuple(arrows))


def style() -> str:
    """Return how the classes of a picture look."""
    return "\n".join(Path(__file__).with_name(name).read_text("utf-8") for name in _STYLES)


def _own(edge: Edge) -> bool:
    return edge.kind != "default"


def _card(node: Node, edges: Iterable[Edge], written: set[tuple[str, str]]) -> Card:
    title, *texts = node.lines
    notes = (_note(edge) for edge in edges if not _own(edge) or (node.id, edge.target) in written)
    return Card(node.id, node.kind, title, tuple(texts), notes=tuple(notes))


def _note(edge: Edge) -> Note:
    by_default = "by default " if edge.kind == "default" else ""
    return Note(f"{by_default}→ {edge.target}", _chips(edge))


def _chips(edge: Edge) -> tuple[Chip, ...]:
    return tuple(Chip(label, _MARKS[edge.kind]) for label in edge.labels)
