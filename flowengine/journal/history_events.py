"""What an SQLite journal is asked about events and the outbox: each function asks on a connection that only reads."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable
from typing import Any, Final

from flowengine.journal.faults import UnknownEvent
from flowengine.journal.inbox import STATES, EventFilter, KeptEvent
from flowengine.journal.outbox import OUTBOX_STATES, KeptStream, OutboxRow, StreamCounts
from flowengine.journal.prepared_events import read_value

_NEWEST: Final = (1 << 63) - 1  # above every number

_EVENT: Final = """
    SELECT number, id, name, source, state, run, at, copies, body, keys, runs, conversation FROM events WHERE number = ?
"""
EVENTS: Final = """
    SELECT number, id, name, source, state, run, at, copies, body, keys, runs, conversation FROM events
    WHERE state = :state
        AND number < :before
        AND (:source IS NULL OR source = :source)
        AND (:text IS NULL OR instr(lower(id), lower(:text)) OR instr(lower(name), lower(:text))
            OR instr(lower(body), lower(:text)) OR instr(lower(conversation), lower(:text))
            OR instr(lower(keys), lower(:text)))
    ORDER BY number DESC LIMIT :limit
"""
_EVENT_COUNTS: Final = "SELECT state, count(*) FROM events GROUP BY state"
OUTBOX: Final = """
    SELECT number, stream, event, conversation, body, at, state, attempts, due_at, error, tried_at FROM outbox
    WHERE stream = ? AND state = ? AND number < ? ORDER BY number DESC LIMIT ?
"""
_OUTBOX_COUNTS: Final = "SELECT stream, state, count(*) FROM outbox GROUP BY stream, state"
OLDEST: Final = "SELECT at FROM outbox WHERE stream = ? AND state = 'pending' ORDER BY number LIMIT 1"
NEXT: Final = "SELECT due_at FROM outbox WHERE due_at IS NOT NULL ORDER BY due_at LIMIT 1"
NEXT_OF_STREAM: Final = "SELECT due_at FROM outbox WHERE stream = ? AND due_at IS NOT NULL ORDER BY due_at LIMIT 1"
FAILED: Final = """
    SELECT number, stream, event, conversation, body, at, state, attempts, due_at, error, tried_at FROM outbox
    WHERE stream = ? AND error IS NOT NULL ORDER BY tried_at DESC, number DESC LIMIT 1
"""
_STREAMS: Final = "SELECT name, settings, at FROM streams ORDER BY name"


def events(connection: sqlite3.Connection, where: EventFilter, limit: int, before: int | None) -> list[tuple[Any, ...]]:
    """See History.events: rows for ``event_of``."""
    asked = {"source": where.source, "text": where.text, "before": _NEWEST if before is None else before}
    # A query for each state: each walks an index from its newest event, and stops at the limit.
    states = [state for state in STATES if not where.states or state in where.states]
    rows = [row for state in states for row in connection.execute(EVENTS, {**asked, "state": state, "limit": limit})]
    return sorted(rows, reverse=True)[:limit]


def event(connection: sqlite3.Connection, number: int) -> tuple[Any, ...]:
    """See History.event: a row for ``event_of``."""
    row: tuple[Any, ...] | None = connection.execute(_EVENT, (number,)).fetchone()
    if row is None:
        raise UnknownEvent(number)
    return row


def event_counts(connection: sqlite3.Connection) -> dict[str, int]:
    """See History.event_counts."""
    counts: dict[str, int] = dict.fromkeys(STATES, 0)
    return counts | dict(connection.execute(_EVENT_COUNTS).fetchall())


def outbox(
    connection: sqlite3.Connection, stream: str, states: Collection[str], limit: int, before: int | None
) -> list[tuple[Any, ...]]:
    """See OutboxHistory.outbox: rows for ``out_row_of``."""
    asked = [state for state in OUTBOX_STATES if not states or state in states]
    below = _NEWEST if before is None else before
    rows = [row for state in asked for row in connection.execute(OUTBOX, (stream, state, below, limit))]
    return sorted(rows, reverse=True)[:limit]


def outbox_counts(connection: sqlite3.Connection) -> dict[str, StreamCounts]:
    """See OutboxHistory.outbox_counts."""
    counted: dict[str, dict[str, int]] = {}
    for stream, state, count in connection.execute(_OUTBOX_COUNTS):
        counted.setdefault(stream, dict.fromkeys(OUTBOX_STATES, 0))[state] = count
    oldest = {stream: connection.execute(OLDEST, (stream,)).fetchone() for stream in counted}
    return {
        stream: StreamCounts(**counts, oldest=None if oldest[stream] is None else oldest[stream][0])
        for stream, counts in counted.items()
    }


def outbox_failed(connection: sqlite3.Connection, stream: str) -> tuple[Any, ...] | None:
    """See OutboxHistory.outbox_failed: a row for ``out_row_of``."""
    row: tuple[Any, ...] | None = connection.execute(FAILED, (stream,)).fetchone()
    return row


def outbox_next(connection: sqlite3.Connection, stream: str | None) -> float | None:
    """See Outbox.outbox_next."""
    row = (
        connection.execute(NEXT).fetchone()
        if stream is None
        else connection.execute(NEXT_OF_STREAM, (stream,)).fetchone()
    )
    return None if row is None else row[0]


def streams(connection: sqlite3.Connection) -> list[tuple[str, str, float]]:
    """See OutboxHistory.streams; the settings are still text."""
    return connection.execute(_STREAMS).fetchall()


def event_of(row: tuple[Any, ...]) -> KeptEvent:
    """Read a row of an event. Raises JournalCorrupt."""
    event = KeptEvent(*row)
    body, keys, runs = (read_value(text, f"event {event.number}") for text in row[8:11])
    return event._replace(body=body, keys=tuple(keys), runs=tuple(runs))


def out_row_of(row: Iterable[Any]) -> OutboxRow:
    """Read a row of the outbox. Raises JournalCorrupt."""
    out = OutboxRow(*row)
    return out._replace(body=read_value(out.body, f"outbox {out.number}"))


def stream_of(row: tuple[str, str, float]) -> KeptStream:
    """Read the settings of a stream. Raises JournalCorrupt."""
    name, settings, at = row
    return KeptStream(name, read_value(settings, f"stream {name!r}"), at)
