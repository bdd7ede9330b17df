"""Times on the command line: how long ago, since when, and how far off."""

from __future__ import annotations

from datetime import UTC, datetime

from flowengine.cli.steps import duration
from flowengine.core.durations import parse_duration
from flowengine.errors import UsageError


def read_moment(option: str, written: str, now: float) -> float:
    """Read ``24h`` (so long ago) or an ISO 8601 time (UTC, where it says nothing else). Raises UsageError."""
    try:
        return now - parse_duration(written)
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        raise UsageError(
            f"{option} {written}: expected a duration such as 24h or 30d, or a time such as 2026-11-23T10:00"
        ) from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def ago(at: float, now: float) -> str:
    """Say how long ago a time was."""
    return f"{_roughly(now - at)} ago" if now - at >= 1 else "now"


def ahead(at: float, now: float) -> str:
    """Say how far off a time is."""
    return f"in {_roughly(at - now)}" if at - now >= 1 else "now"


def _roughly(seconds: float) -> str:
    days = int(seconds // 86_400)
    return f"{days} d" if days else duration(float(int(seconds))).replace(".0 s", " s")
