"""The closed space of values: JSON, bounded in depth and size, read strictly and written as text."""

from __future__ import annotations

import json
import math
from typing import Final

from flowengine.core.answers import Json

MAX_DEPTH: Final = 64
MAX_TEXT: Final = 1 << 20
MAX_ITEMS: Final = 100_000


class TooLarge(ValueError):
    """A value is deeper or larger than a run may hold."""


def parse_json(raw: bytes | str, max_depth: int = MAX_DEPTH) -> Json:
    """Parse JSON text of the other side.

    Stricter than ``json.loads``: refuses NaN and infinities, duplicate keys, lone surrogates, text that is not UTF-8
    and nesting deeper than ``max_depth``. Raises ValueError with a sentence.
    """
    try:
        text = raw.decode() if isinstance(raw, bytes) else raw
        value = _STRICT.decode(text)
    except UnicodeDecodeError:
        raise ValueError("the text is not UTF-8") from None
    except RecursionError:
        raise TooLarge(f"nested deeper than {max_depth}") from None
    except json.JSONDecodeError as fault:
        raise ValueError(f"{fault.msg} at line {fault.lineno}, column {fault.colno}") from None
    if text.count("{") + text.count("[") > max_depth:
        measure(value, max_depth=max_depth)
    if "\\u" in text or not text.isascii():
        _refuse_surrogates(text, value)
    return value


def measure(value: Json, max_depth: int = MAX_DEPTH) -> None:
    """Raise TooLarge where ``value`` is nested too deeply or holds too much; visits each part at most once a place."""
    stack = [(value, 1)]
    items = text = 0
    while stack:
        part, depth = stack.pop()
        if isinstance(part, str):
            text += len(part)
        elif isinstance(part, dict | list):
            if depth > max_depth:
                raise TooLarge(f"nested deeper than {max_depth}")
            items += len(part)
            parts = part.values() if isinstance(part, dict) else part
            stack.extend((inner, depth + 1) for inner in parts)
        if items > MAX_ITEMS or text > MAX_TEXT:
            raise TooLarge(f"larger than {MAX_ITEMS:,} items or {MAX_TEXT:,} characters")


def as_text(value: Json) -> str:
    """Write a value as it appears inside a longer text: text as it is, everything else as compact JSON."""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def canonical(value: Json) -> bytes:
    """Write a value as bytes that are the same for equal values: what digests are taken of."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")).encode()


def same(left: Json, right: Json) -> bool:
    """Type-strict equality: text never equals a number, ``true`` never equals 1; 1 equals 1.0."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    return bool(left == right)


def type_of(value: Json) -> str:
    """Name a value's type in the words of flow files."""
    for kind, name in _TYPE_NAMES:
        if isinstance(value, kind):
            return name
    return "null"


def is_number(value: Json) -> bool:
    """Tell numbers from everything else; a boolean is none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def has_type(value: Json, declared: str) -> bool:
    """Whether a value fits a declared type of a flow variable; null fits each."""
    actual = type_of(value)
    if declared == "number":
        return actual in ("integer", "number", "null")
    if declared == "integer" and isinstance(value, float):
        return value.is_integer()
    return actual in (declared, "null")


def _refuse_surrogates(text: str, value: Json) -> None:
    try:
        text.encode()
        if "\\u" in text:
            canonical(value)
    except UnicodeEncodeError:
        raise ValueError("the text has half a character (a lone surrogate)") from None


def _unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    value = dict(pairs)
    if len(value) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value] # add returns None on purpose
        raise ValueError(f"the key {twice!r} is there twice")
    return value


def refuse_constant(name: str) -> Json:
    """Refuse NaN and the infinities, which Python's JSON reader takes. Raises ValueError."""
    raise ValueError(f"{name} is not JSON")


def finite(text: str) -> float:
    """Read a number of JSON. Raises ValueError for one that is too large."""
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"{text} is too large a number")
    return number


_STRICT = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=refuse_constant, parse_float=finite)

_TYPE_NAMES: Final = (
    (bool, "boolean"),
    (int, "integer"),
    (float, "number"),
    (str, "string"),
    (list, "array"),
    (dict, "object"),
)
