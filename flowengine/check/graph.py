"""Rules about the graph of possible edges: nodes can be reached, ends too, and one of them is a success.

Each walks the graph a fixed number of times. networkx is imported where something is wrong, which a good flow need not
pay for.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from flowengine.catalogue.catalogue import Catalogue
from flowengine.check.called import version_of
from flowengine.check.reach import possible_edges, successors
from flowengine.findings import Finding
from flowengine.flowfile.syntax import Flow

if TYPE_CHECKING:
    import networkx as nx

    Digraph: TypeAlias = nx.DiGraph[str]

_LISTED: Final = 5


class Ways(NamedTuple):
    """The graph of a flow: by node what may come next, and the nodes that can be reached from the start."""

    onward: Mapping[str, Sequence[str]]
    reached: Mapping[str, str | None]
    """In the order of a breadth-first search, each with the node before it on a shortest way from the start."""


@lru_cache(maxsize=2)
def ways(flow: Flow, catalogue: Catalogue) -> Ways | None:
    """Return the graph, or None where a target does not exist or a type is not known: what follows would be guessed."""
    targets = [target.to for edges in possible_edges(flow, catalogue).values() for target in edges.values()]
    ground = all(version_of(flow, catalogue, node) is not None for node in flow.nodes.values() if "type" in node)
    if not ground or any(to not in flow.nodes for to in (flow.data["start"], *targets) if to is not None):
        return None
    onward = successors(flow, catalogue)
    return Ways(onward, _search(onward, [flow.data["start"]]))


def graph_of(onward: Mapping[str, Sequence[str]], nodes: Iterable[str]) -> Digraph:
    """Return a part of the graph as one of networkx."""
    import networkx as nx  # noqa: PLC0415 - 0.3 s that most flows need not pay

    kept = dict.fromkeys(nodes)
    graph: Digraph = nx.DiGraph()
    graph.add_nodes_from(kept)
    graph.add_edges_from((one, other) for one in kept for other in onward[one] if other in kept)
    return graph


def unreachable(flow: Flow, catalogue: Catalogue) -> Iterator[Finding]:
    """FE811: every node can be reached. What hangs on one that cannot is told with it."""
    graph = ways(flow, catalogue)
    if graph is None:
        return
    lost = [name for name in flow.nodes if name not in graph.reached]
    if not lost:
        return
    for root, behind in _roots(graph.onward, lost).items():
        message = f"no way from {flow.data['start']!r} leads to {root!r}"
        if behind:
            message += f", nor to {names(behind)} behind it"
        witness = (root, *behind)
        hint = "lead an edge to it, or remove it"
        yield told(flow.key_finding("FE811", message, "nodes", root, hint=hint, severity="warning"), witness)


def endless(flow: Flow, catalogue: Catalogue) -> Iterator[Finding]:
    """FE812: from every node that can be reached, an end can be reached. Told at the nodes among which a run is caught.

    A node that leads nowhere at all is FE505's.
    """
    graph = ways(flow, catalogue)
    if graph is None:
        return
    saved = _can_reach(graph, _ends(flow))
    caught = [name for name in flow.nodes if name in graph.reached and name not in saved]
    if not any(graph.onward[name] for name in caught):
        return
    for trap in _traps(graph.onward, caught):
        path = _way_to(graph, trap[0])
        message = f"a run that comes to {trap[0]!r} never ends: from there it can only go to {names(trap)}"
        if len(path) > 1:
            message += f"; it comes there by {names(path[:-1], ' -> ')}"
        hint = "lead an edge to an end node"
        yield told(flow.key_finding("FE812", message, "nodes", trap[0], hint=hint, severity="warning"), path)


def hopeless(flow: Flow, catalogue: Catalogue) -> Iterator[Finding]:
    """FE814: an end with result success can be reached, where any can."""
    graph = ways(flow, catalogue)
    if graph is None:
        return
    ends = [name for name in _ends(flow) if name in graph.reached]
    if not ends or any(flow.nodes[name]["end"] == "success" for name in ends):
        return
    good = [name for name in _ends(flow) if flow.nodes[name]["end"] == "success"]
    hint = f"lead an edge to {names(good)}" if good else "add a node with `end: success`, and an edge to it"
    message = f"this flow never ends well: from {flow.data['start']!r} a run can only end at {names(ends)}"
    path = _way_to(graph, ends[0])
    yield told(flow.finding("FE814", message, "start", hint=hint, severity="warning"), path)


def told(finding: Finding, witness: Iterable[str]) -> Finding:
    """Return a finding with its proof."""
    return replace(finding, witness=tuple(witness))


def _search(onward: Mapping[str, Sequence[str]], starts: Iterable[str]) -> dict[str, str | None]:
    """Return all nodes that can be reached, by breadth, each with the one before it."""
    before: dict[str, str | None] = dict.fromkeys(starts)
    queue = deque(before)
    while queue:
        name = queue.popleft()
        for one in onward[name]:
            if one not in before:
                before[one] = name
                queue.append(one)
    return before


def _can_reach(graph: Ways, ends: Iterable[str]) -> Mapping[str, str | None]:
    backward: dict[str, list[str]] = {name: [] for name in graph.onward}
    for name, following in graph.onward.items():
        for one in following:
            backward[one].append(name)
    return _search(backward, ends)


def _roots(onward: Mapping[str, Sequence[str]], lost: Sequence[str]) -> dict[str, list[str]]:
    """Return unreachable nodes to which no other leads, or the first of a circle, each with what is told with it."""
    import networkx as nx  # noqa: PLC0415

    order = {name: number for number, name in enumerate(lost)}
    whole = nx.condensation(graph_of(onward, lost))
    members = whole.nodes(data="members")
    first = [min(members[part], key=order.__getitem__) for part in whole if not whole.in_degree(part)]
    roots = sorted(first, key=order.__getitem__)
    inside = {name: [one for one in onward[name] if one in order] for name in lost}
    behind: dict[str, list[str]] = {}
    seen: set[str] = set()
    for root in roots:
        pending = [root]
        seen.add(root)
        behind[root] = []
        while pending:
            for one in inside[pending.pop()]:
                if one not in seen:
                    seen.add(one)
                    pending.append(one)
                    behind[root].append(one)
        behind[root].sort(key=order.__getitem__)
    return behind


def _traps(onward: Mapping[str, Sequence[str]], caught: Sequence[str]) -> list[list[str]]:
    """Return circles that nothing leads out of, in the order of the file."""
    import networkx as nx  # noqa: PLC0415

    order = {name: number for number, name in enumerate(caught)}
    whole = nx.condensation(graph_of(onward, caught))
    last = (sorted(members, key=order.__getitem__) for part, members in whole.nodes("members") if not whole[part])
    return sorted((part for part in last if onward[part[0]]), key=lambda part: order[part[0]])


def _way_to(graph: Ways, name: str) -> list[str]:
    """Return a shortest way from the start."""
    path = [name]
    while (before := graph.reached[path[-1]]) is not None:
        path.append(before)
    return path[::-1]


def _ends(flow: Flow) -> list[str]:
    return [name for name, node in flow.nodes.items() if "end" in node]


def names(nodes: Sequence[str], between: str = ", ") -> str:
    """Write some node ids in words, the first few of many."""
    shown = [repr(name) for name in nodes]
    if len(shown) <= _LISTED:
        return between.join(shown)
    if between == ", ":
        return f"{', '.join(shown[: _LISTED - 1])} and {len(shown) - _LISTED + 1} more"
    return between.join([*shown[: _LISTED - 1], "...", shown[-1]])
