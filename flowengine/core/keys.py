"""Keys by which an event finds the run that awaits it: text, equal on both sides.

Each part is escaped, so that no address can look like two. Addresses are normalised, so that the spelling of a flow and
that of a webhook are one: ``+44 7700 900123``, ``00447700900123`` and ``447700900123`` are the same number.
"""

from __future__ import annotations

import re
from typing import Final

_NUMBERED: Final = ("sms", "whatsapp")
_NUMBER: Final = re.compile(r"\+?[0-9 ().\t-]+")
_NOT_DIGITS: Final = re.compile(r"[^0-9]")
_NAMED: Final = re.compile(r"[^<>]*<([^<>]+)>")


def channel_key(channel: str, event: str, business: str, customer: str) -> str:
    """Return the key of an event of a channel, such as a customer's next SMS to a business number."""
    return _joined("channel", channel, event, address(channel, business), address(channel, customer))


def conversation_key(channel: str, business: str, customer: str, thread: str = "") -> str:
    """Return the key of all that a customer and a business say to each other on a channel: what is kept in order.

    ``thread``: on channels whose customers may have several conversations at once.
    """
    parts = (channel, address(channel, business), address(channel, customer), thread.strip())
    return _joined(*(parts if parts[-1] else parts[:-1]))


def event_key(name: str, key: str) -> str:
    """Return the key of a custom event."""
    return _joined("event", name, key)


def callback_key(integration: str, tid: str) -> str:
    """Return the key of the result that a service posts later, under the id it gave when it took the request."""
    return _joined("callback", integration, tid)


def run_key(run: str) -> str:
    """Return the key of the end of a run that another one called."""
    return _joined("run", run)


def channel_of(key: str) -> str | None:
    """Return the channel that a key is about, None for other events."""
    kind, *rest = parts_of(key)
    return rest[0] if kind == "channel" else None


def event_of(key: str) -> str:
    """Return the name of the event that a key is about; that of a channel or a custom one."""
    kind, *rest = parts_of(key)
    return rest[1] if kind == "channel" else rest[0]


def address(channel: str, text: str) -> str:
    """Return an address of a channel in the one spelling that keys use.

    Phone numbers are digits without an international prefix; mail addresses are without a name and in lower case; ids
    are as they are. A short code or a sender's name stays one.
    """
    text = text.strip()
    if channel in _NUMBERED and _NUMBER.fullmatch(text):
        digits = _NOT_DIGITS.sub("", text)
        return digits if text.startswith("+") else digits.removeprefix("00")
    if channel == "email":
        named = _NAMED.fullmatch(text)
        return (named[1] if named else text).strip().lower()
    return text


def _joined(*parts: str) -> str:
    return ":".join(part.replace("%", "%25").replace(":", "%3A") for part in parts)


def parts_of(key: str) -> list[str]:
    """Return the parts of a key, as they were before they were joined; the first says what kind of key it is."""
    return [part.replace("%3A", ":").replace("%25", "%") for part in key.split(":")]
