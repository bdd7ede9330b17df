"""Where in a document the cursor stands, also in a line that is only half typed.

A mark is put at the cursor and the section is parsed: the scalar that has the mark in it says which key or value this
is. Where that is no YAML, it is tried again with what may be missing: the colon of a key, closing quotes and brackets;
and without what stands behind, since that may belong to something else.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Final

from flowengine.core.answers import Json
from flowengine.errors import InvalidFile
from flowengine.flowfile.yaml_tree import Mapping, Scalar, Sequence, Tree, locate, parse_yaml
from flowengine.lsp.positions import Point
from flowengine.lsp.sections import section_at

_MARK: Final = "\ue000"
_QUOTES: Final = ("", '"', "'")
_BRACKETS: Final = ("}", "]", "}}", "]}", "}]", "}}}", "}]}", "]}}", "}}]}", "")
_SYNTAX: Final = frozenset(":{}[],\"'#|>")
_LONGEST: Final = 50_000
"""Characters of a section that closing quotes and brackets are tried for."""


@dataclass(frozen=True)
class Cursor:
    """What the cursor is in: a key of the mapping at ``path``, or the value at ``path``.

    ``typed`` is the part of its text before the cursor, ``rest`` the part behind it. ``tree`` is the section.
    """

    path: tuple[str | int, ...]
    is_key: bool
    typed: str
    rest: str
    quoted: bool
    tree: Tree
    point: Point

    @property
    def text(self) -> str:
        """The whole key or value."""
        return self.typed + self.rest

    @cached_property
    def data(self) -> Json:
        """The section as plain values, without a key that is only being typed."""
        return _plain(self.tree)

    def keys(self) -> list[str]:
        """Return the other keys of the mapping at ``path``."""
        holder = locate(self.tree, self.path)
        return [key.text for key, _ in holder.entries if _MARK not in key.text] if isinstance(holder, Mapping) else []


def cursors(text: str, point: Point) -> Iterator[Cursor]:
    """Yield what the cursor may be in, the likeliest first; nothing in a comment or where no YAML can be made of it."""
    section = section_at(text, point.line)
    lines = [line.replace(_MARK, " ") for line in section.lines]
    number = point.line - section.line
    if number >= len(lines) or lines[number].lstrip().startswith("#"):
        return
    is_short = sum(map(len, lines)) < _LONGEST
    for line, with_rest in _variants(lines[number], point.column, is_short=is_short):
        tail = lines[number + 1 :] if with_rest else []
        found = _marked("\n".join((*section.header, *lines[:number], line, *tail)), point)
        if found is not None:
            yield found


def cursor_at(text: str, point: Point) -> Cursor | None:
    """Return what the cursor is in."""
    return next(cursors(text, point), None)


def _variants(line: str, column: int, *, is_short: bool) -> Iterator[tuple[str, bool]]:
    """Yield what the line may be meant to be, and whether the lines behind it belong to it."""
    before, after = line[:column], line[column:]
    as_written = f"{before}{_MARK}{after}"
    as_key = f"{before}{_MARK}{after.rstrip()}:"
    # A word alone is a key in most places; as a value it would only go on with the text of the line above.
    first, second = (as_key, as_written) if not _SYNTAX & set(line) else (as_written, as_key)
    yield from ((first, True), (second, True), (first, False), (second, False))
    for with_rest, quote, brackets in product((True, False) if is_short else (), _QUOTES, _BRACKETS):
        yield f"{before}{_MARK}{quote}{brackets}", with_rest


def _marked(text: str, point: Point) -> Cursor | None:
    try:
        tree = parse_yaml(text, "")
    except InvalidFile:
        return None
    for path, scalar, is_key in _scalars(tree, ()):
        if _MARK in scalar.text:
            typed, _, rest = scalar.text.partition(_MARK)
            return Cursor(path, is_key, typed, rest, scalar.quoted, tree, point)
    return None


def _scalars(tree: Tree, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], Scalar, bool]]:
    """Yield each value with its path, and each key with that of its mapping."""
    if isinstance(tree, Scalar):
        yield path, tree, False
    elif isinstance(tree, Sequence):
        for index, one in enumerate(tree.items):
            yield from _scalars(one, (*path, index))
    else:
        for key, value in tree.entries:
            yield path, key, True
            yield from _scalars(value, (*path, key.text))


def _plain(tree: Tree) -> Json:
    if isinstance(tree, Scalar):
        return tree.text.replace(_MARK, "") if _MARK in tree.text else tree.value
    if isinstance(tree, Sequence):
        return [_plain(one) for one in tree.items]
    return {key.text: _plain(value) for key, value in tree.entries if _MARK not in key.text}
