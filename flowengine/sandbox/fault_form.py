"""Reads faults as people write them: one fault, or a list of them under ``faults``.

Everything that is wrong is reported at once, each with its place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple, TypeAlias

from flowengine.core.answers import Json
from flowengine.core.durations import parse_duration
from flowengine.core.values import type_of
from flowengine.sandbox.callbacks.callback import EVENTS
from flowengine.sandbox.faults import CALLBACKS, Fault, Match
from flowengine.sandbox.routes import OPERATIONS

Place: TypeAlias = tuple[str | int, ...]


class Problem(NamedTuple):
    """One thing that is wrong, and where; ``is_key``: the name itself is wrong, not its value."""

    place: Place
    message: str
    is_key: bool = False

    @property
    def field(self) -> str:
        """The place as text, such as ``match.operation``."""
        return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in self.place).lstrip(".")


def read_faults(document: Json) -> tuple[list[Fault], list[Problem]]:
    """Read one fault, or an object with a list of them under ``faults``. With a problem, the faults are not usable."""
    if isinstance(document, dict) and "faults" in document:
        listed = document["faults"]
        problems = [_unknown((name,), ["faults"]) for name in document if name != "faults"]
        if not isinstance(listed, list):
            return [], [*problems, Problem(("faults",), f"has to be a list, not {type_of(listed)}")]
        read = [_read_fault(item, ("faults", index)) for index, item in enumerate(listed)]
        return [fault for fault, _ in read], problems + [problem for _, found in read for problem in found]
    fault, problems = _read_fault(document, ())
    return [fault], problems


def _read_fault(value: Json, place: Place) -> tuple[Fault, list[Problem]]:
    if not isinstance(value, dict):
        return Fault(), [Problem(place, f"has to be an object, not {type_of(value)}")]
    problems = [_unknown((*place, name), list(_READERS)) for name in value if name not in _READERS]
    read: dict[str, Any] = {}
    for name, (attribute, reader) in _READERS.items():
        if value.get(name) is None:
            continue
        try:
            read[attribute] = reader(value[name])
        except _Wrong as wrong:
            problems.append(Problem((*place, name, *wrong.place), str(wrong)))
    return Fault(**read) if not problems else Fault(), [*problems, *_contradictions(value, place)]


def _contradictions(value: dict[str, Json], place: Place) -> Iterator[Problem]:
    effects = [name for name in _EFFECTS if value.get(name)]
    if len(effects) > 1:
        yield Problem((*place, effects[1]), f"cannot go together with {effects[0]}: a call can fail in one way only")
    wanted = [name for name in ("callback", "callbackDelay") if value.get(name) is not None]
    if not effects and not wanted and not value.get("delay"):
        yield Problem(place, f"does nothing: give delay, callback, callbackDelay, or one of {', '.join(_EFFECTS)}")
    for name in ("body", "headers"):
        if value.get(name) is not None and value.get("status") is None:
            yield Problem((*place, name), "needs a status")
    if wanted:
        yield from _callback_contradictions(value, (*place, wanted[0]))


def _callback_contradictions(value: dict[str, Json], place: Place) -> Iterator[Problem]:
    for name in ("status", "expireToken"):
        if value.get(name):
            yield Problem(place, f"cannot go together with {name}: then nothing is done that a callback could tell of")
    if value.get("callback") in ("never", "early") and value.get("callbackDelay") is not None:
        yield Problem(place, f"is {value['callback']}, and there is a callbackDelay too: give one of them")
    match = value.get("match")
    operation = match.get("operation") if isinstance(match, dict) else None
    if operation in OPERATIONS and operation not in EVENTS:
        yield Problem(
            place, f"is nothing for {operation}, which answers at once: calls with callbacks are {', '.join(EVENTS)}"
        )


class _Wrong(Exception):
    def __init__(self, message: str, *place: str | int) -> None:
        super().__init__(message)
        self.place = place


def _match(value: Json) -> Match:
    if not isinstance(value, dict):
        raise _Wrong(f"has to be an object, not {type_of(value)}")
    for name, part in value.items():
        if name not in Match._fields:
            raise _Wrong(f"is not known here; known are {', '.join(Match._fields)}", name)
        if not isinstance(part, str) or not part:
            raise _Wrong(f"has to be text, not {type_of(part) if part != '' else 'empty'}", name)
    operation, path, method = value.get("operation"), value.get("path"), value.get("method")
    if operation is not None and operation not in OPERATIONS:
        raise _Wrong(f"is {operation!r}, expected one of {', '.join(OPERATIONS)}", "operation")
    if path is not None and not path.startswith(("/", "*")):
        raise _Wrong(f"is {path!r}, expected a path such as /api/v1/conversations/*/messages", "path")
    return Match(method.upper() if method else None, path, operation)


def _times(value: Json) -> int | None:
    if value == "always":
        return None
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise _Wrong(f"is {value!r}, expected a number from 1 or always")
    return value


def _delay(value: Json) -> float:
    try:
        return parse_duration(value if isinstance(value, str) else repr(value))
    except ValueError as wrong:
        raise _Wrong(f"is wrong: {wrong}") from None


def _callback(value: Json) -> str:
    if not isinstance(value, str) or value not in CALLBACKS:
        raise _Wrong(f"is {value!r}, expected one of {', '.join(CALLBACKS)}; for a late one give callbackDelay")
    return value


def _status(value: Json) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 200 <= value <= 599:  # noqa: PLR2004 - final HTTP statuses
        raise _Wrong(f"is {value!r}, expected a status from 200 to 599")
    return value


def _headers(value: Json) -> dict[str, str]:
    if not isinstance(value, dict):
        raise _Wrong(f"has to be an object, not {type_of(value)}")
    for name, text in value.items():
        if not _HEADER_NAME.fullmatch(name) or name.lower() in _OWN_HEADERS:
            raise _Wrong("cannot be set as a header", name)
        is_text = isinstance(text, str | int) and not isinstance(text, bool)
        if not is_text or not str(text).isprintable():
            raise _Wrong("has to be text on one line, or a whole number", name)
    return {name: str(text) for name, text in value.items()}


def _flag(value: Json) -> bool:
    if not isinstance(value, bool):
        raise _Wrong(f"is {value!r}, expected true or false")
    return value


def _any(value: Json) -> Json:
    return value


def _unknown(place: Place, known: list[str]) -> Problem:
    return Problem(place, f"is not known here; known are {', '.join(known)}", is_key=True)


_HEADER_NAME: Final = re.compile(r"[A-Za-z0-9-]+")
_OWN_HEADERS: Final = ("content-length", "transfer-encoding", "connection")
_EFFECTS: Final = ("status", "broken", "cut", "reset", "expireToken")
_READERS: Final[dict[str, tuple[str, Callable[[Json], Any]]]] = {
    "match": ("match", _match),
    "times": ("times", _times),
    "delay": ("delay", _delay),
    "status": ("status", _status),
    "body": ("body", _any),
    "headers": ("headers", _headers),
    "broken": ("broken", _flag),
    "cut": ("cut", _flag),
    "reset": ("reset", _flag),
    "expireToken": ("expire_token", _flag),
    "callback": ("callback", _callback),
    "callbackDelay": ("callback_delay", _delay),
}
