"""One move of a walk: which outcomes are open where a run stands, and where the walker goes with one of them.

The walker itself resolves and checks inputs, tries again, writes outputs and variables, and chooses the edge.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from dataclasses import replace
from typing import Final, NamedTuple

from flowengine.core import walker
from flowengine.core.answers import Answer, Elapsed, Invalid, Json, Outcome
from flowengine.core.branching import Rows
from flowengine.core.entries import Completed
from flowengine.core.outcomes import ON_INVALID_DATA
from flowengine.core.plan import Plan
from flowengine.core.references import Missing, Scope, descend
from flowengine.core.state import State, Visit
from flowengine.core.wants import Wait, Want
from flowengine.explore.answers import Answers, Possible
from flowengine.explore.unknown import holds_unknown
from flowengine.json_schema import JsonSchema

AT: Final = 1_767_225_600.0
"""Every walk happens in one moment: 2026-01-01, where a dry-run begins."""


class Open(NamedTuple):
    """The answers that may come where a run stands, and what is wrong with the node's inputs for sure, if anything."""

    answers: Answers
    wrong: str | None = None


def enter(plan: Plan, state: State, possible: Possible) -> Open:
    """Step into the node where a run stands.

    Inputs that the walker refuses leave ``onInvalidData`` only, unless it may be a made-up value that it refuses.
    """
    rows = plan.nodes[state.at].rows
    walker.next(plan, state)
    visit = _visit(state)
    if rows is not None:
        return _open_rows(rows, state.scope, possible.answers)
    if isinstance(visit.known, Invalid) and _is_sure(visit.inputs, possible.inputs):
        return Open({ON_INVALID_DATA: visit.known}, visit.known.reason)
    if isinstance(visit.known, Outcome):
        return Open({**possible.answers, visit.known.outcome: visit.known})
    return Open(possible.answers)


def move(plan: Plan, state: State, answer: Answer) -> State:
    """Return where a run gets to when the node it has entered gives an answer, at each of its attempts."""
    visit = _fresh(state)
    if plan.nodes[state.at].handler == "delay":
        # Whether it waits is a matter of its duration, which may be another one.
        visit.known, visit.wait = (None, 1.0) if isinstance(answer, Elapsed) else (answer, None)
    return _gone(plan, state, visit, lambda _: answer)


def move_by(plan: Plan, state: State, answers: Callable[[Want], Answer]) -> State:
    """Do the same with an answer to each thing that the node wants: the result of a call may come later."""
    return _gone(plan, state, _fresh(state), answers)


def _fresh(state: State) -> Visit:
    visit = copy(_visit(state))
    visit.attempts = []
    return visit


def _gone(plan: Plan, state: State, visit: Visit, answers: Callable[[Want], Answer]) -> State:
    moved = replace(state, scope=dict(state.scope), visits=dict(state.visits), visit=visit, steps=[], path=[])
    while moved.visit is not None:
        want = walker.next(plan, moved)
        came = Elapsed() if isinstance(want, Wait) else answers(want)
        walker.apply(plan, moved, Completed(moved.at, moved.visits[moved.at], moved.visit.attempt, came, AT, AT))
    return moved


def _visit(state: State) -> Visit:
    if state.visit is None:
        raise AssertionError("a run that has not ended visits a node")
    return state.visit


def _is_sure(inputs: Json, schema: JsonSchema) -> bool:
    """Whether inputs are wrong whatever the made-up values in them are. None: a reference leads to nothing."""
    if not holds_unknown(inputs):
        return True
    return any(place and not holds_unknown(descend(inputs, place)) for place, _ in schema.refusals(inputs))


def _open_rows(branch: Rows, scope: Scope, possible: Answers) -> Open:
    """Leave out the rows behind one that cannot be judged: its first condition reads what is not there.

    Which row holds is a matter of values, so all others are open.
    """
    names = []
    for row in branch.rows:
        first = row.conditions[0]
        try:
            first.operand(scope)
            if first.operator != "exists":
                first.value(scope)
        except Missing as fault:
            kept = {name: answer for name, answer in possible.items() if name in names}
            reason = f"row {row.name!r}: {fault}"
            return Open({**kept, ON_INVALID_DATA: Invalid(reason)}, reason)
        except ValueError:
            pass
        names.append(row.name)
    return Open(possible)
