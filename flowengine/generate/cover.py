"""Chooses, out of all walks that were found, as few as it can that exercise everything.

Each run ends once. Hence the walks are led through one thing after the other that is wanted, on ways that have much
that is new, and from there to an end that no walk has yet; what others exercise as well is left out again. That is done
in a few orders, until there are as few as there can be.
"""

from __future__ import annotations

import heapq
import itertools
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, Final, NamedTuple

from flowengine.generate.search import Pair, Search, Spot
from flowengine.generate.walks import Case, Move, Start, case_of

_END: Final = ()
_SMALL: Final = 100_000
"""So many places times things wanted that several orders can be tried in a few seconds."""

_KNOWN_COUNTS: Final = (2, 6, 30)
"""By how much a way may be longer, for something new on it."""


class Way(NamedTuple):
    """A whole walk, from the start to the end of the run."""

    start: Start
    moves: tuple[Move, ...]

    @property
    def case(self) -> Case:
        """Return the case that it is."""
        return case_of(self.start, self.moves)


class _Leg(NamedTuple):
    start: Start
    moves: list[Move]
    after: Spot | None


def fewest_ways(search: Search, done: Collection[Pair] = ()) -> list[Way]:
    """Return walks that exercise everything that was reached and is not ``done``, in the order of the flow."""
    wanted = set(search.reached) - set(done)
    least = least_runs(search, done)
    best: list[Way] | None = None
    is_small = len(wanted) * sum(map(len, search.spots.values())) < _SMALL
    for known, sign in itertools.islice(itertools.product(_KNOWN_COUNTS, (-1, 1)), None if is_small else 1):
        ways = _without_needless(search, _led(search, done, known, sign), wanted)
        if best is None or len(ways) < len(best):
            best = ways
        if len(best) <= least:
            break
    order = {pair: number for number, pair in enumerate(_in_order(search))}
    return sorted(best or [], key=lambda way: [order[search.pair(one)] for one in reversed(way.moves)])


def least_runs(search: Search, done: Collection[Pair] = ()) -> int:
    """Return how many runs there have to be at least: the least flow that passes each outcome once, if any can follow.

    Values may forbid some of the ways that it takes, so it is not always enough.
    """
    import networkx as nx  # noqa: PLC0415 - 0.3 s that most commands need not pay

    wanted = set(search.reached) - set(done)
    graph: nx.DiGraph[Any] = nx.DiGraph()
    demand = Counter[Any]()
    for pair, (_, made) in search.reached.items():
        graph.add_edge(pair[0], pair)
        graph.add_edge(pair, _END if _ends(search, made) or made.step.edge is None else made.step.edge.to)
        if pair in wanted:
            demand.update({pair[0]: 1, pair: -1})
    if not wanted:
        return 0
    graph.add_edge(_END, search.plan.start, weight=1)
    nx.set_node_attributes(graph, {one: demand[one] for one in graph}, "demand")
    try:
        return int(nx.network_simplex(graph)[0])
    except nx.NetworkXUnfeasible:
        return 0  # something that was reached leads to no end


def _led(search: Search, done: Collection[Pair], known: int, sign: int) -> list[Way]:
    cover = _Cover(search, done, known)
    inner = [pair for pair in search.reached if pair not in cover.ends]
    by_depth = sorted(inner, key=lambda one: sign * len(search.reached[one][0].way()))
    for pair in (*by_depth, *search.reached):
        if pair in cover.wanted:
            cover.lead_through(pair)
    return cover.ways


def _in_order(search: Search) -> Iterable[Pair]:
    return ((node, outcome) for node, outcomes in search.possible.items() for outcome in outcomes)


def _ends(search: Search, made: Move) -> bool:
    edge = made.step.edge
    return edge is None or search.plan.nodes[edge.to].end is not None


