"""Engage's end of the stream of channel events: what was forwarded, in the order it came, each event kept once.

The vendor's pages name fields for each channel and no address, answer or order; those are ours. Events come at least
once: one whose id is known is counted and not kept again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from itertools import islice
from typing import Any, Final

from flowengine.core.answers import Json
from flowengine.core.values import type_of
from flowengine.sandbox.fields import Fields, read_object
from flowengine.sandbox.replies import Reply, found, json_reply

MAX_EVENTS: Final = 10_000
_CUSTOMER: Final = ("oa", "abcUserId", "waid", "psid", "from", "userId")
_BUSINESS: Final = ("da", "abcAccountId", "to", "appId")
_ID_HEADERS: Final = ("idempotency-key", "transid")


@dataclass(slots=True)
class Forwarded:
    """One event. ``copies`` counts how often it came, ``differs`` whether a copy was another text.

    ``late``: its ``ts`` is before that of an event of the same conversation that came earlier.
    """

    number: int
    event_id: str
    channel: str
    event: str
    conversation: str
    ts: Json
    received_at: str
    late: bool
    body: dict[str, Json]
    digest: bytes
    copies: int = 1
    differs: bool = False

    def as_json(self) -> dict[str, Json]:
        """Write it, with what was sent."""
        return {
            "number": self.number,
            "id": self.event_id,
            "channel": self.channel,
            "event": self.event,
            "conversation": self.conversation,
            "ts": self.ts,
            "receivedAt": self.received_at,
            "late": self.late,
            "copies": self.copies,
            "differs": self.differs,
            "body": self.body,
        }


class Intake:
    """The events by id, in the order of their first coming. Past ``limit`` the oldest is forgotten."""

    def __init__(self, now: Callable[[], str], limit: int = MAX_EVENTS) -> None:
        self._now = now
        self._limit = limit
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self._events: dict[str, Forwarded] = {}
        self._latest: dict[str, float] = {}
        self._total = 0
        self._duplicates = 0

    def take(self, body: bytes, headers: Mapping[str, str]) -> Reply:
        """Take one event: 202, new or known. Its id is in the header Idempotency-Key or transid, else in the body."""
        fields = Fields(payload := read_object(body))
        channel = fields.text("channel") or fields.text("channel_identifier") or fields.required("channel")
        event = fields.text("event") or fields.text("event_identifier") or fields.required("event")
        ts = _read_ts(fields)
        in_header = next((headers[name] for name in _ID_HEADERS if headers.get(name)), None)
        event_id = in_header or fields.text("transid") or fields.required("tid")
        digest = sha256(body).digest()
        known = self._events.get(event_id)
        if known is not None:
            return self._count(known, digest)
        conversation = _conversation(channel, payload)
        late = self._note(conversation, ts)
        self._total += 1
        kept = Forwarded(self._total, event_id, channel, event, conversation, ts, self._now(), late, payload, digest)
        if len(self._events) >= self._limit:
            del self._events[next(iter(self._events))]
        self._events[event_id] = kept
        return _taken(kept, "Event taken", duplicate=False)

    def list(self, *, channel: str | None = None, conversation: str | None = None) -> Reply:
        """Answer a reader: all that is kept, in the order it came; of one channel or conversation where asked."""
        listed = [
            each.as_json()
            for each in self._events.values()
            if channel in (None, each.channel) and conversation in (None, each.conversation)
        ]
        return found(f"{len(listed)} events", {**self._numbers(), "events": listed})

    def overview(self, limit: int) -> Reply:
        """Answer the page: the numbers, and the newest events first."""
        newest = islice(reversed(self._events.values()), limit)
        return json_reply(200, {**self._numbers(), "events": [each.as_json() for each in newest]})

    def _count(self, known: Forwarded, digest: bytes) -> Reply:
        self._duplicates += 1
        known.copies += 1
        known.differs = known.differs or digest != known.digest
        return _taken(known, "Event known already", duplicate=True)

    def _note(self, conversation: str, ts: Json) -> bool:
        moment = _moment(ts)
        if moment is None:
            return False
        latest = self._latest.get(conversation, moment)
        self._latest[conversation] = max(latest, moment)
        return moment < latest

    def _numbers(self) -> dict[str, Json]:
        channels = Counter(each.channel for each in self._events.values())
        return {"total": self._total, "duplicates": self._duplicates, "channels": channels}


def _read_ts(fields: Fields) -> Json:
    ts = fields.value("ts")
    if ts is None or ts == "":
        raise fields.wrong("ts", "is missing")
    if isinstance(ts, bool) or not isinstance(ts, str | int | float):
        raise fields.wrong("ts", f"has to be text or a number, not {type_of(ts)}")
    return ts


def _moment(ts: Json) -> float | None:
    """Return a time that can be compared with others of its form: ISO 8601, or a number."""
    if not isinstance(ts, str):
        return float(ts)
    try:
        read = datetime.fromisoformat(ts)
    except ValueError:
        return None
    return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()


def _conversation(channel: str, payload: Mapping[str, Any]) -> str:
    """Name who talks to whom: the addresses have other names on each channel."""
    parts = (channel, *(_first(payload, names) for names in (_BUSINESS, _CUSTOMER, ("thread_id",))))
    return " ".join(part for part in parts if part)


def _first(payload: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return next((str(payload[name]) for name in names if payload.get(name)), "")


def _taken(event: Forwarded, description: str, *, duplicate: bool) -> Reply:
    value = {"number": event.number, "id": event.event_id, "duplicate": duplicate}
    return json_reply(202, {"status": "success", "code": 202, "description": description, "value": value})
