"""What is deleted from an SQLite journal: piece by piece, so that those who append meanwhile wait for one piece."""

from __future__ import annotations

import sqlite3
from typing import Final

_LAST_KEPT: Final = """
    SELECT ended_at, number FROM runs WHERE ended_at IS NOT NULL ORDER BY ended_at DESC, number DESC LIMIT 1 OFFSET ?
"""
OLD_RUNS: Final = """
    DELETE FROM runs WHERE number IN (
        SELECT number FROM runs WHERE ended_at IS NOT NULL AND (ended_at, number) < (?, ?) AND NOT EXISTS (
            SELECT 1 FROM runs AS caller WHERE caller.id = runs.called_by AND caller.ended_at IS NULL
        )
        ORDER BY ended_at, number LIMIT ?
    )
"""
# The end of a called run is an event whose id ends in that run's number (``run_ended``).
OLD_EVENTS: Final = """
    DELETE FROM events WHERE number IN (
        SELECT number FROM events
        WHERE at < ? AND NOT EXISTS (SELECT 1 FROM runs WHERE runs.event = events.number) AND NOT (
            source = 'run' AND EXISTS (
                SELECT 1 FROM runs AS ended JOIN runs AS caller ON caller.id = ended.called_by
                WHERE ended.number = CAST(substr(events.id, length(rtrim(events.id, '0123456789')) + 1) AS INTEGER)
                    AND caller.ended_at IS NULL
            )
        )
        ORDER BY at LIMIT ?
    )
"""
DELIVERED: Final = """
    DELETE FROM outbox WHERE number IN (
        SELECT number FROM outbox WHERE state = 'delivered' AND tried_at < ? ORDER BY tried_at LIMIT ?
    )
"""
_DELETE_PLANS: Final = "DELETE FROM plans WHERE NOT EXISTS (SELECT 1 FROM runs WHERE runs.plan = plans.number)"


def last_kept(connection: sqlite3.Connection, keep: int) -> tuple[float, int] | None:
    """Return end and number of the newest run that is not among the ``keep`` last ended ones."""
    row = connection.execute(_LAST_KEPT, (keep,)).fetchone()
    return None if row is None else (row[0], row[1])


def delete_runs(connection: sqlite3.Connection, before: tuple[float, int], most: int) -> int:
    """Delete some of the runs that ended before an end and number; return how many."""
    return connection.execute(OLD_RUNS, (*before, most)).rowcount


def delete_events(connection: sqlite3.Connection, before: float, most: int) -> int:
    """Delete some of the events that came before a moment, and that no run is still to be woken with; say how many."""
    return connection.execute(OLD_EVENTS, (before, most)).rowcount


def delete_delivered(connection: sqlite3.Connection, before: float, most: int) -> int:
    """Delete some of what was delivered before a moment; return how many."""
    return connection.execute(DELIVERED, (before, most)).rowcount


def delete_plans(connection: sqlite3.Connection) -> int:
    """Delete the plans that no run has; return how many."""
    return connection.execute(_DELETE_PLANS).rowcount


def give_back(connection: sqlite3.Connection) -> bool:
    """Give free pages back to the disk; say whether there are more."""
    connection.execute("PRAGMA incremental_vacuum(2000)").fetchall()
    (free,) = connection.execute("PRAGMA freelist_count").fetchone()
    return bool(free)
