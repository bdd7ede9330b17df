"""Why something was not reached, in words: what it would take, and where that would have to come from."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final, NamedTuple

from flowengine.check.reach import ANY_OTHER
from flowengine.core.answers import Invalid, Json
from flowengine.core.branching import Rows
from flowengine.core.outcomes import ON_ERROR, ON_INVALID_CHOICE, ON_INVALID_DATA, ON_TIMEOUT
from flowengine.core.values import as_text
from flowengine.generate.goals import Goals
from flowengine.generate.places import ABSENT, NoPlace
from flowengine.generate.rows import Plea, Wishes, alternatives, pleas, told, unmet
from flowengine.generate.search import Pair, Search
from flowengine.generate.sources import FromAnswer, FromEvent, FromStart, Source, inputs_of, with_value
from flowengine.generate.walks import Walk

_SCRIPTS: Final[Mapping[str, str]] = {
    ON_ERROR: "the script threw no error",
    ON_INVALID_CHOICE: "the script came to none but the outcomes that it names",
    ON_INVALID_DATA: "what the script is given was there",
    ANY_OTHER: "the script came to no outcome that nobody names",
}


_WAYS: Final = 2
_SAID: Final = 2
_SOURCES: Final = 3
_LEADING: Final = 4


class Unreached(NamedTuple):
    """Something that no recording exercises. ``label`` and ``to`` are the edge's; None where there is none."""

    node: str
    outcome: str
    label: str | None
    to: str | None
    why: str


def unreached(search: Search, goals: Goals, exercised: Collection[Pair]) -> list[Unreached]:
    """Return everything that is not exercised, in the order of the flow."""
    reasons = _Reasons(search, goals)
    found = []
    for node, targets in search.possible.items():
        for outcome, target in targets.items():
            if (node, outcome) not in exercised:
                found.append(Unreached(node, outcome, target.label, target.to, reasons.of(node, outcome)))
    return found


class _Reasons:
    def __init__(self, search: Search, goals: Goals) -> None:
        self._search = search
        self._plan = search.plan
        self._goals = goals

    def of(self, node: str, outcome: str) -> str:
        if (node, outcome) in self._search.reached:
            return "every way that goes on from there comes back, and none ends"
        spots = self._search.spots[node]
        if not spots:
            return self._never(node)
        walk = self._search.walks.walk(spots[0].case(), len(spots[0].way()))
        shared = self._plan.nodes[node]
        if shared.rows is not None:
            why = self._row(walk, shared.rows, outcome)
        elif shared.request is not None:
            why = self._refused(walk)
        else:
            why = self._computed(walk, node, outcome)
        if self._goals.is_late:
            return f"{why}; the time was over before everything was tried"
        return why if self._search.is_whole else f"{why}; there are too many ways to walk them all"

    def _never(self, node: str) -> str:
        leading = [
            f"{name} {outcome}"
            for name, targets in self._search.possible.items()
            for outcome, target in targets.items()
            if target.to == node and name != node
        ]
        if node == self._plan.start:
            return "no event was found that starts the flow"
        if not leading:
            return "no edge leads to the node"
        return f"the node is not reached, since what leads to it is not: {', '.join(leading[:_LEADING])}"

    def _row(self, walk: Walk, branch: Rows, outcome: str) -> str:
        ways = sorted(alternatives(branch, outcome), key=lambda one: len(unmet(one, walk.state.scope)))
        if not ways:
            return "each of its conditions can be judged, whatever the values are"
        return "; or ".join(dict.fromkeys(self._wishes(walk, one) for one in ways[:_WAYS]))

    def _wishes(self, walk: Walk, wishes: Wishes) -> str:
        scope = walk.state.scope
        needed = " and ".join(told(*one) for one in unmet(wishes, scope)) or "other values"
        asked = pleas(self._plan, walk.moves, scope, wishes)
        said = list(dict.fromkeys(self._plea(walk, one) for one in asked))
        return ", but ".join([f"it takes {needed}", *said[:_SAID]])

    def _plea(self, walk: Walk, plea: Plea) -> str:
        traced, shown = plea.traced, str(plea.reference)
        tries = self._goals.tries.get(walk.state.at, 0)
        if traced.made_by is not None:
            how = f"none of {tries:,} tried values made it so" if traced.sources else "no recording can change that"
            return f"{shown} is made by {traced.made_by!r}, and {how}"
        if not traced.sources:
            return (
                f"{shown} is what the {'run says of itself' if plea.reference.root == 'run' else 'flow itself writes'}"
            )
        where = traced.sources[0]
        values = [one for one in plea.values if one is not ABSENT]
        if isinstance(where, FromStart) and not values and self._plan.variables[where.variable].has_default:
            return f"{shown} has a default, so it is always there"
        if not plea.values:
            return f"no value was found that {shown} could have for all of that"
        if isinstance(where, FromAnswer) and not any(self._is_possible(walk, where, one) for one in plea.values):
            return f"{where} is never like that, says its node type"
        wanted = " or ".join(_short(one) for one in values[:2]) or "missing"
        return f"with {where} being {wanted} the run does not come here"

    def _is_possible(self, walk: Walk, source: Source, value: Json) -> bool:
        try:
            return self._search.is_honest(with_value(self._plan, self._search.replies, walk.case, source, value))
        except NoPlace:
            return False

    def _refused(self, walk: Walk) -> str:
        self._search.walks.sends(walk.state)
        known = walk.state.visit.known if walk.state.visit is not None else None
        reason = known.reason if isinstance(known, Invalid) else None
        return f"its inputs are wrong on every way that was found: {reason}" if reason else "no answer leads to it"

    def _computed(self, walk: Walk, node: str, outcome: str) -> str:
        handler = self._plan.nodes[node].handler
        if handler == "data-parser" and outcome == ON_ERROR:
            return "only a document that is too large for a recording leads to it"
        if handler == "evaluate" and outcome == ON_TIMEOUT:
            return "the script would have to run for longer than its time"
        sources = inputs_of(self._plan, walk.moves, node).sources
        if handler == "evaluate":
            why = _SCRIPTS.get(outcome) or f"the script did not come to {self._branch(node, outcome)}"
        else:
            why = "what it reads was there"
        if not sources:
            return f"{why}, and it reads nothing that an event or an answer could change"
        if outcome == ON_INVALID_DATA and self._is_needed(walk, sources):
            return f"without {sources[0]} the flow does not start"
        told = ", ".join(dict.fromkeys(str(one) for one in sources[:_SOURCES]))
        return f"{why} with each of {self._goals.tries.get(node, 0):,} tried values of {told}"

    def _is_needed(self, walk: Walk, sources: Sequence[Source]) -> bool:
        """Whether an event without the only source in it would not start the flow."""
        if sum(isinstance(one, FromEvent) for one in sources) != 1 or not isinstance(sources[0], FromEvent):
            return False
        try:
            without = with_value(self._plan, self._search.replies, walk.case, sources[0], ABSENT)
        except NoPlace:
            return True
        return not self._search.may_start(without.start)

    def _branch(self, node: str, outcome: str) -> str:
        branches = self._plan.data["nodes"][node]["inputs"].get("branches", {})
        return _short(branches[outcome]) if outcome in branches else repr(outcome)


def _short(value: object) -> str:
    shown = repr(value) if isinstance(value, str) else as_text(value)
    return shown if len(shown) <= 60 else f"{shown[:57]}..."  # noqa: PLR2004 - a width
