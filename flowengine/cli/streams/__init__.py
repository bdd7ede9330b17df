"""``flowengine streams``: data streams, one file a task."""

from __future__ import annotations

from flowengine.cli.streams.group import command

__all__ = ["command"]
