"""What a branch makes sure of: rows are tested in order, so that each may rely on what those before it have tested.

A condition that was judged at all has resolved its references; one with ``exists`` says whether there is something.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from flowengine.check.facts import Facts
from flowengine.check.reads import At, Read, reads_in
from flowengine.core.branching import DEFAULT_ROW

_TAKES_NULL: Final = ("equals", "notEquals", "in", "notIn")


class Needed(NamedTuple):
    """A reference, the facts it needs, and the facts that are known where it is read."""

    read: Read
    need: int
    known: int = 0


class Guards(NamedTuple):
    """``reads`` of all conditions; ``after``: by row, what is known when its edge is followed."""

    reads: tuple[Needed, ...]
    after: Mapping[str, int]


class _Judged(NamedTuple):
    """One condition: what it reads, and what is known after it held or did not."""

    reads: tuple[tuple[Read, int], ...]
    held: int
    failed: int


def guards(facts: Facts, node: str, given: Mapping[str, Any]) -> Guards:
    """Read the rows of a branch that has the right shape; rows of another shape make sure of nothing."""
    rows, reads, after, known = given.get("rows"), list[Needed](), dict[str, int](), 0
    for number, row in enumerate(rows if isinstance(rows, list) else []):
        if not isinstance(row, dict):
            continue
        listed, every = _conditions(row.get("when"), ("nodes", node, "inputs", "rows", number, "when"))
        judged = [_judge(facts, raw, at) for at, raw in listed if isinstance(raw, dict)]
        stops, here = list[int](), known
        for one in judged:
            reads += [Needed(read, need, here) for read, need in one.reads]
            stops.append(here | (one.failed if every else one.held))
            here |= one.held if every else one.failed
        early = _all_of(stops) if stops else known
        name, held = row.get("name"), here if every else early
        if isinstance(name, str):
            after[name] = after.get(name, held) & held
        known = early if every else here
    default = given.get("default", DEFAULT_ROW)
    if isinstance(default, str):
        after[default] = after.get(default, known) & known
    return Guards(tuple(reads), after)


def _conditions(when: Any, at: At) -> tuple[list[tuple[At, Any]], bool]:
    for key in ("any", "all"):
        if isinstance(when, dict) and key in when:
            return _conditions(when[key], (*at, key))[0], key == "all"
    if isinstance(when, list):
        return [((*at, number), one) for number, one in enumerate(when)], True
    return [(at, when)], True


def _judge(facts: Facts, raw: Mapping[str, Any], at: At) -> _Judged:
    operator = next((key for key in raw if key != "value"), "")
    value = tuple(reads_in(raw.get("value"), (*at, "value")))
    operand = tuple(reads_in(raw.get(operator), (*at, operator)))
    needs = _needs(facts, operand, null_will_do=operator in ("equals", "notEquals"))
    there = _any_of(need for _, need in _needs(facts, value, null_will_do=False))
    if operator == "exists":
        known = _any_of(need for _, need in needs)
        wanted = raw[operator]
        return _Judged(needs, known | (there if wanted is True else 0), known | (there if wanted is False else 0))
    needs += _needs(facts, value, null_will_do=operator in _TAKES_NULL)
    known = _any_of(need for _, need in needs)
    is_something = operator == "equals" and raw[operator] is not None and not operand
    return _Judged(needs, known | (there if is_something else 0), known)


def _needs(facts: Facts, reads: Iterable[Read], *, null_will_do: bool) -> tuple[tuple[Read, int], ...]:
    return tuple((read, facts.needs(read, null_will_do=null_will_do)) for read in reads)


def _any_of(masks: Iterable[int]) -> int:
    united = 0
    for mask in masks:
        united |= mask
    return united


def _all_of(masks: list[int]) -> int:
    common = masks[0]
    for mask in masks[1:]:
        common &= mask
    return common
