"""The contract of the outbox: what is to be delivered to streams, at least once, and in order per conversation.

A row is ``pending`` until it is ``delivered`` or given up (``dead``). Of the pending rows of one conversation of one
stream only the first is ever given out; rows without a conversation wait for none.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final, Literal, NamedTuple, Protocol

from flowengine.core.answers import Json

OutboxState = Literal["pending", "delivered", "dead"]

OUTBOX_STATES: Final[tuple[OutboxState, ...]] = ("pending", "delivered", "dead")


class Forward(NamedTuple):
    """Something to be delivered to a stream; ``event`` is the event's id."""

    stream: str
    event: str
    conversation: str | None
    body: Json
    at: float


class OutboxRow(NamedTuple):
    """A row of the outbox.

    ``attempts`` are over, the last one at ``tried_at``; ``error`` says why it failed. ``due_at`` is None where it is
    not pending, or where another one of its conversation comes first.
    """

    number: int
    stream: str
    event: str
    conversation: str | None
    body: Json
    at: float
    state: OutboxState
    attempts: int
    due_at: float | None
    error: str | None
    tried_at: float | None


class StreamCounts(NamedTuple):
    """How many rows of a stream have which state, and when the ``oldest`` pending one came: its age is the lag."""

    pending: int
    delivered: int
    dead: int
    oldest: float | None


class KeptStream(NamedTuple):
    """A stream's settings, and when they were made."""

    name: str
    settings: Mapping[str, Any]
    at: float


class Outbox(Protocol):
    """What delivers. Like all of a journal: what a call has returned from is durable."""

    async def outbox_due(
        self, now: float, limit: int, lease: float = 60.0, stream: str | None = None
    ) -> list[OutboxRow]:
        """Return up to ``limit`` rows that are due, longest due first; none is given out again before ``now + lease``.

        With ``stream`` only those of that one.
        Whoever gets a row tries to deliver it, and says what came of it with ``delivered``, ``failed`` or ``dead``.
        Where nobody says anything, it comes again.
        """

    async def outbox_next(self, stream: str | None = None) -> float | None:
        """Return the next moment at which ``outbox_due`` has something; None: nothing is pending."""

    async def delivered(self, number: int, at: float) -> None:
        """Note that a row was delivered; the next one of its conversation is due. Nothing where it is not pending."""

    async def failed(self, number: int, at: float, next_at: float, error: str, *, counts: bool = True) -> None:
        """Note that an attempt failed; the next one is to be made at ``next_at``. Nothing where it is not pending.

        Without ``counts`` it is not one of the row's ``attempts``.
        """

    async def dead(self, number: int, at: float, error: str) -> None:
        """Give a row up; the next one of its conversation is due. Nothing where it is not pending."""

    async def resend(self, numbers: Collection[int]) -> int:
        """Make dead rows pending again, as the last of their conversations; return how many were dead."""

    async def keep_stream(self, name: str, settings: Mapping[str, Any], at: float) -> None:
        """Keep a stream's settings in place of those it had. Raises ValueError where they are not JSON."""


class OutboxHistory(Protocol):
    """What those who look at streams need. Calls block."""

    def outbox(
        self, stream: str, states: Collection[str] = (), limit: int = 50, before: int | None = None
    ) -> list[OutboxRow]:
        """Return a stream's rows, the newest first; with ``before`` only those with a lower number."""

    def outbox_failed(self, stream: str) -> OutboxRow | None:
        """Return the row of a stream that failed last, of those that are not delivered."""

    def outbox_counts(self) -> dict[str, StreamCounts]:
        """Return the counts of each stream that has rows."""

    def streams(self) -> list[KeptStream]:
        """Return the settings of streams, by name."""
