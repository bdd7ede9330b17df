"""Explores a flow: every outcome of every node, by breadth, so that what is found first is found by a shortest way.

The number of ways is exponential, so walks that cannot differ any more are taken for one: those that stand at the same
node, and for which everything that is read from there on has the same type (or is null, made up, or not there).

What that makes of the result, as long as no bound was hit:

- Exact: outcome, retry, ``set`` and edge, since the walker itself takes every move; which inputs are there; that
  nothing is shorter than the ways that are shown, in nodes visited.
- More than can happen: values are not known, so a branch may take any row and a script any label, and a service may
  answer anything that its node type has an outcome for. A way need not have an event that leads along it.
- Less than can happen: the event is the one that is given, an output is there after an outcome where it is in the
  example of that outcome, and two values of one type count as alike when inputs are checked. So what is behind inputs
  that are found wrong for sure may, with other values, be reached all the same.

``check.reach`` sees edges and no walks: there, each outcome of each node is possible, whatever was set before. An edge
that is taken here is always one of those.
"""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Mapping
from typing import Final

from flowengine.catalogue.catalogue import Catalogue
from flowengine.check.compile import compile
from flowengine.check.reach import possible_edges, successors
from flowengine.core import walker
from flowengine.core.answers import Json
from flowengine.core.entries import Started
from flowengine.core.outcomes import edge_for
from flowengine.core.plan import Limits, Plan
from flowengine.core.references import descend
from flowengine.core.state import State
from flowengine.core.values import type_of
from flowengine.explore.ahead import read_ahead
from flowengine.explore.answers import possible_answers
from flowengine.explore.exploration import Exploration, Shape, Stand, Taken
from flowengine.explore.moves import AT, enter, move
from flowengine.explore.unknown import Place, holds_unknown, made_up, read_places, unknown, wanted_kinds
from flowengine.flowfile.syntax import Flow
from flowengine.starting import refuse_trigger, start_values

VISITS: Final = 10
"""How often one walk comes to the same node, if nothing else is asked for."""

STATES: Final = 20_000
"""How many states are gone on from, if nothing else is asked for: some 10 s."""


def explore(
    flow: Flow, catalogue: Catalogue, *, trigger: Json = None, visits: int = VISITS, states: int = STATES
) -> Exploration:
    """Explore a flow. Raises InvalidFile where it has errors, UsageError for a trigger that does not start it.

    ``trigger`` is the event of all walks; without one, whatever the flow reads of it is there, and unknown. ``visits``
    bounds how often one walk comes to the same node, ``states`` how many states are looked at in all.
    """
    began = time.perf_counter()
    plan = compile(flow, catalogue)
    if trigger is not None:
        refuse_trigger(plan, trigger)
    found = _Search(plan, flow, catalogue, visits).run(trigger, states)
    found.seconds = time.perf_counter() - began
    return found


class _Search:
    def __init__(self, plan: Plan, flow: Flow, catalogue: Catalogue, visits: int) -> None:
        self._plan = plan
        reads = read_places(plan)
        self._reads = list(dict.fromkeys(place for both in reads.values() for places in both for place in places))
        self._kinds = wanted_kinds(plan)
        self._possible = possible_answers(plan, flow, catalogue, self._reads, self._kinds)
        self._ahead = read_ahead(plan, reads, successors(flow, catalogue))
        self._found = Exploration(plan, possible_edges(flow, catalogue), visits)
        self._seen: set[Shape] = set()
        self._queue: deque[Stand] = deque()

    def run(self, trigger: Json, states: int) -> Exploration:
        found, queue = self._found, self._queue
        self._arrive(Stand(None, None, self._begin(trigger)))
        while queue and found.states < states:
            found.states += 1
            self._leave(queue.popleft())
        found.waiting = len(queue)
        found.cut = {shape: stand for shape, stand in found.cut.items() if shape not in self._seen}
        return found

    def _begin(self, trigger: Json) -> State:
        plan = self._plan
        event = made_up(self._reads, "trigger", self._kinds, {}) if trigger is None else trigger
        limits = Limits(sys.maxsize, self._found.visits)
        needed = {name: plan.variables[name] for name in plan.inputs if not plan.variables[name].has_default}
        values = start_values(plan, {name: unknown(one.type) for name, one in needed.items()})
        return walker.begin(plan, Started("explore", plan.digest, AT, event, values, limits))

    def _leave(self, stand: Stand) -> None:
        """Go on with every outcome that is open."""
        state, stand.state = stand.state, None
        if state is None:
            raise AssertionError("a walk goes on once")
        opened = enter(self._plan, state, self._possible[state.at])
        if opened.wrong is not None:
            self._found.wrong.setdefault((state.at, opened.wrong), stand)
        for answer in opened.answers.values():
            moved = move(self._plan, state, answer)
            step = moved.steps[-1]
            taken = Taken(step.node, step.outcome, step.edge)
            self._found.walked[taken[:2]] = self._found.walked.get(taken[:2]) or step.edge
            self._arrive(Stand(stand, taken, moved))

    def _arrive(self, stand: Stand) -> None:
        """Keep a state that is new; say how a walk has ended."""
        state, found = stand.state, self._found
        if state is None:
            raise AssertionError("a walk that arrives has a state")
        node = self._plan.nodes[state.at]
        if state.result is None or node.end is not None:
            found.reached.setdefault(state.at, stand)
        if state.result is None:
            shape = self._shape(state)
            if shape not in self._seen:
                self._seen.add(shape)
                self._forget(state)
                self._queue.append(stand)
        elif node.end is None:
            self._stopped(stand, state)

    def _stopped(self, stand: Stand, state: State) -> None:
        found, step = self._found, state.steps[-1]
        if step.edge is not None:
            found.cut.setdefault(self._shape(state), stand)
        elif edge_for(self._plan.nodes[step.node], step.outcome) is None:
            found.unhandled.setdefault((step.node, step.outcome), stand)
        else:
            found.broken.setdefault((step.node, state.reason or ""), stand)

    def _shape(self, state: State) -> Shape:
        return state.at, tuple([_kind(state.scope, place) for place in self._ahead[state.at]])

    def _forget(self, state: State) -> None:
        """Drop the values that nobody reads any more: in long flows they are nearly all."""
        kept = {"trigger", "run", *(root for root, _ in self._ahead[state.at])}
        state.scope = {name: value for name, value in state.scope.items() if name in kept}


def _kind(scope: Mapping[str, Json], place: Place) -> str | None:
    try:
        value = descend(scope[place[0]], place[1])
    except LookupError:
        return None
    return "unknown" if holds_unknown(value) else type_of(value)
