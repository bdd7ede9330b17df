"""What is written, piece by piece: each function is one piece of work inside a transaction of the writer's.

All statements are constants. What a function refuses, it refuses before it changes anything.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from flowengine.journal.faults import Fenced, RunExists, UnknownRun
from flowengine.journal.prepared import Prepared, cancelled, plan_text
from flowengine.journal.protocol import Cancellation, CancelResult, Claim, Ended

AT_ONCE: Final = 0.0

_RUN_IS_THERE: Final = "SELECT 1 FROM runs WHERE id = ?"
_PLAN_NUMBER: Final = "SELECT number FROM plans WHERE digest = ?"
_KEEP_PLAN: Final = "INSERT INTO plans (digest, data) VALUES (?, ?)"
_KEEP_RUN: Final = """
    INSERT INTO runs (
        id, flow, plan, created_at, environment, source, parent, parent_node, next_seq, due_at, owner, status
    )
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'running')
"""
_KEEP_ENTRY: Final = "INSERT INTO entries (run, seq, entry) VALUES (?, ?, ?)"
_ADVANCE: Final = """
    UPDATE runs SET next_seq = ?, waiting_until = NULL WHERE id = ? AND next_seq = ? AND owner = ?
"""
_KEEP_ENTRY_OF: Final = "INSERT INTO entries (run, seq, entry) VALUES ((SELECT number FROM runs WHERE id = ?), ?, ?)"
_WAIT: Final = """
    UPDATE runs SET status = 'waiting', waiting_until = ?1, owner = NULL,
        due_at = CASE WHEN cancel_at IS NULL THEN ?1 ELSE 0.0 END
    WHERE id = ?2
"""
_END: Final = """
    UPDATE runs SET status = ?, result = ?, reason = ?, ended_at = ?, owner = NULL, due_at = NULL, waiting_until = NULL,
        cancel_at = NULL, cancel_reason = NULL
    WHERE id = ?
"""
DUE: Final = """
    SELECT number, id, waiting_until, cancel_reason, cancel_at FROM runs
    WHERE due_at <= ? AND owner IS NOT ? ORDER BY due_at, number LIMIT ?
"""
_LEASE: Final = "UPDATE runs SET owner = ?, due_at = ?, status = 'running' WHERE number = ?"
_RENEW: Final = "UPDATE runs SET due_at = ? WHERE id = ? AND owner = ? RETURNING number"
_RELEASE: Final = """
    UPDATE runs SET owner = NULL, status = CASE WHEN waiting_until IS NULL THEN 'running' ELSE 'waiting' END,
        due_at = CASE WHEN waiting_until IS NULL OR cancel_at IS NOT NULL THEN 0.0 ELSE waiting_until END
    WHERE id = ? AND owner = ?
"""
_TO_CANCEL: Final = "SELECT number, next_seq, due_at, owner FROM runs WHERE id = ?"
_ASK: Final = "UPDATE runs SET cancel_at = ?, cancel_reason = ? WHERE number = ? AND cancel_at IS NULL"
_LAST_KEPT: Final = """
    SELECT ended_at, number FROM runs WHERE ended_at IS NOT NULL ORDER BY ended_at DESC, number DESC LIMIT 1 OFFSET ?
"""
_DELETE_RUNS: Final = """
    DELETE FROM runs WHERE number IN (
        SELECT number FROM runs WHERE ended_at IS NOT NULL AND (ended_at, number) < (?, ?)
        ORDER BY ended_at, number LIMIT ?
    )
