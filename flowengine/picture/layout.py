"""Where the boxes and lines of a directed graph are drawn: from top to bottom, labels clear of boxes and each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final, NamedTuple, TypeAlias

from flowengine.picture.columns import CLOSE, CORNER, MARGIN, middles_of
from flowengine.picture.layers import Layers, Spot, layers

Point: TypeAlias = tuple[float, float]

_GAP: Final = 24.0
"""Between two layers; more where lines run far to the side."""

_PORT: Final = 16.0
LOOP: Final = 26.0
"""How far a line from a box to itself bulges."""


class Box(NamedTuple):
    """A box to be placed, with its size."""

    id: str
    width: float
    height: float


class Link(NamedTuple):
    """A line to be drawn from a box to a box, and the size of its label."""

    source: str
    target: str
    width: float = 0.0
    height: float = 0.0


class Route(NamedTuple):
    """How a line runs, from its source on, and the middle of its label.

    ``points`` come in pairs: straight from the first of a pair to the second, and curved on to the next pair. A line
    from a box to itself (``loops``) has one pair, and bulges to the right.
    """

    points: list[Point]
    label: Point
    loops: bool = False


class Layout(NamedTuple):
    """The upper left corners of boxes, the routes of links in their order, and the size of it all."""

    boxes: dict[str, Point]
    routes: list[Route]
    width: float
    height: float


def lay_out(boxes: Sequence[Box], links: Sequence[Link]) -> Layout:
    """Place boxes and links. The first box is the top. The same graph is always placed alike."""
    placed = layers([box.id for box in boxes], [(link.source, link.target) for link in links])
    sizes = _sizes(boxes, links, placed)
    middles = middles_of(placed, sizes)
    tops, heights = _rows(placed, sizes, middles)
    return _Drawing(boxes, links, placed, middles, tops, heights).layout()


def _sizes(boxes: Sequence[Box], links: Sequence[Link], placed: Layers) -> dict[Spot, tuple[float, float]]:
    """Return the size of every spot. The label of a line is in the layer next to its source."""
    sizes: dict[Spot, tuple[float, float]] = {spot: (0.0, 0.0) for row in placed.rows for spot in row}
    loops: dict[str, float] = {}
    for number, link in enumerate(links):
        if link.source == link.target:
            loops[link.source] = max(loops.get(link.source, 0.0), LOOP + link.width + CLOSE)
        else:
            sizes[_label_spot(placed, number)] = link.width, link.height
    for box in boxes:
        # A box with a loop at its right is kept clear there, and stays in the middle of what it takes.
        sizes[box.id] = box.width + 2 * loops.get(box.id, 0.0), box.height
    return sizes


def _label_spot(placed: Layers, number: int) -> Spot:
    return placed.chains[number][-2 if number in placed.turned else 1]


def _rows(
    placed: Layers, sizes: Mapping[Spot, tuple[float, float]], middles: Mapping[Spot, float]
) -> tuple[list[float], list[float]]:
    """Return where each layer begins, and how high it is."""
    reach = [0.0] * len(placed.rows)
    layer = {spot: number for number, row in enumerate(placed.rows) for spot in row}
    for chain in placed.chains:
        for upper, lower in pairwise(chain):
            reach[layer[lower]] = max(reach[layer[lower]], abs(middles[upper] - middles[lower]))
    heights = [max((sizes[spot][1] for spot in row), default=0.0) for row in placed.rows]
    tops, top = [], MARGIN
    for number, height in enumerate(heights):
        top += (_GAP + min(reach[number] / 14, _GAP)) if number else 0.0
        tops.append(top)
        top += height
    return tops, heights


class _Drawing:
    """Puts the parts together."""

    def __init__(  # noqa: PLR0913, PLR0917 - what has been found out so far
        self,
        boxes: Sequence[Box],
        links: Sequence[Link],
        placed: Layers,
        middles: Mapping[Spot, float],
        tops: Sequence[float],
        heights: Sequence[float],
    ) -> None:
        self._boxes = {box.id: box for box in boxes}
        self._links = links
        self._placed = placed
        self._middles = middles
        self._tops = tops
        self._heights = heights
        self._layer = {spot: number for number, row in enumerate(placed.rows) for spot in row}

    def layout(self) -> Layout:
        """Return the whole."""
        corners = {box: self._corner(box) for box in self._boxes}
        lower, upper = self._ports(downward=True), self._ports(downward=False)
        loops: dict[str, int] = {}
        routes = []
        for number, link in enumerate(self._links):
            if link.source == link.target:
                loops[link.source] = loops.get(link.source, 0) + 1
                routes.append(self._loop(link, corners[link.source], min(loops[link.source] - 1, 1)))
            else:
                routes.append(self._route(number, lower[number], upper[number]))
        right = [corners[box][0] + one.width for box, one in self._boxes.items()]
        right += [route.label[0] + link.width / 2 for route, link in zip(routes, self._links, strict=True)]
        right += [x for route in routes for x, _ in route.points]
        height = self._tops[-1] + self._heights[-1] if self._tops else 0.0
        return Layout(corners, routes, max(right, default=0.0) + MARGIN, height + MARGIN)

    def _corner(self, box: str) -> Point:
        one, layer = self._boxes[box], self._layer[box]
        return self._middles[box] - one.width / 2, self._tops[layer] + (self._heights[layer] - one.height) / 2

    def _ports(self, *, downward: bool) -> dict[int, float]:
        """Return by link where it leaves the box at its upper end, or comes to the one at its lower end.

        Each line is let through straight where the box is wide enough, in the order of the lines.
        """
        at: dict[Spot, list[tuple[float, int]]] = {}
        for number, chain in enumerate(self._placed.chains):
            if chain:
                end, near = (chain[0], chain[1]) if downward else (chain[-1], chain[-2])
                at.setdefault(end, []).append((self._middles[near], number))
        ports: dict[int, float] = {}
        for box, lines in at.items():
            lines.sort()
            half = self._boxes[str(box)].width / 2 - CORNER
            apart = min(_PORT, 2 * half / max(1, len(lines) - 1))
            middle = self._middles[box]
            for place, (wanted, number) in enumerate(lines):
                least = middle - half + place * apart
                most = middle + half - (len(lines) - 1 - place) * apart
                before = ports[lines[place - 1][1]] + apart if place else least
                ports[number] = min(max(wanted, least, before), most)
        return ports

    def _route(self, number: int, lower: float, upper: float) -> Route:
        chain = self._placed.chains[number]
        points: list[Point] = []
        for place, spot in enumerate(chain):
            layer = self._layer[spot]
            top, bottom = self._tops[layer], self._tops[layer] + self._heights[layer]
            if place == 0:
                corner = self._corner(str(spot))
                points += [(lower, corner[1] + self._boxes[str(spot)].height), (lower, bottom)]
            elif place == len(chain) - 1:
                points += [(upper, top), (upper, self._corner(str(spot))[1])]
            else:
                points += [(self._middles[spot], top), (self._middles[spot], bottom)]
        spot = _label_spot(self._placed, number)
        layer = self._layer[spot]
        label = self._middles[spot], self._tops[layer] + self._heights[layer] / 2
        return Route(points[::-1] if number in self._placed.turned else points, label)

    def _loop(self, link: Link, corner: Point, number: int) -> Route:
        box = self._boxes[link.source]
        right, step = corner[0] + box.width, box.height / 6
        top, bottom = (corner[1] + step * (1 + 2 * number + one) for one in (0, 1.5))
        middle = right + LOOP + CLOSE / 2 + link.width / 2, (top + bottom) / 2
        return Route([(right, top), (right, bottom)], middle, loops=True)
