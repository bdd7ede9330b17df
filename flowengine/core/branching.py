"""The branch node: rows tested in order, the first that holds is the outcome, else the default row.

Rows are tested one by one, so a row may rely on what an earlier one has made sure of (``exists``).
Row names and the default ``None of the above`` are those of the Webex Connect Branch node.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from flowengine.core.answers import Answer, Invalid, Json, Outcome
from flowengine.core.conditions import Condition, PatternMatcher, WrongType, compile_condition, holds
from flowengine.core.references import Missing, Scope
from flowengine.core.values import TooLarge

DEFAULT_ROW: Final = "None of the above"


class Row(NamedTuple):
    """``every``: whether all conditions must hold, or any one."""

    name: str
    conditions: tuple[Condition, ...]
    every: bool


class Rows(NamedTuple):
    """A compiled branch."""

    rows: tuple[Row, ...]
    default: str


def compile_rows(inputs: dict[str, Json], pattern: PatternMatcher) -> Rows:
    """Compile a branch node's inputs. Raises ValueError naming the row."""
    rows = []
    for raw in inputs["rows"]:
        when = raw["when"]
        every = not (isinstance(when, dict) and "any" in when)
        listed = when["any"] if not every else when["all"] if isinstance(when, dict) and "all" in when else when
        try:
            conditions = tuple(
                compile_condition(one, pattern) for one in (listed if isinstance(listed, list) else [listed])
            )
        except ValueError as fault:
            raise ValueError(f"row {raw['name']!r}: {fault}") from None
        rows.append(Row(raw["name"], conditions, every))
    return Rows(tuple(rows), inputs.get("default", DEFAULT_ROW))


def decide(branch: Rows, scope: Scope) -> Answer:
    """Find the row that holds."""
    for row in branch.rows:
        judged = (holds(condition, scope) for condition in row.conditions)
        try:
            chosen = all(judged) if row.every else any(judged)
        except (Missing, WrongType, TooLarge) as fault:
            return Invalid(f"row {row.name!r}: {fault}")
        if chosen:
            return Outcome(row.name, {"output": row.name})
    return Outcome(branch.default, {"output": branch.default})
