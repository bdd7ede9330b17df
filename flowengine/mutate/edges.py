"""Changes of edges: another target, two targets exchanged, no edge at all. Edges that nothing follows stay."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any, Final

from flowengine.catalogue.catalogue import Catalogue
from flowengine.check.reach import possible_edges
from flowengine.flowfile.syntax import Flow
from flowengine.mutate.mutation import REMOVED, At, Edit, Mutation, Reach, walked_nodes

_TARGETS: Final = 2
"""How many other targets an edge is led to."""


def edge_mutations(flow: Flow, catalogue: Catalogue) -> Iterator[Mutation]:
    """Yield the changes of the edges of ``defaults`` and of each node."""
    possible, nodes = possible_edges(flow, catalogue), walked_nodes(flow, catalogue)
    for label, to in flow.defaults.get("edges", {}).items():
        followers = [
            name
            for name in nodes
            if any(target.default and target.label == label for target in possible[name].values())
        ]
        if followers:
            yield from _of_edge(flow, ("defaults", "edges", label), to, Reach(followers, (label,)))
    for name, node in nodes.items():
        followed = {target.label for target in possible[name].values() if not target.default}
        edges = {label: to for label, to in node.get("edges", {}).items() if label in followed}
        for label, to in edges.items():
            yield from _of_edge(flow, ("nodes", name, "edges", label), to, Reach((name,), (label,)))
        yield from _swaps(name, edges)


def leads_alike(flow: Flow, other: Flow, catalogue: Catalogue) -> bool:
    """Whether every outcome of every node leads to the same node in two flows."""
    return _leading(flow, catalogue) == _leading(other, catalogue)


def _leading(flow: Flow, catalogue: Catalogue) -> Mapping[str, Mapping[str, str | None]]:
    return {
        name: {outcome: target.to for outcome, target in targets.items()}
        for name, targets in possible_edges(flow, catalogue).items()
    }


def _of_edge(flow: Flow, at: At, to: str, reach: Reach) -> Iterator[Mutation]:
    label = at[-1]
    for other in _other_targets(flow, to):
        said = f"{label} leads to {other} instead of {to}"
        yield Mutation("target", at, said, to, other, (Edit(at, other),), reach)
    yield Mutation("edge", at, f"the edge {label} to {to} is not there", to, None, (Edit(at, REMOVED),), reach)


def _swaps(name: str, edges: Mapping[str, str]) -> Iterator[Mutation]:
    """Exchange the targets of each two edges that follow each other and lead to different nodes."""
    for (one, to), (other, onward) in pairwise(edges.items()):
        if to == onward:
            continue
        at, beside = ("nodes", name, "edges", one), ("nodes", name, "edges", other)
        said = f"{one} leads to {onward}, and {other} to {to}, instead of the other way round"
        edits = (Edit(at, onward), Edit(beside, to))
        yield Mutation("swap", at, said, f"{to}, {onward}", f"{onward}, {to}", edits, Reach((name,), (one, other)))


def _other_targets(flow: Flow, to: str) -> list[str]:
    """Choose other targets: the node behind this one, an end that tells something else, any end, any node."""
    node: Mapping[str, Any] = flow.nodes[to]
    ends = [name for name, one in flow.nodes.items() if "end" in one]
    ends.sort(key=lambda name: flow.nodes[name]["end"] == node.get("end", "success"))
    behind = [*node.get("edges", {}).values()][:1]
    others = dict.fromkeys([*behind, *ends, *flow.nodes])
    return [name for name in others if name != to][:_TARGETS]
