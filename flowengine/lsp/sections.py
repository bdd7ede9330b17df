"""A text in sections: one for each key of the document, and one for each node.

Sections are found by their indentation alone, so that a text which is no YAML at the moment has them, too; and one that
cannot be read does not hide the others.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, NamedTuple

from flowengine.findings import Span
from flowengine.flowfile.yaml_source import DEFAULT_LIMITS
from flowengine.lsp.positions import LINE_BREAK, span_on_line

_KEY: Final = re.compile(r"""(?P<indent> *)(?P<quote>["']?)(?P<key>[A-Za-z_][\w-]*)(?P=quote)[ \t]*:(?=[ \t]|$)""")
_NODES: Final = "nodes"


class Section(NamedTuple):
    """``path`` and ``key`` are those of its key; what belongs to no key has none. ``line`` counts from 0."""

    path: tuple[str, ...]
    line: int
    lines: tuple[str, ...]
    key: Span | None = None

    @property
    def header(self) -> tuple[str, ...]:
        """The lines that have to stand above its own for it to be a document."""
        return ("nodes:",) if len(self.path) > 1 else ()


@lru_cache(maxsize=8)
def sections(text: str) -> tuple[Section, ...]:
    """Return the sections of a text, in order; they hold all of its lines. One that is too large is not looked into."""
    if len(text) > DEFAULT_LIMITS.size:
        return (Section((), 0, ()),)
    lines = LINE_BREAK.split(text)
    starts = list(_starts(lines))
    ends = [line for line, *_ in starts[1:]] + [len(lines)]
    return tuple(
        Section(path, line, tuple(lines[line:end]), key) for (line, path, key), end in zip(starts, ends, strict=True)
    )


def section_at(text: str, line: int) -> Section:
    """Return the section that a line is in."""
    found = sections(text)
    return found[max(bisect_right(found, line, key=lambda one: one.line) - 1, 0)]


def _starts(lines: list[str]) -> Iterator[tuple[int, tuple[str, ...], Span | None]]:
    above, node_indent, inside = "", None, " "
    for number, line in enumerate(lines):
        if number and line.startswith(inside):
            continue
        found = _KEY.match(line)
        indent = len(found["indent"]) if found else 0
        if found and indent == 0:
            above, node_indent = found["key"], None
            inside = "\0" if above == _NODES else " "
            yield number, (above,), _key_span(number, found)
        elif found and above == _NODES and node_indent in (None, indent):
            node_indent, inside = indent, " " * (indent + 1)
            yield number, (_NODES, found["key"]), _key_span(number, found)
        elif number == 0:
            yield 0, (), None


def _key_span(line: int, found: re.Match[str]) -> Span:
    return span_on_line(line, found.start("key"), found.end("key"))
