"""A flow as an SVG file of its own: it needs no page, no script and no font, and follows light and dark."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from flowengine.picture.crowds import written_links
from flowengine.picture.graph import EVERY_NODE, Edge, Graph, Node
from flowengine.picture.svg import Arrow, Card, Chip, Mark, Note, draw

START: Final = "#start"
"""No node can be called like this."""

_EVERY: Final = "#every"
_MARKS: Final[dict[str, Mark]] = {"success": "success", "error": "error", "default": "error"}
_STYLES: Final = ("colours.css", "flow.css")


def to_svg(graph: Graph) -> str:
    """Draw a flow as SVG. Edges of ``defaults`` are written into a card, once, or into each that they hold for."""
    written = written_links(graph, ((edge.source, edge.target) for edge in graph.edges if edge.source and _own(edge)))
    title, *texts = graph.trigger
    cards = [Card(START, "start", title, tuple(texts))]
    cards += [_card(node, graph, written) for node in graph.nodes]
    shared = [edge for edge in graph.edges if edge.source is None]
    if shared:
        cards.append(Card(_EVERY, "start", EVERY_NODE, notes=tuple(map(_note, shared))))
    arrows = [Arrow(START, graph.start, "success")]
    arrows += [
        Arrow(edge.source, edge.target, _MARKS[edge.kind], _chips(edge))
        for edge in graph.edges
        if edge.source and _own(edge) and (edge.source, edge.target) not in written
    ]
    first, rest = draw(cards, arrows, graph.title).split("\n", 1)
    return f"{first}\n<style>\n{style()}</style>\n{rest}"


def style() -> str:
    """Return how the classes of a picture look."""
    return "\n".join(Path(__file__).with_name(name).read_text("utf-8") for name in _STYLES)


def _own(edge: Edge) -> bool:
    return edge.kind != "default"


def _card(node: Node, graph: Graph, written: set[tuple[str, str]]) -> Card:
    title, *texts = node.lines
    return Card(node.id, node.kind, title, tuple(texts), notes=tuple(_notes(node.id, graph, written)))


def _notes(node: str, graph: Graph, written: set[tuple[str, str]]) -> Iterator[Note]:
    for edge in graph.edges:
        if edge.source == node and (not _own(edge) or (node, edge.target) in written):
            yield _note(edge)


def _note(edge: Edge) -> Note:
    by_default = "by default " if edge.kind == "default" else ""
    return Note(f"{by_default}→ {edge.target}", _chips(edge))


def _chips(edge: Edge) -> tuple[Chip, ...]:
    return tuple(Chip(label, _MARKS[edge.kind]) for label in edge.labels)
