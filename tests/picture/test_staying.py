from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from flowengine.picture.layout import Box, Point
from flowengine.picture.staying import stay

numbers = st.integers(0, 11)
links = st.lists(st.tuples(numbers, numbers), max_size=20)


@given(st.integers(1, 12), links, st.sets(numbers))
def test_what_is_known_stays_and_what_is_new_is_in_nobodys_way(
    count: int, drawn: list[tuple[int, int]], shown: set[int]
) -> None:
    boxes = [Box(str(number), 100.0 + 10 * number, 40.0) for number in range(count)]
    known = {str(one): (one * 40.0, one * 90.0) for one in shown if one < count}

    placed = stay(boxes, [(str(source), str(target)) for source, target in drawn], known)

    assert placed.keys() == {box.id for box in boxes}
    assert {name: placed[name] for name in known} == known
    new = [box for box in boxes if box.id not in known]
    pairs = [(one, other) for one in new for other in boxes if one is not other]
    assert not any(overlap(one, placed[one.id], other, placed[other.id]) for one, other in pairs)


def test_a_new_box_comes_below_the_one_that_leads_to_it() -> None:
    boxes = [Box("a", 100, 40), Box("b", 100, 40), Box("new", 60, 40)]

    x, y = stay(boxes, [("a", "new"), ("new", "b")], {"a": (0.0, 0.0), "b": (0.0, 400.0)})["new"]

    assert x + 30 == 50
    assert 40 < y < 400


def test_a_new_box_that_hangs_on_nothing_comes_below_all() -> None:
    assert stay([Box("a", 100, 40), Box("new", 60, 40)], [], {"a": (7.0, 10.0)})["new"][1] > 50


def test_boxes_without_any_that_is_known_do_not_meet() -> None:
    boxes = [Box(str(one), 100, 40) for one in range(5)]
    placed = stay(boxes, [("0", "1"), ("0", "2"), ("0", "3"), ("3", "4")], {})

    assert not any(overlap(one, placed[one.id], other, placed[other.id]) for one, other in combinations(boxes, 2))


def overlap(one: Box, at: Point, other: Box, there: Point) -> bool:
    across = at[0] < there[0] + other.width and there[0] < at[0] + one.width
    return across and at[1] < there[1] + other.height and there[1] < at[1] + one.height
