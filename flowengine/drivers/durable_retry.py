"""A new run that begins as another one did, up to a node."""

from __future__ import annotations

from collections.abc import Sequence

from flowengine.core import walker
from flowengine.core.entries import Entry
from flowengine.core.plan import Plan
from flowengine.drivers.durable_plans import started_of


class NotVisited(ValueError):
    """A run cannot be retried from there. ``visited`` are the nodes from which it can, in order."""

    def __init__(self, node: str, visited: Sequence[str]) -> None:
        super().__init__(f"the run did no work at a node {node!r}")
        self.visited = visited


def retried(plan: Plan, entries: Sequence[Entry], node: str, *, run: str, at: float) -> list[Entry]:
    """Return the entries of a run that goes on where another one came to a node for the last time.

    It is a run of its own: with its own id, so that its requests have keys of their own, and its own start. What it
    takes over was done before, and keeps its times. Raises NotVisited.
    """
    started = started_of(entries)
    state = walker.begin(plan, started)
    arrivals = {(state.at, 1): 1}
    for number, entry in enumerate(entries[1:], 2):
        walker.apply(plan, state, entry)
        if state.result is None:
            arrivals.setdefault((state.at, state.visits[state.at]), number)
    at_work = {name: number for (name, _), number in arrivals.items()}
    if node not in at_work:
        raise NotVisited(node, list(at_work))
    return [started._replace(run=run, at=at), *entries[1 : at_work[node]]]
