"""A journal in memory: for tests and dry runs, and the model that the SQLite journal is held to.

Entries are kept as text here, too: what a journal refuses, changes or cannot tell apart, this one does as well.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from flowengine.core.entries import Entry
from flowengine.journal import memory_inbox, memory_outbox
from flowengine.journal.codec import as_name, encode_value
from flowengine.journal.faults import Fenced, JournalFault
from flowengine.journal.inbox import Accepted, Awaiting, NewEvent
from flowengine.journal.memory_history import MemoryHistory
from flowengine.journal.memory_rows import Row, Tables
from flowengine.journal.outbox import Forward, KeptStream, OutboxRow
from flowengine.journal.prepared import cancelled, prepare_end, prepare_entries, prepare_run
from flowengine.journal.prepared_events import FOREVER, prepare_arrival, prepare_error, prepare_wait, read_value
from flowengine.journal.protocol import Cancellation, CancelResult, Claim, Ended, History, NewRun, Pruned


class MemoryJournal:
    """See Journal. Nothing outlives it."""

    def __init__(self) -> None:
        self._tables = Tables()
        self._history = MemoryHistory(self._tables)
        self._closed = False

    def history(self) -> History:
        """See Journal."""
        return MemoryHistory(self._tables)

    async def create(self, run: NewRun, *, owner: str | None = None, lease: float = 0.0) -> int:
        """See Journal."""
        self._open()
        return memory_inbox.create(self._tables, prepare_run(run), owner, lease)

    async def accept(self, event: NewEvent, runs: Sequence[NewRun] = (), forward: Sequence[Forward] = ()) -> Accepted:
        """See Journal."""
        self._open()
        return memory_inbox.accept(self._tables, prepare_arrival(event, runs, forward))

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
        self._open()
        waiting = prepare_wait(waiting_until, awaiting)
        texts, end = prepare_entries(entries), prepare_end(ended, waits=waiting is not None)
        row = self._tables.runs.get(run)
        if row is None or not row.held_by(owner) or len(row.entries) != seq:
            raise Fenced(run, seq)
        if taken is not None and (row.event is None or row.event.number != taken):
            raise Fenced(run, seq)
        memory_inbox.advance(row, texts, taken)
        if end is not None:
            memory_inbox.end(self._tables, row, end)
        elif waiting is not None:
            memory_inbox.wait(self._tables, row, waiting)
        return len(row.entries)

    async def claim(self, owner: str, now: float, lease: float, limit: int, family: str | None = None) -> list[Claim]:
        """See Journal."""
        self._open()
        due = [row for row in self._claimable(owner, family) if row.due_at <= now]
        due = sorted(due, key=lambda row: (row.due_at, row.number))[:limit]
        for row in due:
            row.owner, row.due_at = owner, now + lease
        return [Claim(row.run.id, row.waiting_until, row.cancellation, row.claimed()) for row in due]

    async def load(self, run: str) -> list[Entry]:
        """See Journal."""
        self._open()
        return self._history.entries(run)

    async def plan(self, digest: str) -> Mapping[str, Any]:
        """See Journal."""
        self._open()
        return self._history.plan(digest)

    async def renew(self, owner: str, runs: Collection[str], now: float, lease: float) -> set[str]:
        """See Journal."""
        self._open()
        held = {run for run in runs if run in self._tables.runs and self._tables.runs[run].held_by(owner)}
        for run in held:
            self._tables.runs[run].due_at = now + lease
        return set(runs) - held

    async def release(self, owner: str, runs: Collection[str]) -> None:
        """See Journal."""
        self._open()
        for run in runs:
            row = self._tables.runs.get(run)
            if row is not None and row.held_by(owner):
                row.let_go()

    async def next_due(self, owner: str, family: str | None = None) -> float | None:
        """See Journal."""
        self._open()
        return min((row.due_at for row in self._claimable(owner, family) if row.due_at < FOREVER), default=None)

    async def cancel(self, run: str, reason: str, at: float) -> CancelResult:
        """See Journal."""
        self._open()
        cancelled(reason, at)
        return memory_inbox.cancel(self._tables, self._tables.row(run), reason, at)

    async def cancellations(self, owner: str) -> list[Cancellation]:
        """See Journal."""
        self._open()
        asked = ((row.owner, row.cancellation) for row in self._tables.runs.values())
        return [cancellation for held_by, cancellation in asked if held_by == owner and cancellation is not None]

    async def prune(self, older_than: float | None = None, keep: int | None = None) -> Pruned:
        """See Journal."""
        self._open()
        tables = self._tables
        over = [(row.ended.at, row.number, run) for run, row in tables.runs.items() if row.ended is not None]
        over.sort(reverse=True)
        called = {run: str(row.number) for run, row in tables.runs.items() if tables.caller_is_open(row)}
        gone = {run for at, _, run in over if older_than is not None and at < older_than}
        gone |= {run for _, _, run in over[keep:]} if keep is not None else set()
        gone -= called.keys()
        for run in gone:
            del tables.runs[run]
        used = {row.run.plan.digest for row in tables.runs.values()}
        unused = tables.plans.keys() - used
        for digest in unused:
            del tables.plans[digest]
        bound = float("-inf") if older_than is None else older_than
        needed = {row.event.number for row in tables.runs.values() if row.event is not None}
        needed |= {
            one
            for one, row in tables.events.items()
            if row.event.source == "run" and row.event.id.rpartition(":")[2] in called.values()
        }
        events = {one for one, row in tables.events.items() if row.event.at < bound and one not in needed}
        for number in events:
            del tables.events[number]
        outbox = [
            one for one, row in tables.outbox.items() if row.state == "delivered" and (row.tried_at or 0.0) < bound
        ]
        for number in outbox:
            del tables.outbox[number]
        return Pruned(len(gone), len(unused), len(events), len(outbox))

    async def outbox_due(
        self, now: float, limit: int, lease: float = 60.0, stream: str | None = None
    ) -> list[OutboxRow]:
        """See Outbox."""
        self._open()
        return memory_outbox.due(self._tables, now, limit, lease, stream)

    async def outbox_next(self, stream: str | None = None) -> float | None:
        """See Outbox."""
        self._open()
        return memory_outbox.next_due(self._tables, stream)

    async def delivered(self, number: int, at: float) -> None:
        """See Outbox."""
        self._open()
        memory_outbox.settle(self._tables, number, "delivered", at, None)

    async def failed(self, number: int, at: float, next_at: float, error: str, *, counts: bool = True) -> None:
        """See Outbox."""
        self._open()
        memory_outbox.failed(self._tables, number, at, next_at, prepare_error(error), int(counts))

    async def dead(self, number: int, at: float, error: str) -> None:
        """See Outbox."""
        self._open()
        memory_outbox.settle(self._tables, number, "dead", at, prepare_error(error))

    async def resend(self, numbers: Collection[int]) -> int:
        """See Outbox."""
        self._open()
        return memory_outbox.resend(self._tables, numbers)

    async def keep_stream(self, name: str, settings: Mapping[str, Any], at: float) -> None:
        """See Outbox."""
        self._open()
        text = encode_value(dict(settings))
        self._tables.streams[as_name(name)] = KeptStream(name, read_value(text, name), at)

    async def close(self) -> None:
        """See Journal."""
        self._closed = True

    def _open(self) -> None:
        if self._closed:
            raise JournalFault("this journal is closed", "closed")

    def _claimable(self, owner: str, family: str | None) -> list[Row]:
        free = (row for row in self._tables.runs.values() if row.ended is None and row.owner != owner)
        return [row for row in free if family is None or f"{row.run.id}.".startswith(f"{family}.")]
