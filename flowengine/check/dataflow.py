"""FE311, FE312: what a node reads has been set on every way to it.

A forward must-analysis by fixed point over the possible edges (``reach.py``), those that are fallen through included: a
fact holds at a node if it holds after each of the ways in. A fixed point and no dominators, because a value can be set
by different nodes on different ways, an outcome sets other things than its siblings, and in a loop a value can
be lost again. It starts from "everything holds" and only takes away, so what is left holds however often a loop is
walked: sound on cycles, also on those without an order.

Where a fact does not hold, a search forward from the start, through the same changes, finds the shortest way on which
the value is missing: that is the witness. Where it finds none, the ways were only merged too early, and all is well.

What is missing is a warning: a run that takes another way is fine, and a variable can be given when a run is started.
It is an error where the rules of the engine alone say that the output cannot be there: on no way to the node is it
left with an outcome that could set it. ``set`` may read what is missing by design, and is not judged.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Final, NamedTuple

from flowengine.catalogue.catalogue import Catalogue
from flowengine.check.facts import Facts, Item
from flowengine.check.guards import Needed
from flowengine.check.leaving import Leaving, Way
from flowengine.check.outputs import outputs_after
from flowengine.check.reach import possible_edges
from flowengine.check.reads import read_span
from flowengine.check.uses import settable
from flowengine.core.outcomes import STANDARD_OUTCOMES
from flowengine.findings import Finding
from flowengine.flowfile.syntax import Flow

_MOST_STEPS: Final = 100_000
"""Edges and facts that all searches for witnesses may look at; findings beyond come without one. About 0.2 s."""

_SHOWN: Final = 6


class Route(NamedTuple):
    """A way from the start: nodes, and the outcome each but the last is left with."""

    nodes: tuple[str, ...]
    outcomes: tuple[str, ...]

    def __str__(self) -> str:
        steps = [f"{node} ({outcome})" for node, outcome in zip(self.nodes, self.outcomes, strict=False)]
        steps.append(self.nodes[-1])
        if len(steps) > _SHOWN:
            steps = [*steps[:2], f"{len(steps) - _SHOWN + 1} more", *steps[1 - _SHOWN + 2 :]]
        return " -> ".join(steps)


class _Missing(NamedTuple):
    """A reference at a node, and the fact (one bit) that it needs and that may not hold."""

    node: str
    needed: Needed
    bit: int


def missing_values(flow: Flow, catalogue: Catalogue) -> Iterator[Finding]:
    """FE311: a reference to what is not set on every way. FE312: to an output after an outcome that does not set it."""
    if flow.data["start"] not in flow.nodes:
        return
    facts = Facts(flow, catalogue)
    leaving = Leaving(facts, possible_edges(flow, catalogue))
    start = (str(flow.data["start"]), facts.at_start())
    sure = _fixed_point(leaving.ways, start)
    writable = settable(flow, catalogue)
    missing = [
        one
        for node, held in sure.items()
        for one in _not_held(facts, writable, node, leaving.needed.get(node, ()), held)
    ]
    if not missing:
        return
    reach = _Reach(leaving.ways)
    search = _Search(leaving.ways, start)
    by_bit: dict[int, list[_Missing]] = {}
    for one in missing:
        by_bit.setdefault(one.bit, []).append(one)
    for bit, ones in by_bit.items():
        routes = search.without(bit, {one.node for one in ones})
        for one in ones:
            if routes is None or one.node in routes:
                route = routes[one.node] if routes else None
                item = facts.items[bit if bit in facts.items else bit >> 1]
                never = item[1] is not None and not reach.may_bring(item[0], facts.present(item), one.node)
                yield _finding(flow, one, _Said(facts, item, route, never=never))


def facts_at(flow: Flow, catalogue: Catalogue) -> tuple[Facts, dict[str, int]]:
    """Return the facts of a flow, and which of them hold at every node that can be reached."""
    facts = Facts(flow, catalogue)
    leaving = Leaving(facts, possible_edges(flow, catalogue))
    return facts, _fixed_point(leaving.ways, (str(flow.data["start"]), facts.at_start()))


def _not_held(
    facts: Facts, writable: Container[str], node: str, needed: Iterable[Needed], held: int
) -> Iterator[_Missing]:
    for one in needed:
        item = facts.item(one.read.reference)
        left = one.need & ~(held | one.known)
        # A variable that nothing in the flow can set is FE314.
        if left and item is not None and (item[1] is not None or item[0] in writable):
            yield _Missing(node, one, left & -left)


def _after_stages(way: Way, facts: int) -> int:
    for stage in way.stages:
        facts = stage.after(facts)
    return facts


def _fixed_point(ways: Mapping[str, list[Way]], start: tuple[str, int]) -> dict[str, int]:
    """Return the facts at every node that can be reached; a node is looked at again when less is known there."""
    order = _order(ways, start[0])
    held = {start[0]: start[1]}
    waiting, queued = [order[start[0]]], {order[start[0]]}
    names = {place: name for name, place in order.items()}
    while waiting:
        place = heapq.heappop(waiting)
        queued.discard(place)
        node = names[place]
        for way in ways.get(node, ()):
            left = _after_stages(way, held[node])
            known = held.get(way.to)
            merged = left if known is None else known & left
            if merged != known:
                held[way.to] = merged
                if order[way.to] not in queued:
                    queued.add(order[way.to])
                    heapq.heappush(waiting, order[way.to])
    return held


def _order(ways: Mapping[str, list[Way]], start: str) -> dict[str, int]:
    """Return the place of each node in reverse postorder: those before a node come first, but for loops."""
    seen, postorder = {start}, []
    stack = [(start, iter(ways.get(start, ())))]
    while stack:
        node, left = stack[-1]
        for way in left:
            if way.to not in seen:
                seen.add(way.to)
                stack.append((way.to, iter(ways.get(way.to, ()))))
                break
        else:
            postorder.append(node)
            stack.pop()
    return {node: place for place, node in enumerate(reversed(postorder))}


class _Reach:
    """Which nodes can be reached from which, as bits: those of a cycle reach the same."""

    def __init__(self, ways: Mapping[str, list[Way]]) -> None:
        import networkx as nx  # noqa: PLC0415 - 0.3 s that flows without such a finding need not pay

        self._ways = ways
        graph: nx.DiGraph[str] = nx.DiGraph((node, way.to) for node, listed in ways.items() for way in listed)
        self._bit = {node: 1 << place for place, node in enumerate(graph)}
        self._from: dict[str, int] = {}
        # Components come after all that they lead to.
        for component in nx.strongly_connected_components(graph):
            reached = 0
            for node in component:
                reached |= self._bit[node]
                for after in graph[node]:
                    reached |= self._from.get(after, 0)
            self._from.update(dict.fromkeys(component, reached))

    def may_bring(self, source: str, fact: int, to: str) -> bool:
        """Whether a node can be reached after another one was left with an outcome that may bring a fact."""
        here = self._bit.get(to, 0)
        return any(way.possible & fact and self._from[way.to] & here for way in self._ways.get(source, ()))


class _Search:
    """Looks for the shortest ways on which a fact does not hold."""

    def __init__(self, ways: Mapping[str, list[Way]], start: tuple[str, int]) -> None:
        self._ways, self._start, self._left = ways, start, _MOST_STEPS
        self._needs: dict[int, int] = {}
        self._touching: dict[int, set[Way]] = {}
        places_of = cache(lambda mask: tuple(_places(mask)))
        for way in {way for listed in ways.values() for way in listed}:
            for stage in way.stages:
                for mask in (stage.known, stage.lost, stage.won, *(gain.gain for gain in stage.gains)):
                    for place in places_of(mask):
                        self._touching.setdefault(place, set()).add(way)
                for need, gain in stage.gains:
                    for place in places_of(gain):
                        self._needs[place] = self._needs.get(place, 0) | need

    def without(self, bit: int, wanted: set[str]) -> dict[str, Route] | None:
        """Return a way to each of the wanted nodes that can be reached without the fact; None: it takes too long."""
        if self._left < 0:
            return None
        minded = self._minded(bit)
        # Most ways change nothing of what matters here, and need not be gone into.
        touching = set[Way]().union(*(self._touching.get(one, ()) for one in _places(minded)))
        first = (self._start[0], self._start[1] & minded)
        came: dict[tuple[str, int], tuple[tuple[str, int], str] | None] = {first: None}
        waiting, found = deque([first]), dict[str, Route]()
        while waiting:
            place = waiting.popleft()
            node, facts = place
            if node in wanted and node not in found and not facts & bit:
                found[node] = _route(came, place)
                if len(found) == len(wanted):
                    break
            for way in self._ways.get(node, ()):
                self._left -= 1
                after = (way.to, _after_stages(way, facts) & minded if way in touching else facts)
                if after not in came:
                    came[after] = (place, way.outcome)
                    waiting.append(after)
            if self._left < 0:
                return None
        return found

    def _minded(self, bit: int) -> int:
        """Return the facts that decide about a fact: what variables are set from, and so on."""
        minded, new = bit, [bit.bit_length() - 1]
        while new:
            others = list(_places(self._needs.get(new.pop(), 0) & ~minded))
            self._left -= 1
            for place in others:
                minded |= 1 << place
            new += others
        return minded


def _places(mask: int) -> Iterator[int]:
    """Yield the places of the bits of a mask; those of long masks would be slow keys."""
    while mask:
        yield (place := mask.bit_length() - 1)
        mask ^= 1 << place


def _route(came: Mapping[tuple[str, int], tuple[tuple[str, int], str] | None], place: tuple[str, int]) -> Route:
    nodes, outcomes = [place[0]], list[str]()
    while (before := came[place]) is not None:
        place, outcome = before
        nodes.append(place[0])
        outcomes.append(outcome or "any other")
    return Route(tuple(reversed(nodes)), tuple(reversed(outcomes)))


class _Said(NamedTuple):
    """What is known of something that may be missing. ``never``: no way sets it."""

    facts: Facts
    item: Item
    route: Route | None
    never: bool

    @property
    def outcome(self) -> str | None:
        """The outcome that the route left the output's own node with, last."""
        if self.route is None or self.item[1] is None:
            return None
        visits = zip(reversed(self.route.nodes[:-1]), reversed(self.route.outcomes), strict=True)
        return next((outcome for node, outcome in visits if node == self.item[0]), None)


