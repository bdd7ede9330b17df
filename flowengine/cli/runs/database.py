"""Which database a command is about, and which run in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import click

from flowengine.core.walker import EntryMismatch
from flowengine.errors import UsageError
from flowengine.journal.faults import JournalCorrupt
from flowengine.journal.history import SqliteHistory
from flowengine.journal.protocol import History, KeptRun
from flowengine.project import find_project
from flowengine.schema_problems import did_you_mean

_SHOWN = 12
"""Characters of an id that people are shown; two runs with the same are told apart by more."""

_MOST_NAMED = 5
_RECENT = 200
_FAMILY = 1000

run_argument = click.argument("run", metavar="RUN")


def database_path(given: Path | None) -> Path:
    """Return the database that is meant, which has to be there already. Raises UsageError."""
    path = given or find_project(Path()).database
    if path is None:
        raise UsageError(
            "say where the runs are kept: with --db FILE, in FLOWENGINE_DB, or as `database: FILE` in flowengine.yaml"
        )
    with suppress(OSError):  # opening it says what is wrong
        if not path.exists():
            raise UsageError(
                f"there is no database {str(path)!r} yet: `flowengine run FLOW --db {path}` keeps a run in it"
            )
    return path


def refuse_database(file: Path, database: Path) -> None:
    """Raise UsageError where a file that is about to be written is the database."""
    if file.resolve() == database.resolve():
        raise UsageError(f"{file} is the database that the run is kept in: name another file")


@contextmanager
def history_of(given: Path | None) -> Iterator[History]:
    """Open what reads the database. Raises UsageError, JournalFault, also for an EntryMismatch within."""
    history = SqliteHistory(database_path(given))
    try:
        yield history
    except EntryMismatch as fault:
        raise JournalCorrupt(f"the run cannot be walked again: {fault}") from None
    finally:
        history.close()


def find_run(history: History, written: str) -> KeptRun:
    """Return the run that an id, or the beginning of one, means. Raises UsageError."""
    ids = _ids(history, written)
    if ids and (len(ids) == 1 or ids[0] == written or _is_family(ids)):
        return history.run(ids[0])
    if ids:
        named = ", ".join(ids[:_MOST_NAMED]) + (", ..." if len(ids) > _MOST_NAMED else "")
        raise UsageError(f"more than one run begins with {written!r}: {named}")
    recent = [run.id for run in history.runs(limit=_RECENT)]
    near = {short_id(run): run for run in recent}
    hint = did_you_mean(short_id(written), list(near)) if near else "none is kept"
    raise UsageError(f"there is no run {written!r}; {hint or '`flowengine runs list` shows those that are kept'}")


def _ids(history: History, written: str) -> list[str]:
    """Return the ids that begin as it is written; of a run that was called, the caller's part may be cut short."""
    if not written:
        return []
    caller, dot, called = written.partition(".")
    found = history.ids(written, limit=_FAMILY)
    if found or not dot:
        return found
    beginning = [run for run in history.ids(caller, limit=_FAMILY) if run.partition(".")[2].startswith(called)]
    return [run for run in beginning if run.partition(".")[2] == called] or beginning


def _is_family(ids: list[str]) -> bool:
    """Whether these, sorted, are a run and those that it has called."""
    return len(ids) < _FAMILY and all(run.startswith(f"{ids[0]}.") for run in ids[1:])


def short_id(run: str) -> str:
    """Return as much of an id as people are shown: of a run that was called, which call it was, too."""
    caller, dot, called = run.partition(".")
    return f"{caller[:_SHOWN]}{dot}{called}"
