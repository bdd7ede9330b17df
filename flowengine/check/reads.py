"""What a flow reads: every reference of its nodes, with its place and what stands around it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple, TypeAlias

from flowengine.catalogue.catalogue import Catalogue, NodeVersion
from flowengine.check.called import version_of
from flowengine.check.names import literal_inputs
from flowengine.check.places import reference_span
from flowengine.core.references import BadReference, Reference, split_template
from flowengine.findings import Span
from flowengine.flowfile.syntax import Flow
from flowengine.flowfile.yaml_tree import Scalar, locate

At: TypeAlias = tuple[str | int, ...]

_WORD: Final = r"(?<![\w$])([A-Za-z_$][\w$]*+)"
_ASSIGNED: Final = re.compile(rf"{_WORD}(?=\s*(?:[-+*/%&|^?<>]{{0,3}}=(?![=>])|\+\+|--))")
_STEPPED: Final = re.compile(rf"(?:\+\+|--)\s*{_WORD}")
_STRETCH: Final = re.compile(r"([^;=]*+)(?:(=)(?![=>])|[;=]|\Z)")
_IN_PATTERN: Final = re.compile(rf"[\[{{,(]\s*{_WORD}")
_MENTIONED: Final = re.compile(rf"{_WORD}(?!\s*=(?![=>]))")
_QUOTED: Final = re.compile(r"""["'`]([A-Za-z_][\w-]*)["'`]""")  # globalThis["a-name"]


class Read(NamedTuple):
    """One reference. ``at`` is the place of its text in the flow; ``whole``: the text is nothing but it."""

    at: At
    reference: Reference
    whole: bool


class NodeReads(NamedTuple):
    """What a node reads: in its ``inputs``, and, by variable, in its ``set``."""

    version: NodeVersion | None
    inputs: tuple[Read, ...]
    sets: Mapping[str, tuple[Read, ...]]


@lru_cache(maxsize=2)
def flow_reads(flow: Flow, catalogue: Catalogue) -> Mapping[str, NodeReads]:
    """Return by node what it reads; end nodes read nothing. References that cannot be read (FE301) are left out."""
    return {name: _node_reads(flow, catalogue, name, node) for name, node in flow.nodes.items() if "type" in node}


def all_reads(reads: Mapping[str, NodeReads]) -> Iterator[Read]:
    """Yield every reference of every node."""
    for one in reads.values():
        yield from one.inputs
        for listed in one.sets.values():
            yield from listed


def reads_in(value: Any, at: At) -> Iterator[Read]:
    """Yield the references of a template, at any depth."""
    if isinstance(value, str):
        if "$(" in value:
            yield from _in_text(value, at)
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from reads_in(inner, (*at, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from reads_in(inner, (*at, index))


def read_span(flow: Flow, read: Read) -> Span | None:
    """Point at a reference itself, or, where its text is folded or has escapes, at the whole text."""
    scalar = locate(flow.tree, read.at)
    if not isinstance(scalar, Scalar) or not isinstance(scalar.value, str):
        return flow.span(*read.at)
    return reference_span(scalar, read.reference.offset, str(read.reference))


def script_of(node: Mapping[str, Any], version: NodeVersion | None) -> str:
    """Return the script of a node, or nothing."""
    script = node.get("inputs", {}).get("script")
    is_script = version is not None and version.spec.get("handler") == "evaluate" and isinstance(script, str)
    return script if is_script else ""


def assigns(script: str, variable: str) -> bool:
    """Whether a script seems to write a variable."""
    return variable in assigned(script)


@lru_cache(maxsize=256)
def assigned(script: str) -> frozenset[str]:
    """Return the names that a script seems to write: they stand before an assignment, somewhere."""
    found = {*_ASSIGNED.findall(script), *_STEPPED.findall(script)}
    # In a pattern ([a, b] = ..., for (a of ...)) or by another name a variable is no less written.
    for stretch, assignment in _STRETCH.findall(script):
        if assignment and stretch.rstrip().endswith(("]", "}")):
            found.update(_IN_PATTERN.findall(stretch))
    return frozenset(found)


@lru_cache(maxsize=256)
def mentioned(script: str) -> frozenset[str]:
    """Return the names that a script seems to read: they stand anywhere but before a plain assignment."""
    return frozenset((*_MENTIONED.findall(script), *_QUOTED.findall(script)))


def _node_reads(flow: Flow, catalogue: Catalogue, name: str, node: Mapping[str, Any]) -> NodeReads:
    version = version_of(flow, catalogue, node)
    literal = literal_inputs(version) if version is not None else ()
    given = {key: value for key, value in node.get("inputs", {}).items() if key not in literal}
    sets = {
        variable: tuple(reads_in(value, ("nodes", name, "set", variable)))
        for variable, value in node.get("set", {}).items()
    }
    return NodeReads(version, tuple(reads_in(given, ("nodes", name, "inputs"))), sets)


def _in_text(text: str, at: At) -> Iterator[Read]:
    try:
        parts = split_template(text)
    except BadReference:
        return
    for part in parts:
        if isinstance(part, Reference):
            yield Read(at, part, len(parts) == 1)
