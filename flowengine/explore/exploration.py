"""What an exploration has found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

from flowengine.check.reach import PossibleEdges
from flowengine.core.plan import Edge, Plan
from flowengine.core.state import State

Shape: TypeAlias = tuple[str, tuple[str | None, ...]]
"""A node, and the type of everything that is read from there on."""


class Taken(NamedTuple):
    """A node that was left with an outcome; ``edge`` is None where the run ended."""

    node: str
    outcome: str
    edge: Edge | None


@dataclass(slots=True)
class Stand:
    """Where a walk stands, how it got there, and, until it has gone on, the walker's state."""

    before: Stand | None
    taken: Taken | None
    state: State | None

    def way(self) -> list[Taken]:
        """Return the way from the start."""
        way, stand = [], self
        while stand.before is not None and stand.taken is not None:
            way.append(stand.taken)
            stand = stand.before
        return way[::-1]


@dataclass
class Exploration:
    """What was found. Each ``Stand`` has the shortest way to it.

    ``wrong`` are inputs that were found wrong for sure, by node and reason; ``broken`` are ``set`` that ended a walk,
    likewise; ``cut`` are the walks that ended at the bound on visits, by the node that it kept them from;
    ``waiting`` is how many states were left over at the bound on states.
    """

    plan: Plan
    possible: PossibleEdges
    visits: int
    states: int = 0
    waiting: int = 0
    seconds: float = 0.0
    reached: dict[str, Stand] = field(default_factory=dict)
    walked: dict[tuple[str, str], Edge | None] = field(default_factory=dict)
    unhandled: dict[tuple[str, str], Stand] = field(default_factory=dict)
    wrong: dict[tuple[str, str], Stand] = field(default_factory=dict)
    broken: dict[tuple[str, str], Stand] = field(default_factory=dict)
    cut: dict[Shape, Stand] = field(default_factory=dict)

    @property
    def is_whole(self) -> bool:
        """Whether no bound kept anything from being seen."""
        return not self.cut and not self.waiting

    @property
    def ends(self) -> dict[str, Stand]:
        """The ends that were reached, in the order of the file."""
        return {name: self.reached[name] for name, one in self.plan.nodes.items() if one.end and name in self.reached}

    @property
    def never(self) -> list[str]:
        """The nodes that were not reached, in the order of the file."""
        return [name for name in self.plan.nodes if name not in self.reached]

    @property
    def numbers(self) -> dict[str, int]:
        """How many there are, and how many were reached. An edge is a node, a label and a target."""
        taken = {(node, edge.label, edge.to) for (node, _), edge in self.walked.items() if edge is not None}
        there = {(node, one.label, one.to) for node, targets in self.possible.items() for one in targets.values()}
        return {
            "nodes": len(self.plan.nodes),
            "nodesReached": len(self.reached),
            "edges": sum(to is not None for _, _, to in there),
            "edgesReached": len(taken),
            "outcomes": sum(map(len, self.possible.values())),
            "outcomesReached": len(self.walked),
            "states": self.states,
            "durationMs": round(self.seconds * 1000),
        }

    def to_json(self) -> dict[str, Any]:
        """Return what was found as JSON values (an API, see docs/explore.md)."""
        ends = [
            {"node": name, "result": self.plan.nodes[name].end, "way": _way_json(one)}
            for name, one in self.ends.items()
        ]
        return {
            "flow": self.plan.flow,
            "whole": self.is_whole,
            "ends": ends,
            "unhandled": _listed("outcome", self.unhandled),
            "broken": _listed("reason", self.broken),
            "wrongInputs": _listed("reason", self.wrong),
            "neverReached": self.never,
            "cut": [{"node": node, "way": _way_json(one)} for (node, _), one in self.cut.items()],
            "waiting": self.waiting,
            "numbers": self.numbers,
        }


def _listed(about: str, stands: Mapping[tuple[str, str], Stand]) -> list[dict[str, Any]]:
    return [{"node": node, about: said, "way": _way_json(one)} for (node, said), one in stands.items()]


def _way_json(stand: Stand) -> list[dict[str, Any]]:
    return [{"node": node, "outcome": outcome, "edge": _edge_json(edge)} for node, outcome, edge in stand.way()]


def _edge_json(edge: Edge | None) -> dict[str, Any] | None:
    return {"label": edge.label, "to": edge.to, "fallThrough": edge.fall_through} if edge else None
