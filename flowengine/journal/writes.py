"""How runs are walked in an SQLite journal: each function is one piece of work inside a transaction of the writer's.

All statements are constants. What a function refuses, it refuses before it changes anything.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from flowengine.journal.accepting import give_back, wait_for, wait_no_more
from flowengine.journal.ending import end
from flowengine.journal.faults import Fenced
from flowengine.journal.prepared import PreparedEnd
from flowengine.journal.prepared_events import Waiting
from flowengine.journal.protocol import Cancellation

_ADVANCE: Final = """
    UPDATE runs SET next_seq = ?, waiting_until = NULL WHERE id = ? AND next_seq = ? AND owner = ? AND event IS NULL
"""
_KEEP_ENTRY_OF: Final = "INSERT INTO entries (run, seq, entry) VALUES ((SELECT number FROM runs WHERE id = ?), ?, ?)"
_HELD: Final = "SELECT number, event FROM runs WHERE id = ? AND next_seq = ? AND owner = ?"
_GO_ON: Final = "UPDATE runs SET next_seq = ?, waiting_until = NULL, event = NULL WHERE number = ?"
_KEEP_ENTRY: Final = "INSERT INTO entries (run, seq, entry) VALUES (?, ?, ?)"
_WAIT: Final = """
    UPDATE runs SET status = 'waiting', waiting_until = ?1, owner = NULL,
        due_at = CASE WHEN cancel_at IS NULL THEN ?1 ELSE 0.0 END
    WHERE number = ?2
"""
DUE: Final = """
    SELECT number, id, NULLIF(waiting_until, 1e15), cancel_reason, cancel_at, event FROM runs
    WHERE due_at <= ? AND owner IS NOT ? ORDER BY due_at, number LIMIT ?
"""
# A family is few runs among many: they are found by their ids, and the sign keeps SQLite from all that are due.
DUE_OF_FAMILY: Final = """
    SELECT number, id, NULLIF(waiting_until, 1e15), cancel_reason, cancel_at, event FROM runs
    WHERE (id = ?4 OR (id > ?4 || '.' AND id < ?4 || '/')) AND +due_at <= ?1 AND owner IS NOT ?2
    ORDER BY +due_at, +number LIMIT ?3
"""
_LEASE: Final = "UPDATE runs SET owner = ?, due_at = ?, status = 'running' WHERE number = ?"
_CAME: Final = "SELECT number, key, name, body, at FROM events WHERE number = ?"
_RENEW: Final = "UPDATE runs SET due_at = ? WHERE id = ? AND owner = ? RETURNING number"
_RELEASE: Final = """
    UPDATE runs SET owner = NULL, status = CASE WHEN waiting_until IS NULL THEN 'running' ELSE 'waiting' END,
        due_at = CASE
            WHEN waiting_until IS NULL OR cancel_at IS NOT NULL OR event IS NOT NULL THEN 0.0 ELSE waiting_until
        END
    WHERE id = ? AND owner = ?
"""


@dataclass(slots=True)
class Append:
    """See Journal.append: what is to be appended, as a piece of work."""

    run: str
    seq: int
    entries: Sequence[str]
    owner: str
    waiting: Waiting | None
    taken: int | None
    ended: PreparedEnd | None

    @property
    def plain(self) -> bool:
        """Whether the run just goes on after it, as after nearly all."""
        return self.waiting is None and self.ended is None and self.taken is None

    @property
    def after(self) -> int:
        """What is next."""
        return self.seq + len(self.entries)

    def __call__(self, connection: sqlite3.Connection, /) -> int:
        """Do it."""
        held = connection.execute(_HELD, (self.run, self.seq, self.owner)).fetchone()
        if held is None or (self.taken is not None and self.taken != held[1]):
            raise Fenced(self.run, self.seq)
        number, event = held
        connection.execute(_GO_ON, (self.after, number))
        connection.executemany(_KEEP_ENTRY, [(number, seq, entry) for seq, entry in enumerate(self.entries, self.seq)])
        if event is not None and self.taken is None:
            give_back(connection, event)
        if self.ended is not None:
            end(connection, number, self.ended)
        elif self.waiting is not None:
            connection.execute(_WAIT, (self.waiting.until, number))
            wait_no_more(connection, number)
            wait_for(connection, number, self.waiting)
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


class Claimed(NamedTuple):
    """See Claim. ``event`` is the row of one: number, key, name, body as text, time."""

    run: str
    waiting_until: float | None
    cancellation: Cancellation | None
    event: tuple[Any, ...] | None


def claim(  # noqa: PLR0913, PLR0917 - see Journal.claim
    connection: sqlite3.Connection, owner: str, now: float, lease: float, limit: int, family: str | None
) -> list[Claimed]:
    """See Journal.claim."""
    if family is None:
        due = connection.execute(DUE, (now, owner, limit)).fetchall()
    else:
        due = connection.execute(DUE_OF_FAMILY, (now, owner, limit, family)).fetchall()
    connection.executemany(_LEASE, [(owner, now + lease, number) for number, *_ in due])
    return [
        Claimed(
            run,
            waiting_until,
            None if asked_at is None else Cancellation(run, reason, asked_at),
            None if event is None else connection.execute(_CAME, (event,)).fetchone(),
        )
        for _, run, waiting_until, reason, asked_at, event in due
    ]


def renew(connection: sqlite3.Connection, owner: str, runs: Collection[str], until: float) -> set[str]:
    """See Journal.renew."""
    return {run for run in runs if not connection.execute(_RENEW, (until, run, owner)).fetchall()}


def release(connection: sqlite3.Connection, owner: str, runs: Collection[str]) -> None:
    """See Journal.release."""
    connection.executemany(_RELEASE, [(run, owner) for run in runs])
