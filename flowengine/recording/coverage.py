"""What runs have exercised of a flow: its nodes, its edges, the outcomes of its nodes, and what falls through.

What there is to exercise is ``check.reach.possible_edges``: every outcome that a node can come back with, its standard
outcomes included, and where each leads. An edge is a node, a label and a target; one that is followed by fall-through
is exercised as well, and each outcome that falls through counts by itself beside it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from flowengine.check.reach import ANY_OTHER, PossibleEdges, Target
from flowengine.core.trace import Run

MEASURES: Final = {
    "nodes": "nodes",
    "edges": "edges",
    "own": "ownEdges",
    "outcomes": "outcomes",
    "fall-through": "fallThrough",
}
"""What is measured, as a command says it, and as JSON does. ``own``: edges that do not stand in ``defaults``."""


class Share(NamedTuple):
    """So many of so many."""

    covered: int
    total: int

    @property
    def percent(self) -> float:
        """Return the share in percent, cut to one decimal: 100 is all of it. All of nothing is 100, too."""
        return self.covered * 1000 // self.total / 10 if self.total else 100.0

    def plus(self, other: Share) -> Share:
        """Return both shares together."""
        return Share(self.covered + other.covered, self.total + other.total)


class Edge(NamedTuple):
    """An edge of a flow, how often it was followed, and the outcomes that lead along it.

    ``default``: it stands in ``defaults``.
    """

    node: str
    label: str
    to: str
    default: bool
    times: int
    outcomes: tuple[str, ...]


@dataclass
class Coverage:
    """What runs of one flow have exercised. ``runs`` is how many there were; the counters say how often."""

    flow: str
    possible: PossibleEdges
    runs: int = 0
    visits: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    edges: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    def add(self, run: Run) -> None:
        """Count a run, however it ended."""
        self.runs += 1
        self.visits.update(run.path)
        for step in run.steps:
            known = self.possible[step.node]
            self.outcomes[step.node, step.outcome if step.outcome in known else ANY_OTHER] += 1
            if step.edge is not None:
                self.edges[step.node, step.edge.label, step.edge.to] += 1

    def of(self, node: str) -> Iterator[tuple[str, Target, int]]:
        """Yield the outcomes of a node: where each leads, and how often it came."""
        for outcome, target in self.possible[node].items():
            yield outcome, target, self.outcomes[node, outcome]

    def all_edges(self) -> list[Edge]:
        """Return the edges that can be followed, in the order of the file."""
        leading: dict[tuple[str, str, str], tuple[bool, list[str]]] = {}
        for node in self.possible:
            for outcome, target, _ in self.of(node):
                if target.to is not None and target.label is not None:
                    key = (node, target.label, target.to)
                    leading.setdefault(key, (target.default, []))[1].append(outcome)
        return [Edge(*key, default, self.edges[key], tuple(by)) for key, (default, by) in leading.items()]

    def shares(self) -> dict[str, Share]:
        """Return what is covered, by measure."""
        edges = self.all_edges()
        outcomes = [(target, count) for node in self.possible for _, target, count in self.of(node)]
        return {
            "nodes": _share(self.visits[node] for node in self.possible),
            "edges": _share(edge.times for edge in edges),
            "own": _share(edge.times for edge in edges if not edge.default),
            "outcomes": _share(count for _, count in outcomes),
            "fall-through": _share(count for target, count in outcomes if target.fall_through),
        }

    def to_json(self) -> dict[str, Any]:
        """Return the coverage as JSON values (an API, see docs/json.md)."""
        return {
            "flow": self.flow,
            "cases": self.runs,
            **shares_json(self.shares()),
            "walked": [
                {
                    "node": node,
                    "visits": self.visits[node],
                    "outcomes": [
                        {"outcome": outcome, "count": count, "edge": _target_json(target)}
                        for outcome, target, count in self.of(node)
                    ],
                }
                for node in self.possible
            ],
        }


def total(coverages: Iterable[Coverage]) -> dict[str, Share]:
    """Return what is covered of several flows taken together."""
    together = dict.fromkeys(MEASURES, Share(0, 0))
    for one in coverages:
        together = {name: together[name].plus(share) for name, share in one.shares().items()}
    return together


def shares_json(shares: Mapping[str, Share]) -> dict[str, Any]:
    """Return shares as JSON values."""
    return {MEASURES[name]: {**share._asdict(), "percent": share.percent} for name, share in shares.items()}


def _share(counts: Iterable[int]) -> Share:
    found = list(counts)
    return Share(sum(count > 0 for count in found), len(found))


def _target_json(target: Target) -> dict[str, Any] | None:
    if target.to is None:
        return None
    return {
        "label": target.label,
        "to": target.to,
        "fallThrough": target.fall_through,
        "default": target.default,
    }
