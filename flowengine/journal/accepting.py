"""How events come into an SQLite journal, and how runs wait for them.

A run waits for an event while its ``waiting_until`` is set and its rows of ``awaited`` have a ``since``. An append that
just goes on only unsets the one; the other is unset when the run waits the next time, or ends.
"""

from __future__ import annotations

import json
import sqlite3
from typing import Final, NamedTuple

from flowengine.journal.creating import create, refuse_known
from flowengine.journal.forwarding import put
from flowengine.journal.inbox import Accepted, State
from flowengine.journal.prepared_events import Arrival, PreparedEvent, Waiting, written

SEEN: Final = """
    UPDATE events SET copies = copies + 1 WHERE source = ? AND id = ? RETURNING run, runs, number
"""
_KEEP: Final = """
    INSERT INTO events (source, id, name, keys, body, at, conversation, state, run, runs, key)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
TAKER: Final = """
    SELECT awaited.run, awaited.key, runs.id FROM awaited CROSS JOIN runs ON runs.number = awaited.run
    WHERE awaited.key = ? AND since <= ? AND waiting_until IS NOT NULL AND event IS NULL AND cancel_at IS NULL
    ORDER BY awaited.run LIMIT 1
"""
HAD_AWAITED: Final = """
    SELECT awaited.run, runs.id FROM awaited CROSS JOIN runs ON runs.number = awaited.run
    WHERE key = ? ORDER BY awaited.run DESC LIMIT 1
"""
EARLIEST: Final = "SELECT at, event, key FROM event_keys WHERE key = ? AND at >= ? ORDER BY at, event LIMIT 1"
_WAKE: Final = """
    UPDATE runs SET event = ?, due_at = CASE WHEN owner IS NULL THEN 0.0 ELSE due_at END WHERE number = ?
"""
_TAKE: Final = (
    "UPDATE events SET state = 'taken', run = (SELECT id FROM runs WHERE number = ?), key = ? WHERE number = ?"
)
_GIVE_BACK: Final = "UPDATE events SET state = 'late', key = NULL WHERE number = ? RETURNING keys, at"
_KEEP_KEY: Final = "INSERT INTO event_keys (key, at, event) VALUES (?, ?, ?)"
_DROP_KEYS: Final = "DELETE FROM event_keys WHERE event = ?"
_AWAIT: Final = """
    INSERT INTO awaited (key, run, since) VALUES (?, ?, ?) ON CONFLICT (key, run) DO UPDATE SET since = excluded.since
"""
AWAIT_NO_MORE: Final = "UPDATE awaited SET since = NULL WHERE run = ? AND since IS NOT NULL"


class _Fate(NamedTuple):
    """What became of an event. ``key`` is the one by which a run took it."""

    state: State
    run: str | None = None
    runs: tuple[str, ...] = ()
    key: str | None = None


def accept(connection: sqlite3.Connection, arrival: Arrival) -> Accepted:
    """See Journal.accept."""
    event = arrival.event
    seen = connection.execute(SEEN, (event.source, event.id)).fetchone()
    if seen is not None:
        run, runs, number = seen
        return Accepted("duplicate", run, tuple(json.loads(runs)), number)
    takers = [row for key in event.keys if (row := connection.execute(TAKER, (key, event.at)).fetchone())]
    if not takers:
        for new in arrival.runs:
            refuse_known(connection, new.id)
    accepted = _taken(connection, event, takers) if takers else _kept(connection, event, arrival)
    for one in arrival.forward:
        put(connection, one)
    return accepted


def wait_for(connection: sqlite3.Connection, run: int, waiting: Waiting) -> None:
    """Let a run, which waits already, wait for events: those that came, too."""
    connection.executemany(_AWAIT, [(key, run, waiting.since) for key in waiting.keys])
    found = [row for key in waiting.keys if (row := connection.execute(EARLIEST, (key, waiting.since)).fetchone())]
    if found:
        _, number, key = min(found)
        connection.execute(_TAKE, (run, key, number))
        connection.execute(_DROP_KEYS, (number,))
        connection.execute(_WAKE, (number, run))


def wait_no_more(connection: sqlite3.Connection, run: int) -> None:
    """Let a run wait for no event."""
    connection.execute(AWAIT_NO_MORE, (run,))


def give_back(connection: sqlite3.Connection, number: int) -> None:
    """Keep an event that a run was given and did not take."""
    ((keys, at),) = connection.execute(_GIVE_BACK, (number,)).fetchall()
    connection.executemany(_KEEP_KEY, [(key, at, number) for key in json.loads(keys)])


def _taken(connection: sqlite3.Connection, event: PreparedEvent, takers: list[tuple[int, str, str]]) -> Accepted:
    number, key, run = min(takers)
    kept = _keep(connection, event, _Fate("taken", run, key=key))
    connection.execute(_WAKE, (kept, number))
    return Accepted("taken", run, (), kept)


def _kept(connection: sqlite3.Connection, event: PreparedEvent, arrival: Arrival) -> Accepted:
    runs = tuple(run.id for run in arrival.runs)
    if runs:
        number = _keep(connection, event, _Fate("started", runs=runs))
        for run in arrival.runs:
            create(connection, run, None, 0.0)
        return Accepted("started", None, runs, number)
    had = [row for key in event.keys if (row := connection.execute(HAD_AWAITED, (key,)).fetchone())]
    state: State = "late" if had else "unknown"
    late = max(had)[1] if had else None
    number = _keep(connection, event, _Fate(state, late))
    connection.executemany(_KEEP_KEY, [(key, event.at, number) for key in event.keys])
    return Accepted(state, late, (), number)


def _keep(connection: sqlite3.Connection, event: PreparedEvent, fate: _Fate) -> int:
    came = (event.source, event.id, event.name, written(event.keys), event.body, event.at, event.conversation)
    row = (*came, fate.state, fate.run, written(fate.runs), fate.key)
    return int(connection.execute(_KEEP, row).lastrowid or 0)
