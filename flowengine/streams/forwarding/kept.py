"""The stream as the journal keeps it: one for each environment, with its settings, its rows and what is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from flowengine.core.moments import moment
from flowengine.journal.outbox import OutboxRow, StreamCounts
from flowengine.journal.protocol import History
from flowengine.streams.forwarding.settings import DESCRIPTION, EVENTS, NAME, TITLE, Settings, read_settings

_NONE: Final = StreamCounts(0, 0, 0, None)
_PAGE: Final = 1000


def stream_key(environment: str) -> str:
    """Return what the journal calls the stream of an environment: events of one never go out in another."""
    return f"{NAME}@{environment}"


def kept_settings(history: History, environment: str) -> tuple[Settings, float | None]:
    """Return the settings of an environment's stream, and when they were made: None where nobody has made any."""
    key = stream_key(environment)
    for kept in history.streams():
        if kept.name == key:
            return read_settings(kept.settings), kept.at
    return Settings(), None


def stream_json(history: History, environment: str, now: float) -> dict[str, Any]:
    """Return all that the journal knows of an environment's stream, as JSON values."""
    settings, changed_at = kept_settings(history, environment)
    key = stream_key(environment)
    counts = history.outbox_counts().get(key, _NONE)
    failed = history.outbox_failed(key)
    return {
        "name": NAME,
        "title": TITLE,
        "description": DESCRIPTION,
        "environment": environment,
        **settings.to_json(),
        "events": [EVENTS],
        "changedAt": None if changed_at is None else moment(changed_at),
        "warnings": settings.warnings(),
        "pending": counts.pending,
        "delivered": counts.delivered,
        "dead": counts.dead,
        "lagMs": 0 if counts.oldest is None else max(0, round((now - counts.oldest) * 1000)),
        "lastError": None if failed is None else _error_json(failed),
    }


def row_json(row: OutboxRow) -> dict[str, Any]:
    """Return a row of the outbox as JSON values."""
    return {
        "number": row.number,
        "event": row.event,
        "conversation": row.conversation,
        "state": row.state,
        "at": moment(row.at),
        "attempts": row.attempts,
        "triedAt": None if row.tried_at is None else moment(row.tried_at),
        "reason": row.error,
        "body": row.body,
    }


def dead_numbers(history: History, environment: str) -> list[int]:
    """Return the numbers of an environment's dead letters, the oldest first."""
    return sorted(row.number for row in _dead(history, stream_key(environment)))


def _dead(history: History, key: str) -> Iterator[OutboxRow]:
    before: int | None = None
    while rows := history.outbox(key, ("dead",), _PAGE, before):
        yield from rows
        before = rows[-1].number


def _error_json(row: OutboxRow) -> dict[str, Any]:
    return {
        "number": row.number,
        "event": row.event,
        "reason": row.error,
        "at": None if row.tried_at is None else moment(row.tried_at),
        "attempts": row.attempts,
        "state": row.state,
    }
