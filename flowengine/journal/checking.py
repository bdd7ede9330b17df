"""Looks a whole SQLite journal over: the file, the numbering, and whether each entry, plan and event can be read.

And whether anything stands still that nothing will ever move: a run in a queue without a first, say.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from typing import Final, NamedTuple, Protocol

from flowengine.core.entries import Started
from flowengine.journal.codec import decode
from flowengine.journal.faults import JournalCorrupt, JournalFault
from flowengine.journal.prepared import read_plan
from flowengine.journal.prepared_events import read_value

_SOME: Final = 200
"""Runs that are looked at in one transaction: a long one would keep the log from being written back."""

_RUNS: Final = """
    SELECT runs.number, id, next_seq, digest FROM runs LEFT JOIN plans ON plans.number = plan
    WHERE runs.number > ? ORDER BY runs.number LIMIT ?
"""
_ENTRIES: Final = "SELECT seq, entry FROM entries WHERE run = ? ORDER BY seq"
_DIGESTS: Final = "SELECT digest FROM plans ORDER BY number"
_PLAN: Final = "SELECT data FROM plans WHERE digest = ?"
_EVENTS: Final = "SELECT number, body, keys, runs FROM events WHERE number > ? ORDER BY number LIMIT ?"
_OUTBOX: Final = "SELECT number, body FROM outbox WHERE number > ? ORDER BY number LIMIT ?"
_STREAMS: Final = "SELECT name, settings FROM streams ORDER BY name"
_BLOCKED: Final = """
    SELECT id FROM runs WHERE queued AND NOT EXISTS (
        SELECT 1 FROM runs AS other WHERE other.queue = runs.queue AND other.ended_at IS NULL AND NOT other.queued
    )
"""
_NOT_WOKEN: Final = """
    SELECT runs.id, events.number FROM runs JOIN events ON events.number = runs.event
    WHERE events.state != 'taken' OR events.run != runs.id OR (runs.owner IS NULL AND runs.due_at > 0.0)
"""
_OUT_OF_ORDER: Final = """
    SELECT stream, conversation FROM outbox WHERE state = 'pending' AND conversation IS NOT NULL
    GROUP BY stream, conversation HAVING count(due_at) != 1
"""


class Reading(Protocol):
    """Opens a short reading transaction."""

    def __call__(self) -> AbstractContextManager[sqlite3.Connection]:
        """Open one."""


class _Run(NamedTuple):
    number: int
    id: str
    next_seq: int
    digest: str | None


def check(reading: Reading) -> Iterator[str]:
    """Yield what is wrong, in sentences. A file that cannot be read on ends it."""
    try:
        yield from _file(reading)
        yield from _plans(reading)
        yield from _runs(reading)
        yield from _values(reading)
        yield from _still(reading)
    except JournalFault as fault:
        yield str(fault)


def _file(reading: Reading) -> Iterator[str]:
    with reading() as connection:
        problems = [problem for (problem,) in connection.execute("PRAGMA integrity_check")]
        lost = connection.execute("PRAGMA foreign_key_check").fetchall()
    yield from (f"the file is damaged: {problem}" for problem in problems if problem != "ok")
    yield from (f"the row {row} of {table} belongs to nothing in {parent}" for table, row, parent, _ in lost)


def _plans(reading: Reading) -> Iterator[str]:
    with reading() as connection:
        digests = [digest for (digest,) in connection.execute(_DIGESTS)]
    for digest in digests:
        with reading() as connection:
            row = connection.execute(_PLAN, (digest,)).fetchone()
        try:
            read_plan(row[0] if row else None, digest)
        except JournalCorrupt as fault:
            yield str(fault)


def _runs(reading: Reading) -> Iterator[str]:
    last = 0
    while True:
        with reading() as connection:
            runs = [_Run(*row) for row in connection.execute(_RUNS, (last, _SOME))]
            entries = {run.number: connection.execute(_ENTRIES, (run.number,)).fetchall() for run in runs}
        if not runs:
            return
        for run in runs:
            yield from _run(run, entries[run.number])
        last = runs[-1].number


def _run(run: _Run, rows: list[tuple[int, str]]) -> Iterator[str]:
    if [seq for seq, _ in rows] != list(range(run.next_seq)):
        yield f"run {run.id!r} has {len(rows)} entries, and should have those from 0 to {run.next_seq - 1}"
    for seq, text in rows:
        try:
            entry = decode(text, run.id, seq)
        except JournalCorrupt as fault:
            yield str(fault)
            continue
        if isinstance(entry, Started) and (entry.run, entry.digest) != (run.id, run.digest):
            yield f"run {run.id!r} begins with the entry of run {entry.run!r} on plan {entry.digest}"


def _values(reading: Reading) -> Iterator[str]:
    last = 0
    while True:
        with reading() as connection:
            events = connection.execute(_EVENTS, (last, _SOME)).fetchall()
        if not events:
            break
        yield from _unreadable((f"event {number}", text) for number, *texts in events for text in texts)
        last = events[-1][0]
    last = 0
    while True:
        with reading() as connection:
            rows = connection.execute(_OUTBOX, (last, _SOME)).fetchall()
        if not rows:
            break
        yield from _unreadable((f"outbox {number}", body) for number, body in rows)
        last = rows[-1][0]
    with reading() as connection:
        streams = connection.execute(_STREAMS).fetchall()
    yield from _unreadable((f"stream {name!r}", settings) for name, settings in streams)


def _unreadable(values: Iterable[tuple[str, str]]) -> Iterator[str]:
    for what, text in values:
        try:
            read_value(text, what)
        except JournalCorrupt as fault:
            yield str(fault)


def _still(reading: Reading) -> Iterator[str]:
    with reading() as connection:
        blocked = connection.execute(_BLOCKED).fetchall()
        asleep = connection.execute(_NOT_WOKEN).fetchall()
        unsent = connection.execute(_OUT_OF_ORDER).fetchall()
    yield from (f"run {run!r} waits in a queue that nobody is first of" for (run,) in blocked)
    yield from (f"run {run!r} has been given event {number}, and was not woken" for run, number in asleep)
    yield from (f"of conversation {one!r} of stream {stream!r} not just one row is next" for stream, one in unsent)
