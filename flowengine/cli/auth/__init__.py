"""``flowengine auth``: node authorizations, one file a task."""

from __future__ import annotations

from flowengine.cli.auth.group import command

__all__ = ["command"]
