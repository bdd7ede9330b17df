"""Which node or variable the cursor stands on: at its own place, as a target, or in a reference."""

from __future__ import annotations

from typing import NamedTuple

from flowengine.catalogue.catalogue import Catalogue
from flowengine.core.references import Reference
from flowengine.findings import Span
from flowengine.lsp.cursor import Cursor, cursor_at
from flowengine.lsp.draft import Draft, read_draft
from flowengine.lsp.positions import Point, span_on_line
from flowengine.lsp.reading import is_template, reference_at


class Named(NamedTuple):
    """A name in the text. ``reference`` is the whole reference where it stands in one."""

    name: str
    span: Span
    reference: Reference | None = None


def name_at(text: str, point: Point, catalogue: Catalogue) -> Named | None:
    """Return the name of a node or variable that stands at a point."""
    cursor = cursor_at(text, point)
    if cursor is None:
        return None
    draft = read_draft(text)
    match cursor.path, cursor.is_key:
        case (("nodes",) | ("variables",) | ("inputs",) | ("nodes", _, "set"), True):
            return _whole(cursor)
        case (("start",) | ("defaults", "edges", _) | ("nodes", _, "edges", _), False):
            return _whole(cursor)
        case (("nodes", str(node), "inputs", "values"), True):
            written = str(draft.nodes.get(node, {}).get("type"))
            return _whole(cursor) if written.partition("@")[0] == "set-variables" else None
    return _in_reference(cursor, draft, catalogue)


def _whole(cursor: Cursor) -> Named | None:
    start = cursor.point.column - len(cursor.typed)
    return Named(cursor.text, span_on_line(cursor.point.line, start, start + len(cursor.text))) if cursor.text else None


def _in_reference(cursor: Cursor, draft: Draft, catalogue: Catalogue) -> Named | None:
    if cursor.is_key or not is_template(cursor.path, draft, catalogue):
        return None
    reference = reference_at(cursor.text, len(cursor.typed))
    if reference is None:
        return None
    start = cursor.point.column - len(cursor.typed) + reference.offset + len("$(")
    return Named(reference.root, span_on_line(cursor.point.line, start, start + len(reference.root)), reference)
