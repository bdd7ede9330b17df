"""Where new boxes go in a picture that somebody looks at: what is there stays where it is, to the pixel."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Final, TypeAlias

from flowengine.picture.layout import Box, Point

_BESIDE: Final = 28.0
_BELOW: Final = 64.0
"""Between two boxes, one below the other: there is a label between them."""

_STEP: Final = 40.0
_RINGS: Final = 60

_Area: TypeAlias = tuple[float, float, float, float]
"""Left, top, right, bottom."""


def stay(boxes: Sequence[Box], links: Iterable[tuple[str, str]], known: Mapping[str, Point]) -> dict[str, Point]:
    """Return the upper left corners of boxes: those that are known, and for the others free room.

    A new box comes below those that lead to it, else above those that it leads to, as near as nothing is in the way;
    one that hangs on nothing comes below all. What is new is placed in the order of its links.
    """
    room = _Room()
    sizes = {box.id: box for box in boxes}
    placed = {box.id: known[box.id] for box in boxes if box.id in known}
    for name, corner in placed.items():
        room.take(_area(corner, sizes[name]))
    into, out = defaultdict(list), defaultdict(list)
    for source, target in links:
        into[target].append(source)
        out[source].append(target)
    waiting = [box for box in boxes if box.id not in placed]
    while waiting:
        near = (box for box in waiting if any(one in placed for one in (*into[box.id], *out[box.id])))
        box = next(near, waiting[0])
        waiting.remove(box)
        corner = room.near(_wanted(box, into[box.id], out[box.id], placed, sizes), box)
        placed[box.id] = corner
        room.take(_area(corner, box))
    return placed


class _Room:
    """What is taken."""

    def __init__(self) -> None:
        self._areas: list[_Area] = []

    def take(self, area: _Area) -> None:
        """Take room."""
        self._areas.append(area)

    def near(self, wanted: Point | None, box: Box) -> Point:
        """Return the free place for a box that is nearest; below all where none is wanted."""
        bottom = max((area[3] for area in self._areas), default=-_BELOW)
        left = min((area[0] for area in self._areas), default=0.0)
        if wanted is None:
            return left, bottom + _BELOW
        reach = _RINGS * _STEP + max(box.width, box.height)
        around = [
            area
            for area in self._areas
            if abs(area[0] - wanted[0]) < 2 * reach and abs(area[1] - wanted[1]) < 2 * reach
        ]
        free = (one for one in _places(wanted) if not any(_meet(_area(one, box), area) for area in around))
        return next(free, (wanted[0], bottom + _BELOW))


def _places(wanted: Point) -> Iterator[Point]:
    """Yield places, the nearest ones first; of two that are as near, the one below."""
    for across, down in _steps():
        yield wanted[0] + across * _STEP, wanted[1] + down * _STEP


@cache
def _steps() -> list[tuple[int, int]]:
    steps = [(across, down) for across in range(-_RINGS, _RINGS + 1) for down in range(-_RINGS // 4, _RINGS + 1)]
    return sorted(steps, key=lambda one: (one[0] ** 2 + one[1] ** 2 * 2, -one[1], -one[0]))


def _wanted(
    box: Box, into: Iterable[str], out: Iterable[str], placed: Mapping[str, Point], sizes: Mapping[str, Box]
) -> Point | None:
    above = [(placed[one], sizes[one]) for one in into if one in placed]
    below = [(placed[one], sizes[one]) for one in out if one in placed]
    if not above and not below:
        return None
    middles = [corner[0] + one.width / 2 for corner, one in above or below]
    left = sum(middles) / len(middles) - box.width / 2
    if above:
        return left, max(corner[1] + one.height for corner, one in above) + _BELOW
    return left, min(corner[1] for corner, _ in below) - _BELOW - box.height


def _area(corner: Point, box: Box) -> _Area:
    return corner[0], corner[1], corner[0] + box.width, corner[1] + box.height


def _meet(one: _Area, other: _Area) -> bool:
    across = one[0] < other[2] + _BESIDE and other[0] < one[2] + _BESIDE
    return across and one[1] < other[3] + _BESIDE and other[1] < one[3] + _BESIDE
