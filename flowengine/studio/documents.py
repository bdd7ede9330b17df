"""A text of a flow as a page shows it: its picture, what is wrong with it, and how that is put right."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from flowengine.findings import Finding, Span, finding_json
from flowengine.lsp.draft import Draft, as_map
from flowengine.lsp.judging import Fix, judge
from flowengine.picture.layout import Point
from flowengine.server.flows import digest_of
from flowengine.studio.flow_text import BYTE_ORDER_MARK, FlowText, read_text
from flowengine.studio.graphs import corner_of, draw_up, folded, graph_json, layout_of, placed
from flowengine.studio.positions import kept_positions
from flowengine.studio.workspace import Workspace

UNSAVED: Final = "flow.yaml"
"""What a text is called that is in no file yet."""

_MEANT: Final = re.compile(r"did you mean '([A-Za-z_][\w-]*)'\?", re.ASCII)
_QUOTED: Final = re.compile(r"'([^']+)'")
_DEFAULTS: Final = ("authorization", "timeout", "retry", "edges")


class Documents:
    """Makes documents of texts. ``name`` is the path of the file in the folder, if there is one."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def of(
        self,
        text: str,
        name: str | None,
        *,
        shown: Any = None,
        before: str | None = None,
        judged: bool = True,
    ) -> dict[str, Any]:
        """Return the document of a text. Raises ApiError for a path that is none.

        ``shown`` are the places that a page shows nodes at, which stay; without them, those of the text ``before``
        stay; without either, all is laid out. Nodes that somebody has moved are where the file beside the flow says.
        """
        path = self._workspace.inside(name) if name is not None else self._workspace.folder / UNSAVED
        read = read_text(text.removeprefix(BYTE_ORDER_MARK))
        moved = kept_positions(path) if name is not None else {}
        graph = self._graph(read, path, moved, shown, before)
        return {
            "id": _said(read, "flow"),
            "path": name,
            "title": _said(read, "title"),
            "text": text,
            "version": digest_of(text.encode("utf-8", "surrogatepass")),
            "graph": graph,
            "findings": self._judged(text, path) if judged else None,
            "outline": _outline(read.draft),
        }

    def _graph(
        self, read: FlowText, path: Path, moved: Mapping[str, Point], shown: Any, before: str | None
    ) -> dict[str, Any] | None:
        catalogue = self._workspace.known_catalogue(path)
        drawn = draw_up(read.data, path, catalogue)
        if drawn is None:
            return None
        known: dict[str, Point] | None = None
        if shown is not None:
            known = {name: corner for name, one in as_map(shown).items() if (corner := corner_of(one)) is not None}
        elif before is not None:
            old = draw_up(read_text(before.removeprefix(BYTE_ORDER_MARK)).data, path, catalogue)
            known = {**layout_of(old), **moved} if old is not None else None
        corners = placed(drawn, known)
        if shown is None:
            corners |= {name: corner for name, corner in moved.items() if name in corners}
        return folded(graph_json(read, drawn, corners, frozenset(moved) & drawn.flow.nodes.keys()))

    def findings(self, text: str, name: str | None) -> list[dict[str, Any]]:
        """Return what is wrong with a text, and how that is put right. Raises ApiError for a path that is none."""
        return self._judged(
            text, self._workspace.inside(name) if name is not None else self._workspace.folder / UNSAVED
        )

    def _judged(self, text: str, path: Path) -> list[dict[str, Any]]:
        judged = judge(text, path, self._workspace.catalogue(path))
        fixes: dict[tuple[str, Span], list[Fix]] = {}
        for fix in judged.fixes:
            fixes.setdefault((fix.code, fix.span), []).append(fix)
        read = read_text(text.removeprefix(BYTE_ORDER_MARK))
        return [_finding(one, fixes, self._workspace, read) for one in judged.findings]


def _finding(
    finding: Finding, fixes: Mapping[tuple[str, Span], list[Fix]], workspace: Workspace, read: FlowText
) -> dict[str, Any]:
    found = fixes.get((finding.code, finding.span), []) if finding.span is not None else []
    found = found or list(_respelt(finding, read))
    return {
        **finding_json(finding),
        "path": workspace.name(Path(finding.path)),
        "at": list(read.path_at(finding.span.line, finding.span.column)) if finding.span is not None else [],
        "fixes": [{"title": one.title, "edits": [_edit(one)]} for one in found],
    }


def _respelt(finding: Finding, read: FlowText) -> Iterator[Fix]:
    """Yield the repair of a misspelt name, where the finding says what was meant and it stands there once."""
    meant = _MEANT.match(finding.hint or "")
    span = finding.span
    if meant is None or span is None or span.line != span.end_line:
        return
    start = read.lines.index(span.line, span.column)
    written = read.text[start : read.lines.index(span.end_line, span.end_column)]
    for wrong in reversed(_QUOTED.findall(finding.message)):
        places = [*re.finditer(rf"(?<![\w-]){re.escape(wrong)}(?![\w-])", written)]
        if len(places) == 1:
            column = span.column + places[0].start()
            place = Span(span.line, column, span.line, column + len(wrong))
            yield Fix(finding.code, f"Write {meant[1]}", place, meant[1])
            return


def _edit(fix: Fix) -> dict[str, Any]:
    line, column, end_line, end_column = fix.span
    return {"line": line, "column": column, "endLine": end_line, "endColumn": end_column, "text": fix.text}


def _said(read: FlowText, key: str) -> str | None:
    value = read.data.get(key)
    return value if isinstance(value, str) else None


def _outline(draft: Draft) -> dict[str, Any]:
    defaults = draft.defaults
    outputs = draft.data.get("outputs")
    return {
        "variables": [{"name": name, **one} for name, one in draft.variables.items() if name not in _inputs(draft)],
        "inputs": [{"name": name, **as_map(one)} for name, one in _inputs(draft).items()],
        "outputs": list(as_map(outputs)),
        "trigger": as_map(draft.data.get("trigger")) or None,
        "defaults": {key: defaults[key] for key in _DEFAULTS if key in defaults},
    }


def _inputs(draft: Draft) -> Mapping[str, Any]:
    return as_map(draft.data.get("inputs"))
