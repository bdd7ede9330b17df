"""Between an editor's positions and ours.

An editor counts lines and code units from 0, of UTF-16 unless it agreed on another encoding; we count characters.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import Final, NamedTuple, TypeAlias

from flowengine.findings import Span

LINE_BREAK: Final = re.compile(r"\r\n?|\n")
"""What ends a line for editors and in flow files alike; Python's ``splitlines`` knows more."""

_UNIT_BYTES: Final = {"utf-8": 1, "utf-16": 2, "utf-32": 4}
_CODECS: Final = {"utf-8": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}


class Point(NamedTuple):
    """A place between two characters; line and column count characters from 0."""

    line: int
    column: int


Units: TypeAlias = tuple[int, int]
"""A line and a column in code units, both from 0."""


class Positions:
    """The lines of one text, for an editor that counts in ``encoding``."""

    def __init__(self, text: str, encoding: str = "utf-16") -> None:
        self._text = text
        self._encoding = encoding if encoding in _CODECS else "utf-16"

    @cached_property
    def _lines(self) -> list[str]:
        return LINE_BREAK.split(self._text)

    def point(self, line: int, units: int) -> Point:
        """Read a position; what is behind the end of its line or text is taken to be the end."""
        if line >= len(self._lines):
            return Point(len(self._lines) - 1, len(self._lines[-1]))
        written = self._lines[line]
        if written.isascii():
            return Point(line, min(units, len(written)))
        column = 0
        for character in written:
            units -= self._units(character)
            if units < 0:
                break
            column += 1
        return Point(line, column)

    def units(self, line: int, column: int) -> Units:
        """Write a position; a column may be behind the end of its line."""
        if line >= len(self._lines):
            return line, column
        before = self._lines[line][:column]
        return line, column if before.isascii() else self._units(before) + column - len(before)

    def of_span(self, span: Span | None) -> tuple[Units, Units]:
        """Write both ends of a span; without one, the first line is meant."""
        if span is None:
            return (0, 0), self.units(0, len(self._lines[0]))
        return self.units(span.line - 1, span.column - 1), self.units(span.end_line - 1, span.end_column - 1)

    def _units(self, text: str) -> int:
        return len(text.encode(_CODECS[self._encoding], "surrogatepass")) // _UNIT_BYTES[self._encoding]


def span_on_line(line: int, start: int, end: int) -> Span:
    """Return the span between two columns of a line, all counted from 0."""
    return Span(line + 1, start + 1, line + 1, end + 1)
