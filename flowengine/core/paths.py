"""Singular JSONPath (RFC 9535, 2.3.5): ``$.value.status``, ``$["any name"][0]``; one place at most, never a search."""

from __future__ import annotations

import re

from flowengine.core.answers import Json
from flowengine.core.references import descend, segment_text, unquoted

_SEGMENT = re.compile(
    r"""\.([A-Za-z_\u0080-\U0010ffff][\w-]*)|\[(0|-?[1-9][0-9]*)\]|\[("(?:[^"\\]|\\.)*")\]|\['([^'\\]*)'\]"""
)


def parse_path(text: str) -> tuple[str | int, ...]:
    """Parse a singular path. Raises ValueError with a sentence."""
    if not text.startswith("$"):
        raise ValueError(f"{text!r} is not a path: it begins with $")
    path: list[str | int] = []
    position = 1
    while position < len(text):
        segment = _SEGMENT.match(text, position)
        if segment is None:
            raise _bad(text, position)
        name, index, quoted, single = segment.groups()
        try:
            path.append(name or (int(index) if index else single if single is not None else unquoted(quoted)))
        except ValueError:
            raise _bad(text, position) from None
        position = segment.end()
    return tuple(path)


def path_text(path: tuple[str | int, ...]) -> str:
    """Write a path so that ``parse_path`` reads it again."""
    return f"${''.join(map(segment_text, path))}"


def find(value: Json, path: tuple[str | int, ...]) -> tuple[bool, Json]:
    """Return whether there is something at ``path``, and what."""
    try:
        return True, descend(value, path)
    except LookupError:
        return False, None


def _bad(text: str, position: int) -> ValueError:
    return ValueError(f'{text!r} is not a path: at {text[position:]!r} expected .name, ["any name"] or [0]')
