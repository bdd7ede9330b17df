"""One result on its way to the caller, in the form of Engage's: event, tid, status, code, description, value."""

from __future__ import annotations

import json
from typing import Final, NamedTuple

from flowengine.core.answers import Json

EVENTS: Final = {
    "create": "conversation:created",
    "append": "message:created",
    "update": "conversation:updated",
    "addParticipant": "participant:added",
    "removeParticipant": "participant:removed",
    "close": "conversation:closed",
    "reopen": "conversation:reopened",
}
"""The calls that can answer later, and the event that tells of their success."""

FAILED: Final = "conversation:error"


class Callback(NamedTuple):
    """What is posted for one call. ``body`` is JSON as it was when the call was done: nothing changes it later."""

    url: str
    tid: str
    operation: str
    event: str
    body: bytes


class Origin(NamedTuple):
    """The call that a callback is about."""

    url: str
    tid: str
    tenant_id: str
    operation: str
    conversation_id: str | None
    key: str | None


def success(origin: Origin, description: str, value: Json) -> Callback:
    """Tell what a call came to."""
    return _made(origin, EVENTS[origin.operation], ("success", 200, description, value))


def failure(origin: Origin, status: int, description: str, value: Json) -> Callback:
    """Tell why nothing was done; ``status`` is that of the refusal."""
    return _made(origin, FAILED, ("failed", status, description, value))


def _made(origin: Origin, event: str, result: tuple[str, int, str, Json]) -> Callback:
    status, code, description, value = result
    body = {
        "event": event,
        "tid": origin.tid,
        "tenantId": origin.tenant_id,
        "status": status,
        "code": code,
        "description": description,
        "value": value,
        # What of the request comes back. It names the call to somebody whom the 202 with its tid never reached.
        "headers": {} if origin.key is None else {"Idempotency-Key": origin.key},
        "context": {"operation": origin.operation, "conversationId": origin.conversation_id},
    }
    return Callback(origin.url, origin.tid, origin.operation, event, _ENCODE(body).encode())


_ENCODE: Final = json.JSONEncoder(separators=(",", ":")).encode
