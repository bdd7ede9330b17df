"""Types of values that are known before a run: of JSON Schemas, outputs, variables and literals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from flowengine.core.values import type_of

Types: TypeAlias = frozenset[str]
"""Names of types, those of JSON Schema."""

TEXT: Final[Types] = frozenset({"string"})
NUMBERS: Final[Types] = frozenset({"integer", "number"})

_MOST_REFERENCES: Final = 8

_WORDS: Final = {
    "string": "text",
    "integer": "a number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a map",
    "null": "null",
}


def types_of_value(value: Any) -> Types:
    """Return the type of a literal."""
    return frozenset({type_of(value)})


def declared_types(declared: str | list[str] | None) -> Types | None:
    """Read the ``type`` of a schema, an output or a variable; None where there is none."""
    if declared is None:
        return None
    return frozenset([declared] if isinstance(declared, str) else declared)


def schema_types(schema: Mapping[str, Any], path: tuple[str | int, ...]) -> Types | None:
    """Return the types that a schema takes at a path; None where it says nothing, or not in so many words."""
    part: Any = schema
    for key in path:
        part = _below(_resolved(schema, part), key)
    part = _resolved(schema, part)
    if not isinstance(part, dict):
        return None
    if "type" in part:
        return declared_types(part["type"])
    values = part["enum"] if "enum" in part else [part["const"]] if "const" in part else None
    return frozenset().union(*map(types_of_value, values)) if isinstance(values, list) else None


def _below(schema: Any, key: str | int) -> Any:
    if not isinstance(schema, dict):
        return None
    if isinstance(key, int):
        return schema.get("items")
    properties = schema.get("properties", {})
    return properties[key] if key in properties else schema.get("additionalProperties")


def _resolved(root: Mapping[str, Any], part: Any) -> Any:
    """Follow ``$ref`` within the schema."""
    for _ in range(_MOST_REFERENCES):
        target = part.get("$ref") if isinstance(part, dict) and "type" not in part else None
        if not isinstance(target, str) or not target.startswith("#/"):
            break
        part = root
        for name in target[2:].split("/"):
            part = part.get(name) if isinstance(part, dict) else None
    return part


def in_words(types: Types) -> str:
    """Name types for people."""
    return " or ".join(dict.fromkeys(_WORDS[name] for name in _WORDS if name in types))


def can_match(one: Types | None, other: Types | None) -> bool:
    """Whether there is a value of both types; null, which each place may have, does not count."""
    if one is None or other is None:
        return True
    one, other = (types | NUMBERS if types & NUMBERS else types for types in (one, other))
    return bool((one & other) - {"null"}) or one <= {"null"} or other <= {"null"}
