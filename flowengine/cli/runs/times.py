"""Times on the command line: how long ago, since when, and how far off."""

from __future__ import annotations

from flowengine.cli.steps import duration


def ago(at: float, now: float) -> str:
    """Say how long ago a time was."""
    return f"{_roughly(now - at)} ago" if now - at >= 1 else "now"


def ahead(at: float, now: float) -> str:
    """Say how far off a time is."""
    return f"in {_roughly(at - now)}" if at - now >= 1 else "now"


def _roughly(seconds: float) -> str:
    days = int(seconds // 86_400)
    return f"{days} d" if days else duration(float(int(seconds))).replace(".0 s", " s")
