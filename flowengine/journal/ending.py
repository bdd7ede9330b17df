"""How a run ends in an SQLite journal, and what that means for others: its queue, its caller, those it has called."""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Iterable
from typing import Final

from flowengine.journal.accepting import accept, give_back, wait_no_more
from flowengine.journal.creating import free_next
from flowengine.journal.faults import UnknownRun
from flowengine.journal.prepared import CALLER_ENDED, PreparedEnd, cancelled
from flowengine.journal.prepared_events import Arrival, run_ended
from flowengine.journal.protocol import CancelResult

_END: Final = """
    UPDATE runs SET status = ?, result = ?, reason = ?, ended_at = ?, owner = NULL, due_at = NULL, waiting_until = NULL,
        cancel_at = NULL, cancel_reason = NULL, queued = 0, event = NULL
    WHERE number = ?
"""
_ABOUT: Final = "SELECT id, queue, called_by, event FROM runs WHERE number = ?"
_PLACE: Final = "SELECT number, ended_at FROM runs WHERE id = ?"
_TO_CANCEL: Final = "SELECT next_seq, owner, due_at FROM runs WHERE number = ?"
_ASK: Final = "UPDATE runs SET cancel_at = ?, cancel_reason = ? WHERE number = ? AND cancel_at IS NULL"
_KEEP_ENTRY: Final = "INSERT INTO entries (run, seq, entry) VALUES (?, ?, ?)"
_ADVANCE: Final = "UPDATE runs SET next_seq = next_seq + 1 WHERE number = ?"
CHILDREN: Final = """
    SELECT number FROM runs
    WHERE called_by = (SELECT id FROM runs WHERE number = ?) AND ended_at IS NULL ORDER BY number
"""


def end(connection: sqlite3.Connection, number: int, how: PreparedEnd) -> None:
    """End a run, and the open ones that it has called."""
    _end_one(connection, number, how)
    _stop(connection, _open_children(connection, number), CALLER_ENDED, how.ended.at)


def cancel(connection: sqlite3.Connection, run: str, reason: str, at: float) -> CancelResult:
    """See Journal.cancel."""
    row = connection.execute(_PLACE, (run,)).fetchone()
    if row is None:
        raise UnknownRun(run)
    number, ended_at = row
    if ended_at is not None:
        return "over"
    _stop(connection, [number], reason, at)
    _, ended_at = connection.execute(_PLACE, (run,)).fetchone()
    return "asked" if ended_at is None else "stopped"


def _stop(connection: sqlite3.Connection, first: Iterable[int], reason: str, at: float) -> None:
    entry, how = cancelled(reason, at)
    numbers, seen = deque(first), set[int]()
    while numbers:
        number = numbers.popleft()
        if number in seen:
            continue
        seen.add(number)
        seq, owner, due_at = connection.execute(_TO_CANCEL, (number,)).fetchone()
        if owner is not None and due_at > at:
            connection.execute(_ASK, (at, how.ended.reason, number))
        else:
            connection.execute(_KEEP_ENTRY, (number, seq, entry))
            connection.execute(_ADVANCE, (number,))
            _end_one(connection, number, how)
        numbers += _open_children(connection, number)


def _end_one(connection: sqlite3.Connection, number: int, how: PreparedEnd) -> None:
    run, queue, called_by, event = connection.execute(_ABOUT, (number,)).fetchone()
    ended = how.ended
    connection.execute(_END, (ended.status, ended.result, ended.reason, ended.at, number))
    wait_no_more(connection, number)
    if event is not None:
        give_back(connection, event)
    if called_by is not None:
        accept(connection, Arrival(run_ended(run, number, how), (), ()))
    if queue is not None:
        free_next(connection, queue)


def _open_children(connection: sqlite3.Connection, number: int) -> list[int]:
    return [child for (child,) in connection.execute(CHILDREN, (number,))]
