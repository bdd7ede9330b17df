"""Values written into other values: a new value at a place, everything else as it was."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, TypeAlias

from flowengine.core.answers import Json
from flowengine.core.references import descend

Path: TypeAlias = tuple[str | int, ...]

ABSENT: Final[Any] = object()
"""Stands for: there is nothing at this place."""

_LONGEST_LIST: Final = 100


class NoPlace(LookupError):
    """A path leads through a text, a number, or far past the end of a list."""


def put(value: Json, path: Path, new: Json) -> Json:
    """Return a value with ``new`` at a path; what the path needs on its way is made. Raises NoPlace."""
    if not path:
        return new
    first, rest = path[0], path[1:]
    if isinstance(first, str):
        return _put_key(value, first, rest, new)
    items = list(value) if isinstance(value, list) else []
    if not (value in (None, ABSENT) or isinstance(value, list)) or not 0 <= first <= min(len(items), _LONGEST_LIST):
        raise NoPlace(path)
    inner = put(items[first] if first < len(items) else ABSENT, rest, new)
    return [*items[:first], *([] if inner is ABSENT else [inner]), *items[first + 1 :]]


def get(value: Json, path: Path) -> Json:
    """Return what is at a path, or ABSENT."""
    try:
        return descend(value, path)
    except LookupError:
        return ABSENT


def leaves(value: Json, path: Path = (), depth: int = 4) -> Iterator[Path]:
    """Yield the paths of what is inside of a value, outermost first."""
    inner: Iterator[tuple[str | int, Json]] = iter(())
    if isinstance(value, dict):
        inner = iter(value.items())
    elif isinstance(value, list):
        inner = iter(enumerate(value))
    below = list(inner)
    yield from ((*path, key) for key, _ in below)
    if depth > 1:
        for key, one in below:
            yield from leaves(one, (*path, key), depth - 1)


def _put_key(value: Json, key: str, rest: Path, new: Json) -> Json:
    if not (value in (None, ABSENT) or isinstance(value, dict)):
        raise NoPlace((key, *rest))
    entries = dict(value) if isinstance(value, dict) else {}
    inner = put(entries.get(key, ABSENT), rest, new)
    if inner is ABSENT:
        entries.pop(key, None)
        return entries
    return {**entries, key: inner}
