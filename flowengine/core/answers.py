"""What came back from one attempt at a node.

An answer is a plain fact, not yet an outcome: the walker turns it into the node's outcome by the node type's rules.
Drivers make answers; recordings hold them.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

Json: TypeAlias = Any
"""A JSON value: None, bool, int, float, str, list of Json, dict of str to Json. Never anything else."""


class HttpAnswer(NamedTuple):
    """The other side answered.

    ``headers`` has lower-case names. ``body`` is the parsed JSON (None where there is none or it is not JSON);
    ``text`` is the body as text where the request asked for text.
    """

    status: int
    headers: dict[str, str]
    body: Json = None
    text: str | None = None

    @property
    def content(self) -> Json:
        """What the paths of rules and outputs walk: the JSON; where text was asked for, the whole of it is at ``$``."""
        return self.body if self.text is None else self.text


class TimedOut(NamedTuple):
    """The whole attempt took longer than its limit."""

    reason: str = "no answer in time"


class Broken(NamedTuple):
    """Could not connect, the answer was broken (not JSON, too big, too deep, cut off), or the node's code raised."""

    reason: str


class Refused(NamedTuple):
    """There is no usable authorization: missing, deleted, revoked, or expired and not refreshable."""

    reason: str


class Invalid(NamedTuple):
    """The node's inputs are missing or wrong; nothing was sent."""

    reason: str


class Outcome(NamedTuple):
    """A handler's own verdict, or a recorded outcome.

    ``variables`` are flow variables that the node itself writes (``set-variables``, ``evaluate``).
    """

    outcome: str
    outputs: dict[str, Json] | None = None
    variables: dict[str, Json] | None = None
    reason: str | None = None


class Elapsed(NamedTuple):
    """A wait is over."""


class Arrived(NamedTuple):
    """An event came that the run waited for: by which of its keys, its name, and what it says."""

    key: str
    name: str
    body: Json


class NoCallback(NamedTuple):
    """Nothing is posted back, as the request had no address for it: what was answered at once is the result."""


class Returned(NamedTuple):
    """A called flow has ended.

    ``end`` is the title of the end node it reached (its id, where it has none), None where it ended at none: then
    ``reason`` says why. ``result`` is ``success`` or ``error``.
    """

    end: str | None
    result: str
    outputs: dict[str, Json]
    reason: str | None = None


Answer: TypeAlias = (
    HttpAnswer | TimedOut | Broken | Refused | Invalid | Outcome | Elapsed | Arrived | NoCallback | Returned
)