"""
_DELETE_PLANS: Final = "DELETE FROM plans WHERE NOT EXISTS (SELECT 1 FROM runs WHERE runs.plan = plans.number)"


def create(connection: sqlite3.Connection, run: Prepared, owner: str | None, lease: float) -> int:
    """See Journal.create."""
    if connection.execute(_RUN_IS_THERE, (run.id,)).fetchone():
        raise RunExists(run.id)
    seq = len(run.entries)
    due_at = run.created_at + (lease if owner is not None else 0.0)
    about = (run.environment, run.source, run.parent, run.parent_node)
    row = (run.id, run.flow, _plan(connection, run), run.created_at, *about, seq, due_at, owner)
    number = connection.execute(_KEEP_RUN, row).lastrowid
    connection.executemany(_KEEP_ENTRY, [(number, at, entry) for at, entry in enumerate(run.entries)])
    return seq


@dataclass(slots=True)
class Append:
    """See Journal.append: what is to be appended, as a piece of work."""

    run: str
    seq: int
    entries: Sequence[str]
    owner: str
    waiting_until: float | None
    ended: Ended | None

    @property
    def plain(self) -> bool:
        """Whether the run just goes on after it, as after nearly all."""
        return self.waiting_until is None and self.ended is None

    @property
    def after(self) -> int:
        """What is next."""
        return self.seq + len(self.entries)

    def __call__(self, connection: sqlite3.Connection, /) -> int:
        """Do it."""
        if not connection.execute(_ADVANCE, (self.after, self.run, self.seq, self.owner)).rowcount:
            raise Fenced(self.run, self.seq)
        rows = [(self.run, seq, entry) for seq, entry in enumerate(self.entries, self.seq)]
        connection.executemany(_KEEP_ENTRY_OF, rows)
        if self.ended is not None:
            _end(connection, self.run, self.ended)
        elif self.waiting_until is not None:
            connection.execute(_WAIT, (self.waiting_until, self.run))
        return self.after


def append_together(connection: sqlite3.Connection, appends: Sequence[Append]) -> bool:
    """Do many plain appends, at half the price of each alone; say whether that could be done, else nothing is."""
    connection.execute("SAVEPOINT together")
    places = [(one.after, one.run, one.seq, one.owner) for one in appends]
    done = connection.executemany(_ADVANCE, places).rowcount == len(appends)
    if done:
        entries = [(one.run, seq, entry) for one in appends for seq, entry in enumerate(one.entries, one.seq)]
        connection.executemany(_KEEP_ENTRY_OF, entries)
    else:
        connection.execute("ROLLBACK TO together")
    connection.execute("RELEASE together")
    return done


def claim(connection: sqlite3.Connection, owner: str, now: float, lease: float, limit: int) -> list[Claim]:
    """See Journal.claim."""
    due = connection.execute(DUE, (now, owner, limit)).fetchall()
    connection.executemany(_LEASE, [(owner, now + lease, number) for number, *_ in due])
    return [
        Claim(run, waiting_until, None if asked_at is None else Cancellation(run, reason, asked_at))
        for _, run, waiting_until, reason, asked_at in due
    ]


def renew(connection: sqlite3.Connection, owner: str, runs: Collection[str], until: float) -> set[str]:
    """See Journal.renew."""
    return {run for run in runs if not connection.execute(_RENEW, (until, run, owner)).fetchall()}


def release(connection: sqlite3.Connection, owner: str, runs: Collection[str]) -> None:
    """See Journal.release."""
    connection.executemany(_RELEASE, [(run, owner) for run in runs])


def cancel(connection: sqlite3.Connection, run: str, reason: str, at: float) -> CancelResult:
    """See Journal.cancel."""
    entry, ended = cancelled(reason, at)
    row = connection.execute(_TO_CANCEL, (run,)).fetchone()
    if row is None:
        raise UnknownRun(run)
    number, seq, due_at, owner = row
    if due_at is None:
        return "over"
    if owner is not None and due_at > at:
        connection.execute(_ASK, (at, ended.reason, number))
        return "asked"
    connection.execute(_KEEP_ENTRY, (number, seq, entry))
    connection.execute("UPDATE runs SET next_seq = ? WHERE number = ?", (seq + 1, number))
    _end(connection, run, ended)
    return "stopped"


def last_kept(connection: sqlite3.Connection, keep: int) -> tuple[float, int] | None:
    """Return end and number of the newest run that is not among the ``keep`` last ended ones."""
    row = connection.execute(_LAST_KEPT, (keep,)).fetchone()
    return None if row is None else (row[0], row[1])


def delete_runs(connection: sqlite3.Connection, before: tuple[float, int], most: int) -> int:
    """Delete some of the runs that ended before an end and number; return how many."""
    return connection.execute(_DELETE_RUNS, (*before, most)).rowcount


def delete_plans(connection: sqlite3.Connection) -> int:
    """Delete the plans that no run has; return how many."""
    return connection.execute(_DELETE_PLANS).rowcount


def _plan(connection: sqlite3.Connection, run: Prepared) -> int:
    digest = run.plan.digest
    row = connection.execute(_PLAN_NUMBER, (digest,)).fetchone()
    if row is not None:
        return int(row[0])
    return int(connection.execute(_KEEP_PLAN, (digest, plan_text(run.plan))).lastrowid or 0)


def _end(connection: sqlite3.Connection, run: str, ended: Ended) -> None:
    connection.execute(_END, (ended.status, ended.result, ended.reason, ended.at, run))


def give_back(connection: sqlite3.Connection) -> bool:
    """Give free pages back to the disk; say whether there are more."""
    connection.execute("PRAGMA incremental_vacuum(2000)").fetchall()
    (free,) = connection.execute("PRAGMA freelist_count").fetchone()
    return bool(free)
