"""A graph in the DOT language of Graphviz (https://graphviz.org/doc/info/lang.html)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from flowengine.picture.graph import EVERY_NODE, EdgeKind, Graph, NodeKind

_SHAPES: Final[dict[NodeKind, str]] = {
    "work": "shape=box, style=rounded",
    "wait": "shape=cds",
    "branch": "shape=diamond",
    "call": "shape=box, peripheries=2",
    "success": "shape=box, style=rounded, peripheries=2",
    "error": "shape=doublecircle",
}
_LINES: Final[dict[EdgeKind, str]] = {
    "success": "style=solid",
    "error": 'style=dashed, color="#c0392b"',
    "fall-through": 'style="dashed,bold", color="#8a5300"',
    "default": 'style=dotted, color="#888888"',
}
_MOST: Final = 120
# No node of a flow can be called like these.
_START: Final = '"#start"'
_EVERY: Final = '"#every"'


def to_dot(graph: Graph) -> str:
    """Write a graph as DOT text."""
    return "\n".join(_lines(graph)) + "\n"


def _lines(graph: Graph) -> Iterator[str]:
    yield f"digraph {_quoted([graph.flow])} {{"
    yield f"  graph [label={_quoted([graph.title])}, labelloc=t, rankdir=TB];"
    yield f"  {_START} [label={_quoted(graph.trigger)}, shape=circle];"
    for node in graph.nodes:
        yield f"  {_id(node.id)} [label={_quoted(node.lines)}, {_SHAPES[node.kind]}];"
    if any(edge.source is None for edge in graph.edges):
        yield f"  {_EVERY} [label={_quoted([EVERY_NODE])}, shape=box, style=dotted];"
    yield f"  {_START} -> {_id(graph.start)};"
    for edge in graph.edges:
        source = _EVERY if edge.source is None else _id(edge.source)
        yield f"  {source} -> {_id(edge.target)} [label={_quoted(edge.labels)}, {_LINES[edge.kind]}];"
    yield "}"


def _id(name: str) -> str:
    return f'"{name}"'


def _quoted(lines: Iterable[str]) -> str:
    """Write lines as one quoted text that stands for itself: no escapes, no entities, nothing that ends the quotes."""
    return '"' + "\\n".join(map(_text, lines)) + '"'


def _text(text: str) -> str:
    flat = "".join(character if character.isprintable() else " " for character in " ".join(text.split()))
    short = flat if len(flat) <= _MOST else f"{flat[:_MOST]}..."
    return short.replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;")
