"""What is said about the thing under the cursor."""

from __future__ import annotations

from typing import Any

from flowengine.catalogue.catalogue import Catalogue
from flowengine.errors import InvalidFile
from flowengine.lsp import schema_parts
from flowengine.lsp.cursor import Cursor, cursor_at
from flowengine.lsp.draft import Draft, read_draft, version_of
from flowengine.lsp.flow_schema import flow_schema
from flowengine.lsp.names import name_at
from flowengine.lsp.positions import Point
from flowengine.lsp.reading import describe
from flowengine.lsp.words import of_input, of_key, of_node, of_outcome, of_type, of_variable


def hover(text: str, point: Point, catalogue: Catalogue) -> str:
    """Return Markdown about what stands at a point; empty where there is nothing to say."""
    cursor = cursor_at(text, point)
    if cursor is None or not cursor.text:
        return ""
    draft = read_draft(text)
    named = name_at(text, point, catalogue)
    if named is not None:
        if named.reference is not None:
            return describe(named.reference, draft, catalogue)
        return _of_name(named.name, draft)
    return _of_key(cursor, draft, catalogue) if cursor.is_key else _of_value(cursor, catalogue)


def _of_name(name: str, draft: Draft) -> str:
    if name in draft.nodes:
        return of_node(name, draft.nodes[name])
    return of_variable(name, draft.variables[name]) if name in draft.variables else ""


def _of_key(cursor: Cursor, draft: Draft, catalogue: Catalogue) -> str:
    name = cursor.text
    match cursor.path:
        case ("nodes", str(node), "inputs"):
            version = version_of(catalogue, draft.nodes.get(node, {}))
            return of_input(version, name) if version is not None else ""
        case ("nodes", str(node), "inputs", *deeper):
            version = version_of(catalogue, draft.nodes.get(node, {}))
            return _said(version.spec.get("inputs", {}), tuple(deeper), name) if version is not None else ""
        case ("nodes", str(node), "edges"):
            return _of_outcome(name, node, draft, catalogue)
        case ("defaults", "edges"):
            said = (_of_outcome(name, node, draft, catalogue) for node in draft.nodes)
            return next(filter(None, said), "")
        case path:
            return _said(flow_schema(), path, name)


def _of_value(cursor: Cursor, catalogue: Catalogue) -> str:
    match cursor.path:
        case ("nodes", _, "type"):
            version = version_of(catalogue, {"type": cursor.text})
            try:
                return of_type(catalogue.load(version.name), version) if version is not None else ""
            except InvalidFile:
                return ""
    return ""


def _of_outcome(label: str, node: str, draft: Draft, catalogue: Catalogue) -> str:
    version = version_of(catalogue, draft.nodes.get(node, {}))
    return of_outcome(version, label) if version is not None else ""


def _said(schema: Any, path: tuple[str | int, ...], name: str) -> str:
    known = schema_parts.properties(schema_parts.parts_at(schema, path, None), schema)
    return of_key(name, known[name]) if name in known else ""
