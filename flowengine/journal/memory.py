"""A journal in memory: for tests and dry runs, and the model that the SQLite journal is held to.

Entries are kept as text here, too: what a journal refuses, changes or cannot tell apart, this one does as well.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from string import ascii_uppercase
from typing import Any, Final

from flowengine.core.entries import Entry
from flowengine.journal.codec import clean, decode
from flowengine.journal.faults import Fenced, JournalFault, RunExists, UnknownRun
from flowengine.journal.prepared import (
    Prepared,
    cancelled,
    plan_text,
    prepare_end,
    prepare_entries,
    prepare_run,
    read_plan,
)
from flowengine.journal.protocol import (
    STATUSES,
    Cancellation,
    CancelResult,
    Claim,
    Ended,
    Filter,
    History,
    KeptRun,
    NewRun,
    Pruned,
)


@dataclass(slots=True)
class _Row:
    run: Prepared
    number: int
    entries: list[str]
    due_at: float
    """When it may be claimed: the end of its lease or wait."""
    owner: str | None
    waiting_until: float | None = None
    ended: Ended | None = None
    cancellation: Cancellation | None = None

    @property
    def status(self) -> str:
        if self.ended is not None:
            return self.ended.status
        return "running" if self.waiting_until is None or self.owner is not None else "waiting"

    def held_by(self, owner: str) -> bool:
        return self.ended is None and self.owner == owner

    def let_go(self) -> None:
        self.owner = None
        self.due_at = 0.0 if self.waiting_until is None or self.cancellation is not None else self.waiting_until

    def end(self, ended: Ended) -> None:
        self.ended, self.owner, self.waiting_until, self.cancellation = ended, None, None, None

    def matches(self, where: Filter) -> bool:
        if where.statuses and self.status not in where.statuses:
            return False
        if where.flow is not None and self.run.flow != where.flow:
            return False
        if where.since is not None and self.run.created_at < where.since:
            return False
        if where.text is None:
            return True
        texts = (self.run.id, self.run.flow, self.ended.reason if self.ended else None, self.entries[0])
        return any(_lower(where.text) in _lower(text) for text in texts if text is not None)


class MemoryJournal:
    """See Journal. Nothing outlives it."""

    def __init__(self) -> None:
        self._rows: dict[str, _Row] = {}
        self._plans: dict[str, str] = {}
        self._history = MemoryHistory(self._rows, self._plans)
        self._numbers = 0
        self._closed = False

    def history(self) -> History:
        """See Journal."""
        return MemoryHistory(self._rows, self._plans)

    async def create(self, run: NewRun, *, owner: str | None = None, lease: float = 0.0) -> int:
        """See Journal."""
        self._open()
        prepared = prepare_run(run)
        if prepared.id in self._rows:
            raise RunExists(prepared.id)
        self._numbers += 1
        due_at = prepared.created_at + (lease if owner is not None else 0.0)
        self._plans.setdefault(prepared.plan.digest, plan_text(prepared.plan))
        self._rows[prepared.id] = _Row(prepared, self._numbers, prepared.entries, due_at, owner)
        return len(prepared.entries)

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
        self._open()
        texts, end = prepare_entries(entries), prepare_end(ended, waiting_until)
        row = self._rows.get(run)
        if row is None or not row.held_by(owner) or len(row.entries) != seq:
            raise Fenced(run, seq)
        row.entries += texts
        row.waiting_until = waiting_until
        if end is not None:
            row.end(end)
        elif waiting_until is not None:
            row.let_go()
        return len(row.entries)

    async def claim(self, owner: str, now: float, lease: float, limit: int) -> list[Claim]:
        """See Journal."""
        self._open()
        due = [row for row in self._claimable(owner) if row.due_at <= now]
        due = sorted(due, key=lambda row: (row.due_at, row.number))[:limit]
        for row in due:
            row.owner, row.due_at = owner, now + lease
        return [Claim(row.run.id, row.waiting_until, row.cancellation) for row in due]

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
        held = {run for run in runs if run in self._rows and self._rows[run].held_by(owner)}
        for run in held:
            self._rows[run].due_at = now + lease
        return set(runs) - held

    async def release(self, owner: str, runs: Collection[str]) -> None:
        """See Journal."""
        self._open()
        for run in runs:
            row = self._rows.get(run)
            if row is not None and row.held_by(owner):
                row.let_go()

    async def next_due(self, owner: str) -> float | None:
        """See Journal."""
        self._open()
        return min((row.due_at for row in self._claimable(owner)), default=None)

    async def cancel(self, run: str, reason: str, at: float) -> CancelResult:
        """See Journal."""
        self._open()
        row = _row(self._rows, run)
        last, end = cancelled(reason, at)
        if row.ended is not None:
            return "over"
        if row.owner is not None and row.due_at > at:
            row.cancellation = row.cancellation or Cancellation(run, clean(reason) or "", at)
            return "asked"
        row.entries.append(last)
        row.end(end)
        return "stopped"

    async def cancellations(self, owner: str) -> list[Cancellation]:
        """See Journal."""
        self._open()
        return [row.cancellation for row in self._rows.values() if row.owner == owner and row.cancellation is not None]

    async def prune(self, older_than: float | None = None, keep: int | None = None) -> Pruned:
        """See Journal."""
        self._open()
        over = [(row.ended.at, row.number, run) for run, row in self._rows.items() if row.ended is not None]
        over.sort(reverse=True)
        gone = [run for at, _, run in over if older_than is not None and at < older_than]
        gone += [run for _, _, run in over[keep:]] if keep is not None else []
        for run in set(gone):
            del self._rows[run]
        used = {row.run.plan.digest for row in self._rows.values()}
        unused = self._plans.keys() - used
        for digest in unused:
            del self._plans[digest]
        return Pruned(len(set(gone)), len(unused))

    async def close(self) -> None:
        """See Journal."""
        self._closed = True

    def _open(self) -> None:
        if self._closed:
            raise JournalFault("this journal is closed", "closed")

    def _claimable(self, owner: str) -> list[_Row]:
        return [row for row in self._rows.values() if row.ended is None and row.owner != owner]


class MemoryHistory:
    """See History."""

    def __init__(self, rows: Mapping[str, _Row], plans: Mapping[str, str]) -> None:
        self._rows = rows
        self._plans = plans

    def run(self, run: str) -> KeptRun:
        """See History."""
        return _kept(_row(self._rows, run))

    def ids(self, prefix: str, limit: int = 20) -> list[str]:
        """See History."""
        return sorted(run for run in self._rows if run.startswith(prefix))[:limit]

    def entries(self, run: str, after: int = -1) -> list[Entry]:
        """See History."""
        texts = _row(self._rows, run).entries
        return [decode(texts[seq], run, seq) for seq in range(after + 1, len(texts))]

    def plan(self, digest: str) -> Mapping[str, Any]:
        """See History."""
        return read_plan(self._plans.get(digest), digest)

    def runs(self, where: Filter = Filter(), limit: int = 50, before: str | None = None) -> list[KeptRun]:  # noqa: B008 - immutable
        """See History."""
        below = None if before is None else _row(self._rows, before).number
        rows = [row for row in self._rows.values() if (below is None or row.number < below) and row.matches(where)]
        return [_kept(row) for row in sorted(rows, key=lambda row: row.number, reverse=True)[:limit]]

    def counts(self) -> dict[str, int]:
        """See History."""
        counted = Counter(row.status for row in self._rows.values())
        return {status: counted[status] for status in STATUSES}

    def check(self) -> list[str]:
        """See History."""
        return []

    def close(self) -> None:
        """See History."""


def _row(rows: Mapping[str, _Row], run: str) -> _Row:
    if run not in rows:
        raise UnknownRun(run)
    return rows[run]


def _kept(row: _Row) -> KeptRun:
    run, ended, asked = row.run, row.ended, row.cancellation
    return KeptRun(
        id=run.id,
        flow=run.flow,
        digest=run.plan.digest,
        status=row.status,
        result=ended.result if ended else None,
        reason=ended.reason if ended else None,
        created_at=run.created_at,
        ended_at=ended.at if ended else None,
        entries=len(row.entries),
        environment=run.environment,
        source=run.source,
        parent=run.parent,
        parent_node=run.parent_node,
        waiting_until=row.waiting_until,
        owner=row.owner,
        leased_until=row.due_at if row.owner is not None else None,
        cancel_asked_at=asked.at if asked else None,
    )


def _lower(text: str) -> str:
    """Lower ASCII letters only, as SQLite does."""
    return text.translate(_ASCII_LOWER)


_ASCII_LOWER: Final = {ord(upper): upper.lower() for upper in ascii_uppercase}
