"""How wide texts are, about, without asking a font: wide enough for the fonts that pages are shown in."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Final

_NARROW: Final = frozenset(" .,:;'`!|()[]{}/\\-ijlItfr")
_WIDE: Final = frozenset("mwMW@%&")
_MONOSPACED: Final = 0.605
_BOLD: Final = 1.13


def width_of(text: str, size: float, *, monospaced: bool = False, bold: bool = False) -> float:
    """Return about how wide a text is in a font of a size, hardly ever less."""
    return size * (_BOLD if bold else 1) * _wide_all(text, monospaced=monospaced)


def cut(text: str, size: float, room: float, *, monospaced: bool = False, bold: bool = False) -> str:
    """Cut a text that is wider than there is room."""
    if width_of(text, size, monospaced=monospaced, bold=bold) <= room:
        return text
    while text and width_of(f"{text}…", size, monospaced=monospaced, bold=bold) > room:
        text = text[:-1]
    return f"{text.rstrip()}…"


def wrapped(text: str, size: float, room: float, most: int) -> list[str]:
    """Break a bold text into lines at blanks; what does not fit into the last one is cut."""
    lines: list[str] = []
    words = text.split()
    while words and len(lines) < most - 1:
        count = len(words)
        while count > 1 and width_of(" ".join(words[:count]), size, bold=True) > room:
            count -= 1
        lines.append(cut(" ".join(words[:count]), size, room, bold=True))
        words = words[count:]
    return [*lines, cut(" ".join(words), size, room, bold=True)] if words else lines


def flat(text: str, most: int = 200) -> str:
    """Return a text as one line of characters that can be seen."""
    shown = "".join(character if character.isprintable() else " " for character in text[: 2 * most])
    return " ".join(shown.split())[:most]


@lru_cache(maxsize=8192)
def _wide_all(text: str, *, monospaced: bool) -> float:
    return sum(_wide(character, monospaced=monospaced) for character in text)


def _wide(character: str, *, monospaced: bool) -> float:
    if not character.isascii():
        if unicodedata.combining(character):
            return 0.0
        if unicodedata.east_asian_width(character) in "WF":
            return 1.05
    if monospaced:
        return _MONOSPACED
    if character in _NARROW:
        return 0.37
    if character in _WIDE:
        return 0.95
    return 0.72 if character.isupper() else 0.61
