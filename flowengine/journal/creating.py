"""How a run begins in an SQLite journal."""

from __future__ import annotations

import sqlite3
from typing import Final

from flowengine.journal.faults import RunExists
from flowengine.journal.prepared import Prepared, plan_text
from flowengine.journal.prepared_events import FOREVER

_RUN_IS_THERE: Final = "SELECT 1 FROM runs WHERE id = ?"
_PLAN_NUMBER: Final = "SELECT number FROM plans WHERE digest = ?"
_KEEP_PLAN: Final = "INSERT INTO plans (digest, data) VALUES (?, ?)"
_KEEP_RUN: Final = """
    INSERT INTO runs (
        id, flow, plan, created_at, environment, source, parent, parent_node, queue, called_by, next_seq,
        status, queued, waiting_until, due_at, owner
    )
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_KEEP_ENTRY: Final = "INSERT INTO entries (run, seq, entry) VALUES (?, ?, ?)"
HEAD: Final = "SELECT number, queued FROM runs WHERE queue = ? AND ended_at IS NULL ORDER BY number LIMIT 1"
_FREE: Final = """
    UPDATE runs SET queued = 0, status = 'running', waiting_until = NULL, due_at = created_at WHERE number = ?
"""


def refuse_known(connection: sqlite3.Connection, run: str) -> None:
    """Raise RunExists where an id is taken."""
    if connection.execute(_RUN_IS_THERE, (run,)).fetchone():
        raise RunExists(run)


def create(connection: sqlite3.Connection, run: Prepared, owner: str | None, lease: float) -> int:
    """See Journal.create."""
    refuse_known(connection, run.id)
    seq = len(run.entries)
    about = (run.environment, run.source, run.parent, run.parent_node, run.queue, run.called_by)
    place: tuple[str, int, float | None, float, str | None]
    if run.queue is not None and connection.execute(HEAD, (run.queue,)).fetchone():
        place = ("waiting", 1, FOREVER, FOREVER, None)
    else:
        place = ("running", 0, None, run.created_at + (lease if owner is not None else 0.0), owner)
    row = (run.id, run.flow, _plan(connection, run), run.created_at, *about, seq, *place)
    number = connection.execute(_KEEP_RUN, row).lastrowid
    connection.executemany(_KEEP_ENTRY, [(number, at, entry) for at, entry in enumerate(run.entries)])
    return seq


def free_next(connection: sqlite3.Connection, queue: str) -> None:
    """Let the next run of a queue begin, where nobody is before it any more."""
    head = connection.execute(HEAD, (queue,)).fetchone()
    if head is not None and head[1]:
        connection.execute(_FREE, (head[0],))


def _plan(connection: sqlite3.Connection, run: Prepared) -> int:
    digest = run.plan.digest
    row = connection.execute(_PLAN_NUMBER, (digest,)).fetchone()
    if row is not None:
        return int(row[0])
    return int(connection.execute(_KEEP_PLAN, (digest, plan_text(run.plan))).lastrowid or 0)
