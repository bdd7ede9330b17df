"""Messages of a conversation: which types a channel takes, and how one is read from a request.

The matrix is the vendor's (channel-specific message types); ``wab-interactive-response`` is in it because the
vendor's WhatsApp schema defines it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from flowengine.core.answers import Json
from flowengine.sandbox.fields import Fields

DIRECTIONS: Final = ("inbound", "outbound", "announcement")

_RICH: Final = ("text", "text-with-attachments", "attachments")
_LIVECHAT: Final = (
    "lc-form-response",
    "text-with-lc-carousel",
    "lc-carousel-response",
    "text-with-lc-quick-replies",
    "lc-quick-replies-response",
)
_APPLE: Final = tuple(
    f"amb-{kind}{suffix}"
    for kind in ("list-picker", "time-picker", "quick-replies", "form")
    for suffix in ("", "-response")
)

MESSAGE_TYPES: Final[dict[str, tuple[str, ...]]] = {
    "sms": ("text",),
    "messenger": _RICH,
    "whatsapp": (*_RICH, "wab-buttons", "wab-list", "wab-interactive-response"),
    "email": ("email",),
    "livechat": (*_RICH, *_LIVECHAT),
    "apple": (*_RICH, *_APPLE),
    "api": _RICH,
}
"""Channel to the message types it takes."""

_ALIASES: Final = {"facebook": "messenger", "amb": "apple", "abc": "apple"}
_READ_HERE: Final = frozenset(
    ("channel", "messageId", "aliasId", "direction", "messagetype", "type", "text", "timestamp", "webhookurl")
)


class Message(NamedTuple):
    """One message. ``content`` has the fields of its type, as they were sent."""

    message_id: str
    alias_id: str | None
    direction: str
    type: str
    text: str | None
    timestamp: str
    content: dict[str, Json]

    def as_json(self) -> dict[str, Json]:
        """Write it with the names of the wire."""
        return {
            "messageId": self.message_id,
            "aliasId": self.alias_id,
            "direction": self.direction,
            "messagetype": self.type,
            "text": self.text,
            "timestamp": self.timestamp,
            **self.content,
        }


def read_channel(fields: Fields) -> str:
    """Read ``channel``; the vendor's other names for Messenger and Apple are understood too."""
    given = fields.required("channel")
    channel = _ALIASES.get(given, given)
    if channel not in MESSAGE_TYPES:
        raise fields.wrong("channel", f"is {given!r}, expected one of {', '.join(MESSAGE_TYPES)}", 422)
    return channel


def read_message(fields: Fields, channel: str, now: str, new_id: Callable[[str], str]) -> Message:
    """Read a message of ``channel``; without a timestamp it is of ``now``."""
    direction = fields.one_of("direction", DIRECTIONS, status=422)
    kind = _read_type(fields, channel)
    content = fields.others(_READ_HERE)
    text = fields.text("text")
    if kind == "text" and text is None:
        raise fields.wrong("text", "is missing")
    attachments = fields.objects("attachments")
    if kind == "attachments" and not attachments:
        raise fields.wrong("attachments", "is missing")
    if kind == "text-with-attachments" and text is None and not attachments:
        raise fields.wrong("text", "is missing, and there are no attachments either")
    timestamp = _read_timestamp(fields) or now
    return Message(new_id("MSG"), fields.text("aliasId"), direction, kind, text, timestamp, content)


def _read_type(fields: Fields, channel: str) -> str:
    # Append calls it `messagetype`, the vendor's message objects call it `type`.
    name = "messagetype" if fields.text("messagetype") else "type"
    if fields.text(name) is None:
        raise fields.wrong("messagetype", "is missing")
    return fields.one_of(name, MESSAGE_TYPES[channel], status=422)


def _read_timestamp(fields: Fields) -> str | None:
    text = fields.text("timestamp")
    if text is None:
        return None
    try:
        offset = datetime.fromisoformat(text).utcoffset()
    except ValueError:
        offset = None
    if offset != timedelta(0):
        raise fields.wrong("timestamp", f"is {text!r}, expected ISO 8601 in UTC such as 2026-11-23T10:00:00Z")
    return text
