"""Puts the boxes of a directed graph into layers, and each layer in order, so that few lines cross.

The way of Sugiyama, Tagawa and Toda (1981): cycles are broken where a depth-first search comes back; a box stands below
all boxes that lead to it; a line that passes layers has a spot in each of them; layers are put in order by the middles
of their neighbours, to and fro. Between two layers of boxes there is always one of labels.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final, TypeAlias

Spot: TypeAlias = Hashable
"""A place in a layer: the id of a box, or ``(number of the link, layer)`` where a line passes."""

_SWEEPS: Final = 24
_FEWEST: Final = 4
_MANY: Final = 1000
"""More spots than these are put in order with fewer sweeps, so that it takes no longer."""


@dataclass
class Layers:
    """``rows``: the spots of each layer, from left to right; ``chains``: by link the spots it runs through, downward.

    ``turned`` are the links that run upward.
    """

    rows: list[list[Spot]]
    chains: list[list[Spot]]
    turned: set[int] = field(default_factory=set)

    def neighbours(self) -> tuple[dict[Spot, list[Spot]], dict[Spot, list[Spot]]]:
        """Return by spot those that a line leads to in the layer above, and in the layer below."""
        above: dict[Spot, list[Spot]] = {spot: [] for row in self.rows for spot in row}
        below: dict[Spot, list[Spot]] = {spot: [] for row in self.rows for spot in row}
        for chain in self.chains:
            for upper, lower in pairwise(chain):
                below[upper].append(lower)
                above[lower].append(upper)
        return above, below


def ranks(boxes: Sequence[str], links: Sequence[tuple[str, str]]) -> tuple[dict[str, int], set[int]]:
    """Return the layer of each box (even numbers), and the links that run upward. The first box is the top."""
    turned = _backward(boxes, links)
    onward = [(source, target)[:: -1 if number in turned else 1] for number, (source, target) in enumerate(links)]
    into: dict[str, list[str]] = {box: [] for box in boxes}
    out: dict[str, list[str]] = {box: [] for box in boxes}
    for source, target in onward:
        if source != target:
            out[source].append(target)
            into[target].append(source)
    order = _topological(boxes, into, out)
    rank: dict[str, int] = {}
    for box in order:
        rank[box] = max((rank[one] + 2 for one in into[box]), default=0)
    for box in reversed(order):
        # A box with more lines below it than above is drawn down to them: that makes lines shorter.
        if len(out[box]) > len(into[box]) and into[box]:
            rank[box] = min(rank[one] for one in out[box]) - 2
    return rank, turned


def layers(boxes: Sequence[str], links: Sequence[tuple[str, str]]) -> Layers:
    """Put boxes and links into layers, in order. Links from a box to itself run through nothing."""
    rank, turned = ranks(boxes, links)
    rows: list[list[Spot]] = [[] for _ in range(max(rank.values(), default=0) + 1)]
    for box in boxes:
        rows[rank[box]].append(box)
    chains: list[list[Spot]] = []
    for number, (source, target) in enumerate(links):
        upper, lower = (target, source) if number in turned else (source, target)
        passed: list[Spot] = [(number, layer) for layer in range(rank[upper] + 1, rank[lower])]
        for spot, layer in zip(passed, range(rank[upper] + 1, rank[lower]), strict=True):
            rows[layer].append(spot)
        chains.append([] if source == target else [upper, *passed, lower])
    placed = Layers(rows, chains, turned)
    _order(placed)
    return placed


def _backward(boxes: Sequence[str], links: Sequence[tuple[str, str]]) -> set[int]:
    """Return the links that close a cycle, as a depth-first search meets them. Without recursion: flows can be long."""
    leaving: dict[str, list[int]] = {box: [] for box in boxes}
    for number, (source, _) in enumerate(links):
        leaving[source].append(number)
    found: set[int] = set()
    state = dict.fromkeys(boxes, "new")
    for root in boxes:
        stack = [(root, iter(leaving[root]))] if state[root] == "new" else []
        while stack:
            box, rest = stack[-1]
            state[box] = "open"
            following = next(rest, None)
            if following is None:
                state[box] = "done"
                stack.pop()
                continue
            target = links[following][1]
            if state[target] == "new":
                stack.append((target, iter(leaving[target])))
            elif state[target] == "open" and target != box:
                found.add(following)
    return found


def _topological(boxes: Sequence[str], into: Mapping[str, list[str]], out: Mapping[str, list[str]]) -> list[str]:
    waiting = {box: len(into[box]) for box in boxes}
    order = [box for box in boxes if not waiting[box]]
    for box in order:
        for target in out[box]:
            waiting[target] -= 1
            if not waiting[target]:
                order.append(target)
    return order


def _order(placed: Layers) -> None:
    """Sweep down and up, and keep the best order that was met."""
    above, below = placed.neighbours()
    rows = placed.rows
    best, fewest = [list(row) for row in rows], _crossings(rows, below)
    sweeps = max(_FEWEST, min(_SWEEPS, _SWEEPS * _MANY // max(1, sum(map(len, rows)))))
    for sweep in range(sweeps):
        if not fewest:
            break
        down = sweep % 2 == 0
        for number in range(1, len(rows)) if down else range(len(rows) - 2, -1, -1):
            _sort(rows[number], rows[number - 1 if down else number + 1], above if down else below)
        crossings = _crossings(rows, below)
        if crossings < fewest:
            best, fewest = [list(row) for row in rows], crossings
    placed.rows[:] = best


def _sort(row: list[Spot], fixed: Sequence[Spot], neighbours: Mapping[Spot, Sequence[Spot]]) -> None:
    """Order a row by the middle of each spot's neighbours; what has none keeps its place."""
    place = {spot: number for number, spot in enumerate(fixed)}
    keys: dict[Spot, float] = {}
    for number, spot in enumerate(row):
        found = [place[one] for one in neighbours[spot]]
        keys[spot] = sum(found) / len(found) if found else number * len(fixed) / max(1, len(row))
    row.sort(key=keys.__getitem__)


def _crossings(rows: Iterable[Sequence[Spot]], below: Mapping[Spot, Sequence[Spot]]) -> int:
    """Count the pairs of lines that cross between neighbouring layers."""
    crossings = 0
    for upper, lower in pairwise(rows):
        place = {spot: number for number, spot in enumerate(lower)}
        ends: list[int] = []
        for spot in upper:
            own = sorted(place[one] for one in below[spot])
            crossings += sum(len(ends) - bisect_left(ends, end + 1) for end in own)
            for end in own:
                insort(ends, end)
    return crossings
