"""The fields of a form: what a schema says of each input, given the inputs that have been chosen already.

A validator asks what is wrong with a whole; a form asks what is still to be said. So a condition about an input that is
not given yet, or is a reference, decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from flowengine.core.answers import Json
from flowengine.json_schema import JsonSchema
from flowengine.lsp.draft import as_map

_DEEPEST: Final = 24


def fields_of(schema: Mapping[str, Any], given: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a field for each input that there can be; one that does not go with the others only where it is given."""
    parts = list(_holding(schema, schema, dict(given)))
    said: dict[str, list[Json]] = {}
    for part in parts:
        for name, one in as_map(part.get("properties")).items():
            said.setdefault(name, []).extend(_all_of(one, schema))
    for name in given:
        said.setdefault(name, [])
    required = {name for part in parts for name in part.get("required", ())}
    refusing = [part["propertyNames"] for part in parts if isinstance(part.get("propertyNames"), dict)]
    found = []
    for name, more in said.items():
        fits = _is_known(more, parts) and all(_accepts(one, schema, name) for one in refusing)
        if fits or name in given:
            found.append({"name": name, "schema": _merged(more), "required": name in required, "fits": fits})
    return found


def _is_known(said: list[Json], parts: list[dict[str, Any]]) -> bool:
    """Whether there can be an input of this name: it is listed, and not as one that takes no value at all."""
    if not said:
        return not any(part.get("additionalProperties") is False for part in parts)
    return not any(one is False or as_map(one).get("not") == {} for one in said)


def _holding(part: Json, root: Mapping[str, Any], given: dict[str, Any], depth: int = 0) -> Iterator[dict[str, Any]]:
    """Yield a part of a schema, and the parts that it has and that hold."""
    if not isinstance(part, dict) or depth > _DEEPEST:
        return
    yield part
    inner: list[Json] = [_target(part["$ref"], root)] if "$ref" in part else []
    inner += part.get("allOf", ())
    inner += (one for name, one in as_map(part.get("dependentSchemas")).items() if name in given)
    if "if" in part:
        inner += _chosen(part, root, given)
    for one in inner:
        yield from _holding(one, root, given, depth + 1)


def _chosen(part: dict[str, Any], root: Mapping[str, Any], given: dict[str, Any]) -> Iterator[Json]:
    test = part["if"]
    asked = _target(test["$ref"], root) if isinstance(test, dict) and "$ref" in test else test
    about = as_map(as_map(asked).get("properties"))
    if any(_is_open(given.get(name)) for name in about):
        # A test of several choices guards tests of each: those that have been made already count.
        if "required" in as_map(asked):
            yield part.get("then")
        return
    yield part.get("then" if _accepts(test, root, given) else "else")


def _is_open(value: Json) -> bool:
    return value is None or (isinstance(value, str) and "$(" in value)


def _accepts(schema: Json, root: Mapping[str, Any], value: Json) -> bool:
    whole = _inlined(schema, root)
    return JsonSchema(whole).accepts(value) if isinstance(whole, dict) else whole is not False


def _inlined(part: Json, root: Mapping[str, Any], depth: int = 0) -> Json:
    """Return a part of a schema as one that stands by itself."""
    if depth > _DEEPEST:
        return {}
    if isinstance(part, list):
        return [_inlined(one, root, depth + 1) for one in part]
    if not isinstance(part, dict):
        return part
    known = {key: _inlined(one, root, depth + 1) for key, one in part.items() if key != "$ref"}
    return (
        {**known, "allOf": [*known.get("allOf", ()), _inlined(_target(part["$ref"], root), root, depth + 1)]}
        if "$ref" in part
        else known
    )


def _all_of(part: Json, root: Mapping[str, Any], depth: int = 0) -> Iterator[Json]:
    """Yield what is said of one input."""
    yield part
    if isinstance(part, dict) and depth <= _DEEPEST:
        if "$ref" in part:
            yield from _all_of(_target(part["$ref"], root), root, depth + 1)
        for one in part.get("allOf", ()):
            yield from _all_of(one, root, depth + 1)


def _merged(parts: list[Json]) -> dict[str, Any]:
    """Put together what is said of one input: the first counts, but of values only those that all of them take."""
    found: dict[str, Any] = {}
    for part in parts:
        for key, value in as_map(part).items():
            if key == "enum" and "enum" in found:
                found["enum"] = [one for one in found["enum"] if one in value]
            elif key not in ("$ref", "allOf", "not"):
                found.setdefault(key, value)
    return found


def _target(reference: Json, root: Mapping[str, Any]) -> Json:
    target: Json = dict(root)
    for key in str(reference).removeprefix("#/").split("/"):
        target = target.get(key) if isinstance(target, dict) else None
    return target
