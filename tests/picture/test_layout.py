from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowengine.picture.layers import layers, ranks
from flowengine.picture.layout import Box, Layout, Link, lay_out

Rectangle = tuple[float, float, float, float]


def rectangles(boxes: list[Box], links: list[Link], placed: Layout) -> list[Rectangle]:
    """Return what must not overlap: the boxes, and the labels of links."""
    found = [(*placed.boxes[box.id], box.width, box.height) for box in boxes]
    for link, route in zip(links, placed.routes, strict=True):
        x, y = route.label
        found.append((x - link.width / 2, y - link.height / 2, link.width, link.height))
    return found


def overlap(one: Rectangle, other: Rectangle) -> bool:
    return all(
        one[side] + one[side + 2] > other[side] + 0.01 and other[side] + other[side + 2] > one[side] + 0.01
        for side in (0, 1)
    )


graphs = st.integers(1, 9).flatmap(
    lambda count: st.tuples(
        st.just(count),
        st.lists(st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)), max_size=18, unique=True),
    )
)


@given(graphs)
def test_nothing_overlaps_and_everything_is_inside(graph: tuple[int, list[tuple[int, int]]]) -> None:
    count, pairs = graph
    boxes = [Box(f"n{number}", 80 + 13 * number % 70, 60 + 11 * number % 50) for number in range(count)]
    links = [Link(f"n{one}", f"n{other}", 40 + 9 * one, 20 + 5 * other) for one, other in pairs]

    placed = lay_out(boxes, links)

    for one, other in combinations(rectangles(boxes, links, placed), 2):
        assert not overlap(one, other)
    for x, y, width, height in rectangles(boxes, links, placed):
        assert x >= 0
        assert y >= 0
        assert x + width <= placed.width
        assert y + height <= placed.height
    assert placed == lay_out(boxes, links)


@given(graphs)
def test_lines_begin_and_end_at_their_boxes(graph: tuple[int, list[tuple[int, int]]]) -> None:
    count, pairs = graph
    boxes = {f"n{number}": Box(f"n{number}", 100, 60) for number in range(count)}
    links = [Link(f"n{one}", f"n{other}", 40, 20) for one, other in pairs]

    placed = lay_out(list(boxes.values()), links)

    for link, route in zip(links, placed.routes, strict=True):
        for name, (x, y) in ((link.source, route.points[0]), (link.target, route.points[-1])):
            left, top = placed.boxes[name]
            assert left - 0.01 <= x <= left + 100.01
            assert top - 0.01 <= y <= top + 60.01


@given(graphs)
def test_lines_run_downward_but_for_those_that_close_a_cycle(graph: tuple[int, list[tuple[int, int]]]) -> None:
    count, pairs = graph
    links = [(f"n{one}", f"n{other}") for one, other in pairs]

    rank, turned = ranks([f"n{number}" for number in range(count)], links)

    for number, (source, target) in enumerate(links):
        if source != target:
            assert (rank[target] < rank[source]) == (number in turned)
    assert all(one % 2 == 0 for one in rank.values())


def test_a_tree_has_no_cycle_and_no_crossing() -> None:
    links = [("a", "b"), ("a", "c"), ("b", "d"), ("c", "e"), ("c", "f")]

    placed = layers(["a", "f", "b", "e", "c", "d"], links)

    assert placed.turned == set()
    order = [[spot for spot in row if isinstance(spot, str)] for row in placed.rows if isinstance(row[0], str)]
    assert order[1] in (["b", "c"], ["c", "b"])
    assert [one for one in order[2] if one == "d"] == ["d"]
    assert order[2].index("d") == (0 if order[1][0] == "b" else 2)


@pytest.mark.parametrize("count", [400])
def test_a_long_chain_needs_no_recursion(count: int) -> None:
    boxes = [Box(f"n{number}", 100, 40) for number in range(count)]
    links = [Link(f"n{number}", f"n{number + 1}", 30, 20) for number in range(count - 1)]

    placed = lay_out(boxes, links)

    assert len({x for x, _ in placed.boxes.values()}) == 1, "a chain is straight"
    assert placed.height > count * 40
