"""What can be read of a flow while it is being written: its nodes, variables and edges, as plain values.

It is read section by section, each once as long as it stays the same: a key stroke costs one section. Of a section that
is no YAML, the lines that are wrong are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Final

from flowengine.catalogue.catalogue import Catalogue, NodeVersion
from flowengine.check.called import CALL_FLOW, called_id, used_as
from flowengine.check.names import find_version
from flowengine.core.answers import Json
from flowengine.errors import InvalidFile
from flowengine.flowfile.syntax import declaration
from flowengine.flowfile.yaml_tree import parse_yaml, to_value
from flowengine.lsp.called import CatalogueAt
from flowengine.lsp.sections import sections

_MOST_REPAIRS: Final = 8


@dataclass(frozen=True)
class Draft:
    """A flow as far as it can be read; whatever does not have the right shape is left out."""

    data: Mapping[str, Any]

    @cached_property
    def nodes(self) -> Mapping[str, Mapping[str, Any]]:
        """The nodes by id; one that cannot be read is empty."""
        return {name: as_map(node) for name, node in as_map(self.data.get("nodes")).items()}

    @cached_property
    def variables(self) -> Mapping[str, Mapping[str, Any]]:
        """The variables by name, inputs among them, as declarations."""
        inputs = {name: as_map(written) for name, written in as_map(self.data.get("inputs")).items()}
        declared = as_map(self.data.get("variables"))
        return {**inputs, **{name: declaration(written) for name, written in declared.items()}}

    @property
    def defaults(self) -> Mapping[str, Any]:
        """The ``defaults``."""
        return as_map(self.data.get("defaults"))

    def targets(self) -> Iterator[str]:
        """Yield every node id that something leads to, known or not."""
        for to in (self.data.get("start"), *edges_of(self.defaults).values()):
            if isinstance(to, str):
                yield to
        for node in self.nodes.values():
            yield from edges_of(node).values()

    def before(self, name: str) -> set[str]:
        """Return the nodes that can have run before a node, itself among them where it lies on a cycle."""
        shared = set(edges_of(self.defaults).values())
        came_from: dict[str, list[str]] = {}
        for one, node in self.nodes.items():
            if "end" not in node:
                for to in {*edges_of(node).values(), *shared}:
                    came_from.setdefault(to, []).append(one)
        found: set[str] = set()
        waiting = [name]
        while waiting:
            for one in came_from.get(waiting.pop(), ()):
                if one not in found:
                    found.add(one)
                    waiting.append(one)
        return found


def read_draft(text: str) -> Draft:
    """Read what can be read."""
    data: dict[str, Any] = {}
    nodes: dict[str, Any] = {}
    for section in sections(text):
        read = _read((*section.header, *section.lines))
        if len(section.path) > 1:
            nodes[section.path[1]] = as_map(read.get("nodes")).get(section.path[1])
        else:
            data.update(read)
    if nodes:
        data["nodes"] = nodes
    return Draft(data)


def edges_of(holder: Mapping[str, Any]) -> dict[str, str]:
    """Return the edges of a node or of ``defaults``."""
    return {label: to for label, to in as_map(holder.get("edges")).items() if isinstance(to, str)}


def inputs_of(node: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the inputs of a node, as written."""
    return as_map(node.get("inputs"))


def as_map(value: Json) -> dict[str, Any]:
    """Return a map as it is, and of anything else nothing."""
    return value if isinstance(value, dict) else {}


def version_of(catalogue: Catalogue, node: Mapping[str, Any]) -> NodeVersion | None:
    """Return the version of a node type that a node has; None where that cannot be known.

    With a ``CatalogueAt``, that of a node that calls a flow has what that flow has.
    """
    written = node.get("type")
    try:
        version = find_version(catalogue, written) if isinstance(written, str) else None
    except InvalidFile:
        return None
    if version is None or version.spec.get("handler") != CALL_FLOW or not isinstance(catalogue, CatalogueAt):
        return version
    called = catalogue.flow(called_id(node) or "")
    return used_as(version, called, catalogue, timed="timeout" in node) if called is not None else version


@lru_cache(maxsize=8192)
def _read(lines: tuple[str, ...]) -> dict[str, Any]:
    """Read a section. What is wrong is blanked line by line, as the findings tell."""
    left = list(lines)
    for _ in range(_MOST_REPAIRS if left else 0):
        try:
            return as_map(to_value(parse_yaml("\n".join(left), "")))
        except InvalidFile as invalid:
            spans = [one.span for one in invalid.findings if one.span is not None]
            if not spans:
                break
            for span in spans:
                left[span.line - 1] = ""
    return {}
