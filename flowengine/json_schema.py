"""The one place where JSON Schema validators are made: draft 2020-12, and never a reference that is fetched.

Two libraries: jsonschema-rs says in a microsecond whether a value is valid, which is asked on every visit of a node;
jsonschema explains what is not, with the path and the part of the schema, which is what messages are made of.
By default both read remote and ``file:`` references; ours have an empty registry and a retriever that refuses.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, Final

from flowengine.core.answers import Json

if TYPE_CHECKING:
    import jsonschema_rs
    from jsonschema.exceptions import ValidationError
    from jsonschema.protocols import Validator

_WHOLE: Final = "urn:whole"


class JsonSchema:
    """A schema with its two validators, each made when it is first needed."""

    def __init__(self, schema: dict[str, Any]) -> None:
        self.schema = schema
        self._parts: dict[str, jsonschema_rs.Draft202012Validator] = {}

    def accepts(self, value: Json) -> bool:
        """Whether a value is valid."""
        return self._quick.is_valid(value)

    def errors(self, value: Json) -> Iterator[ValidationError]:
        """Yield what is wrong with a value, all of it."""
        return self._explaining.iter_errors(value)

    def problem(self) -> str | None:
        """Say why this is no schema that values can be held to, or None."""
        try:
            self.accepts(None)
        except ValueError as fault:
            return str(fault).partition("\n")[0]
        return None

    def refusals(self, value: Json) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Yield place and message of what ``accepts`` refuses, plainer than ``errors``."""
        return ((tuple(error.instance_path), error.message) for error in self._quick.iter_errors(value))

    @cached_property
    def _quick(self) -> jsonschema_rs.Draft202012Validator:
        return _quick_validator(self.schema)

    @cached_property
    def _explaining(self) -> Validator:
        from referencing import Registry  # noqa: PLC0415 - comes with jsonschema

        validator: Validator = _explaining_class(self)(self.schema, registry=Registry())
        return validator

    def accepts_at(self, target: str, value: Json) -> bool:
        """Whether a value is valid under the part that a reference leads to; False where that cannot be told."""
        try:
            if target not in self._parts:
                self._parts[target] = _quick_validator(self.schema, target)
            return self._parts[target].is_valid(value)
        except ValueError:
            return False


def _quick_validator(schema: dict[str, Any], target: str = "#") -> jsonschema_rs.Draft202012Validator:
    import jsonschema_rs  # noqa: PLC0415 - 40 ms that `--version` need not pay

    # Its default patterns can backtrack; these are linear in the text.
    options = jsonschema_rs.RegexOptions()
    if target == "#":
        return jsonschema_rs.Draft202012Validator(schema, retriever=_refuse, pattern_options=options)
    registry = jsonschema_rs.Registry([(_WHOLE, schema)], retriever=_refuse)
    part = {"$ref": _WHOLE + target}
    return jsonschema_rs.Draft202012Validator(part, registry=registry, pattern_options=options)


def _explaining_class(whole: JsonSchema) -> type[Validator]:
    from jsonschema import Draft202012Validator, validators  # noqa: PLC0415 - 80 ms that only a wrong value has to pay

    go_into = Draft202012Validator.VALIDATORS["$ref"]

    def reference(validator: Validator, target: str, value: Json, schema: Any) -> Iterator[ValidationError]:
        # Explaining is slow, and most of a large document is right.
        if not whole.accepts_at(target, value):
            yield from go_into(validator, target, value, schema)

    extended: type[Validator] = validators.extend(Draft202012Validator, {"pattern": _pattern, "$ref": reference})  # type: ignore[no-untyped-call] # its stubs lack the types
    return extended


def _pattern(_: Validator, expression: str, value: Json, __: Any) -> Iterator[ValidationError]:
    """Judge ``pattern`` as the quick validator does: Python's own patterns can backtrack, and read ``$`` otherwise."""
    from jsonschema.exceptions import ValidationError  # noqa: PLC0415 - as above

    if isinstance(value, str) and not _linear(expression).is_valid(value):
        yield ValidationError(f"{value!r} does not match {expression!r}")


@lru_cache(maxsize=256)
def _linear(expression: str) -> jsonschema_rs.Draft202012Validator:
    return _quick_validator({"pattern": expression})


def _refuse(uri: str) -> Any:
    raise ValueError(f"{uri} is outside the schema")
