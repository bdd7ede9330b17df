"""What both journals do with events before they are kept: the same refusals, the same text."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final, NamedTuple

from flowengine.core.answers import Json
from flowengine.core.keys import run_key
from flowengine.journal.codec import as_name, clean, encode_value, read_json
from flowengine.journal.faults import JournalCorrupt
from flowengine.journal.inbox import RUN_ENDED, Awaiting, NewEvent
from flowengine.journal.outbox import Forward
from flowengine.journal.prepared import Prepared, PreparedEnd, prepare_run
from flowengine.journal.protocol import NewRun

FOREVER: Final = 1e15
"""Until when those wait whose wait has no end; no clock says so."""


class Waiting(NamedTuple):
    """Until when a run waits, and for what: ``keys`` in order, each once; none for a time alone."""

    until: float
    keys: tuple[str, ...] = ()
    since: float = 0.0


class PreparedEvent(NamedTuple):
    """An event, ready to be kept."""

    source: str
    id: str
    name: str
    keys: tuple[str, ...]
    body: str
    at: float
    conversation: str | None


class PreparedForward(NamedTuple):
    """What is to be delivered, ready to be kept."""

    stream: str
    event: str
    conversation: str | None
    body: str
    at: float


class Arrival(NamedTuple):
    """All that ``accept`` is given, ready."""

    event: PreparedEvent
    runs: Sequence[Prepared]
    forward: Sequence[PreparedForward]


def prepare_wait(waiting_until: float | None, awaiting: Awaiting | None) -> Waiting | None:
    """Make a wait ready. Raises ValueError where it has no key."""
    if awaiting is None:
        return None if waiting_until is None else Waiting(min(waiting_until, FOREVER))
    if not awaiting.keys:
        raise ValueError("a run that awaits an event has to say by which key it is known")
    until = FOREVER if waiting_until is None else min(waiting_until, FOREVER)
    return Waiting(until, tuple(sorted({as_name(key) for key in awaiting.keys})), awaiting.since)


def prepare_arrival(event: NewEvent, runs: Sequence[NewRun], forward: Sequence[Forward]) -> Arrival:
    """Make an event ready, with what it may start. Raises ValueError."""
    if not event.id or not event.source:
        raise ValueError("an event is known by its source and its id: neither may be empty")
    prepared = [prepare_run(run) for run in runs]
    if len({run.id for run in prepared}) < len(prepared):
        raise ValueError("an event starts runs with different ids")
    keys = tuple(dict.fromkeys(as_name(key) for key in event.keys))
    names = (as_name(event.source), as_name(event.id), as_name(event.name))
    kept = PreparedEvent(*names, keys, encode_value(event.body), event.at, _name_or_none(event.conversation))
    return Arrival(kept, prepared, [_forward(one) for one in forward])


def run_ended(run: str, number: int, end: PreparedEnd) -> PreparedEvent:
    """Return the event by which the run that called another one gets to know its end.

    The number is the run's in the journal: should a run with this id have been there before, this is not its event.
    """
    key = run_key(run)
    return PreparedEvent("run", f"{key}:{number}", RUN_ENDED, (key,), end.body, end.ended.at, None)


def written(names: Sequence[str]) -> str:
    """Write names, as they stand in one column: what is looked for is looked for in this."""
    return json.dumps(names, ensure_ascii=False)


def prepare_error(error: str) -> str:
    """Write why something could not be delivered, without secrets."""
    return clean(error) or ""


def read_value(text: str, what: str) -> Json:
    """Read what ``encode_value`` wrote. Raises JournalCorrupt."""
    try:
        return read_json(text)
    except ValueError as fault:
        raise JournalCorrupt(f"{what}: {fault}") from None


def _forward(one: Forward) -> PreparedForward:
    names = (as_name(one.stream), as_name(one.event), _name_or_none(one.conversation))
    return PreparedForward(*names, encode_value(one.body), one.at)


def _name_or_none(text: str | None) -> str | None:
    return None if text is None else as_name(text)
