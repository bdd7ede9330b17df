"""What the sandbox says: Engage's envelope ``{status, code, description, value}``, and its refusals.

The numeric codes of Engage are not public; ``code`` is the HTTP status.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from flowengine.core.answers import Json
from flowengine.sandbox.callbacks.callback import Callback

JSON_TYPE: Final = "application/json; charset=utf-8"
_NO_HEADERS: Final[Mapping[str, str]] = MappingProxyType({})


class Reply(NamedTuple):
    """One HTTP answer, ready to be written; ``callback``: what is posted after it."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = _NO_HEADERS
    content_type: str = JSON_TYPE
    callback: Callback | None = None


class Refusal(Exception):
    """The sandbox says no, and nothing was done. ``field`` is the wrong field of the request, if it is one."""

    def __init__(
        self, status: int, description: str, *, field: str | None = None, headers: Mapping[str, str] = _NO_HEADERS
    ) -> None:
        super().__init__(description)
        self.status = status
        self.description = description
        self.field = field
        self.headers = headers

    @property
    def value(self) -> Json:
        """The envelope's ``value``: the name of the wrong field."""
        return None if self.field is None else {"field": self.field}


def json_reply(status: int, value: Json, headers: Mapping[str, str] = _NO_HEADERS) -> Reply:
    """Answer with a JSON value."""
    return Reply(status, _ENCODE(value).encode(), headers)


def found(description: str, value: Json) -> Reply:
    """Answer a question: 200."""
    return json_reply(200, {"status": "success", "code": 200, "description": description, "value": value})


def done(tid: str, description: str, value: Json) -> Reply:
    """Answer a call that changed something: 202, with the transaction id in header and body."""
    body = {"tid": tid, "status": "success", "code": 202, "description": description, "value": value}
    return json_reply(202, body, {"tid": tid})


def accepted(callback: Callback) -> Reply:
    """Answer a call whose result is posted later: 202, with the transaction id that the result will have."""
    description = f"Accepted: the result will be posted to {callback.url}"
    body = {"tid": callback.tid, "status": "accepted", "code": 202, "description": description}
    return json_reply(202, body, {"tid": callback.tid})._replace(callback=callback)


def refused(refusal: Refusal, tid: str | None = None) -> Reply:
    """Answer with a refusal; ``value.field`` names the wrong field."""
    body: dict[str, Json] = {"status": "failed", "code": refusal.status, "description": refusal.description}
    body["value"] = refusal.value
    if tid is None:
        return json_reply(refusal.status, body, refusal.headers)
    return json_reply(refusal.status, {"tid": tid, **body}, {"tid": tid, **refusal.headers})


_ENCODE: Final = json.JSONEncoder(separators=(",", ":")).encode
