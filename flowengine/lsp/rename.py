"""Renaming a node: its id, every edge that leads to it, and every reference to its outputs."""

from __future__ import annotations

import re

from flowengine.catalogue.catalogue import Catalogue
from flowengine.core.references import NAME
from flowengine.errors import InvalidFile, UsageError
from flowengine.findings import Span
from flowengine.flowfile.scalars import plain_value
from flowengine.flowfile.yaml_tree import Tree, parse_yaml
from flowengine.lsp.draft import Draft, read_draft
from flowengine.lsp.mentions import mentions
from flowengine.lsp.names import Named, name_at
from flowengine.lsp.positions import Point


def renameable(text: str, point: Point, catalogue: Catalogue) -> Named | None:
    """Return the node that stands at a point. Raises UsageError where it is something that cannot be renamed."""
    named = name_at(text, point, catalogue)
    if named is None:
        return None
    draft = read_draft(text)
    if named.name in draft.nodes:
        return named
    what = "a variable" if named.name in draft.variables else "no node of this flow"
    raise UsageError(f"{named.name!r} is {what}: only nodes can be renamed")


def rename(text: str, point: Point, new: str, catalogue: Catalogue) -> list[Span]:
    """Return the places that ``new`` has to replace. Raises UsageError with what keeps it from being done."""
    named = renameable(text, point, catalogue)
    if named is None:
        raise UsageError("there is no node here to rename")
    return rename_named(text, named.name, new, catalogue)


def rename_named(text: str, name: str, new: str, catalogue: Catalogue) -> list[Span]:
    """Return the places at which ``new`` has to replace the name of a node or variable. Raises UsageError."""
    if new == name:
        return []
    refuse_name(new, read_draft(text))
    found = mentions(_readable(text), text, name, catalogue)
    hidden = next((one.span for one in found if one.is_hidden), None)
    if hidden is not None:
        where = f"line {hidden.line} refers to {name!r} with escapes or across lines"
        raise UsageError(f"{where}: write $({name}...) out there, then rename it")
    return [one.span for one in found]


def refuse_name(new: str, draft: Draft) -> None:
    """Raise UsageError where a new node cannot be called like this."""
    if not re.fullmatch(NAME, new) or new in ("trigger", "run"):
        hint = "write letters, digits, _ and -, beginning with a letter or _, and not `trigger` or `run`"
        raise UsageError(f"{new!r} cannot be the id of a node: {hint}")
    if plain_value(new) != new:
        raise UsageError(f"{new!r} is not read as text where an edge leads to it: choose another id")
    for taken, what in ((draft.nodes, "a node"), (draft.variables, "a variable")):
        if new in taken:
            raise UsageError(f"there is {what} {new!r} already: choose another id")


def _readable(text: str) -> Tree:
    try:
        return parse_yaml(text, "")
    except InvalidFile as invalid:
        first = invalid.findings[0]
        line = f" (line {first.span.line}: {first.message})" if first.span else ""
        raise UsageError(f"the text is no YAML at the moment{line}: repair it first") from None
