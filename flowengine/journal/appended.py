"""What is appended to an SQLite journal, of all runs, in the order in which it was kept: for those who look on live."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from flowengine.journal.opening import open_reading
from flowengine.journal.sqlite_faults import fault_of

NEWEST: Final = "SELECT max(rowid) FROM entries"
APPENDED: Final = """
    SELECT entries.rowid, runs.id, entries.seq FROM entries CROSS JOIN runs ON runs.number = entries.run
    WHERE entries.rowid > ? ORDER BY entries.rowid LIMIT ?
"""


class Appended(NamedTuple):
    """An entry that was kept. ``number`` counts the entries of all runs."""

    number: int
    run: str
    seq: int


class SqliteTail:
    """Reads what is new, on a connection of its own. May be used by several threads, one after the other."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection = open_reading(path)
        self._lock = threading.Lock()

    def newest(self) -> int:
        """Return the number of the last entry, 0 where there is none. Raises JournalFault."""
        with self._reading() as connection:
            (number,) = connection.execute(NEWEST).fetchone()
        return number or 0

    def after(self, number: int, limit: int) -> list[Appended]:
        """Return the entries behind a number, at most ``limit``. Raises JournalFault."""
        with self._reading() as connection:
            return [Appended(*row) for row in connection.execute(APPENDED, (number, limit))]

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                yield self._connection
            except sqlite3.Error as fault:
                raise fault_of(fault, self._path) from None
