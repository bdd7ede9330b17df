"""The outline of a flow: its trigger, variables, defaults and nodes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from flowengine.errors import InvalidFile
from flowengine.findings import Span
from flowengine.flowfile.yaml_tree import Mapping, Scalar, Tree, parse_yaml
from flowengine.lsp.sections import sections

_INSIDE = ("inputs", "variables", "nodes")


class Entry(NamedTuple):
    """One line of the outline; ``kind`` is ``key``, ``variable``, ``node`` or ``end``."""

    name: str
    kind: str
    detail: str
    span: Span
    name_span: Span
    inside: tuple[Entry, ...] = ()


def outline(text: str) -> list[Entry]:
    """Return the outline of a text; where that is no YAML at the moment, a plain one by its indentation."""
    try:
        tree = parse_yaml(text, "")
    except InvalidFile:
        return list(_plain(text))
    return [
        _entry(key, value, "key", tuple(_below(key.text, value)))
        for key, value in (tree.entries if isinstance(tree, Mapping) else ())
    ]


def _plain(text: str) -> Iterator[Entry]:
    found = [(one.path, one.key) for one in sections(text) if one.key is not None]
    nodes = tuple(Entry(path[1], "node", "", key, key) for path, key in found if len(path) > 1)
    for path, key in found:
        if path == ("nodes",) and nodes:
            yield Entry("nodes", "key", "", Span(*key[:2], *nodes[-1].span[2:]), key, nodes)
        elif len(path) == 1:
            yield Entry(path[0], "key", "", key, key)


def _below(name: str, tree: Tree) -> Iterator[Entry]:
    if name in _INSIDE and isinstance(tree, Mapping):
        for key, value in tree.entries:
            is_end = isinstance(value, Mapping) and value.find("end") is not None
            kind = "variable" if name != "nodes" else "end" if is_end else "node"
            yield _entry(key, value, kind)


def _entry(key: Scalar, value: Tree, kind: str, inside: tuple[Entry, ...] = ()) -> Entry:
    span = Span(key.span.line, key.span.column, value.span.end_line, value.span.end_column)
    return Entry(key.text or "?", kind, _detail(value, kind), span, key.span, inside)


def _detail(value: Tree, kind: str) -> str:
    """Return the type of a node or variable, or the value itself where it is short."""
    if isinstance(value, Mapping):
        found = value.find("end" if kind == "end" else "type")
        value = found[1] if found is not None and kind != "key" else value
    return value.text if isinstance(value, Scalar) and "\n" not in value.text else ""
