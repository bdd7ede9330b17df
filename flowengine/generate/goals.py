"""Looks for what a search has not reached: solves the conditions of branches, tries other values for the rest."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from flowengine.core.answers import Json
from flowengine.core.outcomes import ON_ERROR, ON_TIMEOUT
from flowengine.generate.guesses import Change, Hints, changes, hints_of
from flowengine.generate.made import made_inputs
from flowengine.generate.places import ABSENT, NoPlace
from flowengine.generate.rows import Plea, Wishes, alternatives, operands, pleas, unmet
from flowengine.generate.search import Pair, Search, Spot
from flowengine.generate.sources import FromEvent, FromStart, Source, Traced, inputs_of, value_at, with_value
from flowengine.generate.walks import Case, Start, Walk

SECONDS: Final = 60.0
"""How long is looked for what is hard to reach, if nothing else is asked for."""

TRIES: Final = 800
"""How many other values are tried for a node from the first place where it is visited; half from each further one."""

_SPOTS: Final = 4
_COMBINATIONS: Final = 12
_WAYS: Final = 4
_NOT_TRIED: Final = {"evaluate": ON_TIMEOUT, "data-parser": ON_ERROR}
"""What only a script that does not end, or a document too large for a recording, comes back with."""


class Goals:
    """``tries`` is how many other values were tried, by node; ``is_late``: the time was over before everything was.

    ``made`` is an event that has all that the flow reads.
    """

    def __init__(self, search: Search, made: Json, seconds: float = SECONDS) -> None:
        self.tries: dict[str, int] = {}
        self.is_late = False
        self._search = search
        self._made = Start(made, made_inputs(search.plan))
        self._plan = search.plan
        self._until = time.monotonic() + seconds
        self._done: set[tuple[int, str]] = set()

    def pursue(self) -> None:
        """Go on until nothing more is found."""
        found = True
        while found and not self.is_late:
            found = False
            for node in self._plan.nodes:
                found = self._pursue_node(node) or found

    def wanted(self, node: str) -> list[str]:
        """Return the outcomes of a node that are missing and worth looking for."""
        handler = self._plan.nodes[node].handler or ""
        return [outcome for outcome in self._search.missing(node) if _NOT_TRIED.get(handler) != outcome]

    def _pursue_node(self, node: str) -> bool:
        before = len(self._search.reached)
        for number, spot in enumerate(self._places(node)):
            # What is tried at a node with conditions is for one outcome, elsewhere for whatever comes.
            goals = self.wanted(node) if self._plan.nodes[node].rows is not None else self.wanted(node) and [""]
            fresh = [outcome for outcome in goals if (id(spot), outcome) not in self._done]
            if not fresh or self._is_over():
                continue
            walk = self._search.walks.walk(spot.case(), len(spot.way()))
            for outcome in fresh:
                self._done.add((id(spot), outcome))
                if outcome:
                    self._solve(walk, (node, outcome), TRIES >> number)
                else:
                    self._guess(walk, node, TRIES >> number)
        return len(self._search.reached) > before

    def _places(self, node: str) -> list[Spot]:
        """Choose where to begin: where nothing was changed yet first."""
        spots = self._search.spots[node]
        return sorted(spots, key=lambda spot: spot.start not in self._search.begun)[:_SPOTS]

    def _is_over(self) -> bool:
        self.is_late = self.is_late or time.monotonic() > self._until
        return self.is_late

    def _solve(self, walk: Walk, pair: Pair, limit: int) -> None:
        """Change what the conditions of a branch read."""
        branch = self._plan.nodes[pair[0]].rows
        if branch is None or pair in self._search.reached:
            return
        ways = sorted(alternatives(branch, pair[1]), key=lambda one: len(unmet(one, walk.state.scope)))
        for wishes in ways:
            asked = pleas(self._plan, walk.moves, walk.state.scope, wishes)
            solved = [one for one in asked if one.values and one.traced.exact is not None]
            if asked == solved:
                self._try_all(pair, walk.case, _together(solved))
            else:
                case = self._changed(walk.case, next(_together(solved))) or walk.case
                guessed = self._guessed(case, wishes, [one for one in asked if one not in solved])
                self._try_all(pair, case, itertools.islice(guessed, limit // min(len(ways), _WAYS)))
            if pair in self._search.reached or self._is_over():
                return

    def _guess(self, walk: Walk, node: str, limit: int) -> None:
        """Try other values for what a node reads, for whatever it then comes back with."""
        sources = inputs_of(self._plan, walk.moves, node).sources
        guessed = changes(self._plan, walk.case, sources, hints_of(self._plan, node))
        tried = itertools.chain(self._filled(walk.case, sources), guessed)
        self._try_all((node, ""), walk.case, itertools.islice(tried, limit))

    def _guessed(self, case: Case, wishes: Wishes, asked: Sequence[Plea]) -> Iterator[list[Change]]:
        """Yield changes of what conditions read, where they cannot be solved."""
        hints = [Hints(tuple(operands(wishes)), ()), *(self._hints_behind(one.traced) for one in asked)]
        return changes(self._plan, case, _sources(one.traced for one in asked), _joined(hints))

    def _filled(self, case: Case, sources: Iterable[Source]) -> Iterator[list[Change]]:
        """Put into the event what a node reads of it and is not there."""
        made = Case(self._made, {})
        absent = [one for one in sources if isinstance(one, FromEvent) and value_at(self._plan, case, one) is ABSENT]
        yield [(one, value_at(self._plan, made, one)) for one in absent]

    def _try_all(self, pair: Pair, case: Case, tried: Iterable[list[Change]]) -> None:
        """Try changes until the pair is reached, or, without an outcome, nothing of the node is missing."""
        node, outcome = pair
        for number, change in enumerate(tried):
            if number % 50 == 0 and self._is_over():
                return
            self.tries[node] = self.tries.get(node, 0) + 1
            changed = self._changed(case, change)
            is_new = changed is not None and self._search.try_case(changed)
            if is_new and (pair in self._search.reached or (not outcome and not self.wanted(node))):
                return

    def _changed(self, case: Case, change: list[Change]) -> Case | None:
        try:
            for source, value in change:
                case = with_value(self._plan, self._search.replies, case, source, value)
        except NoPlace:
            return None
        return case

    def _hints_behind(self, traced: Traced) -> Hints:
        return hints_of(self._plan, traced.made_by) if traced.made_by else Hints((), ())


def _together(asked: list[Plea]) -> Iterator[list[Change]]:
    """Yield changes that meet all pleas at once."""
    choices = [[(one.traced.exact, value) for value in one.values] for one in asked]
    for chosen in itertools.islice(itertools.product(*choices), _COMBINATIONS):
        yield [(source, value) for source, value in chosen if source is not None]


def _sources(traced: Iterable[Traced]) -> list[Source]:
    """Return all sources, the event's first: start values are what a user of the flow seldom sets."""
    found = dict.fromkeys(source for one in traced for source in one.sources)
    return sorted(found, key=lambda one: isinstance(one, FromStart))


def _joined(hints: Iterable[Hints]) -> Hints:
    every = list(hints)
    constants: list[Json] = []
    for one in (constant for hint in every for constant in hint.constants):
        if one not in constants:
            constants.append(one)
    return Hints(tuple(constants), tuple(dict.fromkeys(name for hint in every for name in hint.fields)))
