"""All walks of a flow on the answers that recordings would hold, from the events that are known so far.

Walks are taken for one where they stand at the same node and what decides anything from there on has the same value:
what branches, scripts and parsers read, and what is copied into variables. What is only sent has to be of one type.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from flowengine.catalogue.catalogue import Catalogue
from flowengine.check.reach import ANY_OTHER, possible_edges, successors
from flowengine.check.reads import mentioned
from flowengine.core import walker
from flowengine.core.answers import Json
from flowengine.core.plan import Plan
from flowengine.core.references import descend
from flowengine.core.state import State
from flowengine.core.values import canonical, type_of
from flowengine.errors import UsageError
from flowengine.explore.ahead import read_ahead
from flowengine.explore.unknown import Place, read_places
from flowengine.flowfile.syntax import Flow
from flowengine.generate.answers import recorded_replies
from flowengine.generate.walks import Case, Move, Start, Walk, Walks, case_of
from flowengine.recording.answer_check import check_answers
from flowengine.recording.format import Recording

Pair: TypeAlias = tuple[str, str]
"""A node and a canonical outcome: what is to be exercised."""

SPOTS: Final = 20_000
"""How many places are gone on from, in all."""

SPOTS_OF_A_NODE: Final = 100
"""How many places there are at one node, for each start; further ones are taken for the first."""


@dataclass(slots=True, eq=False)
class Spot:
    """A place where walks stand, the first way to it, and where it leads; ``None`` is the end of the run."""

    node: str
    start: Start
    before: tuple[Spot, Move] | None
    state: State | None
    moves: list[tuple[Move, Spot | None]] = field(default_factory=list)

    def way(self) -> list[Move]:
        """Return the visits that lead here."""
        made, spot = [], self
        while spot.before is not None:
            spot, last = spot.before
            made.append(last)
        return made[::-1]

    def case(self) -> Case:
        """Return the case that leads here."""
        return case_of(self.start, self.way())


class Search:
    """What has been reached.

    ``spots`` are in the order in which they were found, so the shortest ways come first. ``begun`` are the starts that
    were asked for, ``starts`` the places where all walks begin. ``is_whole``: no bound kept anything from being walked.
    """

    def __init__(self, plan: Plan, flow: Flow, catalogue: Catalogue) -> None:
        self.plan = plan
        self.walks = Walks(plan)
        self.possible = possible_edges(flow, catalogue)
        self.reached: dict[Pair, tuple[Spot, Move]] = {}
        self.spots: dict[str, list[Spot]] = {name: [] for name in plan.nodes}
        self.starts: list[Spot] = []
        self.begun: list[Start] = []
        self.replies = recorded_replies(plan, flow, catalogue)
        reads = _all_reads(plan)
        self._ahead = read_ahead(plan, reads, successors(flow, catalogue))
        self._decisive = _decisive(plan, reads)
        self._seen: dict[tuple[bytes, str, tuple[bytes | str | None, ...]], Spot] = {}
        self._queue: deque[Spot] = deque()
        self._counts = Counter[tuple[bytes, str]]()
        self._count = 0
        self._catalogue = catalogue
        self.is_whole = True

    def pair(self, move: Move) -> Pair:
        """Return what a visit exercises."""
        node, outcome = move.step.node, move.step.outcome
        return node, outcome if outcome in self.possible[node] else ANY_OTHER

    def missing(self, node: str) -> list[str]:
        """Return the outcomes of a node that were not reached."""
        return [outcome for outcome in self.possible[node] if (node, outcome) not in self.reached]

    def begin(self, start: Start) -> bool:
        """Walk everything from an event. False: the event does not start the flow."""
        if not self.may_start(start):
            return False
        self.begun.append(start)
        state = self.walks.begin(start)
        if state.result is None:
            self._arrive(None, state, start)
            self.go_on()
        return True

    def may_start(self, start: Start) -> bool:
        """Whether an event starts the flow, with these start values."""
        if walker.starts(self.plan, start.trigger) is not None:
            return False
        try:
            self.walks.begin(start)
        except UsageError:
            return False
        return True

    def go_on(self) -> None:
        """Go on from everything that is new."""
        while self._queue and self._count < SPOTS:
            self._count += 1
            spot = self._queue.popleft()
            state, spot.state = spot.state, None
            if state is not None:
                for reply in self.replies[spot.node].values() if self.walks.sends(state) else (None,):
                    self._add(spot, *self.walks.take(state, reply))
        self.is_whole = self.is_whole and not self._queue

    def try_case(self, case: Case) -> bool:
        """Walk a case; where it exercises anything new, keep its way and go on from all of it."""
        if not self.may_start(case.start):
            return False
        walk = self.walks.walk(case)
        is_new = any(self.pair(made) not in self.reached for made in _kept(self.plan, walk))
        if not is_new or not self.is_honest(case):
            return False
        self._keep(walk)
        self.go_on()
        return True

    def is_honest(self, case: Case) -> bool:
        """Whether all answers are ones that the services give, as far as their node types say that."""
        changed = {
            node: [dict(one) for one in replies if one not in self.replies[node].values()]
            for node, replies in case.replies.items()
        }
        recording = Recording("generated", self.plan.flow, responses=changed)
        return not check_answers(recording, self.plan, self._catalogue).findings

    def _keep(self, walk: Walk) -> None:
        spot = self._arrive(None, walk.states[0] if walk.states else walk.state, walk.case.start)
        after = [*walk.states[1:], walk.state]
        for made, state in zip(_kept(self.plan, walk), after, strict=False):
            following = self._add(spot, state, made, bounded=False)
            if following is None:
                return
            spot = following

    def _add(self, spot: Spot, state: State, move: Move, *, bounded: bool = True) -> Spot | None:
        if _is_cut(self.plan, state):
            return None
        after = self._arrive((spot, move), state, spot.start, bounded=bounded) if state.result is None else None
        if not any(one.reply == move.reply and one.step.outcome == move.step.outcome for one, _ in spot.moves):
            spot.moves.append((move, after))
        self.reached.setdefault(self.pair(move), (spot, move))
        return after

    def _arrive(self, before: tuple[Spot, Move] | None, state: State, start: Start, *, bounded: bool = False) -> Spot:
        key = (canonical([start.trigger, start.variables]), state.at, self._shape(state))
        found = self._seen.get(key)
        if found is None and bounded and self._counts[key[:2]] >= SPOTS_OF_A_NODE:
            self.is_whole = False
            found = next(one for one in self.spots[state.at] if one.start == start)
        if found is None:
            self._counts[key[:2]] += 1
            found = self._seen[key] = Spot(state.at, start, before, state)
            self.spots[state.at].append(found)
            self._queue.append(found)
            if before is None:
                self.starts.append(found)
        return found

    def _shape(self, state: State) -> tuple[bytes | str | None, ...]:
        return tuple([self._told_apart(state.scope, place) for place in self._ahead[state.at]])

    def _told_apart(self, scope: Mapping[str, Json], place: Place) -> bytes | str | None:
        try:
            value = descend(scope[place[0]], place[1])
        except LookupError:
            return None
        return canonical(value) if place in self._decisive else type_of(value)


def _kept(plan: Plan, walk: Walk) -> list[Move]:
    """Return the visits of a walk, without one that a bound has ended."""
    return walk.moves[:-1] if _is_cut(plan, walk.state) else walk.moves


def _is_cut(plan: Plan, state: State) -> bool:
    return state.result is not None and plan.nodes[state.at].end is None and state.steps[-1].edge is not None


def _all_reads(plan: Plan) -> dict[str, tuple[list[Place], list[Place]]]:
    """Return by node what it reads; a script reads the variables that it names."""
    return {name: ([*inputs, *_named(plan, name)], sets) for name, (inputs, sets) in read_places(plan).items()}


def _named(plan: Plan, node: str) -> Iterator[Place]:
    script = plan.data["nodes"][node].get("inputs", {}).get("script")
    if plan.nodes[node].handler == "evaluate" and isinstance(script, str):
        yield from ((name, ()) for name in plan.variables if name in mentioned(script))


def _decisive(plan: Plan, reads: Mapping[str, tuple[list[Place], list[Place]]]) -> frozenset[Place]:
    sets = [place for _, one in reads.values() for place in one]
    computed = [place for name, (one, _) in reads.items() if plan.nodes[name].request is None for place in one]
    return frozenset([*sets, *computed])
