"""What both journals do with what they are given, before it is kept: the same refusals, the same text."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from flowengine.core.entries import Entry, Started, Stopped
from flowengine.core.plan import Plan
from flowengine.core.values import canonical
from flowengine.journal.codec import as_name, clean, encode, encode_value, read_json
from flowengine.journal.faults import JournalCorrupt
from flowengine.journal.protocol import Ended, NewRun

CALLER_ENDED: Final = "the run that called it has ended"
"""Why a run is cancelled with the one that called it."""


class Prepared(NamedTuple):
    """A new run, ready to be kept."""

    id: str
    flow: str
    plan: Plan
    created_at: float
    environment: str | None
    source: str | None
    parent: str | None
    parent_node: str | None
    queue: str | None
    called_by: str | None
    entries: list[str]


class PreparedEnd(NamedTuple):
    """How a run ended, and the body of the event that says so to the run that called it."""

    ended: Ended
    body: str


def prepare_run(run: NewRun) -> Prepared:
    """Make a new run ready. Raises ValueError where its entries are not the beginning of one."""
    first = run.entries[0] if run.entries else None
    if not isinstance(first, Started):
        raise ValueError("a run begins with a Started entry")  # noqa: TRY004 - a wrong order, not a wrong type
    if first.digest != run.plan.digest:
        raise ValueError(f"the run was started on plan {first.digest}, this is {run.plan.digest}")
    return Prepared(
        id=first.run,
        flow=run.plan.flow,
        plan=run.plan,
        created_at=first.at,
        environment=clean(run.environment),
        source=clean(run.source),
        parent=clean(run.parent),
        parent_node=clean(run.parent_node),
        queue=None if run.queue is None else as_name(run.queue),
        called_by=None if run.called_by is None else as_name(run.called_by),
        entries=[encode(first), *prepare_entries(run.entries[1:])],
    )


def prepare_entries(entries: Sequence[Entry]) -> list[str]:
    """Write entries that follow others. Raises ValueError."""
    if any(isinstance(entry, Started) for entry in entries):
        raise ValueError("a run starts once")
    return [encode(entry) for entry in entries]


def prepare_end(ended: Ended | None, *, waits: bool) -> PreparedEnd | None:
    """Make the end of a run ready. Raises ValueError where there is none to be."""
    if ended is None:
        return None
    if waits:
        raise ValueError("a run that has ended does not wait")
    if ended.status not in ("succeeded", "failed", "cancelled"):
        raise ValueError(f"a run does not end {ended.status!r}: expected succeeded, failed or cancelled")
    return _end(ended._replace(reason=clean(ended.reason)))


def cancelled(reason: str, at: float) -> tuple[str, PreparedEnd]:
    """Return the last entry of a run that nobody walks and that is cancelled, and its end (the walker's rule)."""
    reason = clean(reason) or ""
    return encode(Stopped(at, "cancelled", reason)), _end(Ended("cancelled", "error", reason, at))


def plan_text(plan: Plan) -> str:
    """Write a plan's data. The order of its keys stays: variables are shown in it."""
    return json.dumps(plan.data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def read_plan(text: str | None, digest: str) -> Mapping[str, Any]:
    """Read a plan's data. Raises JournalCorrupt where it is not what the digest was taken of."""
    if text is None:
        raise JournalCorrupt(f"there is no plan {digest}")
    try:
        data = read_json(text)
        found = "sha256:" + hashlib.sha256(canonical(data)).hexdigest()
    except ValueError as fault:
        raise JournalCorrupt(f"plan {digest}: {fault}") from None
    if found != digest or not isinstance(data, dict):
        raise JournalCorrupt(f"plan {digest} was changed after it was kept")
    return data


def _end(ended: Ended) -> PreparedEnd:
    body = ended._asdict()
    del body["at"]
    return PreparedEnd(ended, encode_value(body))
