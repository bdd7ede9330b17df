"""Changes of branches: a condition judged otherwise, a row taken out, two rows in another order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

from flowengine.catalogue.catalogue import Catalogue
from flowengine.core.branching import DEFAULT_ROW
from flowengine.core.outcomes import ON_INVALID_DATA
from flowengine.flowfile.syntax import Flow
from flowengine.mutate.mutation import REMOVED, At, Edit, Mutation, Reach, handler, shown, walked_nodes
from flowengine.mutate.values import another, read_otherwise

_NEGATED: Final = {
    "equals": "notEquals",
    "notEquals": "equals",
    "in": "notIn",
    "notIn": "in",
    "greaterThan": "atMost",
    "atMost": "greaterThan",
    "lessThan": "atLeast",
    "atLeast": "lessThan",
}
_BESIDE: Final = {
    "greaterThan": "atLeast",
    "atLeast": "greaterThan",
    "lessThan": "atMost",
    "atMost": "lessThan",
    "equalsIgnoreCase": "equals",
    "contains": "startsWith",
    "containsIgnoreCase": "contains",
    "startsWith": "contains",
    "endsWith": "contains",
}
"""Operators that judge only few values otherwise: the boundary, the case of letters, the place in the text."""

_NOTHING: Final = r"^\b\B"
"""A pattern that no text matches."""


def condition_mutations(flow: Flow, catalogue: Catalogue) -> Iterator[Mutation]:
    """Yield the changes of the rows of branches."""
    for name, node in walked_nodes(flow, catalogue).items():
        if handler(node, catalogue) == "branch":
            at = ("nodes", name, "inputs", "rows")
            rows: Sequence[Mapping[str, Any]] = node["inputs"]["rows"]
            for number, row in enumerate(rows):
                reach = _reach(name, node["inputs"], number)
                yield from _of_row(reach, (*at, number), row)
                if len(rows) > 1:
                    yield _without_row(reach, node, (*at, number), row["name"])
            yield from _exchanged(name, node, at)


def _reach(node: str, inputs: Mapping[str, Any], number: int) -> Reach:
    """Return the visits at which a row is asked: no earlier one held."""
    later = [row["name"] for row in inputs["rows"][number:]]
    return Reach((node,), outcomes=(*later, inputs.get("default", DEFAULT_ROW), ON_INVALID_DATA))


def _of_row(reach: Reach, at: At, row: Mapping[str, Any]) -> Iterator[Mutation]:
    whose, place = f"row {row['name']}", (*at, "when")
    listed, inner = _listed(row["when"], place)
    for number, condition in enumerate(listed):
        own = (*inner, number) if inner != place or isinstance(row["when"], list) else inner
        value, old = shown(condition["value"]), _judgement(condition)
        for other in _otherwise(condition):
            new = _judgement(other)
            said = f"{whose}: {value} {new} instead of {old}"
            yield Mutation("condition", own, said, old, new, (Edit(own, other),), reach)
        yield from _judging_others(reach, own, whose, condition)
        if len(listed) > 1:
            said = f"{whose}: {value} {old} is not asked"
            yield Mutation("condition", own, said, old, None, (Edit(own, REMOVED),), reach)
    if len(listed) > 1:
        before, after = ("any", "all") if isinstance(row["when"], dict) and "any" in row["when"] else ("all", "any")
        said = f"{whose}: {after} of its conditions instead of {before}"
        yield Mutation("condition", place, said, before, after, (Edit(place, {after: listed}),), reach)


def _judging_others(reach: Reach, at: At, whose: str, condition: Mapping[str, Any]) -> Iterator[Mutation]:
    for key, value in condition.items():
        for old, new, text in read_otherwise(value) if isinstance(value, str) else ():
            said = f"{whose}: reads {new} instead of {old}"
            yield Mutation("condition", (*at, key), said, str(old), str(new), (Edit((*at, key), text),), reach)


def _listed(when: Any, at: At) -> tuple[list[Any], At]:
    """Return the conditions of a row, and where their list stands."""
    if isinstance(when, list):
        return when, at
    for key in ("all", "any"):
        if key in when:
            return when[key], (*at, key)
    return [when], at


def _otherwise(condition: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield conditions that judge otherwise: negated, beside the boundary, with another operand."""
    value = condition["value"]
    operator, operand = next((key, inner) for key, inner in condition.items() if key != "value")
    for other in (_NEGATED.get(operator), _BESIDE.get(operator)):
        if other is not None:
            yield {"value": value, other: operand}
    for new in _other_operands(operator, operand):
        yield {"value": value, operator: new}


def _other_operands(operator: str, operand: Any) -> Iterator[Any]:
    if operator == "regex":
        yield _NOTHING
    elif isinstance(operand, list) and len(operand) > 1:
        yield from ([*operand[:number], *operand[number + 1 :]] for number in range(len(operand)))
    elif isinstance(operand, list):
        yield from ([another(one)] for one in operand if another(one) is not None)
    elif another(operand) is not None and not (isinstance(operand, bool) and operator in _NEGATED):
        # Of true and false, the other one is what the negated operator means.
        yield another(operand)


def _judgement(condition: Mapping[str, Any]) -> str:
    """Write a condition without its value."""
    return next(f"{operator} {shown(operand)}" for operator, operand in condition.items() if operator != "value")


def _without_row(reach: Reach, written: Mapping[str, Any], at: At, row: str) -> Mutation:
    """Take a row out with its edge, which without it would be that of no outcome."""
    edits = [Edit(at, REMOVED)]
    if row in written.get("edges", {}):
        edits.append(Edit((*at[:2], "edges", row), REMOVED))
    return Mutation("row", at, f"row {row} is not there", row, None, tuple(edits), reach)


def _exchanged(node: str, written: Mapping[str, Any], at: At) -> Iterator[Mutation]:
    rows, edges = written["inputs"]["rows"], written.get("edges", {})
    for number, (one, other) in enumerate(pairwise(rows)):
        alike = edges.get(one["name"]) == edges.get(other["name"])
        if alike or _exclude(one["when"], other["when"]):
            continue
        first, second = one["name"], other["name"]
        edits = (Edit((*at, number), other), Edit((*at, number + 1), one))
        said = f"row {second} is asked before row {first}"
        old, new = f"{first}, {second}", f"{second}, {first}"
        yield Mutation("row", (*at, number), said, old, new, edits, _reach(node, written["inputs"], number))


def _exclude(one: Any, other: Any) -> bool:
    """Whether two rows plainly never hold both: the same value equals different texts."""
    if not all(isinstance(when, dict) and "value" in when for when in (one, other)):
        return False
    left, right = (when.get("equals", when.get("equalsIgnoreCase")) for when in (one, other))
    plain = all(isinstance(text, str) and "$(" not in text for text in (left, right))
    return plain and one["value"] == other["value"] and left.casefold() != right.casefold()
