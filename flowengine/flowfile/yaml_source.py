"""The text of a YAML file before it is parsed: its size, its encoding and its characters."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from flowengine.errors import InvalidFile
from flowengine.findings import Finding, Span


@dataclass(frozen=True, slots=True)
class Limits:
    """What a file may hold at most.

    ``size`` is in bytes of UTF-8, ``scalar`` in characters, ``depth`` in open collections; keys count as ``nodes``.
    Past ``findings`` findings the reading stops.
    """

    size: int = 1024 * 1024
    depth: int = 50
    scalar: int = 64 * 1024
    nodes: int = 100_000
    findings: int = 100


DEFAULT_LIMITS = Limits()

_BYTE_ORDER_MARK = "\ufeff"
_EXCERPT = 60
_LINE_BREAK = re.compile(r"\r\n?|\n")

# What YAML 1.2 calls printable, without U+0085, U+2028, U+2029 and a byte order mark inside the text: parsers and
# editors disagree on whether those end a line or take a column.
_BAD_CHARACTER = re.compile(
    r"[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
# libyaml compares each %TAG directive with all others before it reports the first: 40,000 of them take two seconds.
_MOST_TAG_DIRECTIVES = 1000


def read_source(path: Path, limits: Limits = DEFAULT_LIMITS) -> bytes:
    """Return the file's bytes, never many more than the limit. Raise ``InvalidFile`` (FE001) if it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(limits.size + 1)
    except FileNotFoundError:
        message, hint = "there is no such file", "check the path"
    except IsADirectoryError:
        message, hint = "this is a directory, expected a YAML file", "name a file in it"
    except PermissionError:
        message, hint = "the file may not be read", "give yourself permission to read it"
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        message, hint = f"the file cannot be read: {error}", "check the path"
    raise InvalidFile([Finding("FE001", message, str(path), hint=hint)])


def to_text(source: str | bytes, path: str, limits: Limits = DEFAULT_LIMITS) -> str:
    """Return the text without a byte order mark. Raise ``InvalidFile`` if it is too big or not UTF-8."""
    raw = source.encode("utf-8", "surrogatepass") if isinstance(source, str) else source
    if len(raw) > limits.size:
        message = f"the file is larger than {limits.size:,} bytes"
        raise InvalidFile([Finding("FE008", message, path, hint="split it; flow files are far smaller")])
    text = source if isinstance(source, str) else _decode(source, path)
    if text.count("%TAG") > _MOST_TAG_DIRECTIVES:
        message = f"there are more than {_MOST_TAG_DIRECTIVES:,} %TAG directives"
        raise InvalidFile([Finding("FE008", message, path, hint="remove them; tags are not allowed")])
    return text.removeprefix(_BYTE_ORDER_MARK)


def without_bad_characters(text: str, path: str) -> tuple[str, list[Finding]]:
    """Return the text with a stand-in for each character that is not allowed, and a finding for each kind of them."""
    if not _BAD_CHARACTER.search(text):
        return text, []
    bad = sorted(character for character in set(text) if _BAD_CHARACTER.match(character))
    findings = [_bad_character(character, text, path) for character in bad]
    return text.translate({ord(character): "\ufffd" for character in bad}), findings


def advance(line: int, column: int, stretch: str) -> tuple[int, int]:
    """Return the line and column right after ``stretch``, which begins at ``line`` and ``column``."""
    breaks = 0
    last = 0
    for match in _LINE_BREAK.finditer(stretch):
        breaks += 1
        last = match.end()
    return (line + breaks, len(stretch) - last + 1) if breaks else (line, column + len(stretch))


def span_of(text: str, start: int, end: int) -> Span:
    """Return the place of ``text[start:end]``."""
    line, column = advance(1, 1, text[:start])
    return Span(line, column, *advance(line, column, text[start:end]))


def excerpt(text: str) -> str:
    """Return the beginning of a text from a file so that it can stand in a message."""
    beginning = "".join(letter if letter.isprintable() else f"\\u{ord(letter):04x}" for letter in text[:_EXCERPT])
    return beginning if len(text) <= _EXCERPT else f"{beginning}…"


def _decode(source: bytes, path: str) -> str:
    try:
        return source.decode()
    except UnicodeDecodeError as error:
        line, column = advance(1, 1, source[: error.start].decode().removeprefix(_BYTE_ORDER_MARK))
        span = Span(line, column, line, column + 1)
        utf16 = source[:2] in (b"\xff\xfe", b"\xfe\xff")
        message = "the file is UTF-16, expected UTF-8" if utf16 else f"byte 0x{source[error.start]:02x} is not UTF-8"
        raise InvalidFile([Finding("FE010", message, path, span, hint="save the file as UTF-8")]) from None


def _bad_character(character: str, text: str, path: str) -> Finding:
    count = text.count(character)
    times = f" ({count:,} times in this file)" if count > 1 else ""
    message = f"the invisible or unpaired character U+{ord(character):04X} is not allowed in the file{times}"
    if "\ud800" <= character <= "\udfff":
        hint = "it is half a character: remove it"
    elif character == _BYTE_ORDER_MARK:
        hint = "a byte order mark belongs only at the beginning: remove it"
    else:
        hint = f'remove it, or write it as "\\u{ord(character):04x}" in double quotes'
    first = text.index(character)
    return Finding("FE010", message, path, span_of(text, first, first + 1), hint=hint)
