"""What SQLite says went wrong, in words that say what to do."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

from flowengine.journal.faults import JournalFault

_PRIMARY: Final = 0xFF  # the extended codes have more above it
_FAULTS: Final = {
    sqlite3.SQLITE_FULL: ("full", "the disk is full; make room, and open runs go on"),
    sqlite3.SQLITE_READONLY: ("read-only", "it cannot be written; give yourself the right to write it and its folder"),
    sqlite3.SQLITE_CANTOPEN: ("read-only", "it cannot be opened; give yourself the right to write it and its folder"),
    sqlite3.SQLITE_PERM: ("read-only", "it cannot be opened; give yourself the right to write it and its folder"),
    sqlite3.SQLITE_BUSY: ("busy", "another process has been writing in it for too long; look for one that hangs"),
    sqlite3.SQLITE_LOCKED: ("busy", "another process has been writing in it for too long; look for one that hangs"),
    sqlite3.SQLITE_CORRUPT: ("damaged", "it is damaged; `flowengine runs check` says where; go back to a backup"),
    sqlite3.SQLITE_NOTADB: ("foreign", "it is not a database; name another file"),
    sqlite3.SQLITE_INTERRUPT: ("slow", "it took too long to look this up; ask for less"),
}


def fault_of(fault: sqlite3.Error, path: Path) -> JournalFault:
    """Say it in our words."""
    number = getattr(fault, "sqlite_errorcode", 0) & _PRIMARY
    code, words = _FAULTS.get(number, ("unusable", f"{fault}; see whether the disk is in order"))
    return JournalFault(f"the journal {path}: {words}", code)
