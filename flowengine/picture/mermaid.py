"""A graph as a Mermaid flowchart (https://mermaid.js.org/syntax/flowchart.html)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Final

from flowengine.picture.graph import EVERY_NODE, Edge, EdgeKind, Graph, Node, NodeKind

_SHAPES: Final[dict[NodeKind, tuple[str, str]]] = {
    "work": ("[", "]"),
    "wait": (">", "]"),
    "branch": ("{", "}"),
    "call": ("[[", "]]"),
    "success": ("([", "])"),
    "error": ("(((", ")))"),
}
_LINES: Final[dict[EdgeKind, str]] = {"success": "-->", "error": "-.->", "fall-through": "==>", "default": "-.->"}
_LINK_STYLES: Final[dict[EdgeKind, str]] = {
    "error": "stroke:#c0392b,stroke-dasharray:6 4",
    "fall-through": "stroke:#8a5300,stroke-dasharray:2 4",
    "default": "stroke:#888888,stroke-width:1px,stroke-dasharray:1 4",
}
_MOST: Final = 120
# Everything that could end the quotes, begin a comment, a directive, a tag, an entity, markdown or a formula.
_UNSAFE: Final = re.compile(r"[^\w .,/@+()=?!'-]")
_LIST_MARKER: Final = re.compile(r"^(\d+|)([.)+-])(?=\s|$)")


def to_mermaid(graph: Graph) -> str:
    """Write a graph as Mermaid text."""
    return "\n".join(_lines(graph)) + "\n"


def _lines(graph: Graph) -> Iterator[str]:
    ids = _ids(graph)
    title = json.dumps(graph.title[:_MOST]).replace("%", "\\u0025").replace("<", "\\u003c").replace("&", "\\u0026")
    yield from ("---", f"title: {title}", "---", "flowchart TD")
    yield f"  start(({_quoted(graph.trigger)})) --> {ids[graph.start]}"
    for node in graph.nodes:
        yield f"  {ids[node.id]}{_shape(node)}"
    if any(edge.source is None for edge in graph.edges):
        yield f'  every["{EVERY_NODE}"]'
        yield "  style every stroke-dasharray:1 4"
    for edge in graph.edges:
        yield f"  {_source(edge, ids)} {_LINES[edge.kind]}|{_quoted(edge.labels)}| {ids[edge.target]}"
    for kind, style in _LINK_STYLES.items():
        # The first link is the one from the start.
        numbers = [str(number) for number, edge in enumerate(graph.edges, 1) if edge.kind == kind]
        if numbers:
            yield f"  linkStyle {','.join(numbers)} {style}"


def _ids(graph: Graph) -> dict[str, str]:
    """Return an id for each node that is no word of Mermaid's (``end``, ``click``) and has no arrow in it."""
    ids: dict[str, str] = {}
    for node in graph.nodes:
        wanted = f"n_{node.id.replace('-', '_')}"
        while wanted in ids.values():
            wanted += "_"
        ids[node.id] = wanted
    return ids


def _shape(node: Node) -> str:
    opening, closing = _SHAPES[node.kind]
    return f"{opening}{_quoted(node.lines)}{closing}"


def _source(edge: Edge, ids: dict[str, str]) -> str:
    return "every" if edge.source is None else ids[edge.source]


def _quoted(lines: Iterable[str]) -> str:
    return f'"{"<br/>".join(map(_text, lines))}"'


def _text(text: str) -> str:
    """Write a text so that it stands for itself between Mermaid's quotes."""
    # The ligature is what Mermaid itself writes for the beginning of an entity.
    flat = " ".join(text.replace("\ufb02", "fl").split())
    short = flat if len(flat) <= _MOST else f"{flat[:_MOST]}..."
    safe = _UNSAFE.sub(lambda found: _entity(found[0]), short)
    # Mermaid takes a label that begins like a list for one, and refuses it.
    return _LIST_MARKER.sub(lambda found: found[1] + _entity(found[2]), safe) or " "


def _entity(character: str) -> str:
    return f"#{ord(character)};" if character.isprintable() else " "
