"""One thread writes, and what is asked for while it commits goes into the next commit together (group commit).

A commit waits for the disk; so one run alone makes one commit a step, and two hundred at once share them.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from itertools import groupby
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Final, NamedTuple, TypeVar

from flowengine.errors import FlowEngineError
from flowengine.journal.faults import JournalFault
from flowengine.journal.sqlite_faults import fault_of
from flowengine.journal.writes import Append, append_together

T = TypeVar("T")

MOST: Final = 1000
"""Pieces of work in one commit: the first of them does not wait longer than that takes."""

IDLE: Final = 2.0
"""Seconds without work, after which the log is written back into the file."""


class _Work(NamedTuple):
    do: Any
    done: asyncio.Future[Any]
    loop: asyncio.AbstractEventLoop


class _Result(NamedTuple):
    work: _Work
    value: Any = None
    fault: Exception | None = None


class Writer:
    """Does pieces of work, in order, each whole or not at all. Many share a commit; all return after it."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path
        self._file = _identity(path)
        self._queue: SimpleQueue[list[_Work] | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._gathered: dict[asyncio.AbstractEventLoop, list[_Work]] = {}
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="flowengine-journal", daemon=True)
        self._thread.start()

    async def do(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do it in a transaction; return when that is durable. Its own faults are raised, and concern it alone.

        A piece of work raises before it changes anything.
        """
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()
        with self._lock:
            if self._closed:
                raise JournalFault(f"the journal {self._path} is closed", "closed")
            gathered = self._gathered.setdefault(loop, [])
            gathered.append(_Work(work, done, loop))
        if len(gathered) == 1:
            # What the other tasks of this turn of the loop ask for comes along.
            loop.call_soon(self._hand_over, loop)
        return await done

    def close(self) -> None:
        """Do what was asked for, then close. Blocks."""
        with self._lock:
            waiting, self._gathered = self._gathered, {}
            ended, self._closed = self._closed, True
        if not ended:
            for work in waiting.values():
                self._queue.put(work)
            self._queue.put(None)
        self._thread.join()

    def _hand_over(self, loop: asyncio.AbstractEventLoop) -> None:
        with self._lock:
            work = self._gathered.pop(loop, [])
            if work:
                self._queue.put(work)

    def _run(self) -> None:
        ending, wrote = False, True
        while not ending:
            try:
                work = self._queue.get(timeout=IDLE if wrote else None)
                batch = [] if work is None else work
                with suppress(Empty):
                    while work is not None and len(batch) < MOST:
                        work = self._queue.get_nowait()
                        batch += work or []
                ending = work is None
            except Empty:
                wrote = not self._write_back()
                continue
            if batch:
                wrote = True
                _report(self._commit(batch))
        self._write_back()
        self._connection.close()

    def _commit(self, batch: list[_Work]) -> list[_Result]:
        """Do all of it in one transaction; where SQLite refuses something, each in one of its own.

        After a commit that failed nothing is tried again: it may have reached the disk all the same.
        """
        if _identity(self._path) != self._file:
            return [_Result(work, fault=_taken_away(self._path)) for work in batch]
        try:
            self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as fault:
            return self._failed(batch, fault)
        try:
            results = [result for plain, works in groupby(batch, _is_plain) for result in self._do(list(works), plain)]
        except Exception as fault:  # noqa: BLE001 - whatever it is, this thread goes on, and one work hurts no other
            self._roll_back()
            if len(batch) > 1:
                return [result for work in batch for result in self._commit([work])]
            return self._failed(batch, fault)
        try:
            self._connection.execute("COMMIT")
        except sqlite3.Error as fault:
            self._roll_back()
            return self._failed(batch, fault)
        return results

    def _failed(self, batch: list[_Work], fault: Exception) -> list[_Result]:
        """Return a fault of its own for each: an exception that several raise would collect all their tracebacks."""
        if isinstance(fault, sqlite3.Error):
            return [_Result(work, fault=fault_of(fault, self._path)) for work in batch]
        return [_Result(work, fault=fault) for work in batch]

    def _do(self, works: list[_Work], plain: bool) -> list[_Result]:  # noqa: FBT001 - one fact
        if plain and append_together(self._connection, [work.do for work in works]):
            return [_Result(work, work.do.after) for work in works]
        return [self._do_one(work) for work in works]

    def _do_one(self, work: _Work) -> _Result:
        try:
            return _Result(work, work.do(self._connection))
        except FlowEngineError as fault:
            return _Result(work, fault=fault)

    def _roll_back(self) -> None:
        with suppress(sqlite3.Error):  # a full disk has rolled it back already
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")

    def _write_back(self) -> bool:
        """Write the log back into the file and make it empty; say whether that could be done without waiting."""
        self._connection.execute("PRAGMA busy_timeout = 0")
        try:
            (busy, _, _) = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.Error:
            return False
        finally:
            self._connection.execute("PRAGMA busy_timeout = 30000")
        return not busy


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _taken_away(path: Path) -> JournalFault:
    """SQLite would go on with a file that nobody finds any more, beside those who work on the new one."""
    return JournalFault(
        f"the journal {path}: the file was deleted or replaced while it was in use; put it back, or end this process",
        "missing",
    )


def _is_plain(work: _Work) -> bool:
    return isinstance(work.do, Append) and work.do.plain


def _report(results: list[_Result]) -> None:
    """Tell those who wait, with one call into each of their loops."""
    by_loop: defaultdict[asyncio.AbstractEventLoop, list[_Result]] = defaultdict(list)
    for result in results:
        by_loop[result.work.loop].append(result)
    for loop, settled in by_loop.items():
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(_settle, settled)


def _settle(results: list[_Result]) -> None:
    for work, value, fault in results:
        if work.done.done():
            continue
        if fault is None:
            work.done.set_result(value)
        else:
            work.done.set_exception(fault)
