"""When a node type asks for an input: the conditions around ``required`` in its JSON Schema, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, TypeAlias

from flowengine.core.answers import Json


class Part(NamedTuple):
    """One thing that has to hold: ``name`` ``verb`` one of ``values``."""

    name: str
    verb: str
    values: tuple[str, ...] = ()

    def __str__(self) -> str:
        *most, last = self.values or ("",)
        values = f"{', '.join(most)} or {last}" if most else last
        return f"{self.name} {self.verb} {values}".rstrip()


Condition: TypeAlias = frozenset[Part]
"""All of it has to hold; the empty condition always does."""


def requirements(schema: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the inputs that are asked for, each with the conditions under which, in words; none: always.

    Understood are ``required`` with ``allOf``, ``if``/``then``/``else`` and local references around it, and in an
    ``if`` ``const``, ``enum`` and ``required``. Other conditions are taken to hold.
    """
    found: dict[str, list[Condition]] = {}
    for name, condition in _Walk(schema).required(schema, frozenset()):
        found.setdefault(name, []).append(condition)
    always = {name for name, conditions in found.items() if frozenset() in conditions}
    return {
        name: [] if name in always else [_in_words(one) for one in _joined(conditions, schema, always)]
        for name, conditions in found.items()
    }


def resolve(schema: Json, root: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow local references; what is beside them counts, too. One that leads nowhere adds nothing."""
    merged: dict[str, Any] = {}
    seen: set[str] = set()
    while isinstance(schema, dict):
        merged = {**schema, **merged}
        reference = _reference(schema)
        if reference in seen:
            break
        seen.add(reference)
        schema = _target(reference, root)
    merged.pop("$ref", None)
    return merged


class _Walk:
    """One way through a schema; nothing is visited twice under the same condition."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self._root = root
        self._seen: set[tuple[str, Condition]] = set()

    def required(self, schema: Json, given: Condition) -> Iterator[tuple[str, Condition]]:
        """Yield every required name with its condition."""
        if not isinstance(schema, dict):
            return
        for name in _names(schema.get("required")):
            yield name, given
        for part in as_list(schema.get("allOf")):
            yield from self.required(part, given)
        if "if" in schema:
            test = resolve(schema["if"], self._root)
            yield from self.required(schema.get("then"), given | _holds(test))
            yield from self.required(schema.get("else"), given | _fails(test))
        reference = _reference(schema)
        if reference and (reference, given) not in self._seen:
            self._seen.add((reference, given))
            yield from self.required(_target(reference, self._root), given)


def as_list(value: Json) -> list[Json]:
    """Return a list as it is, and of anything else nothing: schemas of one's own manifests may hold what they like."""
    return value if isinstance(value, list) else []


def as_map(value: Json) -> dict[str, Json]:
    """Return a map as it is, and of anything else nothing."""
    return value if isinstance(value, dict) else {}


def _names(value: Json) -> Iterator[str]:
    return (name for name in as_list(value) if isinstance(name, str))


def _reference(schema: dict[str, Json]) -> str:
    reference = schema.get("$ref")
    return reference if isinstance(reference, str) else ""


def _target(reference: str, root: Mapping[str, Any]) -> Json:
    if not reference.startswith("#/"):
        return None
    target: Json = root
    for key in reference[2:].split("/"):
        target = target.get(key) if isinstance(target, dict) else None
    return target


def _holds(test: Mapping[str, Any]) -> Condition:
    parts = {Part(name, "is given") for name in _names(test.get("required"))}
    for name, one in as_map(test.get("properties")).items():
        values = _values(one)
        if values:
            parts.add(Part(name, "is", values))
    denied = as_map(test.get("not"))
    for one in [denied, *map(as_map, as_list(denied.get("anyOf")))]:
        parts |= {Part(name, "is not given") for name in _names(one.get("required"))}
    return frozenset(parts)


def _fails(test: Mapping[str, Any]) -> Condition:
    """Return the opposite of a test of one value; anything longer has no short opposite."""
    properties = as_map(test.get("properties"))
    if len(properties) != 1:
        return frozenset()
    ((name, one),) = properties.items()
    values = _values(one)
    return frozenset({Part(name, "is not", values)}) if values else frozenset()


def _values(schema: Json) -> tuple[str, ...]:
    if not isinstance(schema, dict):
        return ()
    values = [schema["const"]] if "const" in schema else as_list(schema.get("enum"))
    return tuple(map(str, values))


def _joined(conditions: list[Condition], root: Mapping[str, Any], always: set[str]) -> list[Condition]:
    """Leave out what goes without saying, and put alternatives together that differ in the values of one name."""
    joined: list[Condition] = []
    for condition in conditions:
        new = frozenset(part for part in condition if not (part.verb == "is given" and part.name in always))
        for known in joined:
            both = _union(known, new)
            if both is not None:
                joined.remove(known)
                new = both
                break
        if new not in joined:
            joined.append(new)
    return [frozenset(part for part in one if not _is_any(part, root)) for one in joined]


def _union(left: Condition, right: Condition) -> Condition | None:
    only_left, only_right = left - right, right - left
    if not only_left and not only_right:
        return left
    if len(only_left) != 1 or len(only_right) != 1:
        return None
    (one,), (other,) = only_left, only_right
    if one.name != other.name or not one.verb == other.verb == "is":
        return None
    values = one.values + tuple(value for value in other.values if value not in one.values)
    return (left & right) | {Part(one.name, "is", values)}


def _is_any(part: Part, root: Mapping[str, Any]) -> bool:
    """Whether a part names every value that there is."""
    every = _values(as_map(root.get("properties")).get(part.name))
    return part.verb == "is" and bool(every) and set(every) <= set(part.values)


def _in_words(condition: Condition) -> str:
    return " and ".join(map(str, sorted(condition)))
