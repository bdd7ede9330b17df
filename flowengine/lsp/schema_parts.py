"""What a JSON Schema says about one place of a document: its keys, its values, its descriptions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from flowengine.check.value_types import declared_types, in_words
from flowengine.core.answers import Json
from flowengine.json_schema import JsonSchema

_DEEPEST: Final = 24
_BRANCHES: Final = ("allOf", "anyOf", "oneOf")


def parts_at(root: Mapping[str, Any], path: Sequence[str | int], value: Json) -> list[Mapping[str, Any]]:
    """Return the parts of a schema that speak about a place; ``value`` is the document, which decides each ``if``.

    Where there is no value, None, all branches count.
    """
    parts = list(_expanded(root, root, value))
    for key in path:
        value = _value_below(value, key)
        # What has just been begun may still become anything.
        parts = [found for part in parts for found in _expanded(_below(part, key), root, value or None)]
    return parts


def properties(parts: Sequence[Mapping[str, Any]], root: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the keys that a mapping can have, each with what is said about it."""
    found: dict[str, dict[str, Any]] = {}
    for part in parts:
        for name, one in part.get("properties", {}).items():
            said: dict[str, Any] = found.setdefault(name, {})
            for more in _expanded(one, root, None):
                said.update({key: text for key, text in more.items() if key not in said})
    return found


def missing(parts: Sequence[Mapping[str, Any]], given: Sequence[str]) -> list[str]:
    """Return the keys that a mapping has to have and does not."""
    return [name for part in parts for name in part.get("required", ()) if name not in given]


def room(parts: Sequence[Mapping[str, Any]], given: Sequence[str]) -> int | None:
    """Return how many more keys a mapping can have; None: any number."""
    bounds = [part["maxProperties"] for part in parts if "maxProperties" in part]
    return min(bounds) - len(given) if bounds else None


def values(parts: Sequence[Mapping[str, Any]]) -> list[Json]:
    """Return the values that a place can have, as far as they are listed."""
    found: list[Json] = []
    for part in parts:
        found += part.get("enum", ())
        found += [part["const"]] if "const" in part else ()
        found += [True, False] if part.get("type") == "boolean" else ()
    return found


def takes(part: Mapping[str, Any]) -> str:
    """Say in words what values are taken; empty where anything is."""
    if "x-expected" in part:
        return str(part["x-expected"])
    if "enum" in part:
        return f"one of {', '.join(map(str, part['enum']))}"
    types = declared_types(part.get("type"))
    return in_words(types) if types else ""


def _expanded(part: Json, root: Mapping[str, Any], value: Json, depth: int = 0) -> Iterator[Mapping[str, Any]]:
    """Yield a part and all that it refers to; of a condition, the branch that holds, or both where nothing is there."""
    if not isinstance(part, dict) or depth > _DEEPEST:
        return
    yield part
    reference = part.get("$ref")
    if isinstance(reference, str) and reference.startswith("#/"):
        yield from _expanded(_target(reference, root), root, value, depth + 1)
    for key in _BRANCHES:
        for one in part.get(key, ()):
            yield from _expanded(one, root, value, depth + 1)
    if "if" in part:
        for key in _holding(part["if"], value):
            yield from _expanded(part.get(key), root, value, depth + 1)


def _holding(test: Json, value: Json) -> tuple[str, ...]:
    if value is None or not isinstance(test, dict) or "$ref" in test:
        return ("then", "else")
    return ("then",) if JsonSchema(test).accepts(value) else ("else",)


def _below(part: Mapping[str, Any], key: str | int) -> Json:
    if isinstance(key, int):
        return part.get("items")
    named = part.get("properties", {})
    return named[key] if key in named else part.get("additionalProperties")


def _value_below(value: Json, key: str | int) -> Json:
    if isinstance(value, dict):
        return value.get(key)
    return value[key] if isinstance(value, list) and isinstance(key, int) and key < len(value) else None


def _target(reference: str, root: Mapping[str, Any]) -> Json:
    target: Json = root
    for key in reference[2:].split("/"):
        target = target.get(key) if isinstance(target, dict) else None
    return target
