"""Where what a YAML file says stands in its text, and how it is written there."""

from __future__ import annotations

import re
from typing import Final

from flowengine.findings import Span
from flowengine.flowfile.text_lines import CannotEdit, Lines
from flowengine.flowfile.yaml_tree import Scalar, Tree

_COLON: Final = re.compile(r"[ \t]*:")
_DASH: Final = re.compile(r"[ ]*(?:- +)*-[ \t]+")


def is_nothing(tree: Tree) -> bool:
    """Whether a value is left out: the key alone is written."""
    return isinstance(tree, Scalar) and not tree.text and not tree.quoted


class Places:
    """Indexes into a text. ``shift``: lines of the text above the first one of the tree."""

    def __init__(self, lines: Lines, shift: int) -> None:
        self._lines = lines
        self._text = lines.text
        self._shift = shift

    def index(self, span: Span, *, end: bool = False) -> int:
        """Return where a span begins or ends."""
        line, column = (span.end_line, span.end_column) if end else (span.line, span.column)
        return self._lines.index(line + self._shift, column)

    def end_of(self, value: Tree, key: Scalar | None = None) -> int:
        """Return where a value ends; one that is not written ends behind the colon of its key."""
        if key is not None and is_nothing(value):
            found = _COLON.match(self._text, self.index(key.span, end=True))
            return found.end() if found else self.index(key.span, end=True)
        return self.index(value.span, end=True)

    def colon(self, key: Scalar) -> int:
        """Return where the colon behind a key ends. Raises CannotEdit where it does not follow it."""
        found = _COLON.match(self._text, self.index(key.span, end=True))
        if found is None:
            raise CannotEdit(
                f"line {key.span.line + self._shift}: the colon of this key stands elsewhere: change the text"
            )
        return found.end()

    def item(self, item: Tree) -> tuple[int, str] | None:
        """Return where the line of an item begins and what it is indented by; None where its dash is elsewhere."""
        at = self.index(item.span)
        start = self._lines.start(at)
        head = self._text[start:at]
        if not _DASH.fullmatch(head) or is_nothing(item):
            return None
        return (start, " " * (len(head.rstrip()) - 1)) if head.count("-") == 1 else None

    def is_flow(self, tree: Tree) -> bool:
        """Whether a map or a list is written in braces or brackets."""
        return not isinstance(tree, Scalar) and self._text[self.index(tree.span) : self.index(tree.span) + 1] in "{["

    def is_block(self, scalar: Scalar) -> bool:
        """Whether a text is written as lines of its own, behind `|` or `>`."""
        return scalar.quoted and self._text[self.index(scalar.span) : self.index(scalar.span) + 1] in "|>"
