"""Times as people write them: so long ago, or a moment."""

from __future__ import annotations

from datetime import UTC, datetime

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
