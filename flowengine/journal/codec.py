"""Entries as JSON text, and back: by a closed table, never by the names of types.

What is written is held to JSON first (types, keys, depth, size), so that whatever is in a journal can be read again.
Values are written without the secrets that this process knows; names (run, node, key) are not values.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, TypeAlias

from flowengine.core.answers import (
    Answer,
    Arrived,
    Broken,
    Elapsed,
    HttpAnswer,
    Invalid,
    Json,
    NoCallback,
    Outcome,
    Refused,
    Returned,
    TimedOut,
)
from flowengine.core.entries import Completed, Entry, Requested, Started, Stopped
from flowengine.core.plan import Limits
from flowengine.core.values import MAX_DEPTH, finite, refuse_constant
from flowengine.journal.faults import JournalCorrupt
from flowengine.redaction import LIVE, PLACEHOLDER

VERSION: Final = 2
"""Of the form of entries. A new form gets a new number, and readers for all older ones."""

_OLDER: Final = (1,)

LARGEST: Final = 16 * 1024 * 1024
"""Characters of one entry."""

DEEPEST: Final = MAX_DEPTH + 8
"""A value may be nested MAX_DEPTH deep; trigger, start values and answers put some more around it."""

Read: TypeAlias = Callable[[Json], Any]


def encode(entry: Entry) -> str:
    """Write an entry. Raises ValueError where it holds anything but JSON, or too much of it."""
    name = _NAMES[type(entry)]
    fields = entry._asdict()
    if isinstance(entry, Started):
        fields["limits"] = entry.limits._asdict()
    elif isinstance(entry, Completed):
        answer = entry.answer
        fields["answer"] = {"answer": _ANSWER_NAMES[type(answer)], **answer._asdict()}
    for field in _VALUES & fields.keys():
        _refuse_foreign(fields[field])
    text = _write({"entry": name, "version": VERSION, **fields})
    if LIVE.redact(text) is not text:
        text = _write({"entry": name, "version": VERSION, **_without_secrets(fields)})
    if len(text) > LARGEST:
        raise ValueError(f"an entry of {len(text):,} characters: at most {LARGEST:,} can be kept")
    return text


def encode_value(value: Json) -> str:
    """Write a value that is no entry: JSON without secrets. Raises ValueError as ``encode`` does."""
    _refuse_foreign(value)
    text = _write(value)
    if LIVE.redact(text) is not text:
        text = _write(_redacted(value))
    if len(text) > LARGEST:
        raise ValueError(f"a value of {len(text):,} characters: at most {LARGEST:,} can be kept")
    return text


def decode(text: str, run: str, seq: int) -> Entry:
    """Read an entry. Raises JournalCorrupt where it is not exactly what ``encode`` writes."""
    try:
        entry = _entry(read_json(text))
    except ValueError as fault:
        raise JournalCorrupt(str(fault), run=run, seq=seq) from None
    if isinstance(entry, Started) is not (seq == 0):
        raise JournalCorrupt("a run begins with a Started entry, and has one only", run=run, seq=seq)
    return entry


def _entry(data: Json) -> Entry:
    name, version = _tag(data, "entry"), data.pop("version", None)
    if version != VERSION or isinstance(version, bool):
        if version not in _OLDER or isinstance(version, bool):
            raise ValueError(f"version {_short(version)} is not known; this flowengine knows up to {VERSION}")
        _bring_up(name, data)
    entry: Entry = _read(_ENTRIES, "entry", name, data)
    return entry


def _bring_up(name: str, data: dict[str, Json]) -> None:
    """Bring an entry of version 1 up to date: no flow called another then."""
    if name == "started":
        data.setdefault("depth", 0)
        if isinstance(data.get("limits"), dict):
            data["limits"].setdefault("depth", Limits().depth)


def read_json(text: str) -> Json:
    """Read JSON that a journal wrote. Raises ValueError where it is none, or not UTF-8."""
    try:
        _encodable(text)
        data = _DECODER.decode(text)
        if "\\u" in text:
            _write(data)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    return data


def as_name(text: str) -> str:
    """Return a name as it may be written: as it is. Raises ValueError for half a character."""
    _encodable(text)
    return text


def clean(text: str | None) -> str | None:
    """Return a text for people as it may be written: without secrets. Raises ValueError for half a character."""
    if text is None:
        return None
    _encodable(text)
    return LIVE.redact(text)


def _write(data: Json) -> str:
    text = _ENCODER.encode(data)
    _encodable(text)
    return text


def _encodable(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("a text has half a character in it (a lone surrogate)") from None


def _refuse_foreign(value: Json, depth: int = 1) -> None:
    """Raise ValueError where a value is not JSON: what the encoder would turn into JSON would be read as another."""
    if isinstance(value, dict):
        for key in value:
            if not isinstance(key, str):
                raise ValueError(f"a key is a {type(key).__name__}: only text can be kept")  # noqa: TRY004 - as all of these
        value = value.values()
    elif not isinstance(value, list):
        if value is None or isinstance(value, str | int | float):
            return
        raise ValueError(f"a value is a {type(value).__name__}: only JSON can be kept")
    if depth > DEEPEST:
        raise ValueError(f"a value is nested deeper than {MAX_DEPTH}: it cannot be kept")
    for inner in value:
        if type(inner) not in _SCALARS:
            _refuse_foreign(inner, depth + 1)


def _without_secrets(fields: Mapping[str, Json]) -> dict[str, Json]:
    return {name: _redacted(value, name) if name in _VALUES else value for name, value in fields.items()}


def _redacted(value: Json, name: str = "") -> Json:
    match value:
        case str():
            return LIVE.redact(value)
        case bool() | None:
            return value
        case int() | float():
            written = str(value)
            return value if LIVE.redact(written) == written else PLACEHOLDER
        case list():
            return [_redacted(inner) for inner in value]
    if name == "answer":
        return {key: inner if key in ("answer", "status") else _redacted(inner) for key, inner in value.items()}
    return {LIVE.redact(key): _redacted(inner) for key, inner in value.items()}


class _Shape(NamedTuple):
    """A type of the table: how it is made, and how each of its fields is read."""

    make: Callable[..., Any]
    fields: Mapping[str, Read]


def _read(table: Mapping[str, _Shape], kind: str, name: str, data: dict[str, Json]) -> Any:
    shape = table.get(name)
    if shape is None:
        raise ValueError(f"there is no {kind} {_short(name)}")
    fields = shape.fields
    if data.keys() != fields.keys():
        odd = min(data.keys() ^ fields.keys())
        raise ValueError(f"{kind} {name!r} {'has no' if odd in fields else 'does not have a'} field {_short(odd)}")
    try:
        return shape.make(**{field: read(data[field]) for field, read in fields.items()})
    except TypeError as fault:
        raise ValueError(f"{kind} {name!r}: {fault}") from None


def _tag(data: Json, name: str) -> str:
    tag = data.pop(name, None) if isinstance(data, dict) else None
    if not isinstance(tag, str):
        raise ValueError(f"a JSON object with a field {name!r} was expected")  # noqa: TRY004 - bad text, as all of these
    return tag


def _expect(kind: type, words: str) -> Read:
    def read(value: Json) -> Json:
        if not isinstance(value, kind) or isinstance(value, bool):
            raise TypeError(f"{_short(value)} is not {words}")
        return value

    return read


def _number(value: Json) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise TypeError(f"{_short(value)} is not a time")
    return float(value)


def _text_or_none(value: Json) -> Json:
    return None if value is None else _text(value)


def _map_or_none(value: Json) -> Json:
    return None if value is None else _map(value)


def _headers(value: Json) -> Json:
    for inner in _map(value).values():
        _text(inner)
    return value


def _limits(value: Json) -> Limits:
    data = _map(value)
    if data.keys() != set(Limits._fields):
        raise TypeError(f"{_short(value)} are not limits")
    return Limits(**{name: _count(bound) for name, bound in data.items()})


def _answer(value: Json) -> Answer:
    answer: Answer = _read(_ANSWERS, "answer", _tag(value, "answer"), value)
    return answer


def _anything(value: Json) -> Json:
    return value


def _short(value: Json) -> str:
    written = repr(value)
    return written if len(written) <= 60 else f"{written[:60]}…"  # noqa: PLR2004 - enough to find it by


_text = _expect(str, "a text")
_count = _expect(int, "a whole number")
_map = _expect(dict, "an object")
_WITH_REASON: Final = {"reason": _text}
_PLACE: Final = {"node": _text, "visit": _count, "attempt": _count}

_ANSWERS: Final = {
    "http": _Shape(HttpAnswer, {"status": _count, "headers": _headers, "body": _anything, "text": _text_or_none}),
    "timed-out": _Shape(TimedOut, _WITH_REASON),
    "broken": _Shape(Broken, _WITH_REASON),
    "refused": _Shape(Refused, _WITH_REASON),
    "invalid": _Shape(Invalid, _WITH_REASON),
    "outcome": _Shape(
        Outcome, {"outcome": _text, "outputs": _map_or_none, "variables": _map_or_none, "reason": _text_or_none}
    ),
    "elapsed": _Shape(Elapsed, {}),
    "arrived": _Shape(Arrived, {"key": _text, "name": _text, "body": _anything}),
    "no-callback": _Shape(NoCallback, {}),
    "returned": _Shape(Returned, {"end": _text_or_none, "result": _text, "outputs": _map, "reason": _text_or_none}),
}
_ENTRIES: Final = {
    "started": _Shape(
        Started,
        {
            "run": _text,
            "digest": _text,
            "at": _number,
            "trigger": _anything,
            "variables": _map,
            "limits": _limits,
            "depth": _count,
        },
    ),
    "requested": _Shape(Requested, {**_PLACE, "key": _text, "at": _number}),
    "completed": _Shape(Completed, {**_PLACE, "answer": _answer, "started_at": _number, "at": _number}),
    "stopped": _Shape(Stopped, {"at": _number, "status": _text, "reason": _text}),
}
_NAMES: Final = {shape.make: name for name, shape in _ENTRIES.items()}
_ANSWER_NAMES: Final = {shape.make: name for name, shape in _ANSWERS.items()}
_SCALARS: Final = frozenset({str, int, float, bool, type(None)})
_VALUES: Final = frozenset({"trigger", "variables", "answer", "reason"})

_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), check_circular=False)
_DECODER: Final = json.JSONDecoder(parse_constant=refuse_constant, parse_float=finite)
