"""What is wrong with a value, in words: from JSON Schema errors to sentences for people.

A schema may carry ``x-expected``: the end of the sentence "expected ...".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
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
_MANY: Final = 24
_WIDTH: Final = 60


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
    found = dict.fromkeys(problem for error in schema.errors(value) for problem in _explain(error))
    # Should the validator that explains find nothing in what the one that judges refuses, the latter has to explain.
    yield from found or [Problem(WRONG_VALUE, at, False, message) for at, message in schema.refusals(value)]


def did_you_mean(wrong: str, known: Sequence[str]) -> str:
    """Return the hint for a wrong name: the nearest ones, else what there is."""
    near = get_close_matches(wrong, known, n=2, cutoff=0.6)
    if not near:
        near = [name for name in known if name.lower() == wrong.lower()]
    if near:
        return "did you mean " + " or ".join(repr(name) for name in near) + "?"
    return f"expected one of {', '.join(sorted(known))}" if 0 < len(known) <= _MANY else ""


def _explain(error: Any) -> Iterator[Problem]:
    at = tuple(error.absolute_path)
    if "propertyNames" in error.absolute_schema_path:
        yield Problem(WRONG_VALUE, (*at, error.instance), True, _wrong_value(error, "name "))
    elif error.validator in ("additionalProperties", "unevaluatedProperties"):
        yield from _unknown_keys(error, at)
    elif error.validator == "required":
        yield from _missing_keys(error, at)
    elif error.validator == "type":
        yield _wrong_type(error, at)
    elif error.validator in ("anyOf", "oneOf") and error.context:
        # The branch that got furthest is the one the author meant.
        yield from _explain(max(error.context, key=lambda one: len(one.absolute_path)))
    else:
        yield Problem(WRONG_VALUE, at, False, _wrong_value(error), _value_hint(error))


def _unknown_keys(error: Any, at: tuple[str | int, ...]) -> Iterator[Problem]:
    known = list(error.schema.get("properties", {}))
    for key in error.instance:
        if key not in known:
            yield Problem(UNKNOWN_KEY, (*at, key), True, f"unknown key {key!r}", did_you_mean(key, known))


def _missing_keys(error: Any, at: tuple[str | int, ...]) -> Iterator[Problem]:
    for key in error.validator_value:
        if key not in error.instance and f"{key!r} is" in error.message:
            hint = error.schema.get("properties", {}).get(key, {}).get("description", "")
            yield Problem(MISSING_KEY, at, True, f"the key {key!r} is missing", hint)


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
