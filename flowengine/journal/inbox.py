"""The contract of events: what comes from outside, which run waits for it, and what became of it.

An event is known by its ``source`` and ``id``, and is accepted once. Whoever waits for it is found by its ``keys``:
``callback:<integration>:<tid>``, ``channel:<channel>:<event>:<business address>:<customer address>``,
``event:<name>:<correlation>``, ``run:<run>``. Keys and ids are names: they are kept as they are.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, Literal, NamedTuple, TypeAlias

from flowengine.core.answers import Json

Keys: TypeAlias = tuple[str, ...] | list[str]
"""Not any sequence: one text is a sequence of texts, too."""

State = Literal["taken", "started", "late", "unknown"]

STATES: Final[tuple[State, ...]] = ("taken", "started", "late", "unknown")
"""Of KeptEvent."""

RUN_ENDED: Final = "run-ended"
"""The name, and ``run`` the source, of the event that a called run leaves for the run that called it."""


class NewEvent(NamedTuple):
    """Something that came. ``at`` is when it came here; ``conversation`` whose it is, for those who look at it."""

    id: str
    name: str
    keys: Keys
    body: Json
    at: float
    source: str
    conversation: str | None = None


class Accepted(NamedTuple):
    """What became of an event.

    ``taken``: ``run`` waited for it, and is due now. ``started``: ``runs`` were created. Else it is kept for a run that
    may come to wait for it: ``late`` where ``run`` had waited for it and does no more, ``unknown`` where none had.
    ``duplicate``: it was accepted before; ``run``, ``runs`` and ``number`` say what became of it then.
    """

    state: State | Literal["duplicate"]
    run: str | None
    runs: tuple[str, ...]
    number: int


class Awaiting(NamedTuple):
    """What a run waits for: an event with one of the keys that came at ``since`` or later."""

    keys: Keys
    since: float


class Received(NamedTuple):
    """The event that a run is woken with. ``key`` is the one it waited for (of several: the first by the alphabet)."""

    number: int
    key: str
    name: str
    body: Json
    at: float


class KeptEvent(NamedTuple):
    """An event as a list of events shows it.

    ``run`` took it, or had waited for it (``late``); ``runs`` were started by it; ``copies``: how often it came again.
    """

    number: int
    id: str
    name: str
    source: str
    state: State
    run: str | None
    at: float
    copies: int
    body: Json
    keys: tuple[str, ...] = ()
    runs: tuple[str, ...] = ()
    conversation: str | None = None


class EventFilter(NamedTuple):
    """Which events to list: all that are given must hold.

    ``states`` are those of KeptEvent, none for any. ``text`` is looked for, without regard to ASCII case, in id, name,
    keys, conversation and body (as it is written in JSON).
    """

    states: Collection[str] = ()
    source: str | None = None
    text: str | None = None
