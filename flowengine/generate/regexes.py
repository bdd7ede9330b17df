"""Texts that a simple regular expression matches: literals, classes, groups, alternatives and repetitions.

What this does not know is left out; whether a text really matches is asked of the real expression.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from flowengine.check.patterns import pattern

_CLASSES: Final = {"d": "7", "D": "x", "w": "a", "W": " ", "s": " ", "S": "x"}
_CONTROLS: Final = {"n": "\n", "t": "\t", "r": "\r"}
_REPEATED: Final = re.compile(r"[*+?]\??|\{(\d*)(?:,(\d*))?\}\??")
_MOST: Final = 200
_TRIED: Final = "x7X -_.~"


def matching_texts(expression: str) -> Iterator[str]:
    """Yield some texts that should match; the shortest first."""
    found = []
    for alternative in range(4):
        for optional in (False, True):
            try:
                text = _Sampler(expression, alternative, optional=optional).text()
            except (ValueError, IndexError, StopIteration):
                continue
            if text not in found:
                found.append(text)
    yield from sorted(found, key=len)


class _Sampler:
    """Reads an expression once. ``alternative``: which of a group is taken; ``optional``: whether `?` and `*` are."""

    def __init__(self, expression: str, alternative: int, *, optional: bool) -> None:
        found = re.match(r"\(\?[a-zA-Z]+\)", expression)
        self._text = expression[found.end() :] if found else expression
        self._at = 0
        self._alternative = alternative
        self._optional = optional

    def text(self) -> str:
        made = self._group()
        if self._at < len(self._text):
            raise ValueError("a bracket is closed that was not opened")
        return made

    def _group(self) -> str:
        options = [""]
        while self._at < len(self._text) and self._text[self._at] != ")":
            if self._text[self._at] == "|":
                self._at += 1
                options.append("")
            else:
                options[-1] += self._repeated(self._piece())
        return options[self._alternative % len(options)]

    def _piece(self) -> str:
        character = self._text[self._at]
        self._at += 1
        if character == "(":
            return self._bracket()
        if character == "[":
            return self._set()
        if character == "\\":
            return self._escape()
        return {".": "x", "^": "", "$": ""}.get(character, character)

    def _bracket(self) -> str:
        start = re.compile(r"\?(?::|P?<\w+>|[a-zA-Z]+:)").match(self._text, self._at)
        if start:
            self._at = start.end()
        elif self._text[self._at] == "?":
            raise ValueError("a group of another kind")
        made = self._group()
        if self._text[self._at] != ")":
            raise ValueError("a bracket is not closed")
        self._at += 1
        return made

    def _set(self) -> str:
        end = self._at + 1 + (self._text[self._at] == "^")
        while self._text[end] != "]":
            end += 1 + (self._text[end] == "\\")
        members, self._at = self._text[self._at - 1 : end + 1], end + 1
        is_in = pattern(members)
        found: str = next(one for one in (*_TRIED, *members) if is_in(one))
        return found

    def _escape(self) -> str:
        character = self._text[self._at]
        self._at += 1
        if character in "bBAzZ":
            return ""
        if character in _CLASSES:
            return _CLASSES[character]
        if character in _CONTROLS:
            return _CONTROLS[character]
        if character.isalnum():
            raise ValueError("an escape of another kind")
        return character

    def _repeated(self, piece: str) -> str:
        found = _REPEATED.match(self._text, self._at)
        if found is None:
            return piece
        self._at = found.end()
        if found[0][0] in "*?":
            return piece if self._optional else ""
        return piece * min(int(found[1] or 0), _MOST) if found[0][0] == "{" else piece
