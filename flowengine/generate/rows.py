"""What has to hold for a branch to come back with an outcome, and the changes to a walk that make it hold."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple, TypeAlias

from flowengine.core.answers import Json
from flowengine.core.branching import Row, Rows
from flowengine.core.conditions import Condition, holds
from flowengine.core.outcomes import ON_INVALID_DATA
from flowengine.core.plan import Plan
from flowengine.core.references import Missing, Reference, references_in, split_template
from flowengine.core.values import TooLarge, as_text, is_number, same
from flowengine.generate.places import ABSENT, NoPlace, get, put
from flowengine.generate.sources import Traced, trace
from flowengine.generate.values import NUMERIC, between, meeting, unjudgeable
from flowengine.generate.walks import Move

_ALTERNATIVES: Final = 64
_VALUES: Final = 8
_JOINED: Final = 8

Wish: TypeAlias = bool | None
"""Whether a condition is to hold; None: it is not to be judged at all."""

Wishes: TypeAlias = Sequence[tuple[Condition, Wish]]


class Plea(NamedTuple):
    """What is wished of one reference: values that would do, in order, and where it has its value from."""

    reference: Reference
    values: list[Json]
    traced: Traced


def alternatives(branch: Rows, outcome: str) -> list[list[tuple[Condition, Wish]]]:
    """Return the ways in which conditions can lead to an outcome: each is what is wished of some of them."""
    found: list[list[tuple[Condition, Wish]]] = []
    for index, row in enumerate(branch.rows):
        before = branch.rows[:index]
        if row.name == outcome:
            found += [[*fails, *one] for fails in _all_fail(before) for one in _holding(row)]
        if outcome == ON_INVALID_DATA:
            found += [[*fails, *one] for fails in _all_fail(before) for one in _unjudged(row)]
    if branch.default == outcome:
        found += _all_fail(branch.rows)
    return found[:_ALTERNATIVES]


def unmet(wishes: Wishes, scope: Mapping[str, Json]) -> list[tuple[Condition, Wish]]:
    """Return the wishes that do not hold as things are."""
    return [wish for wish in wishes if _judged(wish[0], scope) is not wish[1]]


def pleas(plan: Plan, moves: Sequence[Move], scope: Mapping[str, Json], wishes: Wishes) -> list[Plea]:
    """Return what is to be changed after these visits, for all wishes to hold.

    Conditions on one reference are met together. No values: none was found, or the condition does not judge a whole
    reference.
    """
    found, done = [], set()
    for condition, _ in unmet(wishes, scope):
        reference = _to_change(plan, moves, condition)
        if reference is None or reference in done:
            continue
        done.add(reference)
        together = [wish for wish in wishes if reference in (_whole(wish[0], "value"), _whole(wish[0], "operand"))]
        values = list(itertools.islice(_met(plan, scope, reference, together), _VALUES))
        found.append(Plea(reference, values, trace(plan, moves, reference.root, reference.path)))
    return found


def told(condition: Condition, wish: Wish) -> str:
    """Say in words what is wished."""
    raw = dict(condition.raw)
    value = raw.pop("value")
    ((operator, operand),) = raw.items()
    shown = f"{value} {operator} {_short(operand)}"
    if operator == "exists":
        return f"{value} {'there' if (wish is not False) is bool(operand) else 'not there'}"
    return shown if wish else f"not {shown}" if wish is False else f"{shown} to be impossible to judge"


def operands(wishes: Wishes) -> list[Json]:
    """Return the constants that conditions compare with."""
    found: list[Json] = []
    for condition, _ in wishes:
        operand = condition.raw[condition.operator]
        found += operand if isinstance(operand, list) else [operand]
        found += meeting(condition.operator, operand, wanted=True) if condition.operator == "regex" else ()
        found += _left_for_references(condition.raw["value"], operand)
    return [one for one in found if not isinstance(one, str) or "$(" not in one]


def numeric_places(conditions: Iterable[Condition]) -> Iterator[Reference]:
    """Yield the references that are compared as numbers."""
    for condition in conditions:
        if condition.operator in NUMERIC:
            yield from (one for side in ("value", "operand") if (one := _whole(condition, side)) is not None)


def all_conditions(plan: Plan) -> Iterator[Condition]:
    """Yield the conditions of a flow: of its trigger, then of its branches."""
    yield from plan.when
    for node in plan.nodes.values():
        if node.rows is not None:
            yield from (condition for row in node.rows.rows for condition in row.conditions)


def _left_for_references(template: Json, operand: Json) -> list[Json]:
    """Return what is left of an operand for the reference in a text such as ``order-$(id)``."""
    parts = split_template(template) if isinstance(template, str) else []
    if not isinstance(operand, str) or sum(isinstance(one, Reference) for one in parts) != 1:
        return []
    at = next(index for index, one in enumerate(parts) if isinstance(one, Reference))
    before, after = ("".join(map(str, one)) for one in (parts[:at], parts[at + 1 :]))
    return [operand[len(before) : len(operand) - len(after)]] if operand.startswith(before) else []


def _all_fail(rows: Sequence[Row]) -> list[list[tuple[Condition, Wish]]]:
    every = itertools.product(*(_failing(row) for row in rows))
    return [[wish for one in chosen for wish in one] for chosen in itertools.islice(every, _ALTERNATIVES)]


def _failing(row: Row) -> list[list[tuple[Condition, Wish]]]:
    """Conditions are judged in order, up to the first that settles the row."""
    if not row.every:
        return [[(one, False) for one in row.conditions]]
    return [
        [*((one, True) for one in row.conditions[:number]), (failing, False)]
        for number, failing in enumerate(row.conditions)
    ]


def _holding(row: Row) -> list[list[tuple[Condition, Wish]]]:
    if row.every:
        return [[(one, True) for one in row.conditions]]
    return [
        [*((one, False) for one in row.conditions[:number]), (holding, True)]
        for number, holding in enumerate(row.conditions)
    ]


def _unjudged(row: Row) -> list[list[tuple[Condition, Wish]]]:
    return [
        [*((one, row.every) for one in row.conditions[:number]), (condition, None)]
        for number, condition in enumerate(row.conditions)
        if list(unjudgeable(condition.operator))
    ]


def _judged(condition: Condition, scope: Mapping[str, Json]) -> Wish:
    try:
        return holds(condition, scope)
    except (Missing, ValueError, TooLarge):
        return None


def _to_change(plan: Plan, moves: Sequence[Move], condition: Condition) -> Reference | None:
    """Choose the reference whose value is to be another: what is judged, or else what it is compared with."""
    value, operand = _whole(condition, "value"), _whole(condition, "operand")
    if value is None and operand is None:
        # A text around a reference: nothing to solve, but something to try.
        every = references_in([condition.raw["value"], condition.raw[condition.operator]])
        return next((one._replace(offset=0) for one in every), None)
    if value is not None and operand is not None and not trace(plan, moves, value.root, value.path).sources:
        return operand
    return value or operand


def _whole(condition: Condition, side: str) -> Reference | None:
    template = condition.raw["value" if side == "value" else condition.operator]
    parts = split_template(template) if isinstance(template, str) else []
    only = parts[0] if len(parts) == 1 else None
    return only._replace(offset=0) if isinstance(only, Reference) else None


def _met(plan: Plan, scope: Mapping[str, Json], reference: Reference, wishes: Wishes) -> Iterator[Json]:
    """Yield values of a reference with which all wishes hold, judged by the conditions themselves."""
    tried_before: list[Json] = []
    for value in _candidates(plan, scope, reference, wishes):
        if any(same(value, one) for one in tried_before):
            continue
        tried_before.append(value)
        try:
            tried = put(dict(scope), (reference.root, *reference.path), value)
        except NoPlace:
            continue
        if not unmet(wishes, tried):
            yield value


def _candidates(plan: Plan, scope: Mapping[str, Json], reference: Reference, wishes: Wishes) -> Iterator[Json]:
    every = list(_alone(plan, scope, reference, wishes))
    yield from every
    texts = [one for one in every if isinstance(one, str)][:_JOINED]
    yield from (first + second for first, second in itertools.permutations(texts, 2))
    yield from between([one for one in every if is_number(one)])


def _alone(plan: Plan, scope: Mapping[str, Json], reference: Reference, wishes: Wishes) -> Iterator[Json]:
    """Yield values that meet one condition each."""
    current = get(scope, (reference.root, *reference.path))
    everywhere = [(condition, wish) for condition in all_conditions(plan) for wish in (True, False)]
    for condition, wish in [*wishes, *everywhere]:
        if _whole(condition, "value") == reference:
            operand = _operand(condition, scope)
            tried = (
                unjudgeable(condition.operator)
                if wish is None
                else meeting(condition.operator, operand, wanted=wish, current=current)
            )
            yield from tried
        elif _whole(condition, "operand") == reference:
            value = _value(condition, scope)
            yield from (value, [value], *((value + 1, value - 1) if is_number(value) else (f"{value} or not",)))


def _operand(condition: Condition, scope: Mapping[str, Json]) -> Json:
    try:
        return condition.operand(scope)
    except (Missing, ValueError):
        return ABSENT


def _value(condition: Condition, scope: Mapping[str, Json]) -> Json:
    try:
        return condition.value(scope)
    except (Missing, ValueError):
        return None


def _short(value: Json) -> str:
    shown = repr(value) if isinstance(value, str) else as_text(value)
    return shown if len(shown) <= 60 else f"{shown[:57]}..."  # noqa: PLR2004 - a width
