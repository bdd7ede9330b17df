"""From a name to its node or variable, and to every place that uses it."""

from __future__ import annotations

from flowengine.catalogue.catalogue import Catalogue
from flowengine.errors import InvalidFile
from flowengine.findings import Span
from flowengine.flowfile.yaml_tree import Mapping, Tree, locate, parse_yaml
from flowengine.lsp.mentions import mentions
from flowengine.lsp.names import name_at
from flowengine.lsp.positions import Point
from flowengine.lsp.sections import sections


def definition(text: str, point: Point, catalogue: Catalogue) -> Span | None:
    """Return the place of the node or variable that is named at a point, also while the text is no YAML."""
    named = name_at(text, point, catalogue)
    return {**_keys(text, "variables"), **_keys(text, "nodes")}.get(named.name) if named is not None else None


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
