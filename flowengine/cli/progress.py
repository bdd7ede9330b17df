"""A bar that says how far a long command is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from time import monotonic
from typing import Final, TypeVar

from flowengine.cli.screen import Screen

Item = TypeVar("Item")

PATIENCE: Final = 1.0
"""Seconds that a command may take before it says how far it is."""

_CELLS: Final = 30


def with_progress(
    items: Iterable[Item], count: int, screen: Screen, thing: str, clock: Callable[[], float] = monotonic
) -> Iterator[Item]:
    """Yield the items; in a terminal, show a bar once that takes longer than a second, and take it away at the end."""
    if not screen.is_terminal:
        yield from items
        return
    begin = clock()
    full, empty = screen.sign("█", "#"), screen.sign("░", "-")
    try:
        for done, item in enumerate(items):
            if clock() - begin >= PATIENCE:
                cells = _CELLS * done // count
                screen.passing(f"{full * cells}{empty * (_CELLS - cells)} {done} of {count} {thing}")
            yield item
    finally:
        screen.settle()
