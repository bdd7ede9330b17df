"""A journal in an SQLite file. Several processes may use it at once.

Writing goes through one thread and its connection (``writer``); whatever is only read has a connection of its own.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

from flowengine.core.entries import Entry
from flowengine.journal import accepting, creating, ending, forwarding, pruning, writes
from flowengine.journal.codec import as_name, encode_value
from flowengine.journal.faults import JournalCorrupt, JournalFault
from flowengine.journal.history import SqliteHistory
from flowengine.journal.history_events import out_row_of
from flowengine.journal.inbox import Accepted, Awaiting, NewEvent, Received
from flowengine.journal.opening import open_writing
from flowengine.journal.outbox import Forward, OutboxRow
from flowengine.journal.prepared import cancelled, prepare_end, prepare_entries, prepare_run
from flowengine.journal.prepared_events import prepare_arrival, prepare_error, prepare_wait, read_value
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
        return await self._writer.do(partial(creating.create, run=prepared, owner=owner, lease=lease))

    async def accept(self, event: NewEvent, runs: Sequence[NewRun] = (), forward: Sequence[Forward] = ()) -> Accepted:
        """See Journal."""
        arrival = prepare_arrival(event, runs, forward)
        return await self._writer.do(partial(accepting.accept, arrival=arrival))

    async def append(  # noqa: PLR0913 - see Journal
        self,
        run: str,
        seq: int,
        entries: Sequence[Entry],
        *,
        owner: str,
        waiting_until: float | None = None,
        awaiting: Awaiting | None = None,
        taken: int | None = None,
        ended: Ended | None = None,
    ) -> int:
        """See Journal."""
        waiting = prepare_wait(waiting_until, awaiting)
        end = prepare_end(ended, waits=waiting is not None)
        what = writes.Append(run, seq, prepare_entries(entries), owner, waiting, taken, end)
        return await self._writer.do(what)

    async def claim(self, owner: str, now: float, lease: float, limit: int, family: str | None = None) -> list[Claim]:
        """See Journal."""
        what = partial(writes.claim, owner=owner, now=now, lease=lease, limit=limit, family=family)
        claimed = await self._writer.do(what)
        return [claim for one in claimed if (claim := _claim(one)) is not None]

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

    async def next_due(self, owner: str, family: str | None = None) -> float | None:
        """See Journal."""
        return await self._read(partial(self._reading.next_due, owner, family))

    async def cancel(self, run: str, reason: str, at: float) -> CancelResult:
        """See Journal."""
        cancelled(reason, at)  # refuses what cannot be written before the writer has it
        return await self._writer.do(partial(ending.cancel, run=run, reason=reason, at=at))

    async def cancellations(self, owner: str) -> list[Cancellation]:
        """See Journal."""
        return await self._read(partial(self._reading.cancellations, owner))

    async def prune(self, older_than: float | None = None, keep: int | None = None) -> Pruned:
        """See Journal."""
        bounds = [] if older_than is None else [(older_than, 0)]
        if keep is not None:
            last = await self._writer.do(partial(pruning.last_kept, keep=keep))
            bounds += [] if last is None else [(last[0], last[1] + 1)]
        runs = await self._delete(partial(pruning.delete_runs, before=max(bounds), most=_SLICE)) if bounds else 0
        plans = await self._writer.do(pruning.delete_plans)
        events = outbox = 0
        if older_than is not None:
            events = await self._delete(partial(pruning.delete_events, before=older_than, most=_SLICE))
            outbox = await self._delete(partial(pruning.delete_delivered, before=older_than, most=_SLICE))
        while await self._writer.do(pruning.give_back):
            pass
        return Pruned(runs, plans, events, outbox)

    async def outbox_due(
        self, now: float, limit: int, lease: float = 60.0, stream: str | None = None
    ) -> list[OutboxRow]:
        """See Outbox."""
        rows = await self._writer.do(partial(forwarding.due, now=now, limit=limit, lease=lease, stream=stream))
        return [out_row_of(row) for row in rows]

    async def outbox_next(self, stream: str | None = None) -> float | None:
        """See Outbox."""
        return await self._read(partial(self._reading.outbox_next, stream))

    async def delivered(self, number: int, at: float) -> None:
        """See Outbox."""
        await self._writer.do(partial(forwarding.settle, number=number, state="delivered", at=at, error=None))

    async def failed(self, number: int, at: float, next_at: float, error: str, *, counts: bool = True) -> None:
        """See Outbox."""
        text, attempts = prepare_error(error), int(counts)
        work = partial(forwarding.failed, number=number, at=at, next_at=next_at, error=text, attempts=attempts)
        await self._writer.do(work)

    async def dead(self, number: int, at: float, error: str) -> None:
        """See Outbox."""
        text = prepare_error(error)
        await self._writer.do(partial(forwarding.settle, number=number, state="dead", at=at, error=text))

    async def resend(self, numbers: Collection[int]) -> int:
        """See Outbox."""
        return await self._writer.do(partial(forwarding.resend, numbers=list(numbers)))

    async def keep_stream(self, name: str, settings: Mapping[str, Any], at: float) -> None:
        """See Outbox."""
        text = encode_value(dict(settings))
        await self._writer.do(partial(forwarding.keep_stream, name=as_name(name), settings=text, at=at))

    async def close(self) -> None:
        """See Journal."""
        self._closed = True
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        # The writer is the last one: then SQLite takes its log away.
        self._reader.shutdown()
        self._reading.close()
        self._writer.close()

    async def _delete(self, some: Callable[[sqlite3.Connection], int]) -> int:
        """Delete some, again and again until there are fewer; return how many in all."""
        deleted = 0
        while latest := await self._writer.do(some):
            deleted += latest
            if latest < _SLICE:
                break
        return deleted

    async def _read(self, work: Callable[[], T]) -> T:
        if self._closed:
            raise JournalFault(f"the journal {self.path} is closed", "closed")
        return await asyncio.get_running_loop().run_in_executor(self._reader, work)


def _claim(claimed: writes.Claimed) -> Claim | None:
    """Return a claim; None where its event cannot be read: then nobody can walk the run, and ``check`` says why."""
    event = None
    if claimed.event is not None:
        number, key, name, body, at = claimed.event
        try:
            event = Received(number, key, name, read_value(body, f"event {number}"), at)
        except JournalCorrupt:
            return None
    return Claim(claimed.run, claimed.waiting_until, claimed.cancellation, event)
