"""The outbox of an SQLite journal: each function is one piece of work inside a transaction of the writer's."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from typing import Final

from flowengine.journal.outbox import OutboxState
from flowengine.journal.prepared_events import PreparedForward

LAST: Final = "SELECT max(place) FROM outbox WHERE stream = ? AND conversation = ? AND state = 'pending'"
_PUT: Final = """
    INSERT INTO outbox (stream, event, conversation, place, body, at, due_at) VALUES (?, ?, ?, ?, ?, ?, ?)
"""
DUE: Final = """
    SELECT number, stream, event, conversation, body, at, state, attempts, ?2 + ?3, error, tried_at FROM outbox
    WHERE due_at <= ?2 ORDER BY due_at, number LIMIT ?1
"""
DUE_OF_STREAM: Final = """
    SELECT number, stream, event, conversation, body, at, state, attempts, ?2 + ?3, error, tried_at FROM outbox
    WHERE stream = ?4 AND due_at <= ?2 ORDER BY due_at, number LIMIT ?1
"""
_LEASE: Final = "UPDATE outbox SET due_at = ? WHERE number = ?"
_SETTLE: Final = """
    UPDATE outbox SET state = ?, due_at = NULL, attempts = attempts + 1, tried_at = ?, error = ?
    WHERE number = ? AND state = 'pending' RETURNING stream, conversation
"""
FIRST: Final = """
    SELECT number FROM outbox WHERE stream = ? AND conversation = ? AND state = 'pending' ORDER BY place LIMIT 1
"""
_FREE: Final = "UPDATE outbox SET due_at = at WHERE number = ? AND due_at IS NULL"
_FAIL: Final = """
    UPDATE outbox SET due_at = ?, attempts = attempts + ?, tried_at = ?, error = ?
    WHERE number = ? AND due_at IS NOT NULL
"""
_DEAD: Final = "SELECT stream, conversation, at FROM outbox WHERE number = ? AND state = 'dead'"
_RESEND: Final = "UPDATE outbox SET state = 'pending', attempts = 0, place = ?, due_at = ? WHERE number = ?"
_KEEP_STREAM: Final = """
    INSERT INTO streams (name, settings, at) VALUES (?, ?, ?)
    ON CONFLICT (name) DO UPDATE SET settings = excluded.settings, at = excluded.at
"""


def put(connection: sqlite3.Connection, what: PreparedForward) -> None:
    """Keep something to be delivered."""
    place, due_at = _place(connection, what.stream, what.conversation, what.at)
    connection.execute(_PUT, (what.stream, what.event, what.conversation, place, what.body, what.at, due_at))


def due(
    connection: sqlite3.Connection, now: float, limit: int, lease: float, stream: str | None
) -> list[tuple[object, ...]]:
    """See Outbox.outbox_due; the rows' bodies are still text."""
    rows: list[tuple[object, ...]] = (
        connection.execute(DUE, (limit, now, lease)).fetchall()
        if stream is None
        else connection.execute(DUE_OF_STREAM, (limit, now, lease, stream)).fetchall()
    )
    connection.executemany(_LEASE, [(now + lease, row[0]) for row in rows])
    return rows


def settle(connection: sqlite3.Connection, number: int, state: OutboxState, at: float, error: str | None) -> None:
    """See Outbox.delivered and dead."""
    row = connection.execute(_SETTLE, (state, at, error, number)).fetchone()
    first = None if row is None else connection.execute(FIRST, row).fetchone()
    if first is not None:
        connection.execute(_FREE, first)


def failed(  # noqa: PLR0913, PLR0917 - the columns
    connection: sqlite3.Connection, number: int, at: float, next_at: float, error: str, attempts: int
) -> None:
    """See Outbox.failed."""
    connection.execute(_FAIL, (next_at, attempts, at, error, number))


def resend(connection: sqlite3.Connection, numbers: Collection[int]) -> int:
    """See Outbox.resend."""
    resent = 0
    for number in sorted(set(numbers)):
        row = connection.execute(_DEAD, (number,)).fetchone()
        if row is not None:
            connection.execute(_RESEND, (*_place(connection, *row), number))
            resent += 1
    return resent


def keep_stream(connection: sqlite3.Connection, name: str, settings: str, at: float) -> None:
    """See Outbox.keep_stream."""
    connection.execute(_KEEP_STREAM, (name, settings, at))


def _place(
    connection: sqlite3.Connection, stream: str, conversation: str | None, at: float
) -> tuple[int, float | None]:
    """Return the last place of a conversation, and when a row in it is due."""
    last = None if conversation is None else connection.execute(LAST, (stream, conversation)).fetchone()[0]
    return (0, at) if last is None else (last + 1, None)
