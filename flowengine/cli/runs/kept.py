"""A kept run as lists show it, in a row or as JSON."""

from __future__ import annotations

from typing import Any, Final

from rich.text import Text

from flowengine.cli.runs.database import short_id
from flowengine.cli.runs.times import ago, ahead
from flowengine.cli.screen import shorten
from flowengine.cli.steps import duration
from flowengine.cli.tables import cell
from flowengine.core.moments import moment
from flowengine.drivers.durable_owner import is_gone
from flowengine.journal.protocol import KeptRun

HEADERS: Final = ("RUN", "FLOW", "STATUS", "STARTED", "TOOK", "ENVIRONMENT", "ABOUT IT")
STYLES: Final = {"succeeded": "green", "failed": "red", "cancelled": "yellow", "waiting": "cyan", "running": "bold"}

_LONGEST: Final = 120


def kept_json(run: KeptRun) -> dict[str, Any]:
    """Return a kept run as JSON values."""
    return {
        "id": run.id,
        "flow": run.flow,
        "status": run.status,
        "result": run.result,
        "reason": run.reason,
        "startedAt": moment(run.created_at),
        "endedAt": _moment(run.ended_at),
        "durationMs": None if run.ended_at is None else round((run.ended_at - run.created_at) * 1000, 3),
        "environment": run.environment,
        "source": run.source,
        "waitingUntil": _moment(run.waiting_until),
        "retryOf": {"run": run.parent, "node": run.parent_node} if run.parent is not None else None,
        "cancelAskedAt": _moment(run.cancel_asked_at),
    }


def row_of(run: KeptRun, now: float) -> tuple[Text, ...]:
    """Return a row under HEADERS."""
    return (
        cell(short_id(run.id), "bold"),
        cell(run.flow),
        cell(run.status, STYLES[run.status]),
        cell(ago(run.created_at, now)),
        cell("-" if run.ended_at is None else duration(run.ended_at - run.created_at)),
        cell(run.environment or "-"),
        cell(shorten(about(run, now), _LONGEST)),
    )


def is_walked(run: KeptRun, now: float) -> bool:
    """Whether a process walks a run now, as far as can be told: its lease holds, and it is not known to be gone."""
    return run.owner is not None and (run.leased_until or now) >= now and not is_gone(run.owner)


def about(run: KeptRun, now: float) -> str:
    """Say in a few words what is special about a run."""
    said = []
    if run.cancel_asked_at is not None:
        said.append("is to be cancelled")
    if run.waiting_until is not None:
        said.append(f"goes on {ahead(run.waiting_until, now)}")
    elif run.ended_at is None and not is_walked(run, now):
        said.append("nobody walks it")
    if run.reason is not None:
        said.append(run.reason)
    if run.parent is not None:
        said.append(f"retry of {short_id(run.parent)} from {run.parent_node}")
    return "; ".join(said)


def _moment(at: float | None) -> str | None:
    return None if at is None else moment(at)