def _finding(flow: Flow, one: _Missing, said: _Said) -> Finding:
    reference, (root, output) = one.needed.read.reference, said.item
    way = f": {said.route}" if said.route else ""
    missing = f", and not on {said.route}" if said.route else ""
    if said.outcome is not None:
        state = "null" if _is_null(said, said.outcome) else "not set"
        code, message = "FE312", f"{reference} is {state} after {said.outcome!r} of {root!r}{way}"
        setting = _setting(said)
        hint = f"read it only after {', '.join(setting)}, or " if setting else ""
        hint += "make sure of it with a branch row `exists: true`"
    elif output is None:
        code, message = "FE311", f"{reference} has a value on some ways to this node only{missing}"
        hint = f"give {root!r} a default, or set it on this way, too"
    elif said.never:
        code, message = "FE311", f"{reference} is set on no way to this node: {root!r} comes later, or not at all{way}"
        hint = f"visit {root!r} first"
    else:
        code, message = "FE311", f"{reference} is set on some ways to this node only{missing}"
        hint = f"visit {root!r} on this way, too, or make sure of it with a branch row `exists: true`"
    severity = "error" if said.never else "warning"
    span = read_span(flow, one.needed.read)
    found = flow.finding_at(span, code, message, one.needed.read.at, hint=hint, severity=severity)
    return replace(found, witness=said.route.nodes if said.route else ())


def _is_null(said: _Said, outcome: str) -> bool:
    root, output = said.item
    version = said.facts.reads[root].version
    if version is None or output is None:
        return False
    after = outputs_after(version, said.facts.flow.nodes[root].get("inputs", {}), outcome)
    return output in after.present


def _setting(said: _Said) -> list[str]:
    """Return the outcomes of the node that set the output."""
    root, output = said.item
    version = said.facts.reads[root].version
    given = said.facts.flow.nodes[root].get("inputs", {})
    if version is None or output is None:
        return []
    return [
        name
        for name in version.outcomes
        if name not in STANDARD_OUTCOMES and output in outputs_after(version, given, name).there
    ]
