"""Reads an SQLite journal: on a read-only connection, in short transactions, for a limited time."""

from __future__ import annotations

import math
import sqlite3
import threading
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from flowengine.core.entries import Entry
from flowengine.journal import history_events
from flowengine.journal.checking import check
from flowengine.journal.codec import decode
from flowengine.journal.faults import JournalCorrupt, JournalFault, UnknownRun
from flowengine.journal.inbox import EventFilter, KeptEvent
from flowengine.journal.opening import open_reading
from flowengine.journal.outbox import KeptStream, OutboxRow, StreamCounts
from flowengine.journal.prepared import read_plan
from flowengine.journal.prepared_events import FOREVER
from flowengine.journal.protocol import STATUSES, Cancellation, Filter, KeptRun
from flowengine.journal.sqlite_faults import fault_of

PATIENCE: Final = 10.0
"""Seconds that one question may take."""

_INSTRUCTIONS: Final = 20_000  # of SQLite's machine between two looks at the clock

_NEWEST: Final = (1 << 63) - 1  # above every number

_PLACE: Final = "SELECT number, next_seq FROM runs WHERE id = ?"
_RUN: Final = """
    SELECT runs.id, flow, digest, status, result, reason, created_at, ended_at, next_seq, environment, source, parent,
        parent_node, NULLIF(waiting_until, 1e15), owner, CASE WHEN owner IS NOT NULL THEN due_at END, cancel_at,
        queue, called_by, queued
    FROM runs JOIN plans ON plans.number = runs.plan WHERE runs.id = ?
"""
CHILDREN: Final = """
    SELECT runs.id, flow, digest, status, result, reason, created_at, ended_at, next_seq, environment, source, parent,
        parent_node, NULLIF(waiting_until, 1e15), owner, CASE WHEN owner IS NOT NULL THEN due_at END, cancel_at,
        queue, called_by, queued
    FROM runs CROSS JOIN plans ON plans.number = runs.plan WHERE called_by = ? ORDER BY runs.number
"""
RUNS: Final = """
    SELECT runs.number, runs.id, flow, digest, status, result, reason, created_at, ended_at, next_seq, environment,
        source, parent, parent_node, NULLIF(waiting_until, 1e15), owner, CASE WHEN owner IS NOT NULL THEN due_at END,
        cancel_at, queue, called_by, queued
    FROM runs CROSS JOIN plans ON plans.number = runs.plan
    WHERE status = :status
        AND runs.number < :before
        AND (:flow IS NULL OR flow = :flow)
        AND (:since IS NULL OR created_at >= :since)
        AND (:text IS NULL OR instr(lower(runs.id), lower(:text)) OR instr(lower(flow), lower(:text))
            OR instr(lower(reason), lower(:text))
            OR instr(lower((SELECT entry FROM entries WHERE run = runs.number AND seq = 0)), lower(:text)))
    ORDER BY runs.number DESC LIMIT :limit
"""
# Only those that are newer: there is no index on parent.
RETRIES: Final = """
    SELECT runs.id, flow, digest, status, result, reason, created_at, ended_at, next_seq, environment, source, parent,
        parent_node, NULLIF(waiting_until, 1e15), owner, CASE WHEN owner IS NOT NULL THEN due_at END, cancel_at,
        queue, called_by, queued
    FROM runs CROSS JOIN plans ON plans.number = runs.plan
    WHERE runs.number > (SELECT number FROM runs WHERE id = ?1) AND parent = ?1 ORDER BY runs.number DESC LIMIT ?2
"""
AWAITED: Final = """
    SELECT key FROM runs CROSS JOIN awaited ON awaited.run = runs.number
    WHERE runs.id = ? AND waiting_until IS NOT NULL AND event IS NULL AND since IS NOT NULL
"""
QUEUE_HEAD: Final = "SELECT id FROM runs WHERE queue = ? AND ended_at IS NULL ORDER BY number LIMIT 1"
# FF is above all that UTF-8 has.
IDS: Final = "SELECT id FROM runs WHERE id >= ?1 AND id < ?1 || CAST(x'FF' AS TEXT) ORDER BY id LIMIT ?2"
_ENTRIES: Final = "SELECT seq, entry FROM entries WHERE run = ? AND seq > ? ORDER BY seq"
_PLAN: Final = "SELECT data FROM plans WHERE digest = ?"
_COUNTS: Final = "SELECT status, count(*) FROM runs GROUP BY status"
NEXT_DUE: Final = "SELECT due_at FROM runs WHERE due_at IS NOT NULL AND owner IS NOT ? ORDER BY due_at LIMIT 1"
# No index on due_at here (see DUE_OF_FAMILY).
NEXT_DUE_OF_FAMILY: Final = """
    SELECT due_at FROM runs
    WHERE (id = ?1 OR (id > ?1 || '.' AND id < ?1 || '/')) AND +due_at IS NOT NULL AND owner IS NOT ?2
    ORDER BY +due_at LIMIT 1
"""
TO_CANCEL: Final = "SELECT id, cancel_reason, cancel_at FROM runs WHERE owner = ? AND cancel_at IS NOT NULL"


