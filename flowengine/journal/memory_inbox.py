"""How runs begin, wait for events and end in a journal in memory: what changes several rows at once."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence

from flowengine.journal.faults import RunExists
from flowengine.journal.inbox import Accepted, State
from flowengine.journal.memory_outbox import put
from flowengine.journal.memory_rows import EventRow, Row, Tables
from flowengine.journal.prepared import CALLER_ENDED, Prepared, PreparedEnd, cancelled, plan_text
from flowengine.journal.prepared_events import FOREVER, Arrival, PreparedEvent, Waiting, run_ended
from flowengine.journal.protocol import Cancellation, CancelResult


def create(tables: Tables, run: Prepared, owner: str | None = None, lease: float = 0.0) -> int:
    """See Journal.create."""
    if run.id in tables.runs:
        raise RunExists(run.id)
    tables.last_run += 1
    tables.plans.setdefault(run.plan.digest, plan_text(run.plan))
    if tables.queue(run.queue):
        row = Row(run, tables.last_run, run.entries, FOREVER, None, waiting=Waiting(FOREVER), queued=True)
    else:
        due_at = run.created_at + (lease if owner is not None else 0.0)
        row = Row(run, tables.last_run, run.entries, due_at, owner)
    tables.runs[run.id] = row
    return len(run.entries)


def accept(tables: Tables, arrival: Arrival) -> Accepted:
    """See Journal.accept."""
    event = arrival.event
    for known in tables.events.values():
        if (known.event.source, known.event.id) == (event.source, event.id):
            known.copies += 1
            return Accepted("duplicate", known.run, known.runs, known.number)
    takers = [(row.number, key, row) for row in tables.runs.values() for key in row.takes(event)]
    starts = arrival.runs if not takers else ()
    for run in starts:
        if run.id in tables.runs:
            raise RunExists(run.id)
    tables.last_event += 1
    kept = tables.events[tables.last_event] = EventRow(tables.last_event, event, *_fate(tables, event, starts))
    if takers:
        _, key, row = min(takers)
        row.wake(kept, key)
    for run in starts:
        create(tables, run)
    for one in arrival.forward:
        put(tables, one)
    return Accepted(kept.state, kept.run, kept.runs, kept.number)


def wait(tables: Tables, row: Row, waiting: Waiting) -> None:
    """Let a run wait, for an event that came already, too."""
    row.waiting = waiting
    row.awaited.update(waiting.keys)
    row.let_go()
    kept = [event for event in tables.events.values() if event.state in {"late", "unknown"}]
    found = [(event.event.at, event.number, key) for event in kept for key in row.takes(event.event)]
    if found:
        _, number, key = min(found)
        row.wake(tables.events[number], key)


def advance(row: Row, texts: list[str], taken: int | None) -> None:
    """Go on: what it waited for, it waits for no more."""
    row.entries += texts
    row.waiting = None
    _give_back(row, taken)


def end(tables: Tables, row: Row, how: PreparedEnd) -> None:
    """End a run, and the open ones that it has called."""
    _end_one(tables, row, how)
    _stop(tables, _open_children(tables, row), CALLER_ENDED, how.ended.at)


def cancel(tables: Tables, row: Row, reason: str, at: float) -> CancelResult:
    """See Journal.cancel."""
    if row.ended is not None:
        return "over"
    leased = row.leased(at)
    _stop(tables, [row], reason, at)
    return "asked" if leased else "stopped"


def _fate(
    tables: Tables, event: PreparedEvent, starts: Sequence[Prepared]
) -> tuple[State, str | None, tuple[str, ...]]:
    runs = tuple(run.id for run in starts)
    if runs:
        return "started", None, runs
    had = [(row.number, row.run.id) for row in tables.runs.values() if row.awaited.intersection(event.keys)]
    return ("late", max(had)[1], ()) if had else ("unknown", None, ())


def _stop(tables: Tables, first: Iterable[Row], reason: str, at: float) -> None:
    last, how = cancelled(reason, at)
    rows, seen = deque(first), set[str]()
    while rows:
        row = rows.popleft()
        if row.run.id in seen:
            continue
        seen.add(row.run.id)
        if row.leased(at):
            row.cancellation = row.cancellation or Cancellation(row.run.id, how.ended.reason or "", at)
        else:
            row.entries.append(last)
            _end_one(tables, row, how)
        rows += _open_children(tables, row)


def _end_one(tables: Tables, row: Row, how: PreparedEnd) -> None:
    row.end(how.ended)
    _give_back(row, None)
    if row.run.called_by is not None:
        accept(tables, Arrival(run_ended(row.run.id, row.number, how), (), ()))
    for head in tables.queue(row.run.queue)[:1]:
        if head.queued:
            head.queued, head.waiting, head.due_at = False, None, head.run.created_at


def _open_children(tables: Tables, row: Row) -> list[Row]:
    return [child for child in tables.children(row.run.id) if child.ended is None]


def _give_back(row: Row, taken: int | None) -> None:
    if row.event is not None and taken is None:
        row.event.state, row.event.key = "late", None
    row.event = None
