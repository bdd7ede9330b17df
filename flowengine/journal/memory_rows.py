"""What a journal in memory holds: the rows that the SQLite journal has as tables."""

from __future__ import annotations

from dataclasses import dataclass, field
from string import ascii_uppercase
from typing import Any, Final

from flowengine.journal.faults import UnknownEvent, UnknownRun
from flowengine.journal.inbox import EventFilter, KeptEvent, Received, State
from flowengine.journal.outbox import KeptStream, OutboxRow, OutboxState
from flowengine.journal.prepared import Prepared
from flowengine.journal.prepared_events import FOREVER, PreparedEvent, PreparedForward, Waiting, read_value, written
from flowengine.journal.protocol import Cancellation, Ended, Filter, KeptRun


@dataclass(slots=True)
class Row:
    """A run."""

    run: Prepared
    number: int
    entries: list[str]
    due_at: float
    """When it may be claimed: the end of its lease or wait."""
    owner: str | None
    waiting: Waiting | None = None
    queued: bool = False
    event: EventRow | None = None
    awaited: set[str] = field(default_factory=set)
    """All keys that it ever awaited."""
    ended: Ended | None = None
    cancellation: Cancellation | None = None

    @property
    def status(self) -> str:
        """See KeptRun."""
        if self.ended is not None:
            return self.ended.status
        return "running" if self.waiting is None or self.owner is not None else "waiting"

    @property
    def waiting_until(self) -> float | None:
        """See KeptRun."""
        return None if self.waiting is None or self.waiting.until == FOREVER else self.waiting.until

    def held_by(self, owner: str) -> bool:
        """Whether it is open, and this one's."""
        return self.ended is None and self.owner == owner

    def leased(self, at: float) -> bool:
        """Whether somebody walks it at a moment, as far as one can know."""
        return self.owner is not None and self.due_at > at

    def takes(self, event: PreparedEvent) -> list[str]:
        """Return the keys by which it would take an event now."""
        if self.waiting is None or self.event is not None or self.cancellation is not None:
            return []
        return [key for key in self.waiting.keys if key in event.keys and event.at >= self.waiting.since]

    def wake(self, event: EventRow, key: str) -> None:
        """Let it take an event."""
        event.state, event.run, event.key = "taken", self.run.id, key
        self.event = event
        if self.owner is None:
            self.due_at = 0.0

    def let_go(self) -> None:
        """Give it to nobody."""
        self.owner = None
        at_once = self.waiting is None or self.cancellation is not None or self.event is not None
        self.due_at = 0.0 if at_once or self.waiting is None else self.waiting.until

    def end(self, ended: Ended) -> None:
        """Close it for good."""
        self.ended, self.owner, self.waiting, self.cancellation, self.queued = ended, None, None, None, False

    def matches(self, where: Filter) -> bool:
        """Whether all that is asked for holds."""
        if where.statuses and self.status not in where.statuses:
            return False
        if where.flow is not None and self.run.flow != where.flow:
            return False
        if where.since is not None and self.run.created_at < where.since:
            return False
        return _is_in(where.text, self.run.id, self.run.flow, self.ended and self.ended.reason, self.entries[0])

    def claimed(self) -> Received | None:
        """Return what it is woken with."""
        event = self.event
        if event is None or event.key is None:
            return None
        came = event.event
        return Received(event.number, event.key, came.name, read_value(came.body, "event"), came.at)

    def kept(self) -> KeptRun:
        """Return what a list shows."""
        run, ended, asked = self.run, self.ended, self.cancellation
        return KeptRun(
            id=run.id,
            flow=run.flow,
            digest=run.plan.digest,
            status=self.status,
            result=ended.result if ended else None,
            reason=ended.reason if ended else None,
            created_at=run.created_at,
            ended_at=ended.at if ended else None,
            entries=len(self.entries),
            environment=run.environment,
            source=run.source,
            parent=run.parent,
            parent_node=run.parent_node,
            waiting_until=self.waiting_until,
            owner=self.owner,
            leased_until=self.due_at if self.owner is not None else None,
            cancel_asked_at=asked.at if asked else None,
            queue=run.queue,
            called_by=run.called_by,
            queued=self.queued,
        )


