"""What a flow reads: every reference of its nodes, with its place and what stands around it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple, TypeAlias

from flowengine.catalogue.catalogue import Catalogue, NodeVersion
from flowengine.check.names import find_version, literal_inputs
from flowengine.core.references import BadReference, Reference, split_template
from flowengine.findings import Span
from flowengine.flowfile.syntax import Flow
from flowengine.flowfile.yaml_tree import Scalar, locate

At: TypeAlias = tuple[str | int, ...]

_QUOTES: Final = 2


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
    return {name: _node_reads(name, node, catalogue) for name, node in flow.nodes.items() if "type" in node}


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
    span, shown = scalar.span, str(read.reference)
    offset = read.reference.offset
    quotes = span.end_column - span.column - len(scalar.value)
    is_plain = span.line == span.end_line and quotes == (_QUOTES if scalar.quoted else 0)
    if not is_plain or not scalar.value.startswith(shown, offset):
        return span
    column = span.column + quotes // 2 + offset
    return Span(span.line, column, span.line, column + len(shown))


def script_of(node: Mapping[str, Any], version: NodeVersion | None) -> str:
    """Return the script of a node, or nothing."""
    script = node.get("inputs", {}).get("script")
    is_script = version is not None and version.spec.get("handler") == "evaluate" and isinstance(script, str)
    return script if is_script else ""


def assigns(script: str, variable: str) -> bool:
    """Whether a script seems to write a variable: its name stands before an assignment, somewhere."""
    name = _named(variable)
    found = re.search(rf"{name}\s*(?:[-+*/%&|^?<>]{{0,3}}=(?![=>])|\+\+|--)|(?:\+\+|--)\s*{name}", script)
    # In a pattern ([a, b] = ..., for (a of ...)) or by another name the variable is no less written.
    return found is not None or re.search(rf"[\[{{,(]\s*{name}[^;=]*[\]}}]\s*=(?![=>])", script) is not None


def mentions(script: str, variable: str) -> bool:
    """Whether a script seems to read a variable: its name stands anywhere but before a plain assignment."""
    return re.search(rf"{_named(variable)}(?!\s*=(?![=>]))", script) is not None


def _named(variable: str) -> str:
    return rf"(?<![\w$]){re.escape(variable)}(?![\w$])"


def _node_reads(name: str, node: Mapping[str, Any], catalogue: Catalogue) -> NodeReads:
    version = find_version(catalogue, node["type"])
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
