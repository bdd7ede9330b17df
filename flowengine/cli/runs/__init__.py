"""``flowengine runs``: kept runs, one file a task."""

from __future__ import annotations

from flowengine.cli.runs.group import command

__all__ = ["command"]
