"""What can still be read from a node on: nothing else of a run's values can make a difference to the rest of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence

from flowengine.core.plan import Plan
from flowengine.explore.unknown import Place


def read_ahead(
    plan: Plan, reads: Mapping[str, tuple[list[Place], list[Place]]], onward: Mapping[str, Sequence[str]]
) -> dict[str, tuple[Place, ...]]:
    """Return by node what is read there or later, unless it is made anew before.

    What a node reads in its ``set`` of its own outputs is made by itself. A ``set`` may leave a variable as it was, so
    it makes nothing anew. The event and the run never change, and are left out.
    """
    bits = _Bits()
    inputs = {name: bits.of(one) for name, (one, _) in reads.items()}
    sets = {name: bits.of(one) for name, (_, one) in reads.items()}
    before: dict[str, list[str]] = {name: [] for name in plan.nodes}
    for name, following in onward.items():
        for one in following:
            before[one].append(name)
    ahead = dict.fromkeys(plan.nodes, 0)
    queue = deque(reversed(list(plan.nodes)))
    waiting = set(queue)
    while queue:
        name = queue.popleft()
        waiting.discard(name)
        after = sets[name]
        for one in onward[name]:
            after |= ahead[one]
        now = inputs[name] | (after & ~bits.below(name))
        if now != ahead[name]:
            ahead[name] = now
            fresh = [one for one in before[name] if one not in waiting]
            queue.extend(fresh)
            waiting.update(fresh)
    return {name: bits.places(mask) for name, mask in ahead.items()}


class _Bits:
    """Sets of places as bits of an integer."""

    def __init__(self) -> None:
        self._numbers: dict[Place, int] = {}
        self._below: dict[str, int] = {}

    def of(self, places: Sequence[Place]) -> int:
        mask = 0
        for place in places:
            if place[0] not in ("trigger", "run"):
                bit = 1 << self._numbers.setdefault(place, len(self._numbers))
                self._below[place[0]] = self._below.get(place[0], 0) | bit
                mask |= bit
        return mask

    def below(self, root: str) -> int:
        return self._below.get(root, 0)

    def places(self, mask: int) -> tuple[Place, ...]:
        return tuple(place for place, number in self._numbers.items() if mask >> number & 1) if mask else ()
