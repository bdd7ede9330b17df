"""Values that nobody can know before a run: what an event, a service or a script gives.

They are made up, and can be told from others wherever they get to: what is found wrong with one proves nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeAlias

from flowengine.core.answers import Json
from flowengine.core.plan import Plan
from flowengine.core.references import is_whole, references_in

UNKNOWN: Final = "<unknown>"

Path: TypeAlias = tuple[str | int, ...]
Place: TypeAlias = tuple[str, Path]
"""What a reference leads to: root and path."""

_LONGEST_LIST: Final = 100


def unknown(kind: str | None = None) -> Json:
    """Make up a value of a type, text where it is not known. Numbers and booleans cannot be told from others."""
    made: dict[str, Json] = {"number": 1, "integer": 1, "boolean": True, "array": [UNKNOWN]}
    return {UNKNOWN: UNKNOWN} if kind == "object" else made.get(kind or "string", UNKNOWN)


def holds_unknown(value: Json) -> bool:
    """Whether there is anything made up in a value."""
    if isinstance(value, str):
        return UNKNOWN in value
    if isinstance(value, dict):
        return any(map(holds_unknown, value.values()))
    return isinstance(value, list) and any(map(holds_unknown, value))


def filled(value: Json, path: Path, kind: str | None = None) -> Json:
    """Return a value in which a path leads to something: what is missing is made up, and what is null stays so."""
    if not path:
        return unknown(kind) if value is _NOTHING else value
    if value is None:
        return None
    first, rest = path[0], path[1:]
    if isinstance(first, str):
        below = value if isinstance(value, dict) else {}
        return {**below, first: filled(below.get(first, _NOTHING), rest, kind)}
    items = list(value) if isinstance(value, list) else []
    if first < _LONGEST_LIST:
        items += [_NOTHING] * (first + 1 - len(items))
        items[first] = filled(items[first], rest, kind)
    return [UNKNOWN if one is _NOTHING else one for one in items]


def made_up(places: Iterable[Place], root: str, kinds: Mapping[Place, str], start: Json) -> Json:
    """Fill in whatever a flow reads below a root."""
    for at in places:
        if at[0] == root:
            start = filled(start, at[1], kinds.get(at))
    return start


def read_places(plan: Plan) -> dict[str, tuple[list[Place], list[Place]]]:
    """Return by node what its inputs and its ``set`` read."""
    return {name: (_places(_searched(node)), _places(node.get("set"))) for name, node in plan.data["nodes"].items()}


def wanted_kinds(plan: Plan) -> dict[Place, str]:
    """Return the types of variables that are set to nothing but a reference, by what the reference leads to."""
    kinds = {}
    for node in plan.data["nodes"].values():
        values = node.get("inputs", {}).get("values")
        for name, value in [*node.get("set", {}).items(), *(values.items() if isinstance(values, dict) else ())]:
            kind = plan.variables[name].type if name in plan.variables else None
            if kind is not None and is_whole(value):
                (place,) = _places(value)
                kinds[place] = kind
    return kinds


def _searched(node: Mapping[str, Any]) -> dict[str, Json]:
    literal = node.get("literal", ())
    return {key: value for key, value in node.get("inputs", {}).items() if key not in literal}


def _places(template: Json) -> list[Place]:
    return [(one.root, one.path) for one in references_in(template)]


_NOTHING: Final = object()
