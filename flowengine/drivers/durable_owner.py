"""Who leases runs: one start of a process; and whether it is still there.

A lease runs out by itself. Where the one who held it was a process of this machine that is gone, nobody has to wait.
"""

from __future__ import annotations

import os
import socket
import uuid
from pathlib import Path
from typing import Final, NamedTuple

from flowengine.journal.protocol import Filter, History

_UNKNOWN: Final = "-"
_MOST: Final = 10_000


class _Owner(NamedTuple):
    """``boot`` and ``space`` tell apart starts of the machine, and containers: process ids mean something in one."""

    host: str
    boot: str
    space: str
    pid: str
    started: str
    nonce: str


def new_owner() -> str:
    """Return a name that nothing else has had or will have."""
    pid = os.getpid()
    here = _Owner(_host(), _boot(), _space(), str(pid), _started(pid), uuid.uuid4().hex[:12])
    return "/".join(here)


def is_gone(owner: str) -> bool:
    """Whether an owner was a process of this machine that has ended; where that cannot be told, it is not gone."""
    parts = owner.split("/")
    if len(parts) != len(_Owner._fields) or not parts[3].isdigit():
        return False
    one = _Owner(*parts)
    if one.host != _host() or _UNKNOWN in {one.boot, _boot()}:
        return False
    if one.boot != _boot():
        return True
    return one.space == _space() and _started(int(one.pid)) != one.started


def runs_of_the_gone(history: History) -> dict[str, list[str]]:
    """Return the runs that owners hold who are gone, by owner. Those that wait are held by nobody."""
    held: dict[str, list[str]] = {}
    for run in history.runs(Filter(statuses=("running",)), limit=_MOST):
        if run.owner is not None:
            held.setdefault(run.owner, []).append(run.id)
    return {owner: runs for owner, runs in held.items() if is_gone(owner)}


def _host() -> str:
    return socket.gethostname().replace("/", "-")


def _boot() -> str:
    return _read("/proc/sys/kernel/random/boot_id").strip() or _UNKNOWN


def _space() -> str:
    try:
        return str(Path("/proc/self/ns/pid").readlink()).replace("/", "-")
    except OSError:
        return _UNKNOWN


def _started(pid: int) -> str:
    """Return when a process started, in ticks since the machine did; ``-`` where there is none, or nobody says."""
    # The name of the program is in brackets, and may have blanks and brackets itself.
    fields = _read(f"/proc/{pid}/stat").rpartition(")")[2].split()
    return fields[19] if len(fields) > 19 and fields[0] != "Z" else _UNKNOWN  # noqa: PLR2004 - the 22nd, proc(5)


def _read(path: str) -> str:
    try:
        return Path(path).read_text("utf-8", "replace")
    except OSError:
        return ""
