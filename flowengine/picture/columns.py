"""How far from the left everything in a picture stands, where layers and the order in them are known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate, pairwise
from typing import Final, NamedTuple

from flowengine.picture.layers import Layers, Spot

MARGIN: Final = 24.0
CLOSE: Final = 14.0
"""Between lines, labels and boxes of a layer; between two boxes there is more."""

CORNER: Final = 18.0
"""So far from the corners of a box no line comes to it."""

_BESIDE: Final = 28.0
_ROUNDS: Final = 60
_FEWEST: Final = 10
_MANY: Final = 1000
"""More spots than these are settled in fewer rounds, so that it takes no longer."""


def middles_of(placed: Layers, sizes: Mapping[Spot, tuple[float, float]]) -> dict[Spot, float]:
    """Return how far from the left the middle of each spot is.

    Each layer in turn is drawn to the middles of its neighbours, as near as order and distances allow.
    """
    pulled = _Pulled(placed, sizes)
    rounds = max(_FEWEST, min(_ROUNDS, _ROUNDS * _MANY // max(1, len(pulled.spots))))
    for number in range(rounds):
        down = number % 2 == 0
        # In the end both sides count, so that neither end of a line has the last word.
        sides = pulled.both if number >= rounds // 2 else pulled.above if down else pulled.below
        for row in pulled.rows if down else reversed(pulled.rows):
            pulled.settle(row, [pulled.pull(spot, sides[spot]) for spot in row.spots])
    middles = dict(zip(pulled.spots, pulled.middles, strict=True))
    for _ in range(2):
        _straighten(placed, sizes, middles)
    left = min((middles[spot] - sizes[spot][0] / 2 for spot in middles), default=0.0)
    return {spot: middle - left + MARGIN for spot, middle in middles.items()}


class _Row(NamedTuple):
    """A layer: its spots, and how far each is from the first of them where all are as close as may be."""

    spots: range
    offsets: list[float]


class _Pulled:
    """The middles of spots while they are drawn to each other. Spots are numbers: they are looked up very often."""

    def __init__(self, placed: Layers, sizes: Mapping[Spot, tuple[float, float]]) -> None:
        self.spots = [spot for row in placed.rows for spot in row]
        number = {spot: at for at, spot in enumerate(self.spots)}
        above, below = placed.neighbours()
        self.above = [[number[one] for one in above[spot]] for spot in self.spots]
        self.below = [[number[one] for one in below[spot]] for spot in self.spots]
        self.both = [[*over, *under] for over, under in zip(self.above, self.below, strict=True)]
        self._lines = [isinstance(spot, tuple) for spot in self.spots]
        self._halves = [max(0.0, sizes[spot][0] / 2 - CORNER) for spot in self.spots]
        self.middles = [0.0] * len(self.spots)
        ends = accumulate(map(len, placed.rows))
        self.rows = [
            _Row(range(end - len(row), end), _offsets(row, sizes)) for row, end in zip(placed.rows, ends, strict=True)
        ]
        for row in self.rows:
            self.settle(row, [(0.0, 1.0)] * len(row.spots))

    def pull(self, spot: int, neighbours: Sequence[int]) -> tuple[float, float]:
        """Return where a spot is drawn to, and how strongly.

        A line wants to be straight where it passes layers; to a box it may come anywhere along its side.
        """
        middles, here, total = self.middles, self.middles[spot], 0.0
        if not neighbours:
            return here, 0.1
        if not self._lines[spot]:
            for one in neighbours:
                total += middles[one]
            return total / len(neighbours), float(len(neighbours))
        weight = 0.0
        for one in neighbours:
            middle = middles[one]
            if self._lines[one]:
                weight += 8.0
                total += middle * 8.0
            else:
                half = self._halves[one]
                weight += 2.2
                total += min(max(here, middle - half), middle + half) * 2.0 + middle * 0.2
        return total / weight, weight

    def settle(self, row: _Row, pulls: Sequence[tuple[float, float]]) -> None:
        """Move the spots of a layer as near as can be to where they are drawn (least squares, pooled neighbours)."""
        pools: list[tuple[float, float, int]] = []
        for offset, (wanted, pulled) in zip(row.offsets, pulls, strict=True):
            pool = (wanted - offset, pulled, 1)
            while pools and pools[-1][0] > pool[0]:
                place, weight, count = pools.pop()
                both = weight + pool[1]
                pool = ((place * weight + pool[0] * pool[1]) / both, both, count + pool[2])
            pools.append(pool)
        places = (place for place, _, count in pools for _ in range(count))
        for spot, place, offset in zip(row.spots, places, row.offsets, strict=True):
            self.middles[spot] = place + offset


def _offsets(row: Sequence[Spot], sizes: Mapping[Spot, tuple[float, float]]) -> list[float]:
    found = [0.0] if row else []
    for before, spot in pairwise(row):
        apart = CLOSE if isinstance(spot, tuple) or isinstance(before, tuple) else _BESIDE
        found.append(found[-1] + (sizes[before][0] + sizes[spot][0]) / 2 + apart)
    return found


def _straighten(placed: Layers, sizes: Mapping[Spot, tuple[float, float]], middles: dict[Spot, float]) -> None:
    """Take the small bends out of lines, as far as there is room beside them."""
    room = {spot: (row, place) for row in placed.rows for place, spot in enumerate(row)}
    for chain in placed.chains:
        run: list[Spot] = []
        least, most = float("-inf"), float("inf")
        for spot in chain:
            low, high = _room(*room[spot], sizes, middles)
            if max(least, low) > min(most, high):
                _line_up(run, least, most, middles)
                run, least, most = [], float("-inf"), float("inf")
            least, most = max(least, low), min(most, high)
            run += [spot] if isinstance(spot, tuple) else []
        _line_up(run, least, most, middles)


def _room(
    row: Sequence[Spot], place: int, sizes: Mapping[Spot, tuple[float, float]], middles: Mapping[Spot, float]
) -> tuple[float, float]:
    """Return between where a line can run in a layer; at a box, along its side."""
    spot = row[place]
    if not isinstance(spot, tuple):
        half = max(0.0, sizes[spot][0] / 2 - CORNER)
        return middles[spot] - half, middles[spot] + half
    least, most = float("-inf"), float("inf")
    if place:
        least = middles[row[place - 1]] + (sizes[row[place - 1]][0] + sizes[spot][0]) / 2 + CLOSE
    if place < len(row) - 1:
        most = middles[row[place + 1]] - (sizes[row[place + 1]][0] + sizes[spot][0]) / 2 - CLOSE
    # Rounding may have left less room than it takes; then it stays where it is.
    return min(least, middles[spot]), max(most, middles[spot])


def _line_up(run: Sequence[Spot], least: float, most: float, middles: dict[Spot, float]) -> None:
    if len(run) > 1:
        at = sorted(middles[spot] for spot in run)[len(run) // 2]
        middles.update(dict.fromkeys(run, min(max(at, least), most)))
    elif run and least <= middles[run[0]] <= most:
        return
    elif run:
        middles[run[0]] = min(max(middles[run[0]], least), most)
