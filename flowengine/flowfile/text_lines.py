"""A text in lines, and stretches of it that something else takes the place of."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from typing import Final, NamedTuple

from flowengine.errors import FlowError

LINE_BREAK: Final = re.compile(r"\r\n?|\n")
"""What ends a line for editors and in flow files alike; Python's ``splitlines`` knows more."""


class CannotEdit(FlowError):
    """A change that cannot be made in the text as it is written; the message says what to do by hand."""


class Edit(NamedTuple):
    """A stretch of a text, and what takes its place."""

    start: int
    end: int
    text: str


class Lines:
    """A text, and where its lines begin."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.starts = [0, *(found.end() for found in LINE_BREAK.finditer(text))]
        self.newline = "\r\n" if "\r\n" in text else "\n"

    def index(self, line: int, column: int) -> int:
        """Return the index of a place; line and column count from 1."""
        return min(self.starts[min(line, len(self.starts)) - 1] + column - 1, len(self.text))

    def end(self, index: int) -> int:
        """Return where the line of a place ends, before its break."""
        found = LINE_BREAK.search(self.text, index)
        return found.start() if found else len(self.text)

    def after(self, index: int) -> int:
        """Return where the next line begins."""
        found = LINE_BREAK.search(self.text, index)
        return found.end() if found else len(self.text)

    def start(self, index: int) -> int:
        """Return where the line of a place begins."""
        return self.starts[bisect_right(self.starts, index) - 1]

    def is_blank(self, index: int) -> bool:
        """Whether there is a line at its beginning, and nothing in it."""
        return index < len(self.text) and not self.text[index : self.end(index)].strip()


def applied(text: str, edits: Iterable[Edit]) -> str:
    """Return a text with edits made, which do not overlap."""
    for _, edit in sorted(enumerate(edits), key=lambda one: (one[1].start, one[1].end, one[0]), reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text
