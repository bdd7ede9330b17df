"""Takes secrets out of what is written: the redactor knows the live values, and finds them however they are spelled.

A value is found as it is, as hex and as base64 (both alphabets, also in the middle of a longer base64 text, as in
``Basic``), and with any of its characters escaped as in URLs, JSON, Python or HTML, once or several times over.
"""

from __future__ import annotations

import base64
import re
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

PLACEHOLDER: Final = "[secret]"
SHORTEST: Final = 6
"""Characters: a shorter value would be found all over harmless text, and is not learnt."""

_UNTOUCHED: Final = "[A-Za-z0-9._-]+"  # these are escaped by nothing
_TOKENS: Final = re.compile(rf"{_UNTOUCHED}|\\+|.", re.DOTALL)
_NESTED: Final = 3  # escapes in escapes: JSON in a text in JSON
_PERCENT: Final = f"%(?:25){{0,{_NESTED}}}"
_ENTITIES: Final = {"&": "amp", "<": "lt", ">": "gt", '"': "quot", "'": "apos"}
_CONTROLS: Final = {"\n": "n", "\r": "r", "\t": "t", "\b": "b", "\f": "f"}


class Redactor:
    """Replaces values that it was taught, in every spelling, by ``[secret]``. May be used by several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._values: set[str] = set()
        self._spellings: tuple[_Spelling, ...] = ()
        self._by_start: dict[str, list[_Spelling]] = {"": []}  # those with a short anchor have no start

    def learn(self, value: str) -> None:
        """Redact this value from now on. It is never forgotten: an old token in a new log is still a token."""
        if len(value) < SHORTEST or value in PLACEHOLDER or value in self._values:
            return
        spellings = tuple(_spellings(value))
        with self._lock:
            if value in self._values:
                return
            for one in spellings:
                start = one.anchor[:SHORTEST] if len(one.anchor) >= SHORTEST else ""
                self._by_start.setdefault(start, []).append(one)
            self._spellings += spellings
            self._values.add(value)

    def redact(self, text: str) -> str:
        """Return the text without the values; the very same text where there is none."""
        spans = sorted(span for one in self._candidates(text) if one.anchor in text for span in one.find(text))
        if not spans:
            return text
        parts: list[str] = []
        end = 0
        for first, last in spans:
            if not parts or first > end:
                parts += [text[end:first], PLACEHOLDER]
            end = max(end, last)
        return "".join([*parts, text[end:]])

    def redact_bytes(self, data: bytes) -> bytes:
        """Return the bytes without the values, as UTF-8 has them; the very same bytes where there is none."""
        if not self._spellings:
            return data
        text = data.decode("utf-8", "surrogateescape")
        redacted = self.redact(text)
        return data if redacted is text else redacted.encode("utf-8", "surrogateescape")

    def _candidates(self, text: str) -> Iterable[_Spelling]:
        """Return the spellings that may be in a text: for a few secrets all, for many those whose starts are in it.

        Looking for a spelling costs as much as looking at one place of the text, and a little for each character.
        """
        if len(text) >= len(self._spellings) * (1 + len(text) // 600):
            return self._spellings
        places = range(len(text) - SHORTEST + 1)
        starts = {start for at in places if (start := text[at : at + SHORTEST]) in self._by_start}
        return [one for start in ("", *starts) for one in self._by_start[start]]


LIVE: Final = Redactor()
"""Knows every secret of this process."""


@dataclass(frozen=True)
class _Spelling:
    """One way a value may be written. ``anchor`` is in every such text; without an ``expression`` it is all of it."""

    anchor: str
    expression: str = ""

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(self.expression)

    def find(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield where it stands, as (first, behind the last)."""
        if self.expression:
            yield from (found.span() for found in self._pattern.finditer(text))
            return
        first = text.find(self.anchor)
        while first >= 0:
            yield first, first + len(self.anchor)
            first = text.find(self.anchor, first + 1)


def _spellings(value: str) -> Iterator[_Spelling]:
    data = value.encode("utf-8", "surrogatepass")
    yield _Spelling(value)
    if re.fullmatch(_UNTOUCHED, value) is None:
        yield _Spelling(_longest(_UNTOUCHED, value), _escaped(value))
    yield _Spelling(data.hex())
    yield _Spelling(data.hex().upper())
    for before in range(3):
        yield _in_base64(data, before)


def _longest(run: str, text: str) -> str:
    return max(re.findall(run, text), key=len, default="")


def _in_base64(data: bytes, before: int) -> _Spelling:
    """Spell the data as it stands in the base64 of a longer text, behind ``before`` bytes (modulo three).

    Six bits make a character. One that is shared with a neighbour is not known, and goes with the rest.
    """
    first, last = before * 8, (before + len(data)) * 8
    known = base64.b64encode(bytes(before) + data).decode()[-(-first // 6) : last // 6]
    either = {"+": f"(?:{_character('+')}|-)", "/": f"(?:{_character('/')}|_)"}
    neighbour = [f"(?:[A-Za-z0-9_-]|{either['+']}|{either['/']})?" if bits % 6 else "" for bits in (first, last)]
    return _Spelling(_longest("[A-Za-z0-9]+", known), "".join(either.get(one, one) for one in known).join(neighbour))


def _escaped(value: str) -> str:
    """Return an expression for a value any of whose characters may be escaped."""
    parts: list[str] = []
    escaped = False
    for token in _TOKENS.findall(value):
        if token[0] == "\\":
            # Doubled as a whole, perhaps again and again; it takes in the backslash of what follows, too.
            parts.append(
                rf"(?:\\{{{len(token)},{(len(token) + 1) * 2**_NESTED}}}+|(?:{_PERCENT}5[Cc]){{{len(token)}}})"
            )
        else:
            parts.append(re.escape(token) if re.match(_UNTOUCHED, token) else _character(token, escaped=escaped))
        escaped = token[0] == "\\"
    return "".join(parts)


def _character(one: str, *, escaped: bool = False) -> str:
    """Return an expression for a character in all its spellings; ``escaped``: the backslashes before it are consumed.

    Backslashes are counted, and never given back: a hostile text must not make the search slow.
    """
    backslashes = rf"\\{{1,{2**_NESTED}}}+"
    data, units = one.encode("utf-8", "surrogatepass"), one.encode("utf-16-be", "surrogatepass")
    in_url = "".join(f"{_PERCENT}(?i:{byte:02x})" for byte in data)
    named = f"|{_ENTITIES[one]}" if one in _ENTITIES else ""
    in_html = f"&(?:#0*{ord(one)}|#[xX]0*(?i:{ord(one):x}){named});"
    in_json = backslashes.join(f"u(?i:{units[at : at + 2].hex()})" for at in range(0, len(units), 2))
    in_python = f"x(?i:{ord(one):02x})|U{ord(one):08x}|{backslashes.join(f'x{byte:02x}' for byte in data)}"
    slashed = f"(?:{re.escape(one)}|{_CONTROLS.get(one, in_json)}|{in_json}|{in_python})"
    ways = [in_url, in_html, slashed if escaped else backslashes + slashed, re.escape(one)]
    if one == " ":
        ways.append(r"\+")
    return f"(?:{'|'.join(ways)})"
