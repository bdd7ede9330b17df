from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowengine.studio.merging import merge

lines = st.lists(st.sampled_from(["a\n", "b\n", "c\n", "d", "\r\n"]), max_size=8).map("".join)


@given(lines, lines)
def test_where_only_one_has_changed_its_text_is_taken(base: str, other: str) -> None:
    assert merge(base, other, base).text == other
    assert merge(base, base, other).text == other
    assert merge(base, other, other).text == other


@given(lines, lines, lines)
def test_both_sides_come_to_the_same(base: str, mine: str, theirs: str) -> None:
    one, other = merge(base, mine, theirs), merge(base, theirs, mine)

    assert (one.text is None) == (other.text is None) == bool(one.conflicts)
    if one.text is not None:
        assert one.text == other.text


@pytest.mark.parametrize(
    ("mine", "theirs", "text"),
    [
        ("A\nb\nc\nd\ne\n", "a\nb\nc\nd\nE\n", "A\nb\nc\nd\nE\n"),
        ("a\nnew\nb\nc\nd\ne\n", "a\nb\nc\ne\n", "a\nnew\nb\nc\ne\n"),
        ("a\nb\nX\nd\ne\n", "a\nb\nY\nd\ne\n", None),
        ("a\nb\nc\nd\ne\nlast", "first\na\nb\nc\nd\ne\n", "first\na\nb\nc\nd\ne\nlast"),
    ],
)
def test_changes_of_other_lines_fit_together(mine: str, theirs: str, text: str | None) -> None:
    assert merge("a\nb\nc\nd\ne\n", mine, theirs).text == text


def test_a_conflict_says_which_lines() -> None:
    (conflict,) = merge("a\nb\nc\n", "a\nX\nc\n", "a\nY\nZ\nc\n").conflicts

    assert conflict == ((1, 2), (1, 2), (1, 3))
