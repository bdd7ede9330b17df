"""Reads a journal in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any

from flowengine.core.entries import Entry
from flowengine.journal.codec import decode
from flowengine.journal.inbox import STATES, EventFilter, KeptEvent
from flowengine.journal.memory_rows import Tables
from flowengine.journal.outbox import KeptStream, OutboxRow, StreamCounts
from flowengine.journal.prepared import read_plan
from flowengine.journal.protocol import STATUSES, Filter, KeptRun


class MemoryHistory:
    """See History."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def run(self, run: str) -> KeptRun:
        """See History."""
        return self._tables.row(run).kept()

    def ids(self, prefix: str, limit: int = 20) -> list[str]:
        """See History."""
        return sorted(run for run in self._tables.runs if run.startswith(prefix))[:limit]

    def entries(self, run: str, after: int = -1) -> list[Entry]:
        """See History."""
        texts = self._tables.row(run).entries
        return [decode(texts[seq], run, seq) for seq in range(after + 1, len(texts))]

    def plan(self, digest: str) -> Mapping[str, Any]:
        """See History."""
        return read_plan(self._tables.plans.get(digest), digest)

    def runs(self, where: Filter = Filter(), limit: int = 50, before: str | None = None) -> list[KeptRun]:  # noqa: B008 - immutable
        """See History."""
        below = None if before is None else self._tables.row(before).number
        rows = self._tables.runs.values()
        found = [row for row in rows if (below is None or row.number < below) and row.matches(where)]
        return [row.kept() for row in sorted(found, key=lambda row: row.number, reverse=True)[:limit]]

    def counts(self) -> dict[str, int]:
        """See History."""
        counted = Counter(row.status for row in self._tables.runs.values())
        return {status: counted[status] for status in STATUSES}

    def children(self, run: str) -> list[KeptRun]:
        """See History."""
        return [row.kept() for row in self._tables.children(run)]

    def retries(self, run: str, limit: int = 50) -> list[KeptRun]:
        """See History."""
        return [row.kept() for row in self._tables.retries(run)[:limit]]

    def awaited(self, run: str) -> list[str]:
        """See History."""
        row = self._tables.runs.get(run)
        return [] if row is None or row.waiting is None or row.event is not None else list(row.waiting.keys)

    def queue_head(self, queue: str) -> str | None:
        """See History."""
        return next((row.run.id for row in self._tables.queue(queue)), None)

    def events(
        self,
        where: EventFilter = EventFilter(),  # noqa: B008 - immutable
        limit: int = 50,
        before: int | None = None,
    ) -> list[KeptEvent]:
        """See History."""
        rows = reversed(self._tables.events.values())
        found = [row for row in rows if (before is None or row.number < before) and row.matches(where)]
        return [row.kept() for row in found[:limit]]

    def event(self, number: int) -> KeptEvent:
        """See History."""
        return self._tables.event(number).kept()

    def event_counts(self) -> dict[str, int]:
        """See History."""
        counted = Counter(row.state for row in self._tables.events.values())
        return {state: counted[state] for state in STATES}

    def outbox(
        self, stream: str, states: Collection[str] = (), limit: int = 50, before: int | None = None
    ) -> list[OutboxRow]:
        """See OutboxHistory."""
        rows = [row for row in reversed(self._tables.outbox.values()) if row.what.stream == stream]
        found = [row for row in rows if (before is None or row.number < before) and (not states or row.state in states)]
        return [row.kept() for row in found[:limit]]

    def outbox_failed(self, stream: str) -> OutboxRow | None:
        """See OutboxHistory."""
        rows = [row for row in self._tables.outbox.values() if row.what.stream == stream and row.error is not None]
        last = max(rows, default=None, key=lambda row: (row.tried_at or 0.0, row.number))
        return None if last is None else last.kept()

    def outbox_counts(self) -> dict[str, StreamCounts]:
        """See OutboxHistory."""
        rows = list(self._tables.outbox.values())
        counts = Counter((row.what.stream, row.state) for row in rows)
        oldest = {row.what.stream: row.what.at for row in reversed(rows) if row.state == "pending"}
        return {
            stream: StreamCounts(
                counts[stream, "pending"], counts[stream, "delivered"], counts[stream, "dead"], oldest.get(stream)
            )
            for stream in sorted({row.what.stream for row in rows})
        }

    def streams(self) -> list[KeptStream]:
        """See OutboxHistory."""
        return [stream for _, stream in sorted(self._tables.streams.items())]

    def check(self) -> list[str]:
        """See History."""
        return []

    def close(self) -> None:
        """See History."""
