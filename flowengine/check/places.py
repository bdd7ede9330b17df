"""Where a stretch of a scalar's text stands in the file."""

from __future__ import annotations

from flowengine.findings import Span
from flowengine.flowfile.yaml_tree import Scalar


def stretch(scalar: Scalar, start: int, end: int) -> Span:
    """Return the place of ``text[start:end]``, or of the whole scalar where escapes or folding hide it."""
    span, text = scalar.span, scalar.text
    if span.line == span.end_line:
        quotes = 1 if scalar.quoted else 0
        if span.end_column - span.column != len(text) + 2 * quotes:
            return span
        column = span.column + quotes
        return Span(span.line, column + start, span.line, column + end)
    indent = _indent(scalar)
    if indent is None:
        return span
    line, column = _line_and_column(text, start)
    end_line, end_column = _line_and_column(text, end)
    return Span(span.line + 1 + line, indent + column, span.line + 1 + end_line, indent + end_column)


def reference_span(scalar: Scalar, offset: int, shown: str = "") -> Span:
    """Return the place of the reference that begins at ``offset``.

    Where it is not written as shown, it ends with the first bracket, or, where that was forgotten, with the line.
    """
    text = scalar.text
    if shown and text.startswith(shown, offset):
        return stretch(scalar, offset, offset + len(shown))
    line_end = text.find("\n", offset) % (len(text) + 1)
    return stretch(scalar, offset, text.find(")", offset, line_end) + 1 or line_end)


def line_of(scalar: Scalar, number: int) -> Span:
    """Return the place of a line of the text, counted from 1, without its indentation."""
    lines = scalar.text.split("\n")
    if not 1 <= number <= len(lines):
        return scalar.span
    line = lines[number - 1]
    start = sum(len(before) + 1 for before in lines[: number - 1]) + len(line) - len(line.lstrip())
    return stretch(scalar, start, start + len(line.strip()))


def _indent(scalar: Scalar) -> int | None:
    """Return the column where the lines of a literal block begin; None for text that was folded or in quotes."""
    span = scalar.span
    lines = scalar.text.rstrip().split("\n")
    column = span.end_column - len(lines[-1])
    return column if scalar.quoted and len(lines) == span.end_line - span.line and column > 1 else None


def _line_and_column(text: str, index: int) -> tuple[int, int]:
    begin = text.rfind("\n", 0, index) + 1
    return text.count("\n", 0, index), index - begin
