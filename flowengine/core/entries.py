"""Journal entries: what happened, in order. The state of a run is their fold.

Times are seconds since the epoch (float, UTC).
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from flowengine.core.answers import Answer, Json
from flowengine.core.plan import DEFAULT_LIMITS, Limits


class Started(NamedTuple):
    """The first entry of every run. ``variables`` are the start values, defaults included.

    ``depth`` is how many calls deep the run is: 0 for one that no other run called.
    """

    run: str
    digest: str
    at: float
    trigger: Json
    variables: dict[str, Json]
    limits: Limits = DEFAULT_LIMITS
    depth: int = 0


class Requested(NamedTuple):
    """A request is about to be sent, or a flow to be called (``key`` is that run's id): journalled before that."""

    node: str
    visit: int
    attempt: int
    key: str
    at: float


class Completed(NamedTuple):
    """A want was done: an attempt came back, or a wait is over."""

    node: str
    visit: int
    attempt: int
    answer: Answer
    started_at: float
    at: float


class Stopped(NamedTuple):
    """The run was ended from outside. ``status`` is ``cancelled`` or ``failed``."""

    at: float
    status: str
    reason: str


Entry: TypeAlias = Started | Requested | Completed | Stopped
