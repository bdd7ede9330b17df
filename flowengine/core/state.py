"""The state of a run, and its trace. Only the walker writes here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from flowengine.core.answers import Answer, Json
from flowengine.core.plan import Edge, Limits
from flowengine.core.wants import HttpRequest

if TYPE_CHECKING:  # they stand on the state themselves
    from flowengine.core.calling import Called
    from flowengine.core.waiting import Expectation


class Attempt(NamedTuple):
    """One attempt at a node. ``status`` is the HTTP status, if there was one; times in seconds since the epoch."""

    number: int
    outcome: str
    reason: str | None
    status: int | None
    started_at: float
    ended_at: float


@dataclass(slots=True)
class Step:
    """One visit of a node. ``edge`` is None where no edge matched; ``wrote`` are the flow variables it set."""

    node: str
    type: str
    visit: int
    outcome: str
    reason: str | None
    edge: Edge | None
    inputs: Json
    outputs: dict[str, Json]
    wrote: dict[str, Json]
    attempts: list[Attempt]
    started_at: float
    ended_at: float


class Visit:
    """The visit under way: what was prepared for it, and how far it is.

    The defaults stand on the class: most visits of nodes that compute change two of them, and every step makes one.
    """

    inputs: Json = None
    request: HttpRequest | None = None
    known: Answer | None = None
    attempt: int = 1
    tries: int = 1
    wait: float | None = None
    expected: Expectation | None = None
    called: Called | None = None
    refresh: bool = False
    refreshed: bool = False

    def __init__(self) -> None:
        self.attempts: list[Attempt] = []


@dataclass(slots=True)
class State:
    """Where a run stands.

    ``scope`` is what references read: ``trigger``, ``run``, outputs by node id, variables that have a value.
    ``status`` is ``running``, ``succeeded``, ``failed`` or ``cancelled``; at the end ``result`` is ``success`` or
    ``error``. ``clock`` is the time of the last entry, ``depth`` how many calls deep the run is.
    """

    run: str
    started_at: float
    limits: Limits
    at: str
    scope: dict[str, Json]
    status: str = "running"
    result: str | None = None
    reason: str | None = None
    ended_at: float | None = None
    clock: float = 0.0
    depth: int = 0
    visit: Visit | None = None
    visits: dict[str, int] = field(default_factory=dict)
    path: list[str] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
