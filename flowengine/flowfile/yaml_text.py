"""Values as YAML text, in the form of files that are written by hand, and the same to the byte each time.

What is written reads back as what it was. A text is quoted wherever any reader of YAML could take it for something
else: phone numbers, times, ``on``, ``null``.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from flowengine.core.answers import Json
from flowengine.errors import FlowError
from flowengine.flowfile.scalars import plain_value
from flowengine.flowfile.yaml_source import DEFAULT_LIMITS

WIDTH: Final = 120
"""Columns; what fits into a line is written into one."""

NESTED: Final = 100
"""The same for what has other values inside: it is read less easily."""

DEPTH: Final = DEFAULT_LIMITS.depth - 5
"""Collections inside of one value: a few are around it."""

_LONGEST_KEY: Final = 1000
"""A reader looks no further for the colon behind a key."""

_PLAIN: Final = re.compile(r"[^\W\d_][\w /<>()='.;!?+*$%&@^~|-]*[\w/>().;!?$%]|[^\W\d_]|[</_][\w /<>().=-]*[\w/>]")
_NAME: Final = re.compile(r"[A-Za-z_][\w-]*", re.ASCII)
_BY_HAND: Final = re.compile(
    r"\$\([A-Za-z_][\w.-]*\)|[1-9][0-9]*(?:ms|s|m|h|d)|https?://[\w./~%?=&+@:-]*[\w/]", re.ASCII
)
_WORDS: Final = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})


class Unwritable(FlowError):
    """A value that a YAML file of ours cannot hold: a number that would read back as text, or one nested too deeply."""


@dataclass(frozen=True)
class YamlWriter:
    """``by_hand``: as authors write. References and durations need no quotes, lines and long texts are blocks."""

    by_hand: bool = False

    def map_lines(self, value: Mapping[str, Json], indent: str) -> list[str]:
        """Write a map below its key, each line with ``indent``."""
        lines = []
        for key, inner in value.items():
            name = self.key(key)
            if len(name) > _LONGEST_KEY:
                lines += [f"{indent}? {name}", *self.lines(f"{indent}:", inner, indent, compact=True)]
            else:
                lines += self.lines(f"{indent}{name}:", inner, indent)
        return lines

    def lines(self, head: str, value: Json, indent: str, *, compact: bool = False, spread: bool = False) -> list[str]:
        """Write a value behind ``head``: in its line where it fits, else below; ``compact``: begun in its line.

        ``spread``: below in any case.
        """
        if self.by_hand and isinstance(value, str) and is_block(value):
            return _block(head, value, indent)
        if self.by_hand and isinstance(value, str) and len(head) + len(value) >= WIDTH and is_prose(value):
            inner = indent + "  "
            return [f"{head} >-", *(inner + line for line in _words_in_lines(value, WIDTH - len(inner)))]
        if not isinstance(value, dict | list) or not value:
            return [f"{head} {self.inline(value)}"]
        is_nested = any(isinstance(one, dict | list) for one in (value.values() if isinstance(value, dict) else value))
        if not spread and not (self.by_hand and _has_block(value)):
            line = f"{head} {self.inline(value)}"
            if len(line) <= (NESTED if is_nested else WIDTH):
                return [line]
            if isinstance(value, list) and not is_nested:
                return self._wrapped(head, value)
        inner = indent + "  "
        below = self.map_lines(value, inner) if isinstance(value, dict) else self._list_lines(value, inner)
        return [f"{head} {below[0][len(inner) :]}", *below[1:]] if compact else [head, *below]

    def key(self, key: str) -> str:
        """Write a key. Our own readers take `on` for a text, and flow files have it as a key."""
        return key if self.by_hand and _NAME.fullmatch(key) and plain_value(key) == key else text_of(key)

    def inline(self, value: Json) -> str:
        """Write a value in one line."""
        if isinstance(value, dict):
            return f"{{{', '.join(f'{self.key(key)}: {self.inline(inner)}' for key, inner in value.items())}}}"
        if isinstance(value, list):
            return f"[{', '.join(map(self.inline, value))}]"
        if not isinstance(value, str):
            return _number(value)
        return value if self.by_hand and _BY_HAND.fullmatch(value) else text_of(value)

    def _list_lines(self, items: list[Json], indent: str) -> list[str]:
        return [line for one in items for line in self.lines(f"{indent}-", one, indent, compact=True)]

    def _wrapped(self, head: str, items: list[Json]) -> list[str]:
        """Write a list of texts and numbers over several lines."""
        start = f"{head} ["
        lines, line = [], start
        for number, one in enumerate(items):
            piece = self.inline(one) + ("]" if number == len(items) - 1 else ",")
            if line.strip() and line != start and len(line) + len(piece) > WIDTH:
                lines.append(line.rstrip())
                line = " " * len(start)
            line += piece + " "
        return [*lines, line.rstrip()]


def text_of(text: str) -> str:
    """Write a text, with quotes where it needs them."""
    if len(text) > DEFAULT_LIMITS.scalar:
        raise Unwritable(f"a text of {len(text):,} characters is longer than a YAML file of ours may hold")
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS and text.isprintable():
        return text
    if '"' in text and "\\" not in text and "'" not in text and text.isprintable():
        return f"'{text}'"
    return "".join(map(_escaped, json.dumps(text, ensure_ascii=False)))


def is_block(text: str) -> bool:
    """Whether a text can be written as a block of lines, and reads better so: none of it would need an escape."""
    lines = text.removesuffix("\n").split("\n")
    if len(lines) == 1 and not text.endswith("\n"):
        return False
    if not lines[0] or lines[0][0] in " \t" or not lines[-1] or len(text) > DEFAULT_LIMITS.scalar:
        return False
    return all(line.replace("\t", "").isprintable() and (line.strip() or not line) for line in lines)


def is_prose(text: str) -> bool:
    """Whether a text is words with one blank between them: it can be broken into lines at any blank."""
    return text.isprintable() and " " in text and all(text.split(" "))


def refuse_deep(value: Json, most: int = DEPTH) -> None:
    """Raise Unwritable where a value is nested too deeply."""
    if isinstance(value, dict | list):
        if not most:
            raise Unwritable(f"a value is nested deeper than the {DEPTH} levels that a YAML file of ours may have")
        for inner in value.values() if isinstance(value, dict) else value:
            refuse_deep(inner, most - 1)


def _block(head: str, text: str, indent: str) -> list[str]:
    mark = "|" if text.endswith("\n") else "|-"
    inner = indent + "  "
    return [f"{head} {mark}", *(f"{inner}{line}" if line else "" for line in text.removesuffix("\n").split("\n"))]


def _words_in_lines(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, max(width, 40), break_long_words=False, break_on_hyphens=False)


def _has_block(value: Json) -> bool:
    if isinstance(value, dict | list):
        return any(map(_has_block, value.values() if isinstance(value, dict) else value))
    return isinstance(value, str) and is_block(value)


def _number(value: float | bool | None) -> str:  # noqa: FBT001 - a JSON value
    text = json.dumps(value)
    read = plain_value(text)
    if isinstance(read, str):
        raise Unwritable(f"{text} would read back as text from a YAML file; a number has at most 16 digits")
    return text


def _escaped(character: str) -> str:
    if character.isprintable():
        return character
    return f"\\u{ord(character):04x}" if ord(character) <= 0xFFFF else f"\\U{ord(character):08x}"  # noqa: PLR2004
