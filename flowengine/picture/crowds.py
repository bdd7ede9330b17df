"""Edges that are written into the card of their node, since lines would not be seen for their number."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from flowengine.picture.graph import Graph
from flowengine.picture.layers import ranks

_CROWD: Final = 6
_FAR: Final = 16


def written_links(graph: Graph, links: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return the links (from node to node) that lead to an end that many nodes lead to, or very far down."""
    links = list(dict.fromkeys(links))
    into: dict[str, set[str]] = defaultdict(set)
    for source, target in links:
        into[target].add(source)
    ends = {node.id for node in graph.nodes if node.kind in {"success", "error"} and len(into[node.id]) > _CROWD}
    order = [graph.start, *(node.id for node in graph.nodes if node.id != graph.start)]
    rank, _ = ranks(order, [link for link in links if link[1] not in ends])
    return {(source, target) for source, target in links if target in ends or abs(rank[source] - rank[target]) > _FAR}
