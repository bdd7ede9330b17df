"""Two texts that were made of the same one, put together line by line (diff3)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple, TypeAlias

from flowengine.flowfile.text_lines import LINE_BREAK

Stretch: TypeAlias = tuple[int, int]
"""Lines, counted from 0; the end is exclusive."""


class Conflict(NamedTuple):
    """Lines that both have changed, each otherwise."""

    base: Stretch
    mine: Stretch
    theirs: Stretch


class Merged(NamedTuple):
    """``text`` is None where there are conflicts."""

    text: str | None
    conflicts: list[Conflict]


def merge(base: str, mine: str, theirs: str) -> Merged:
    """Put two changes of a text together."""
    lines = [_lines(one) for one in (base, mine, theirs)]
    parts: list[str] = []
    conflicts: list[Conflict] = []
    for base_part, mine_part, theirs_part in _regions(*lines):
        was, ours, other = (
            one[start:end] for one, (start, end) in zip(lines, (base_part, mine_part, theirs_part), strict=True)
        )
        if ours in (was, other):
            parts += other
        elif other == was:
            parts += ours
        else:
            conflicts.append(Conflict(base_part, mine_part, theirs_part))
    return Merged(None if conflicts else "".join(parts), conflicts)


def _regions(
    base: Sequence[str], mine: Sequence[str], theirs: Sequence[str]
) -> Iterator[tuple[Stretch, Stretch, Stretch]]:
    """Yield stretches of all three: those that are alike in all, and what stands between these."""
    at = (0, 0, 0)
    for start, in_mine, in_theirs, size in _shared(base, mine, theirs):
        yield (at[0], start), (at[1], in_mine), (at[2], in_theirs)
        at = (start + size, in_mine + size, in_theirs + size)
        yield (start, at[0]), (in_mine, at[1]), (in_theirs, at[2])


def _shared(base: Sequence[str], mine: Sequence[str], theirs: Sequence[str]) -> Iterator[tuple[int, int, int, int]]:
    """Yield where lines of the base are in both others: start in each, and how many. The end of all comes last."""
    one, other = _blocks(base, mine), _blocks(base, theirs)
    first = second = 0
    while first < len(one) and second < len(other):
        a, in_mine, size_a = one[first]
        b, in_theirs, size_b = other[second]
        start, end = max(a, b), min(a + size_a, b + size_b)
        if start < end:
            yield start, in_mine + start - a, in_theirs + start - b, end - start
        if a + size_a < b + size_b:
            first += 1
        else:
            second += 1
    yield len(base), len(mine), len(theirs), 0


def _blocks(base: Sequence[str], other: Sequence[str]) -> list[tuple[int, int, int]]:
    found = SequenceMatcher(None, base, other).get_matching_blocks()
    return [(block.a, block.b, block.size) for block in found if block.size]


def _lines(text: str) -> list[str]:
    ends = [found.end() for found in LINE_BREAK.finditer(text)]
    return [text[start:end] for start, end in zip([0, *ends], [*ends, len(text)], strict=True) if start < end]