class _Cover:
    """Walks that are led through what is ``wanted``. What is not new costs ``known`` times as much on a way."""

    def __init__(self, search: Search, done: Collection[Pair], known: int) -> None:
        self._search = search
        self._known = known
        self.ends = {pair for pair in search.reached if _ends(search, search.reached[pair][1])}
        self.wanted = set(search.reached) - set(done)
        self.ways: list[Way] = []

    def lead_through(self, pair: Pair) -> None:
        """Add a walk through a pair that ends where none has ended yet, if that can be."""
        starts = [(spot, number / 10) for number, spot in enumerate(self._search.starts)]
        found = None
        for chosen in (starts, *([one] for one in starts)):
            first = self._leg(chosen, pair.__eq__)
            way = self._whole(first) if first is not None else None
            found = found or way
            if way is not None and self._search.pair(way.moves[-1]) in self.wanted:
                found = way
                break
        if found is None:
            spot, made = self._search.reached[pair]
            after = next((after for one, after in spot.moves if one is made), None)
            found = self._whole(_Leg(spot.start, [*spot.way(), made], after))
        if found is not None:
            self.wanted -= {self._search.pair(made) for made in found.moves}
            self.ways.append(found)

    def _whole(self, leg: _Leg) -> Way | None:
        """Go on to an end. None: there is none, or the walk, taken from its start, turns out otherwise."""
        rest: _Leg | None = _Leg(leg.start, [], None)
        if leg.after is not None:
            new = self.wanted - {self._search.pair(one) for one in leg.moves}
            unended, at = self.ends & new, [(leg.after, 0.0)]
            rest = self._leg(at, unended.__contains__) or self._leg(at, self.ends.__contains__)
        if rest is None:
            return None
        way = Way(leg.start, (*leg.moves, *rest.moves))
        walked = self._search.walks.walk(way.case)
        pairs = [self._search.pair(one) for one in way.moves]
        is_so = walked.state.result is not None and [self._search.pair(one) for one in walked.moves] == pairs
        return way if is_so else None

    def _leg(self, starts: Sequence[tuple[Spot, float]], goal: Callable[[Pair], bool]) -> _Leg | None:
        """Find a way whose last visit is the goal: a short one that has much that is new."""
        number = itertools.count()
        heap = [(cost, next(number), spot) for spot, cost in starts]
        costs = {id(spot): cost for spot, cost in starts}
        before: dict[int, tuple[Spot, Move]] = {}
        best: tuple[float, Spot, Move, Spot | None] | None = None
        while heap:
            cost, _, spot = heapq.heappop(heap)
            if best is not None and cost >= best[0]:
                break
            if cost > costs[id(spot)]:
                continue
            for made, after in spot.moves:
                pair = self._search.pair(made)
                reached = cost + (1 if pair in self.wanted else self._known)
                if goal(pair) and (best is None or reached < best[0]):
                    best = (reached, spot, made, after)
                if after is not None and reached < costs.get(id(after), float("inf")):
                    costs[id(after)] = reached
                    before[id(after)] = (spot, made)
                    heapq.heappush(heap, (reached, next(number), after))
        return _leg_back(best[1], best[2], best[3], before) if best is not None else None


def _leg_back(spot: Spot, last: Move, after: Spot | None, before: dict[int, tuple[Spot, Move]]) -> _Leg:
    moves = [last]
    while id(spot) in before:
        spot, made = before[id(spot)]
        moves.append(made)
    return _Leg(spot.start, moves[::-1], after)


def _without_needless(search: Search, ways: list[Way], wanted: Collection[Pair]) -> list[Way]:
    """Leave out what others exercise as well, the last ones first."""
    pairs = [{search.pair(made) for made in way.moves} & set(wanted) for way in ways]
    counts = Counter(pair for one in pairs for pair in one)
    kept = []
    for way, one in zip(reversed(ways), reversed(pairs), strict=True):
        if all(counts[pair] > 1 for pair in one):
            counts.subtract(one)
        else:
            kept.append(way)
    return kept[::-1]
