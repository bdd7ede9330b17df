"""A flow as a graph to be drawn: what the nodes are, and which labels lead from where to where."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from flowengine.catalogue.catalogue import Catalogue, NodeVersion
from flowengine.check.edges import dynamic_outcomes
from flowengine.check.names import find_version, targets
from flowengine.core.outcomes import STANDARD_ALIASES, STANDARD_OUTCOMES
from flowengine.errors import InvalidFile
from flowengine.flowfile.syntax import Flow

NodeKind: TypeAlias = Literal["work", "branch", "success", "error"]
EdgeKind: TypeAlias = Literal["success", "error", "default"]

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
    versions = {name: find_version(catalogue, node.get("type", "")) for name, node in flow.nodes.items()}
    trigger = flow.data.get("trigger", {})
    edges = [*_own_edges(flow, versions), *(_default_edges(flow, versions) if everything else _shared_edges(flow))]
    return Graph(
        flow=flow.id,
        title=flow.title,
        trigger=(trigger["channel"], trigger["event"]) if trigger else ("start",),
        start=flow.data["start"],
        nodes=tuple(_node(name, node, versions[name]) for name, node in flow.nodes.items()),
        edges=tuple(_merged(edges)),
    )


def _node(name: str, node: Mapping[str, Any], version: NodeVersion | None) -> Node:
    title = node.get("title")
    if "end" in node:
        return Node(name, node["end"], (title, name) if title else (name,))
    written = version.pinned if version else node["type"]
    kind: NodeKind = "branch" if written.partition("@")[0] == "branch" else "work"
    return Node(name, kind, (title, name, written) if title else (name, written))


def _own_edges(flow: Flow, versions: Mapping[str, NodeVersion | None]) -> Iterator[Edge]:
    for name, node in flow.nodes.items():
        for label, target in node.get("edges", {}).items():
            yield Edge(name, target, _kind(label, versions[name]), (label,))


def _shared_edges(flow: Flow) -> Iterator[Edge]:
    for label, target in flow.defaults.get("edges", {}).items():
        yield Edge(None, target, "default", (label,))


def _default_edges(flow: Flow, versions: Mapping[str, NodeVersion | None]) -> Iterator[Edge]:
    """Yield the edges of ``defaults`` for every node that can come back with their outcome and has no edge for it."""
    for name, node in flow.nodes.items():
        if "end" in node:
            continue
        version = versions[name]
        canonical = _canonical(version)
        taken = {canonical(label) for label in node.get("edges", {})}
        for label, target in flow.defaults.get("edges", {}).items():
            if canonical(label) not in taken and _can_come(canonical(label), node, version):
                yield Edge(name, target, "default", (label,))


def _canonical(version: NodeVersion | None) -> Callable[[str], str]:
    aliases = version.aliases if version else STANDARD_ALIASES
    return lambda label: aliases.get(label, label)


def _can_come(outcome: str, node: Mapping[str, Any], version: NodeVersion | None) -> bool:
    if version is None:
        return outcome in STANDARD_OUTCOMES
    return outcome in version.outcomes or outcome in dynamic_outcomes(version, node.get("inputs", {}))


def _kind(label: str, version: NodeVersion | None) -> EdgeKind:
    """Return what an outcome means; the rows of a branch, and labels nobody knows, are no errors."""
    outcome = _canonical(version)(label)
    if version is not None and outcome in version.outcomes:
        kind: EdgeKind = version.outcomes[outcome]["kind"]
        return kind
    return "error" if outcome in STANDARD_OUTCOMES else "success"


def _merged(edges: list[Edge]) -> Iterator[Edge]:
    """Put the labels of edges that run alike on one edge."""
    merged: dict[tuple[str | None, str, EdgeKind], list[str]] = {}
    for edge in edges:
        merged.setdefault(edge[:3], []).extend(edge.labels)
    for (source, target, kind), labels in merged.items():
        yield Edge(source, target, kind, tuple(labels))