class SqliteHistory:
    """See History. May be used by several threads, one after the other."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection = open_reading(path)
        self._lock = threading.Lock()

    def run(self, run: str) -> KeptRun:
        """See History."""
        with self._reading() as connection:
            row = connection.execute(_RUN, (run,)).fetchone()
        if row is None:
            raise UnknownRun(run)
        return _kept(row)

    def ids(self, prefix: str, limit: int = 20) -> list[str]:
        """See History."""
        with self._reading() as connection:
            rows = connection.execute(IDS, (prefix, limit)).fetchall()
        return [run for (run,) in rows]

    def entries(self, run: str, after: int = -1) -> list[Entry]:
        """See History."""
        with self._reading() as connection:
            number, end = _place(connection, run)
            texts = dict(connection.execute(_ENTRIES, (number, after)))
        missing = [seq for seq in range(after + 1, end) if seq not in texts]
        if missing:
            raise JournalCorrupt("it is not there", run=run, seq=missing[0])
        return [decode(entry, run, seq) for seq, entry in texts.items()]

    def plan(self, digest: str) -> Mapping[str, Any]:
        """See History."""
        with self._reading() as connection:
            row = connection.execute(_PLAN, (digest,)).fetchone()
        return read_plan(row[0] if row else None, digest)

    def runs(self, where: Filter = Filter(), limit: int = 50, before: str | None = None) -> list[KeptRun]:  # noqa: B008 - immutable
        """See History."""
        # A query for each status: each walks an index from its newest run, and stops at the limit.
        statuses = [status for status in STATUSES if not where.statuses or status in where.statuses]
        with self._reading() as connection:
            number = _NEWEST if before is None else _place(connection, before)[0]
            asked = {"flow": where.flow, "since": where.since, "text": where.text, "before": number, "limit": limit}
            rows = [row for status in statuses for row in connection.execute(RUNS, {**asked, "status": status})]
        return [_kept(row[1:]) for row in sorted(rows, reverse=True)[:limit]]

    def counts(self) -> dict[str, int]:
        """See History."""
        with self._reading() as connection:
            return dict.fromkeys(STATUSES, 0) | dict(connection.execute(_COUNTS).fetchall())

    def children(self, run: str) -> list[KeptRun]:
        """See History."""
        with self._reading() as connection:
            return [_kept(row) for row in connection.execute(CHILDREN, (run,))]

    def retries(self, run: str, limit: int = 50) -> list[KeptRun]:
        """See History."""
        with self._reading() as connection:
            return [_kept(row) for row in connection.execute(RETRIES, (run, limit))]

    def awaited(self, run: str) -> list[str]:
        """See History."""
        with self._reading() as connection:
            return sorted(key for (key,) in connection.execute(AWAITED, (run,)))

    def queue_head(self, queue: str) -> str | None:
        """See History."""
        with self._reading() as connection:
            row = connection.execute(QUEUE_HEAD, (queue,)).fetchone()
        return None if row is None else row[0]

    def events(
        self,
        where: EventFilter = EventFilter(),  # noqa: B008 - immutable
        limit: int = 50,
        before: int | None = None,
    ) -> list[KeptEvent]:
        """See History."""
        with self._reading() as connection:
            rows = history_events.events(connection, where, limit, before)
        return [history_events.event_of(row) for row in rows]

    def event(self, number: int) -> KeptEvent:
        """See History."""
        with self._reading() as connection:
            row = history_events.event(connection, number)
        return history_events.event_of(row)

    def event_counts(self) -> dict[str, int]:
        """See History."""
        with self._reading() as connection:
            return history_events.event_counts(connection)

    def outbox(
        self, stream: str, states: Collection[str] = (), limit: int = 50, before: int | None = None
    ) -> list[OutboxRow]:
        """See OutboxHistory."""
        with self._reading() as connection:
            rows = history_events.outbox(connection, stream, states, limit, before)
        return [history_events.out_row_of(row) for row in rows]

    def outbox_failed(self, stream: str) -> OutboxRow | None:
        """See OutboxHistory."""
        with self._reading() as connection:
            row = history_events.outbox_failed(connection, stream)
        return None if row is None else history_events.out_row_of(row)

    def outbox_counts(self) -> dict[str, StreamCounts]:
        """See OutboxHistory."""
        with self._reading() as connection:
            return history_events.outbox_counts(connection)

    def streams(self) -> list[KeptStream]:
        """See OutboxHistory."""
        with self._reading() as connection:
            rows = history_events.streams(connection)
        return [history_events.stream_of(row) for row in rows]

    def next_due(self, owner: str, family: str | None = None) -> float | None:
        """See Journal.next_due."""
        with self._reading() as connection:
            if family is None:
                row = connection.execute(NEXT_DUE, (owner,)).fetchone()
            else:
                row = connection.execute(NEXT_DUE_OF_FAMILY, (family, owner)).fetchone()
        return None if row is None or row[0] >= FOREVER else row[0]

    def outbox_next(self, stream: str | None = None) -> float | None:
        """See Outbox.outbox_next."""
        with self._reading() as connection:
            return history_events.outbox_next(connection, stream)

    def cancellations(self, owner: str) -> list[Cancellation]:
        """See Journal.cancellations."""
        with self._reading() as connection:
            return [Cancellation(*row) for row in connection.execute(TO_CANCEL, (owner,))]

    def check(self) -> list[str]:
        """See History."""
        return list(check(lambda: self._reading(patience=None)))

    def close(self) -> None:
        """See History."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def _reading(self, patience: float | None = PATIENCE) -> Iterator[sqlite3.Connection]:
        """Read one state of the journal, for a limited time; what is fetched is fetched in here."""
        deadline = math.inf if patience is None else time.monotonic() + patience
        with self._lock:
            connection = self._connection
            try:
                connection.set_progress_handler(lambda: time.monotonic() > deadline, _INSTRUCTIONS)
                connection.execute("BEGIN")
                try:
                    yield connection
                finally:
                    if connection.in_transaction:
                        connection.execute("ROLLBACK")
            except UnicodeEncodeError:
                raise JournalFault(
                    "what is looked for has half a character in it (a lone surrogate)", "unusable"
                ) from None
            except sqlite3.Error as fault:
                raise fault_of(fault, self.path) from None


def _kept(row: tuple[Any, ...]) -> KeptRun:
    run = KeptRun(*row)
    return run._replace(queued=bool(run.queued))


def _place(connection: sqlite3.Connection, run: str) -> tuple[int, int]:
    row = connection.execute(_PLACE, (run,)).fetchone()
    if row is None:
        raise UnknownRun(run)
    return row[0], row[1]
