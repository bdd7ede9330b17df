"""Conditions: one value, one operator, its operand. No silent conversion between text and numbers.

The operators are those of the Webex Connect Branch node (reference: engine semantics, utility nodes).
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, TypeAlias

from flowengine.core.answers import Json
from flowengine.core.references import Missing, Resolver, Scope, compile_template
from flowengine.core.values import is_number, same, type_of

PatternMatcher: TypeAlias = Callable[[str], Callable[[str], bool]]
"""Compiles a regular expression to a test of a text; raises ValueError. Handed in: it has to be linear in time."""


class WrongType(ValueError):
    """An operator met a value it cannot judge; the message names operator, value and what was expected."""


class Condition(NamedTuple):
    """A compiled condition. ``raw`` is what the flow says."""

    raw: Mapping[str, Json]
    operator: str
    value: Resolver
    operand: Resolver
    test: Callable[[Json, Json], bool]


def compile_condition(raw: Mapping[str, Json], pattern: PatternMatcher) -> Condition:
    """Compile ``{value: ..., OPERATOR: operand}``. Raises ValueError where the shape or a pattern is wrong."""
    names = [key for key in raw if key != "value"]
    if "value" not in raw or len(names) != 1 or names[0] not in OPERATORS:
        raise ValueError(f"a condition has a value and one operator of {', '.join(OPERATORS)}")
    name = names[0]
    # `exists` has no test: it asks whether the value is there, which `holds` does.
    test = _pattern_test(pattern) if name == "regex" else _TESTS.get(name, same)
    if name == "regex" and isinstance(raw[name], str) and "$(" not in raw[name]:
        pattern(raw[name])
    return Condition(raw, name, compile_template(raw["value"]), compile_template(raw[name]), test)


def holds(condition: Condition, scope: Scope) -> bool:
    """Judge a condition. Raises Missing or WrongType."""
    operand = condition.operand(scope)
    if condition.operator == "exists":
        if not isinstance(operand, bool):
            raise WrongType(f"exists takes true or false, not {type_of(operand)} ({_short(operand)})")
        return _is_there(condition, scope) is operand
    return condition.test(condition.value(scope), operand)


def matches(found: tuple[bool, Json], name: str, operand: Json, pattern: PatternMatcher) -> bool:
    """Judge a response rule's ``{OPERATOR: operand}`` on what ``paths.find`` found; what is absent meets only that."""
    there, value = found
    if name == "exists":
        return (there and value is not None) is operand
    test = _pattern_test(pattern) if name == "regex" else _TESTS[name]
    try:
        return there and test(value, operand)
    except WrongType:
        return False


def _is_there(condition: Condition, scope: Scope) -> bool:
    try:
        return condition.value(scope) is not None
    except Missing:
        return False


def _text(name: str, test: Callable[[str, str], bool]) -> Callable[[Json, Json], bool]:
    def judge(value: Json, operand: Json) -> bool:
        for side in (value, operand):
            if not isinstance(side, str):
                raise WrongType(f"{name} compares text, not {type_of(side)} ({_short(side)})")
        return test(value, operand)

    return judge


def _number(name: str, test: Callable[[Any, Any], bool]) -> Callable[[Json, Json], bool]:
    def judge(value: Json, operand: Json) -> bool:
        for side in (value, operand):
            if not is_number(side):
                raise WrongType(f"{name} compares numbers, not {type_of(side)} ({_short(side)})")
        return test(value, operand)

    return judge


def _one_of(name: str, *, wanted: bool) -> Callable[[Json, Json], bool]:
    def judge(value: Json, operand: Json) -> bool:
        if not isinstance(operand, list):
            raise WrongType(f"{name} takes a list, not {type_of(operand)} ({_short(operand)})")
        return any(same(value, item) for item in operand) is wanted

    return judge


def _pattern_test(pattern: PatternMatcher) -> Callable[[Json, Json], bool]:
    def search(value: str, operand: str) -> bool:
        try:
            return pattern(operand)(value)
        except ValueError as fault:
            raise WrongType(f"regex: {fault}") from None

    return _text("regex", search)


def _short(value: Json) -> str:
    shown = repr(value)
    return shown if len(shown) <= 40 else shown[:37] + "..."  # noqa: PLR2004 - a width


_TESTS: Final[dict[str, Callable[[Json, Json], bool]]] = {
    "equals": same,
    "notEquals": lambda value, operand: not same(value, operand),
    "equalsIgnoreCase": _text("equalsIgnoreCase", lambda value, operand: value.casefold() == operand.casefold()),
    "contains": _text("contains", operator.contains),
    "containsIgnoreCase": _text("containsIgnoreCase", lambda value, operand: operand.casefold() in value.casefold()),
    "startsWith": _text("startsWith", str.startswith),
    "endsWith": _text("endsWith", str.endswith),
    "in": _one_of("in", wanted=True),
    "notIn": _one_of("notIn", wanted=False),
    "greaterThan": _number("greaterThan", operator.gt),
    "lessThan": _number("lessThan", operator.lt),
    "atLeast": _number("atLeast", operator.ge),
    "atMost": _number("atMost", operator.le),
}

OPERATORS: Final = (*_TESTS, "regex", "exists")
