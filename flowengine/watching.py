"""Doing something again whenever files change. Times are polled: that works on every file system, and is cheap."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final, TypeAlias

POLL: Final = 0.3
"""Seconds between two looks at the files."""

Stamps: TypeAlias = Mapping[Path, tuple[int, int, int] | None]


def stamps(paths: Iterable[Path]) -> Stamps:
    """Return what tells that a file has been saved: its time, size and identity; None where it is not there."""
    return {path: _stamp(path) for path in paths}


def changed(before: Stamps, now: Stamps) -> list[Path]:
    """Return the files that are different, in order."""
    return sorted(path for path in {*before, *now} if before.get(path) != now.get(path))


def watch(
    look: Callable[[], Stamps],
    act: Callable[[list[Path]], None],
    sleep: Callable[[float], None],
) -> None:
    """Call ``act`` with what has changed whenever that is something, until Ctrl-C.

    Files are looked at before they are read, so that what is saved meanwhile is a change of the next round.
    """
    before: Stamps = {}
    try:
        while True:
            now = look()
            different = changed(before, now)
            if different:
                before = now
                act(different)
            sleep(POLL)
    except KeyboardInterrupt:
        return


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
