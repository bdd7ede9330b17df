"""A change of a flow: what is edited, how it is told, and which runs can notice it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from flowengine.catalogue.catalogue import Catalogue
from flowengine.check.graph import ways
from flowengine.check.names import find_version
from flowengine.core.trace import Run
from flowengine.core.values import canonical
from flowengine.flowfile.syntax import Flow

Kind: TypeAlias = Literal["target", "swap", "edge", "condition", "row", "set", "input", "retry"]
At: TypeAlias = tuple[str | int, ...]

OF_EDGES: Final[tuple[Kind, ...]] = ("target", "swap", "edge")

_WIDEST: Final = 60


class Removed:
    """Stands for what is taken out."""


REMOVED: Final = Removed()


class Edit(NamedTuple):
    """What stands at a place of the flow instead."""

    at: At
    value: Any


class Reach(NamedTuple):
    """The steps that a change can make a difference to.

    They are of ``nodes``, have followed an edge of one of ``labels``, came to one of ``outcomes``, and took so many
    ``attempts``, of which one but the last came to one of ``retried``. None stands for any.
    """

    nodes: Collection[str]
    labels: Collection[str] | None = None
    outcomes: Collection[str] | None = None
    attempts: int = 1
    retried: Collection[str] | None = None

    def walked_by(self, run: Run) -> bool:
        """Whether a run has such a step."""
        return any(
            step.node in self.nodes
            and (self.labels is None or (step.edge is not None and step.edge.label in self.labels))
            and (self.outcomes is None or step.outcome in self.outcomes)
            and len(step.attempts) >= self.attempts
            and (self.retried is None or any(one.outcome in self.retried for one in step.attempts[:-1]))
            for step in run.steps
        )


@dataclass(frozen=True)
class Mutation:
    """A change. ``at`` is where it is told, ``said`` tells it; ``old`` and ``new`` are None for what is not there.

    ``node`` is None for a change of ``defaults``.
    """

    kind: Kind
    at: At
    said: str
    old: str | None
    new: str | None
    edits: tuple[Edit, ...]
    reach: Reach

    @property
    def node(self) -> str | None:
        """The node that is changed."""
        return str(self.at[1]) if self.at[0] == "nodes" else None

    def line(self, flow: Flow) -> int | None:
        """Return the line of the flow's file."""
        span = flow.key_span(*self.at)
        return span.line if span else None

    def applied(self, flow: Flow) -> Flow:
        """Return the flow with the change; places in it are those of the original."""
        data: Any = flow.data
        for edit in self.edits:
            data = _put(data, edit.at, edit.value)
        return replace(flow, data=data)


def walked_nodes(flow: Flow, catalogue: Catalogue) -> Mapping[str, Mapping[str, Any]]:
    """Return the nodes that a run can come to and that are no ends."""
    graph = ways(flow, catalogue)
    reached = graph.reached if graph is not None else flow.nodes
    return {name: node for name, node in flow.nodes.items() if "type" in node and name in reached}


def handler(node: Mapping[str, Any], catalogue: Catalogue) -> str | None:
    """Return what computes a node, or None for one that sends a request."""
    version = find_version(catalogue, node["type"])
    return version.spec.get("handler") if version is not None else None


def shown(value: Any) -> str:
    """Write a value for people: references as they are, the rest as JSON."""
    text = value if isinstance(value, str) and "$(" in value else canonical(value).decode()
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 3]}..."


def _put(value: Any, at: At, new: Any) -> Any:
    """Return a copy with another value at a place; all beside the way there is shared."""
    if not at:
        return new
    key, rest = at[0], at[1:]
    again = value.copy()
    if rest or new is not REMOVED:
        again[key] = _put(again[key], rest, new)
    else:
        del again[key]
    return again
