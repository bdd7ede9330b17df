"""Faults on demand: what goes wrong, for which calls, how often.

The first fault in order that matches a call and has times left is used for it, and no other. ``status`` answers
instead of Engage; with ``reset``, ``cut`` and ``broken`` Engage does its work and the answer is what suffers, so that a
caller who tries again shows whether it does so safely.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Final, NamedTuple

from flowengine.core.answers import Json
from flowengine.sandbox.replies import Refusal, Reply, json_reply

MAX_FAULTS: Final = 1_000
CALLBACKS: Final = ("never", "twice", "reordered", "early")
"""What can go wrong with a callback, beside its being late."""


class Match(NamedTuple):
    """Which calls: every part that is given has to fit. ``path`` is a prefix, or a pattern with ``*`` for any text."""

    method: str | None = None
    path: str | None = None
    operation: str | None = None

    def fits(self, method: str, path: str, operation: str) -> bool:
        """Whether a call is meant."""
        if self.method not in (None, method) or self.operation not in (None, operation):
            return False
        if self.path is None:
            return True
        return fnmatchcase(path, self.path) if "*" in self.path else path.startswith(self.path)


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. ``times`` is how many calls it hits, None for all. ``delay`` is in seconds and comes before all else.

    At most one of these happens: ``status`` (with ``body`` and ``headers``) instead of an answer; ``broken``, JSON that
    stops in the middle; ``cut``, a body shorter than announced; ``reset``, the connection is reset; ``expire_token``,
    the call's token expires there and then.

    With ``callback`` or ``callback_delay`` (seconds) only calls that ask for a callback are hit, and it suffers:
    ``never`` posted, ``twice``, ``early`` (before the answer), or ``reordered`` (after the result of a later call).
    """

    match: Match = field(default_factory=Match)
    times: int | None = 1
    delay: float = 0.0
    status: int | None = None
    body: Json = None
    headers: Mapping[str, str] = field(default_factory=dict)
    broken: bool = False
    cut: bool = False
    reset: bool = False
    expire_token: bool = False
    callback: str | None = None
    callback_delay: float | None = None

    def reply(self) -> Reply:
        """Return the answer that is given instead of Engage's; a text body is sent as plain text."""
        status = self.status or 500
        if isinstance(self.body, str):
            return Reply(status, self.body.encode(), self.headers, "text/plain; charset=utf-8")
        if self.body is not None:
            return json_reply(status, self.body, self.headers)
        envelope = {"status": "failed", "code": status, "description": "A fault was set for this call", "value": None}
        return json_reply(status, envelope, self.headers)

    def fits(self, method: str, path: str, operation: str, *, has_callback: bool) -> bool:
        """Whether a call is meant."""
        is_for_callbacks = self.callback is not None or self.callback_delay is not None
        return (has_callback or not is_for_callbacks) and self.match.fits(method, path, operation)

    def as_json(self) -> dict[str, Json]:
        """Write it with the names it is set by, leaving out what it does not do."""
        written: dict[str, Json] = {
            "match": {name: value for name, value in self.match._asdict().items() if value is not None},
            "times": "always" if self.times is None else self.times,
        }
        if self.delay:
            written["delay"] = _written(self.delay)
        if self.status is not None:
            written |= {"status": self.status, "body": self.body, "headers": dict(self.headers)}
        if self.callback is not None:
            written["callback"] = self.callback
        if self.callback_delay is not None:
            written["callbackDelay"] = _written(self.callback_delay)
        flags = {"broken": self.broken, "cut": self.cut, "reset": self.reset, "expireToken": self.expire_token}
        return written | {name: True for name, is_set in flags.items() if is_set}


@dataclass(slots=True)
class _Set:
    fault: Fault
    used: int = 0

    @property
    def is_left(self) -> bool:
        return self.fault.times is None or self.used < self.fault.times


class Faults:
    """The faults that are set, by id, in the order they were set."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self._set: dict[str, _Set] = {}
        self._last_id = 0
        for fault in faults:
            self.add(fault)

    def __bool__(self) -> bool:
        return bool(self._set)

    def add(self, fault: Fault) -> dict[str, Json]:
        """Set a fault; return how it is listed."""
        if len(self._set) >= MAX_FAULTS:
            raise Refusal(409, f"{MAX_FAULTS} faults are set already: DELETE /admin/faults removes them")
        self._last_id += 1
        fault_id = str(self._last_id)
        self._set[fault_id] = _Set(fault)
        return _listed(fault_id, self._set[fault_id])

    def remove(self, fault_id: str) -> None:
        """Remove a fault, or refuse with 404."""
        if self._set.pop(fault_id, None) is None:
            raise Refusal(404, f"There is no fault {fault_id}")

    def clear(self) -> None:
        """Remove all."""
        self._set.clear()

    def listed(self) -> list[dict[str, Json]]:
        """List them, used-up ones included."""
        return [_listed(fault_id, each) for fault_id, each in self._set.items()]

    def take(self, method: str, path: str, operation: str, *, has_callback: bool = False) -> Fault | None:
        """Return the fault for a call and count it, or None."""
        for each in self._set.values():
            if each.is_left and each.fault.fits(method, path, operation, has_callback=has_callback):
                each.used += 1
                return each.fault
        return None


def _written(seconds: float) -> str:
    return f"{round(seconds * 1000)}ms"


def _listed(fault_id: str, each: _Set) -> dict[str, Json]:
    return {"id": fault_id, **each.fault.as_json(), "used": each.used}
