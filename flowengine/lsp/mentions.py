"""Every place of a flow that names a node or a variable. Scripts are text, and are not looked into."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple

from flowengine.catalogue.catalogue import Catalogue
from flowengine.findings import Span
from flowengine.flowfile.syntax import scalars
from flowengine.flowfile.yaml_tree import Mapping, Scalar, Tree, key_at, locate, to_value
from flowengine.lsp.draft import Draft, as_map
from flowengine.lsp.positions import LINE_BREAK, span_on_line
from flowengine.lsp.reading import is_template


class Mention(NamedTuple):
    """The place of a name, without quotes; ``is_own``: where the node or variable itself stands.

    A reference that is written with escapes or across lines has no place of its own: it ``is_hidden`` in its text.
    """

    span: Span
    is_own: bool = False
    is_hidden: bool = False


def mentions(tree: Tree, text: str, name: str, catalogue: Catalogue) -> list[Mention]:
    """Return every place that names a node or variable, in order."""
    lines = LINE_BREAK.split(text)
    draft = Draft(as_map(to_value(tree)))
    found = chain(
        (Mention(_bare(key), is_own=True) for key in _own(tree, name)),
        (Mention(_bare(scalar)) for scalar in _targets(tree, draft) if scalar.text == name),
        (Mention(_bare(key)) for key in _written(tree, draft, name)),
        _references(tree, lines, name, draft, catalogue),
    )
    return sorted(set(found))


def _own(tree: Tree, name: str) -> Iterator[Scalar]:
    keys = (key_at(tree, (above, name)) for above in ("nodes", "variables", "inputs"))
    yield from (key for key in keys if key is not None)


def _targets(tree: Tree, draft: Draft) -> Iterator[Scalar]:
    yield from _scalars_below(tree, ("start",))
    yield from _scalars_below(tree, ("defaults", "edges"))
    for node in draft.nodes:
        yield from _scalars_below(tree, ("nodes", node, "edges"))


def _scalars_below(tree: Tree, path: tuple[str, ...]) -> Iterator[Scalar]:
    part = locate(tree, path)
    if isinstance(part, Scalar):
        yield part
    elif isinstance(part, Mapping):
        yield from (value for _, value in part.entries if isinstance(value, Scalar))


def _written(tree: Tree, draft: Draft, name: str) -> Iterator[Scalar]:
    """Yield the keys by which nodes write a variable of this name."""
    for node, one in draft.nodes.items() if name in draft.variables else ():
        places: list[tuple[str, ...]] = [("nodes", node, "set", name)]
        if str(one.get("type")).partition("@")[0] == "set-variables":
            places.append(("nodes", node, "inputs", "values", name))
        yield from (key for at in places if (key := key_at(tree, at)) is not None)


def _references(tree: Tree, lines: list[str], name: str, draft: Draft, catalogue: Catalogue) -> Iterator[Mention]:
    for path, scalar in scalars(tree):
        if f"$({name}" in scalar.text and is_template(path, draft, catalogue):
            yield from _in_text(scalar, lines, name)


def _in_text(scalar: Scalar, lines: list[str], name: str) -> Iterator[Mention]:
    """Yield the places of a name in the text as it is written, which may be folded, and has quotes and escapes."""
    pattern = re.compile(rf"(?<!\$)\$\({re.escape(name)}(?![\w-])", re.ASCII)
    wanted = len(pattern.findall(scalar.text))
    span = scalar.span
    found = [
        span_on_line(number, one.end() - len(name), one.end())
        for number in range(span.line - 1, span.end_line)
        for one in pattern.finditer(lines[number])
    ]
    inside = [one for one in found if span[:2] <= one[:2] and one[2:] <= span[2:]]
    yield from (Mention(one) for one in inside) if len(inside) == wanted else (Mention(span, is_hidden=True),)


def _bare(scalar: Scalar) -> Span:
    """Return the place of a name without the quotes around it."""
    span = scalar.span
    quote = 1 if span.end_column - span.column == len(scalar.text) + 2 else 0
    return Span(span.line, span.column + quote, span.end_line, span.end_column - quote)
