"""What is wrong with a value, in words: from JSON Schema errors to sentences for people.

A schema may carry ``x-expected``: the end of the sentence "expected ...".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, Final, NamedTuple

from flowengine.core.answers import Json
from flowengine.json_schema import JsonSchema

UNKNOWN_KEY: Final = "FE101"
MISSING_KEY: Final = "FE102"
WRONG_TYPE: Final = "FE103"
WRONG_VALUE: Final = "FE104"

_WORDS: Final = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a map",
    "null": "null",
}
_BOUNDS: Final = {
    "minProperties": "at least {} entries",
    "maxProperties": "at most {} entries",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minimum": "{} or more",
    "maximum": "{} or less",
    "exclusiveMinimum": "more than {}",
    "exclusiveMaximum": "less than {}",
}
_ELSEWHERE: Final = ("properties", "additionalProperties", "items")
"""Steps in a schema that lead to another value than the one it is about."""

_MOST_REFERENCES: Final = 8

_MANY: Final = 24
_WIDTH: Final = 60
_LONGEST: Final = 200
_MOST_COMPARED: Final = 100_000
"""Characters of wrong names, times known names: 0.2 s at most."""


class Problem(NamedTuple):
    """``at`` is the path within the value; ``on_key``: it is about the key that leads there, not what stands there."""

    code: str
    at: tuple[str | int, ...]
    on_key: bool
    message: str
    hint: str = ""


def problems(schema: JsonSchema, value: Json) -> Iterator[Problem]:
    """Yield everything that is wrong with a value, each once."""
    if schema.accepts(value):
        return
    found = dict.fromkeys(problem for error in schema.errors(value) for problem in _explain(error, schema.schema))
    # Should the validator that explains find nothing in what the one that judges refuses, the latter has to explain.
    yield from found or [Problem(WRONG_VALUE, at, False, message) for at, message in schema.refusals(value)]


class Guesses:
    """What wrong names may be meant for. Where there are very many, only the first of them are compared with others."""

    def __init__(self) -> None:
        self._left = _MOST_COMPARED

    def near(self, wrong: str, known: Sequence[str]) -> Sequence[str]:
        """Return the one or two nearest names, if any is near."""
        if self._left < 0 or len(wrong) > _LONGEST:
            return []
        self._left -= len(wrong) * len(known)
        return _nearest(wrong, tuple(known))

    def did_you_mean(self, wrong: str, known: Sequence[str]) -> str:
        """Return the hint for a wrong name: the nearest ones, else what there is."""
        near = self.near(wrong, known)
        if near:
            return "did you mean " + " or ".join(repr(name) for name in near) + "?"
        return f"expected one of {', '.join(sorted(known))}" if 0 < len(known) <= _MANY else ""


@lru_cache(maxsize=512)
def _nearest(wrong: str, known: tuple[str, ...]) -> tuple[str, ...]:
    near = get_close_matches(wrong, known, n=2, cutoff=0.6)
    return tuple(near or (name for name in known if name.lower() == wrong.lower()))


def did_you_mean(wrong: str, known: Sequence[str]) -> str:
    """Return the hint for a single wrong name."""
    return Guesses().did_you_mean(wrong, known)


def _explain(error: Any, root: Any) -> Iterator[Problem]:
    at = tuple(error.absolute_path)
    if "propertyNames" in error.absolute_schema_path:
        yield Problem(WRONG_VALUE, (*at, error.instance), True, _wrong_value(error, "name "))
    elif error.validator in ("additionalProperties", "unevaluatedProperties"):
        yield from _unknown_keys(error, at)
    elif error.validator == "required":
        yield _missing_keys(error, at, root)
    elif error.validator == "type":
        yield _wrong_type(error, at)
    elif error.validator in ("anyOf", "oneOf") and error.context:
        # The branch that got furthest is the one the author meant.
        yield from _explain(max(error.context, key=lambda one: len(one.absolute_path)), root)
    else:
        yield Problem(WRONG_VALUE, at, False, _wrong_value(error), _value_hint(error))


def _unknown_keys(error: Any, at: tuple[str | int, ...]) -> Iterator[Problem]:
    known = list(error.schema.get("properties", {}))
    for key in error.instance:
        if key not in known:
            yield Problem(UNKNOWN_KEY, (*at, key), True, f"unknown key {key!r}", did_you_mean(key, known))


def _missing_keys(error: Any, at: tuple[str | int, ...], root: Any) -> Problem:
    """Name all keys that are missing; those that only some other value asks for, at that value."""
    missing = [key for key in error.validator_value if key not in error.instance]
    named = _listed([repr(key) for key in missing])
    reasons, properties = _around(error, root)
    described = {key: _map(properties.get(key)).get("description", "") for key in missing}
    hint = " ".join(f"{key}: {text}" if len(missing) > 1 else text for key, text in described.items() if text)
    if reasons:
        why = " with ".join(f"{key} {_shown(error.instance[key])}" for key in reasons)
        return Problem(MISSING_KEY, (*at, reasons[-1]), False, f"{why} needs {named}", hint)
    message = f"the key {named} is missing" if len(missing) == 1 else f"the keys {named} are missing"
    return Problem(MISSING_KEY, at, True, message, hint)


def _around(error: Any, root: Any) -> tuple[list[str], dict[str, Any]]:
    """Return the keys whose values make the part of the schema apply, and the properties known where it applies."""
    part, reasons, properties = root, list[str](), dict[str, Any]()
    for step in error.absolute_schema_path:
        part = _resolved(root, part, step)
        if step in _ELSEWHERE:
            reasons, properties = [], {}
        else:
            properties |= _map(_map(part).get("properties"))
            tested = _map(_map(_map(part).get("if")).get("properties")) if step == "then" else {}
            reasons += [key for key in tested if key in error.instance and key not in reasons]
        part = part[step] if isinstance(part, list) else _map(part).get(step)
    return reasons, properties


def _resolved(root: Any, part: Any, step: str | int) -> Any:
    """Follow references to where a step can be taken: the path of an error leaves them out."""
    for _ in range(_MOST_REFERENCES):
        if not isinstance(part, dict) or step in part or "$ref" not in part:
            break
        target, part = part["$ref"], root
        for name in target.removeprefix("#/").split("/"):
            part = _map(part).get(name)
    return part


def _map(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _wrong_type(error: Any, at: tuple[str | int, ...]) -> Problem:
    wanted = error.validator_value if isinstance(error.validator_value, list) else [error.validator_value]
    expected = " or ".join(_WORDS[one] for one in wanted)
    quotable = "string" in wanted and isinstance(error.instance, bool | int | float)
    hint = "put it in quotes to make it text" if quotable else ""
    return Problem(WRONG_TYPE, at, False, f"expected {expected}, found {_shown(error.instance)}", hint)


def _wrong_value(error: Any, what: str = "") -> str:
    found = f"found {what}{_shown(error.instance)}"
    if isinstance(error.schema, dict) and "x-expected" in error.schema:
        return f"expected {error.schema['x-expected']}; {found}"
    if error.validator == "enum":
        return f"expected one of {', '.join(map(str, error.validator_value))}; {found}"
    if error.validator == "const":
        return f"expected {_shown(error.validator_value)}; {found}"
    if error.validator in _BOUNDS:
        return f"expected {_BOUNDS[error.validator].format(error.validator_value)}; {found}"
    return str(error.message)


def _value_hint(error: Any) -> str:
    if error.validator == "enum" and isinstance(error.instance, str):
        hint = did_you_mean(error.instance, [one for one in error.validator_value if isinstance(one, str)])
        return hint if hint.startswith("did") else ""
    return ""


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, dict | list):
        return f"{_WORDS['object' if isinstance(value, dict) else 'array']} of {len(value)}"
    shown = {True: "true", False: "false"}[value] if isinstance(value, bool) else repr(value)
    return shown if len(shown) <= _WIDTH else shown[: _WIDTH - 3] + "..."