@dataclass(slots=True)
class EventRow:
    """An event. ``key`` is the one by which a run took it."""

    number: int
    event: PreparedEvent
    state: State
    run: str | None = None
    runs: tuple[str, ...] = ()
    key: str | None = None
    copies: int = 0

    def matches(self, where: EventFilter) -> bool:
        """Whether all that is asked for holds."""
        event = self.event
        if where.states and self.state not in where.states:
            return False
        if where.source is not None and event.source != where.source:
            return False
        return _is_in(where.text, event.id, event.name, event.body, event.conversation, written(event.keys))

    def kept(self) -> KeptEvent:
        """Return what a list shows."""
        event = self.event
        return KeptEvent(
            number=self.number,
            id=event.id,
            name=event.name,
            source=event.source,
            state=self.state,
            run=self.run,
            at=event.at,
            copies=self.copies,
            body=read_value(event.body, f"event {self.number}"),
            keys=event.keys,
            runs=self.runs,
            conversation=event.conversation,
        )


@dataclass(slots=True)
class OutRow:
    """A row of the outbox. ``place`` is its order within its conversation."""

    number: int
    what: PreparedForward
    place: int
    due_at: float | None
    state: OutboxState = "pending"
    attempts: int = 0
    error: str | None = None
    tried_at: float | None = None

    def kept(self) -> OutboxRow:
        """Return what a list shows."""
        what = self.what
        return OutboxRow(
            number=self.number,
            stream=what.stream,
            event=what.event,
            conversation=what.conversation,
            body=read_value(what.body, f"outbox {self.number}"),
            at=what.at,
            state=self.state,
            attempts=self.attempts,
            due_at=self.due_at,
            error=self.error,
            tried_at=self.tried_at,
        )


@dataclass(slots=True)
class Tables:
    """All rows, and the last number of each kind that was given out."""

    runs: dict[str, Row] = field(default_factory=dict)
    plans: dict[str, str] = field(default_factory=dict)
    events: dict[int, EventRow] = field(default_factory=dict)
    outbox: dict[int, OutRow] = field(default_factory=dict)
    streams: dict[str, KeptStream] = field(default_factory=dict)
    last_run: int = 0
    last_event: int = 0
    last_out: int = 0

    def row(self, run: str) -> Row:
        """Return a run. Raises UnknownRun."""
        if run not in self.runs:
            raise UnknownRun(run)
        return self.runs[run]

    def event(self, number: int) -> EventRow:
        """Return an event. Raises UnknownEvent."""
        if number not in self.events:
            raise UnknownEvent(number)
        return self.events[number]

    def queue(self, queue: str | None) -> list[Row]:
        """Return the open runs of a queue, in order."""
        return [row for row in self.runs.values() if queue is not None and row.run.queue == queue and row.ended is None]

    def caller_is_open(self, row: Row) -> bool:
        """Whether a run was called by one that is still open."""
        caller = self.runs.get(row.run.called_by or "")
        return caller is not None and caller.ended is None

    def retries(self, run: str) -> list[Row]:
        """Return the runs that took over the beginning of a run, newest first."""
        return [row for row in self.runs.values() if row.run.parent == run][::-1]

    def children(self, run: str) -> list[Row]:
        """Return the runs that a run has called, in order."""
        return [row for row in self.runs.values() if row.run.called_by == run]


def _is_in(text: str | None, *places: Any) -> bool:
    return text is None or any(_lower(text) in _lower(place) for place in places if place is not None)


def _lower(text: str) -> str:
    """Lower ASCII letters only, as SQLite does."""
    return text.translate(_ASCII_LOWER)


_ASCII_LOWER: Final = {ord(upper): upper.lower() for upper in ascii_uppercase}
