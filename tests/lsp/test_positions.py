from __future__ import annotations

import pytest

from flowengine.findings import Span
from flowengine.lsp.positions import Point, Positions

TEXT = "a: 👋é\r\nb: c\rd"


@pytest.mark.parametrize(("encoding", "units"), [("utf-8", 9), ("utf-16", 6), ("utf-32", 5)])
def test_columns_are_counted_as_agreed(encoding: str, units: int) -> None:
    positions = Positions(TEXT, encoding)

    assert positions.units(0, 5) == (0, units)
    assert positions.point(0, units) == Point(0, 5)


def test_half_a_character_is_the_place_before_it() -> None:
    assert Positions(TEXT).point(0, 4) == Point(0, 3)


@pytest.mark.parametrize("line", [0, 1, 2])
def test_all_three_line_breaks_end_a_line(line: int) -> None:
    assert Positions(TEXT).point(line, 0) == Point(line, 0)


def test_what_is_not_there_is_the_end() -> None:
    assert Positions(TEXT).point(0, 99) == Point(0, 5)
    assert Positions(TEXT).point(99, 99) == Point(2, 1)
    assert Positions("").point(0, 7) == Point(0, 0)


def test_both_ends_of_a_span_are_written() -> None:
    assert Positions(TEXT).of_span(Span(1, 4, 2, 2)) == ((0, 3), (1, 1))
    assert Positions(TEXT).of_span(None) == ((0, 0), (0, 6))


def test_separators_that_end_lines_elsewhere_do_not_here() -> None:
    assert Positions("a\u2028b\x0cc").point(0, 5) == Point(0, 5)
