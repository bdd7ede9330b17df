"""A kept run as lists show it, in a row or as JSON."""

from __future__ import annotations

from typing import Final

from rich.text import Text

from flowengine.cli.runs.awaited import all_in_words
from flowengine.cli.runs.database import short_id
from flowengine.cli.runs.times import ago, ahead
from flowengine.cli.screen import shorten
from flowengine.cli.steps import duration
from flowengine.cli.tables import cell
from flowengine.journal.protocol import History, KeptRun
from flowengine.runs.as_json import is_walked

HEADERS: Final = ("RUN", "FLOW", "STATUS", "STARTED", "TOOK", "ENVIRONMENT", "ABOUT IT")
STYLES: Final = {"succeeded": "green", "failed": "red", "cancelled": "yellow", "waiting": "cyan", "running": "bold"}

_LONGEST: Final = 120


def row_of(run: KeptRun, now: float, history: History) -> tuple[Text, ...]:
    """Return a row under HEADERS."""
    return (
        cell(short_id(run.id), "bold"),
        cell(run.flow),
        cell(run.status, STYLES[run.status]),
        cell(ago(run.created_at, now)),
        cell("-" if run.ended_at is None else duration(run.ended_at - run.created_at)),
        cell(run.environment or "-"),
        cell(shorten(about(run, now, history), _LONGEST)),
    )


def about(run: KeptRun, now: float, history: History) -> str:
    """Say in a few words what is special about a run."""
    said = []
    if run.cancel_asked_at is not None:
        said.append("is to be cancelled")
    if run.status == "waiting":
        said.append(_waits_for(run, now, history))
    elif run.ended_at is None and not is_walked(run, now):
        said.append("nobody walks it")
    if run.reason is not None:
        said.append(run.reason)
    if run.parent is not None:
        said.append(f"retry of {short_id(run.parent)} from {run.parent_node}")
    return "; ".join(said)


def _waits_for(run: KeptRun, now: float, history: History) -> str:
    if run.queued and run.queue is not None:
        head = history.queue_head(run.queue)
        return "is next in its queue" if head is None else f"waits for run {short_id(head)}, before it in its queue"
    keys = history.awaited(run.id)
    if keys:
        return f"waits for {all_in_words(keys)}{_how_long(run.waiting_until, now)}"
    return "is woken" if run.waiting_until is None else f"goes on {ahead(run.waiting_until, now)}"


def _how_long(until: float | None, now: float) -> str:
    if until is None:
        return ""
    return ", and its time is over" if until <= now else f", until {ahead(until, now)} at most"
