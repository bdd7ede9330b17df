"""Changes in plain values: what a changed text has to read as. Nothing is changed in place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flowengine.core.answers import Json
from flowengine.flowfile.text_lines import CannotEdit


def with_value(data: Json, path: Sequence[str | int], value: Json) -> Json:
    """Return data with a value at a path; maps on the way are made."""
    if not path:
        return value
    key, rest = path[0], path[1:]
    if isinstance(data, list):
        if not isinstance(key, int) or isinstance(key, bool) or not 0 <= key <= len(data):
            raise CannotEdit(f"the list has {len(data)} items, and none at {key!r}")
        inner = data[key] if key < len(data) else None
        return [*data[:key], with_value(inner, rest, value), *data[key + 1 :]]
    if data is None and key == 0 and isinstance(key, int):
        return [with_value(None, rest, value)]
    if not isinstance(data, dict | None) or not isinstance(key, str):
        raise CannotEdit(f"there is no place for {key!r}: what is there is no map")
    known = data or {}
    return {**known, key: with_value(known.get(key), rest, value)}


def without(data: Json, path: Sequence[str | int]) -> Json:
    """Return data without what is at a path."""
    key, rest = path[0], path[1:]
    if isinstance(data, list) and isinstance(key, int) and 0 <= key < len(data):
        return [*data[:key], *([without(data[key], rest)] if rest else []), *data[key + 1 :]]
    if isinstance(data, dict) and key in data:
        if rest:
            return {**data, str(key): without(data[str(key)], rest)}
        return {name: value for name, value in data.items() if name != key}
    raise CannotEdit(f"there is no {'.'.join(map(str, path))}")


def at(data: Json, path: Sequence[str | int]) -> tuple[bool, Any]:
    """Return whether there is a value at a path, and the value."""
    for key in path:
        if isinstance(data, Mapping) and key in data:
            data = data[str(key)]
        elif isinstance(data, list) and isinstance(key, int) and 0 <= key < len(data):
            data = data[key]
        else:
            return False, None
    return True, data
