"""Opens the file of a journal: closed to others, and with the settings that make its promise true.

The defaults of SQLite differ by build and library, so each setting is made and then read back.
"""

from __future__ import annotations

import os
import shlex
import sqlite3
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from flowengine.journal.faults import JournalFault
from flowengine.journal.migrations import check_ours, is_up_to_date, migrate
from flowengine.journal.sqlite_faults import fault_of

BUSY_MS: Final = 30_000
"""How long to wait for another process that is writing."""

_POSIX: Final = os.name == "posix"  # elsewhere the user's own folders are closed to others by their access lists
_OLDEST: Final = (3, 37)  # STRICT tables
_HEADER: Final = b"SQLite format 3\x00"
_SETTINGS: Final = (
    # auto_vacuum comes first: it holds only for a file that has nothing in it yet.
    ("PRAGMA auto_vacuum = INCREMENTAL", "PRAGMA auto_vacuum", 2),
    ("PRAGMA journal_mode = WAL", "PRAGMA journal_mode", "wal"),
    ("PRAGMA synchronous = FULL", "PRAGMA synchronous", 2),
    ("PRAGMA foreign_keys = ON", "PRAGMA foreign_keys", 1),
    ("PRAGMA journal_size_limit = 67108864", "PRAGMA journal_size_limit", 67_108_864),
)


def open_writing(path: Path) -> sqlite3.Connection:
    """Open a journal to write; make the file and its folder where they are missing. Raises JournalFault."""
    if sqlite3.sqlite_version_info < _OLDEST:
        raise JournalFault(f"SQLite {sqlite3.sqlite_version} is too old: 3.37 is needed", "unusable")
    _make_private(path)
    connection = _connect(path, "rw")
    with _closed_by_a_fault(connection, path):
        check_ours(connection, path)
        _settle(connection, path)
        migrate(connection, path, time.time())
    return connection


def open_reading(path: Path) -> sqlite3.Connection:
    """Open a journal that is there to read it; one that an earlier version wrote is brought up to date first.

    Raises JournalFault.
    """
    _check_private(path, missing="name a file that is one, or start a run with it")
    connection = _connect(path, "ro")
    # What is not UTF-8 must be found in the entry where it stands, not fail the whole question.
    connection.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
    with _closed_by_a_fault(connection, path):
        connection.execute("PRAGMA query_only = ON")
        check_ours(connection, path, new=False)
        if not is_up_to_date(connection, path):
            open_writing(path).close()
    return connection


@contextmanager
def _closed_by_a_fault(connection: sqlite3.Connection, path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as fault:
        connection.close()
        raise fault_of(fault, path) from None
    except BaseException:
        connection.close()
        raise


def _settle(connection: sqlite3.Connection, path: Path) -> None:
    for make, read, expected in _SETTINGS:
        connection.execute(make).fetchall()
        (found,) = connection.execute(read).fetchone()
        if found != expected:
            raise JournalFault(
                f"{path}: `{make}` had no effect, it is {found!r}; name a file on a local disk", "unusable"
            )


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    try:
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode={mode}",
            uri=True,
            timeout=BUSY_MS / 1000,
            isolation_level=None,
            check_same_thread=False,
        )
    except sqlite3.Error as fault:
        raise fault_of(fault, path) from None
    connection.execute("PRAGMA trusted_schema = OFF")
    return connection


def _make_private(path: Path) -> None:
    try:
        for folder in (*reversed(path.parent.parents), path.parent):
            with suppress(FileExistsError):
                if not folder.is_dir():
                    folder.mkdir(0o700)
        # SQLite gives its own files beside it (-wal, -shm) the same rights.
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except (OSError, ValueError) as fault:
        problem = f"{str(path)!r} cannot be made: {_why(fault)}; name a file in a folder of your own"
        raise JournalFault(problem, "read-only") from None
    _check_private(path, missing="name another file")


def _check_private(path: Path, missing: str) -> None:
    try:
        found = path.stat()
    except (OSError, ValueError) as fault:
        raise JournalFault(f"there is no journal {str(path)!r}: {_why(fault)}; {missing}", "missing") from None
    if not stat.S_ISREG(found.st_mode):
        raise JournalFault(f"{path} is not a file: {missing}", "foreign")
    if _POSIX and found.st_mode & 0o077:
        # Read only here, where nobody in this process has it open: closing it would give up SQLite's locks.
        if found.st_size and not _is_database(path):
            raise JournalFault(f"{path} is not a journal of flowengine's: {missing}", "foreign")
        raise JournalFault(
            f"{path} is open to other users (mode {stat.S_IMODE(found.st_mode):04o}), and it has what customers wrote: "
            f"run `chmod 600 {shlex.quote(str(path))}`",
            "open-to-others",
        )


def _is_database(path: Path) -> bool:
    """Whether a file is a database, as far as it can be read: whoever opens it says what else is wrong."""
    try:
        with path.open("rb") as file:
            return file.read(len(_HEADER)) == _HEADER
    except OSError:
        return True


def _why(fault: OSError | ValueError) -> str | None:
    return fault.strerror if isinstance(fault, OSError) else "it is no path"
