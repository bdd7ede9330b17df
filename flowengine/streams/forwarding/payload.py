"""What is handed on of an event: its body as it came, with the fields that every event of a data stream has."""

from __future__ import annotations

from typing import Any, Final

from flowengine.core.answers import Json
from flowengine.core.moments import moment
from flowengine.streams.channels import CHANNELS, INCOMING
from flowengine.streams.forwarding.settings import APPLE, Settings
from flowengine.streams.forwarding.settings import CHANNELS as STREAMED
from flowengine.streams.payloads import ChannelEvent

_CUSTOMER: Final = "+447700900999"
_BUSINESS: Final = "+447700900998"
_TEXT: Final = "This is a test of the data stream, and no message of a customer."


def payload_of(event: ChannelEvent) -> dict[str, Json]:
    """Return what is handed on. What came with it is never changed; channel, event and ts are added where they lack."""
    spec = CHANNELS[event.channel]
    body: dict[str, Json] = dict(event.body) if isinstance(event.body, dict) else {}
    if not (body.get("channel") or body.get("channel_identifier")):
        body["channel"] = spec.names[0]
    if not (body.get("event") or body.get("event_identifier")):
        body["event"] = "MO" if event.event == INCOMING else event.event
    if not body.get("ts"):
        read = event.trigger.get(spec.root)
        told = read.get("timestamp") if isinstance(read, dict) else None
        body["ts"] = told or moment(event.at)
    return body


def marked_payload(settings: Settings, number: str, at: float) -> dict[str, Any]:
    """Return an event for trying the stream: of Apple a typing indicator, which nobody gets to read.

    ``test`` is true in it, its id begins with ``flowengine-test-``.
    """
    channels = settings.channels or STREAMED
    channel = APPLE if APPLE in channels else channels[0]
    spec = CHANNELS[channel]
    fields = {
        "sms": {"oa": _CUSTOMER, "da": _BUSINESS},
        "whatsapp": {"waid": _CUSTOMER[1:], "appId": "flowengine-test"},
        "messenger": {"psid": "flowengine-test", "appId": "flowengine-test"},
        "email": {"from": "test@example.com", "to": "test@example.com", "subject": "Test"},
        "livechat": {"userId": "flowengine-test", "appId": "flowengine-test"},
        APPLE: {"abcUserId": "flowengine-test", "abcAccountId": "flowengine-test"},
    }[channel]
    known = f"flowengine-test-{number}"
    shown = {} if channel == APPLE else {"textMessage" if channel == "email" else "message": _TEXT}
    about = {"channel": spec.names[0], "event": "TYPINGINDICATOR" if channel == APPLE else "MO", "ts": moment(at)}
    return {**about, "transid": known, "tid": known, **fields, **shown, "test": True}
