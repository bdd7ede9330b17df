"""Looks a whole SQLite journal over: the file, the numbering, and whether each entry and plan can be read."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Final, NamedTuple, Protocol

from flowengine.core.entries import Started
from flowengine.journal.codec import decode
from flowengine.journal.faults import JournalCorrupt, JournalFault
from flowengine.journal.prepared import read_plan

_SOME: Final = 200
"""Runs that are looked at in one transaction: a long one would keep the log from being written back."""

_RUNS: Final = """
    SELECT runs.number, id, next_seq, digest FROM runs LEFT JOIN plans ON plans.number = plan
    WHERE runs.number > ? ORDER BY runs.number LIMIT ?
"""
_ENTRIES: Final = "SELECT seq, entry FROM entries WHERE run = ? ORDER BY seq"
_DIGESTS: Final = "SELECT digest FROM plans ORDER BY number"
_PLAN: Final = "SELECT data FROM plans WHERE digest = ?"


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
