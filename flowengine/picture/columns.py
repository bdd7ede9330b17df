"""How far from the left everything in a picture stands, where layers and the order in them are known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

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
    above, below = placed.neighbours()
    middles: dict[Spot, float] = {}
    for row in placed.rows:
        _settle(row, dict.fromkeys(row, (0.0, 1.0)), sizes, middles)
    rounds = max(_FEWEST, min(_ROUNDS, _ROUNDS * _MANY // max(1, len(middles))))
    for number in range(rounds):
        down = number % 2 == 0
        # In the end both sides count, so that neither end of a line has the last word.
        both = number >= rounds // 2
        for row in placed.rows if down else reversed(placed.rows):
            pulls = {}
            for spot in row:
                found = [*(above[spot] if down or both else ()), *(below[spot] if both or not down else ())]
                pulls[spot] = _pull(spot, found, middles, sizes)
            _settle(row, pulls, sizes, middles)
    for _ in range(2):
        _straighten(placed, sizes, middles)
    left = min((middles[spot] - sizes[spot][0] / 2 for row in placed.rows for spot in row), default=0.0)
    return {spot: middle - left + MARGIN for spot, middle in middles.items()}


def _pull(
    spot: Spot, neighbours: Sequence[Spot], middles: Mapping[Spot, float], sizes: Mapping[Spot, tuple[float, float]]
) -> tuple[float, float]:
    """Return where a spot is drawn to, and how strongly.

    A line wants to be straight where it passes layers; to a box it may come anywhere along its side.
    """
    here, weight, total = middles[spot], 0.0, 0.0
    if not isinstance(spot, tuple):
        weight, total = float(len(neighbours)), 0.0
        for one in neighbours:
            total += middles[one]
    else:
        for one in neighbours:
            middle = middles[one]
            if isinstance(one, tuple):
                weight += 8.0
                total += middle * 8.0
            else:
                half = max(0.0, sizes[one][0] / 2 - CORNER)
                weight += 2.2
                total += min(max(here, middle - half), middle + half) * 2.0 + middle * 0.2
    return (total / weight, weight) if weight else (here, 0.1)


def _settle(
    row: Sequence[Spot],
    pulls: Mapping[Spot, tuple[float, float]],
    sizes: Mapping[Spot, tuple[float, float]],
    middles: dict[Spot, float],
) -> None:
    """Move the spots of a layer as near as can be to where they are drawn (least squares, pooled neighbours)."""
    offsets: list[float] = []
    reached = 0.0
    for number, spot in enumerate(row):
        if number:
            before = row[number - 1]
            apart = CLOSE if isinstance(spot, tuple) or isinstance(before, tuple) else _BESIDE
            reached += (sizes[before][0] + sizes[spot][0]) / 2 + apart
        offsets.append(reached)
    pools: list[tuple[float, float, int]] = []
    for offset, spot in zip(offsets, row, strict=True):
        wanted, weight = pulls[spot]
        pool = (wanted - offset, weight, 1)
        while pools and pools[-1][0] > pool[0]:
            place, other, count = pools.pop()
            pool = ((place * other + pool[0] * pool[1]) / (other + pool[1]), other + pool[1], count + pool[2])
        pools.append(pool)
    places = [place for place, _, count in pools for _ in range(count)]
    for spot, place, offset in zip(row, places, offsets, strict=True):
        middles[spot] = place + offset


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
