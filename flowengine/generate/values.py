"""Values that meet a condition, or do not, or that it cannot judge: tried in this order, and judged by the real one."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Final

from flowengine.core.answers import Json
from flowengine.core.values import is_number
from flowengine.generate.places import ABSENT
from flowengine.generate.regexes import matching_texts

_OTHER: Final = "something else"
_BELONGS: Final = ("equals", "equalsIgnoreCase", "contains", "containsIgnoreCase", "startsWith", "endsWith")
NUMERIC: Final[Mapping[str, tuple[tuple[int, ...], tuple[int, ...]]]] = {
    "greaterThan": ((1, 10), (0, -1)),
    "atLeast": ((0, 1), (-1,)),
    "lessThan": ((-1, -10), (0, 1)),
    "atMost": ((0, -1), (1,)),
}
"""By how much the value differs from the operand: where the condition holds, and where not."""


def meeting(operator: str, operand: Json, *, wanted: bool, current: Json = ABSENT) -> Iterator[Json]:
    """Yield values for which a condition should hold, or not; simple ones first."""
    if operator in ("notEquals", "notIn"):
        operator, wanted = operator[3].lower() + operator[4:], not wanted
    if operator == "exists":
        yield from _existing(current) if wanted is bool(operand) else (ABSENT, None)
    elif operator in NUMERIC and is_number(operand):
        yield from (operand + by for by in NUMERIC[operator][0 if wanted else 1])
    elif operator == "in" and isinstance(operand, list):
        yield from operand if wanted else _others(operand)
    elif operator == "regex" and isinstance(operand, str):
        yield from matching_texts(operand) if wanted else ("", _OTHER, "0")
    elif operator in _BELONGS and wanted:
        yield operand
        if operator != "equals" and isinstance(operand, str):
            yield from (f"{operand} and more", f"{_OTHER} {operand}")
    elif operator in _BELONGS:
        yield from _others([operand])
        if isinstance(current, str):
            yield from (f"{_OTHER} {current}", f"{current} and more")


def unjudgeable(operator: str) -> Iterator[Json]:
    """Yield values that a condition cannot judge."""
    if operator == "exists":
        return
    yield ABSENT
    if operator in NUMERIC:
        yield from ("not a number", None, True)
    elif operator in (*_BELONGS[1:], "regex"):
        yield from (0, None, True)


def between(numbers: list[float]) -> Iterator[float]:
    """Yield what lies between bounds, for ranges that no bound is in."""
    ordered = sorted(set(numbers))
    for low, high in itertools.pairwise(ordered):
        middle = (low + high) / 2
        yield int(middle) if middle.is_integer() else middle


def _existing(current: Json) -> Iterator[Json]:
    if current is not ABSENT and current is not None:
        yield current
    yield from (_OTHER, 1, True, {"name": _OTHER}, [_OTHER])


def _others(taken: list[Json]) -> Iterator[Json]:
    first = taken[0] if taken else ""
    if isinstance(first, bool):
        yield not first
    elif is_number(first):
        yield max(one for one in taken if is_number(one)) + 1
    yield from (_OTHER, "", 0, None, True, False)
