"""``flowengine events``: what came from outside for kept runs, one file a task."""

from __future__ import annotations

from flowengine.cli.inbox.group import command

__all__ = ["command"]
