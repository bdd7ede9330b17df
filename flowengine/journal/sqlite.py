"""A journal in an SQLite file. Several processes may use it at once.

Writing goes through one thread and its connection (``writer``); whatever is only read has a connection of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

from flowengine.core.entries import Entry
from flowengine.journal import writes
from flowengine.journal.faults import JournalFault
from flowengine.journal.history import SqliteHistory
from flowengine.journal.opening import open_writing
from flowengine.journal.prepared import cancelled, prepare_end, prepare_entries, prepare_run
from flowengine.journal.protocol import Cancellation, CancelResult, Claim, Ended, History, NewRun, Pruned
from flowengine.journal.writer import Writer

T = TypeVar("T")

_SLICE: Final = 200
"""Runs that are deleted in one transaction: those who append meanwhile wait for one of them."""


class SqliteJournal:
    """See Journal. Opening makes the file where it is missing; it raises JournalFault where it cannot be used."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._writer = Writer(open_writing(path), path)
        try:
            self._reading = SqliteHistory(path)
        except BaseException:
            self._writer.close()
            raise
        self._closed = False
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="flowengine-journal-reader")

    def history(self) -> History:
        """See Journal."""
        return SqliteHistory(self.path)

    async def create(self, run: NewRun, *, owner: str | None = None, lease: float = 0.0) -> int:
        """See Journal."""
        prepared = prepare_run(run)
        return await self._writer.do(partial(writes.create, run=prepared, owner=owner, lease=lease))

    async def append(  # noqa: PLR0913 - see Journal
        self,
        run: str,
        seq: int,
        entries: Sequence[Entry],
        *,
        owner: str,
        waiting_until: float | None = None,
        ended: Ended | None = None,
    ) -> int:
        """See Journal."""
        end = prepare_end(ended, waiting_until)
        what = writes.Append(run, seq, prepare_entries(entries), owner, waiting_until, end)
        return await self._writer.do(what)

    async def claim(self, owner: str, now: float, lease: float, limit: int) -> list[Claim]:
        """See Journal."""
        return await self._writer.do(partial(writes.claim, owner=owner, now=now, lease=lease, limit=limit))

    async def load(self, run: str) -> list[Entry]:
        """See Journal."""
        return await self._read(partial(self._reading.entries, run))

    async def plan(self, digest: str) -> Mapping[str, Any]:
        """See Journal."""
        return await self._read(partial(self._reading.plan, digest))

    async def renew(self, owner: str, runs: Collection[str], now: float, lease: float) -> set[str]:
        """See Journal."""
        return await self._writer.do(partial(writes.renew, owner=owner, runs=list(runs), until=now + lease))

    async def release(self, owner: str, runs: Collection[str]) -> None:
        """See Journal."""
        await self._writer.do(partial(writes.release, owner=owner, runs=list(runs)))

    async def next_due(self, owner: str) -> float | None:
        """See Journal."""
        return await self._read(partial(self._reading.next_due, owner))

    async def cancel(self, run: str, reason: str, at: float) -> CancelResult:
        """See Journal."""
        cancelled(reason, at)  # refuses what cannot be written before the writer has it
        return await self._writer.do(partial(writes.cancel, run=run, reason=reason, at=at))

    async def cancellations(self, owner: str) -> list[Cancellation]:
        """See Journal."""
        return await self._read(partial(self._reading.cancellations, owner))

    async def prune(self, older_than: float | None = None, keep: int | None = None) -> Pruned:
        """See Journal."""
        bounds = [] if older_than is None else [(older_than, 0)]
        if keep is not None:
            last = await self._writer.do(partial(writes.last_kept, keep=keep))
            bounds += [] if last is None else [(last[0], last[1] + 1)]
        runs = 0
        while bounds:
            deleted = await self._writer.do(partial(writes.delete_runs, before=max(bounds), most=_SLICE))
            runs += deleted
            if deleted < _SLICE:
                break
        plans = await self._writer.do(writes.delete_plans)
        while await self._writer.do(writes.give_back):
            pass
        return Pruned(runs, plans)

    async def close(self) -> None:
        """See Journal."""
        self._closed = True
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        # The writer is the last one: then SQLite takes its log away.
        self._reader.shutdown()
        self._reading.close()
        self._writer.close()

    async def _read(self, work: Callable[[], T]) -> T:
        if self._closed:
            raise JournalFault(f"the journal {self.path} is closed", "closed")
        return await asyncio.get_running_loop().run_in_executor(self._reader, work)
