"""The outbox of a journal in memory."""

from __future__ import annotations

from collections.abc import Collection

from flowengine.journal.memory_rows import OutRow, Tables
from flowengine.journal.outbox import OutboxRow, OutboxState
from flowengine.journal.prepared_events import PreparedForward


def put(tables: Tables, what: PreparedForward) -> None:
    """Keep something to be delivered."""
    tables.last_out += 1
    row = tables.outbox[tables.last_out] = OutRow(tables.last_out, what, 0, None)
    _queue_up(tables, row)


def due(tables: Tables, now: float, limit: int, lease: float, stream: str | None) -> list[OutboxRow]:
    """See Outbox.outbox_due."""
    found = sorted(
        (row.due_at, row.number) for row in _of(tables, stream) if row.due_at is not None and row.due_at <= now
    )
    rows = [tables.outbox[number] for _, number in found[:limit]]
    for row in rows:
        row.due_at = now + lease
    return [row.kept() for row in rows]


def next_due(tables: Tables, stream: str | None) -> float | None:
    """See Outbox.outbox_next."""
    return min((row.due_at for row in _of(tables, stream) if row.due_at is not None), default=None)


def failed(  # noqa: PLR0913, PLR0917 - the columns
    tables: Tables, number: int, at: float, next_at: float, error: str, attempts: int
) -> None:
    """See Outbox.failed."""
    row = tables.outbox.get(number)
    if row is not None and row.due_at is not None:
        row.attempts, row.tried_at, row.due_at, row.error = row.attempts + attempts, at, next_at, error


def settle(tables: Tables, number: int, state: OutboxState, at: float, error: str | None) -> None:
    """See Outbox.delivered and dead."""
    row = tables.outbox.get(number)
    if row is None or row.state != "pending":
        return
    row.state, row.due_at, row.tried_at, row.error, row.attempts = state, None, at, error, row.attempts + 1
    following = min(_before(tables, row), default=None, key=lambda other: other.place)
    if following is not None and following.due_at is None:
        following.due_at = following.what.at


def resend(tables: Tables, numbers: Collection[int]) -> int:
    """See Outbox.resend."""
    rows = [tables.outbox[number] for number in numbers if number in tables.outbox]
    dead = sorted((row for row in rows if row.state == "dead"), key=lambda row: row.number)
    for row in dead:
        row.attempts = 0
        _queue_up(tables, row)
        row.state = "pending"
    return len(dead)


def _of(tables: Tables, stream: str | None) -> list[OutRow]:
    return [row for row in tables.outbox.values() if stream in (None, row.what.stream)]


def _queue_up(tables: Tables, row: OutRow) -> None:
    before = _before(tables, row)
    row.place = max((other.place for other in before), default=-1) + 1
    row.due_at = None if before else row.what.at


def _before(tables: Tables, row: OutRow) -> list[OutRow]:
    """Return what is pending of a row's conversation, besides itself."""
    return [
        other
        for other in tables.outbox.values()
        if other is not row
        and other.state == "pending"
        and row.what.conversation is not None
        and (other.what.stream, other.what.conversation) == (row.what.stream, row.what.conversation)
    ]
