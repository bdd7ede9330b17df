"""From a name to its node or variable, and to every place that uses it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from flowengine.catalogue.catalogue import Catalogue
from flowengine.errors import InvalidFile
from flowengine.findings import Span
from flowengine.flowfile.yaml_tree import Mapping, Tree, locate, parse_yaml
from flowengine.lsp.called import CatalogueAt, calls
from flowengine.lsp.cursor import cursor_at
from flowengine.lsp.draft import read_draft
from flowengine.lsp.mentions import mentions
from flowengine.lsp.names import name_at
from flowengine.lsp.positions import Point
from flowengine.lsp.sections import sections

_CALLED: Final = ("nodes", "", "inputs", "flow")
"""Where the id of a called flow stands."""


def definition(text: str, point: Point, catalogue: Catalogue) -> Span | None:
    """Return the place of the node or variable that is named at a point, also while the text is no YAML."""
    named = name_at(text, point, catalogue)
    places = {**_keys(text, "inputs"), **_keys(text, "variables"), **_keys(text, "nodes")}
    return places.get(named.name) if named is not None else None


def called_file(text: str, point: Point, catalogue: Catalogue) -> tuple[Path, Span] | None:
    """Return the file of the flow whose id stands at a point where it is called, and the place of the id there."""
    cursor = cursor_at(text, point)
    path = cursor.path if cursor is not None and not cursor.is_key else ()
    if cursor is None or len(path) != len(_CALLED) or path[0] != "nodes" or path[2:] != _CALLED[2:]:
        return None
    if not isinstance(catalogue, CatalogueAt) or not calls(catalogue, read_draft(text).nodes[str(path[1])].get("type")):
        return None
    file, flow = catalogue.flow_file(cursor.text), catalogue.flow(cursor.text)
    if file is None:
        return None
    return file, (flow.span("flow") if flow is not None else None) or Span(1, 1, 1, 1)


def uses(text: str, point: Point, catalogue: Catalogue, with_own: bool) -> list[Span]:  # noqa: FBT001 - the protocol's
    """Return every place that names the node or variable at a point; none while the text is no YAML."""
    named = name_at(text, point, catalogue)
    tree = _readable(text) if named is not None else None
    if named is None or tree is None:
        return []
    return [one.span for one in mentions(tree, text, named.name, catalogue) if with_own or not one.is_own]


def _keys(text: str, name: str) -> dict[str, Span]:
    """Return the places of the keys below a key of the document."""
    found = {one.path[1]: one.key for one in sections(text) if one.path[:-1] == (name,) and one.key is not None}
    section = next((one for one in sections(text) if one.path in ((name,), ())), None)
    tree = _readable("\n".join(section.lines)) if section is not None and not found else None
    below = locate(tree, (name,)) if tree is not None else None
    if section is not None and isinstance(below, Mapping):
        for key, _ in below.entries:
            line, column, end_line, end_column = key.span
            found[key.text] = Span(line + section.line, column, end_line + section.line, end_column)
    return found


def _readable(text: str) -> Tree | None:
    try:
        return parse_yaml(text, "")
    except InvalidFile:
        return None
