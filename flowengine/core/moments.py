"""Moments as text: ISO 8601, UTC, milliseconds; and read again."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

LAST: Final = 253_402_300_799.9995
"""The last moment that can be written so, in seconds since the epoch: virtual time may go past it."""


def moment(at: float) -> str:
    """Write seconds since the epoch as ``2026-11-23T10:00:00.000Z``."""
    return datetime.fromtimestamp(min(at, LAST), UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def seconds(text: str) -> float:
    """Read what ``moment`` writes. Raises ValueError where it is no moment."""
    return datetime.fromisoformat(text).timestamp()
