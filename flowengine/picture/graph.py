"""A flow as a graph to be drawn: what the nodes are, and which labels lead from where to where."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from flowengine.catalogue.catalogue import Catalogue, NodeVersion
from flowengine.check.called import called_id, version_of
from flowengine.check.edges import dynamic_outcomes
from flowengine.check.names import targets
from flowengine.core.outcomes import ON_INVALID_CHOICE, STANDARD_ALIASES, STANDARD_OUTCOMES
from flowengine.errors import InvalidFile
from flowengine.flowfile.syntax import Flow

NodeKind: TypeAlias = Literal["work", "wait", "branch", "call", "success", "error"]
EdgeKind: TypeAlias = Literal["success", "error", "fall-through", "default"]

_KINDS: Final[Mapping[str, NodeKind]] = {
    "branch": "branch",
    "call-flow": "call",
    "delay": "wait",
    "receive": "wait",
}
"""Node types that are drawn otherwise than work."""

_Kind: TypeAlias = Literal["success", "error"]

EVERY_NODE: Final = "any node, otherwise"
"""Where the edges of ``defaults`` come from, when they are not drawn at each node."""


class Node(NamedTuple):
    """A node and the lines of text in it, the first of them the most important one."""

    id: str
    kind: NodeKind
    lines: tuple[str, ...]


class Edge(NamedTuple):
    """All edges of one kind between two nodes. ``source`` is None for ``EVERY_NODE``."""

    source: str | None
    target: str
    kind: EdgeKind
    labels: tuple[str, ...]


class Line(NamedTuple):
    """One edge of one node. ``label`` is as the flow spells the outcome; ``default``: it stands in ``defaults``."""

    source: str
    target: str
    label: str
    outcome: str
    kind: _Kind
    default: bool = False


class Graph(NamedTuple):
    """A flow, ready to be drawn. ``trigger`` are lines that say what starts it."""

    flow: str
    title: str
    trigger: tuple[str, ...]
    start: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


def graph_of(flow: Flow, catalogue: Catalogue, *, everything: bool = False) -> Graph:
    """Draw up a flow. With ``everything`` the edges of ``defaults`` are at each node that they hold for.

    Node types that the catalogue does not have are drawn as work. Raises InvalidFile where an edge leads nowhere.
    """
    findings = list(targets(flow, catalogue))
    if findings:
        raise InvalidFile(findings)
    versions = versions_of(flow, catalogue)
    return graph_with(flow, versions, lines_of(flow, versions), everything=everything)


def versions_of(flow: Flow, catalogue: Catalogue) -> dict[str, NodeVersion | None]:
    """Return the type of each node, where the catalogue has it."""
    return {name: version_of(flow, catalogue, node) for name, node in flow.nodes.items()}


def graph_with(
    flow: Flow, versions: Mapping[str, NodeVersion | None], lines: Iterable[Line], *, everything: bool = False
) -> Graph:
    """Do what ``graph_of`` does with a flow whose edges all lead somewhere; ``lines`` are those of ``lines_of``."""
    trigger = flow.data.get("trigger", {})
    drawn = [one for one in lines if everything or not one.default]
    edges = [Edge(one.source, one.target, _drawn_as(one), (one.label,)) for one in drawn]
    return Graph(
        flow=flow.id,
        title=flow.title,
        trigger=(trigger["channel"], trigger["event"]) if trigger else ("start",),
        start=flow.data["start"],
        nodes=tuple(_node(name, node, versions[name]) for name, node in flow.nodes.items()),
        edges=tuple(_merged(edges if everything else [*edges, *_shared_edges(flow)])),
    )


def _drawn_as(line: Line) -> EdgeKind:
    if line.default:
        return "default"
    return "fall-through" if line.outcome == ON_INVALID_CHOICE else line.kind


def _node(name: str, node: Mapping[str, Any], version: NodeVersion | None) -> Node:
    title = node.get("title")
    if "end" in node:
        return Node(name, node["end"], (title, name) if title else (name,))
    written = version.pinned if version else node["type"]
    kind = _KINDS.get(written.partition("@")[0], "work")
    calls = called_id(node) if kind == "call" else None
    return Node(name, kind, tuple(filter(None, (title, name, written, calls and f"calls {calls}"))))


def lines_of(flow: Flow, versions: Mapping[str, NodeVersion | None]) -> Iterator[Line]:
    """Yield every edge of every node: its own, then those of ``defaults``.

    These hold for a node that can come back with their outcome and has no edge for it.
    """
    taken: dict[str, set[str]] = {}
    for name, node in flow.nodes.items():
        version = versions[name]
        canonical = _canonical(version)
        outcomes = taken[name] = set()
        for label, target in node.get("edges", {}).items():
            outcomes.add(outcome := canonical(label))
            yield Line(name, target, label, outcome, _kind(outcome, version))
    shared = _Shared(flow)
    for name, node in flow.nodes.items():
        for label, outcome, target, kind in shared.of(node, versions[name]):
            if outcome not in taken[name]:
                yield Line(name, target, label, outcome, kind, default=True)


class _Shared:
    """The edges of ``defaults`` as nodes have them: all of a type alike, but where a node names its outcomes."""

    def __init__(self, flow: Flow) -> None:
        self._edges: dict[str, str] = flow.defaults.get("edges", {})
        self._known: dict[int, list[tuple[str, str, str, _Kind]]] = {}

    def of(self, node: Mapping[str, Any], version: NodeVersion | None) -> list[tuple[str, str, str, _Kind]]:
        """Return label, outcome, target and kind of those whose outcome a node can come back with."""
        if "end" in node or not self._edges:
            return []
        if version is not None and version.open_outcomes:
            return self._found(node, version)
        if id(version) not in self._known:
            self._known[id(version)] = self._found(node, version)
        return self._known[id(version)]

    def _found(self, node: Mapping[str, Any], version: NodeVersion | None) -> list[tuple[str, str, str, _Kind]]:
        meant = ((label, _canonical(version)(label), target) for label, target in self._edges.items())
        return [(label, one, to, _kind(one, version)) for label, one, to in meant if _can_come(one, node, version)]


def _shared_edges(flow: Flow) -> Iterator[Edge]:
    for label, target in flow.defaults.get("edges", {}).items():
        yield Edge(None, target, "default", (label,))


def _canonical(version: NodeVersion | None) -> Callable[[str], str]:
    aliases = version.aliases if version else STANDARD_ALIASES
    return lambda label: aliases.get(label, label)


def _can_come(outcome: str, node: Mapping[str, Any], version: NodeVersion | None) -> bool:
    if version is None:
        return outcome in STANDARD_OUTCOMES
    return outcome in version.outcomes or outcome in dynamic_outcomes(version, node.get("inputs", {}))


def _kind(outcome: str, version: NodeVersion | None) -> _Kind:
    """Return what an outcome means; the rows of a branch, and labels nobody knows, are no errors."""
    if version is not None and outcome in version.outcomes:
        kind: _Kind = version.outcomes[outcome]["kind"]
        return kind
    return "error" if outcome in STANDARD_OUTCOMES else "success"


def _merged(edges: list[Edge]) -> Iterator[Edge]:
    """Put the labels of edges that run alike on one edge."""
    merged: dict[tuple[str | None, str, EdgeKind], list[str]] = {}
    for edge in edges:
        merged.setdefault(edge[:3], []).extend(edge.labels)
    for (source, target, kind), labels in merged.items():
        yield Edge(source, target, kind, tuple(labels))
