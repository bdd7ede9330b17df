"""The tables, as the named steps that made them: each runs once, in one transaction with the record that it ran."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final, NamedTuple

from flowengine.journal.faults import JournalFault

APPLICATION_ID: Final = 0x464C4F57
"""In the file's header: tells a journal from other people's databases (``FLOW``)."""


class Migration(NamedTuple):
    """A step. Its name is never used again, and what it does never changes."""

    name: str
    statements: tuple[str, ...]


_FIRST: Final = (
    """
    CREATE TABLE plans (
        number INTEGER PRIMARY KEY,
        digest TEXT NOT NULL UNIQUE,
        data TEXT NOT NULL
    ) STRICT
    """,
    # due_at: when somebody (else) may claim the run, that is the end of its lease or of its wait. NULL: it has ended.
    """
    CREATE TABLE runs (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        flow TEXT NOT NULL,
        plan INTEGER NOT NULL REFERENCES plans (number),
        created_at REAL NOT NULL,
        environment TEXT,
        source TEXT,
        parent TEXT,
        parent_node TEXT,
        next_seq INTEGER NOT NULL,
        status TEXT NOT NULL CHECK (status IN ('running', 'waiting', 'succeeded', 'failed', 'cancelled')),
        waiting_until REAL CHECK (waiting_until IS NOT NULL OR status != 'waiting'),
        due_at REAL CHECK ((due_at IS NOT NULL) = (status IN ('running', 'waiting'))),
        owner TEXT CHECK (owner IS NULL OR status = 'running'),
        cancel_at REAL CHECK (cancel_at IS NULL OR due_at IS NOT NULL),
        cancel_reason TEXT CHECK ((cancel_reason IS NULL) = (cancel_at IS NULL)),
        result TEXT,
        reason TEXT,
        ended_at REAL CHECK ((ended_at IS NULL) = (due_at IS NOT NULL))
    ) STRICT
    """,
    # Not WITHOUT ROWID: so the entries of many runs fill one page after the other, and a commit writes fewer pages.
    """
    CREATE TABLE entries (
        run INTEGER NOT NULL REFERENCES runs (number) ON DELETE CASCADE,
        seq INTEGER NOT NULL CHECK (seq >= 0),
        entry TEXT NOT NULL,
        PRIMARY KEY (run, seq)
    ) STRICT
    """,
    "CREATE INDEX runs_due ON runs (due_at) WHERE due_at IS NOT NULL",
    "CREATE INDEX runs_to_cancel ON runs (owner) WHERE cancel_at IS NOT NULL",
    "CREATE INDEX runs_ended ON runs (ended_at) WHERE ended_at IS NOT NULL",
    "CREATE INDEX runs_by_status ON runs (status)",
    "CREATE INDEX runs_by_plan ON runs (plan)",
    "PRAGMA application_id = 0x464C4F57",
)

_EVENTS: Final = (
    # key: by which a run took it. runs: a JSON array of the ids of those that it started.
    """
    CREATE TABLE events (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        source TEXT NOT NULL,
        id TEXT NOT NULL,
        name TEXT NOT NULL,
        keys TEXT NOT NULL,
        body TEXT NOT NULL,
        at REAL NOT NULL,
        conversation TEXT,
        state TEXT NOT NULL CHECK (state IN ('taken', 'started', 'late', 'unknown')),
        run TEXT CHECK ((run IS NOT NULL) = (state IN ('taken', 'late'))),
        runs TEXT NOT NULL,
        key TEXT CHECK ((key IS NOT NULL) = (state = 'taken')),
        copies INTEGER NOT NULL DEFAULT 0,
        UNIQUE (source, id)
    ) STRICT
    """,
    # Of the events that a run may still come to wait for.
    """
    CREATE TABLE event_keys (
        key TEXT NOT NULL,
        at REAL NOT NULL,
        event INTEGER NOT NULL REFERENCES events (number) ON DELETE CASCADE,
        PRIMARY KEY (key, at, event)
    ) STRICT, WITHOUT ROWID
    """,
    # What runs wait for, and what they have waited for. since: NULL once it is known that it is over.
    """
    CREATE TABLE awaited (
        key TEXT NOT NULL,
        run INTEGER NOT NULL REFERENCES runs (number) ON DELETE CASCADE,
        since REAL,
        PRIMARY KEY (key, run)
    ) STRICT, WITHOUT ROWID
    """,
    # due_at: of the first pending row of a conversation only. place: its order within that.
    """
    CREATE TABLE outbox (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        stream TEXT NOT NULL,
        event TEXT NOT NULL,
        conversation TEXT,
        place INTEGER NOT NULL,
        body TEXT NOT NULL,
        at REAL NOT NULL,
        state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'dead')),
        attempts INTEGER NOT NULL DEFAULT 0,
        due_at REAL CHECK (due_at IS NULL OR state = 'pending'),
        error TEXT,
        tried_at REAL CHECK (tried_at IS NOT NULL OR state = 'pending')
    ) STRICT
    """,
    """
    CREATE TABLE streams (
        name TEXT PRIMARY KEY,
        settings TEXT NOT NULL,
        at REAL NOT NULL
    ) STRICT
    """,
    "ALTER TABLE runs ADD COLUMN queue TEXT",
    """
    ALTER TABLE runs ADD COLUMN queued INTEGER NOT NULL DEFAULT 0
        CHECK (queued = 0 OR (queued = 1 AND queue IS NOT NULL AND status = 'waiting'))
    """,
    "ALTER TABLE runs ADD COLUMN called_by TEXT",
    "ALTER TABLE runs ADD COLUMN event INTEGER REFERENCES events (number) CHECK (event IS NULL OR due_at IS NOT NULL)",
    "CREATE INDEX runs_open_of_queue ON runs (queue, number) WHERE queue IS NOT NULL AND ended_at IS NULL",
    "CREATE INDEX runs_called ON runs (called_by) WHERE called_by IS NOT NULL",
    "CREATE INDEX runs_woken ON runs (event) WHERE event IS NOT NULL",
    "CREATE INDEX events_by_state ON events (state)",
    "CREATE INDEX events_by_time ON events (at)",
    "CREATE INDEX event_keys_by_event ON event_keys (event)",
    "CREATE INDEX awaited_now ON awaited (key, run, since) WHERE since IS NOT NULL",
    "CREATE INDEX awaited_by_run ON awaited (run)",
    "CREATE INDEX outbox_due ON outbox (due_at) WHERE due_at IS NOT NULL",
    "CREATE INDEX outbox_due_of_stream ON outbox (stream, due_at) WHERE due_at IS NOT NULL",
    "CREATE INDEX outbox_failed ON outbox (stream, tried_at) WHERE error IS NOT NULL",
    "CREATE INDEX outbox_of_conversation ON outbox (stream, conversation, place) WHERE state = 'pending'",
    "CREATE INDEX outbox_by_state ON outbox (stream, state)",
    "CREATE INDEX outbox_delivered ON outbox (tried_at) WHERE state = 'delivered'",
)

MIGRATIONS: Final = (
    Migration("runs, entries and plans", _FIRST),
    Migration("events, queues, calls and the outbox", _EVENTS),
)


def check_ours(connection: sqlite3.Connection, path: Path, *, new: bool = True) -> None:
    """Raise JournalFault for a database that is not a journal; ``new``: one that is still empty may become one."""
    # In this order: another process may be making the tables just now, and marks the file as ours in the same commit.
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    if application == APPLICATION_ID or (new and not application and not tables):
        return
    raise JournalFault(f"{path} is not a journal of flowengine's: name another file", "foreign")


def migrate(connection: sqlite3.Connection, path: Path, at: float) -> list[str]:
    """Bring the tables up to date; return the names of the steps that ran. Raises JournalFault for a later version.

    Several processes may do so at once: the first one does the work.
    """
    ran: list[str] = []
    for migration in MIGRATIONS:
        connection.execute("BEGIN IMMEDIATE")
        try:
            if migration.name not in _known(connection, path):
                for statement in migration.statements:
                    connection.execute(statement)
                connection.execute("INSERT INTO migrations (name, at) VALUES (?, ?)", (migration.name, at))
                ran.append(migration.name)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
    return ran


def is_up_to_date(connection: sqlite3.Connection, path: Path) -> bool:
    """Whether all steps ran. Raises JournalFault for a later version."""
    return len(steps_of(connection, path)) == len(MIGRATIONS)


def _known(connection: sqlite3.Connection, path: Path) -> set[str]:
    connection.execute("CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY, at REAL NOT NULL) STRICT")
    return steps_of(connection, path)


def steps_of(connection: sqlite3.Connection, path: Path) -> set[str]:
    """Return the steps that ran. Raises JournalFault where one of them is from a later version."""
    known = {name for (name,) in connection.execute("SELECT name FROM migrations")}
    unknown = known - {migration.name for migration in MIGRATIONS}
    if unknown:
        raise JournalFault(
            f"{path} was written by a later flowengine (it has {min(unknown)!r}): use that one, or another file",
            "newer",
        )
    return known
