"""Recorded events: which of the things that a node waits for one is, and what it says.

A ``receive`` gets ``{label, event, body}``: the label that the flow has for it, the event's name and what it says.
Label and name may be left out where they are plain; then the map may also be the body itself, such as ``{sms: {...}}``.
What was posted back as the result of a call is the body as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from flowengine.core.answers import Arrived, Json
from flowengine.core.keys import channel_of, event_of
from flowengine.core.waiting import ROOTS
from flowengine.core.wants import Await

_FORM: Final = {"label", "event", "body"}


def posted_back(want: Await, body: Mapping[str, Any]) -> Arrived:
    """Return the event that brings the result of a call."""
    name = body.get("event")
    return Arrived(want.keys[0], name if isinstance(name, str) else "", dict(body))


def received(want: Await, event: Mapping[str, Any]) -> Arrived:
    """Return the event that a ``receive`` gets. Raises ValueError where it is none of those that it waits for."""
    label, name, body = parts_of(event)
    fitting = list(dict.fromkeys(_fitting(want, label, name, body)))
    if len(fitting) != 1:
        listed = ", ".join(want.labels)
        if label is not None and label not in want.labels:
            raise ValueError(f"node {want.node!r} waits for no event {label!r}: it waits for {listed}")
        what = "could be several" if fitting else "is none"
        raise ValueError(f"this event {what} of those that node {want.node!r} waits for: give its `label`, of {listed}")
    return Arrived(fitting[0], event_of(fitting[0]), body)


def parts_of(event: Mapping[str, Any]) -> tuple[str | None, str | None, Json]:
    """Return label, name and body of a recorded event of a ``receive``; None for what it does not say."""
    if "body" in event and event.keys() <= _FORM:
        return event.get("label"), event.get("event"), event["body"]
    if event.keys() == {"label"}:
        return event["label"], None, {}
    body = dict(event)
    return body.pop("label", None), None, body


def _fitting(want: Await, label: str | None, name: str | None, body: Json) -> Iterator[str]:
    """Yield the keys that an event may have come under."""
    named = {key: one for key, one in zip(want.keys, want.labels, strict=True) if label in (None, one)}
    keys = [key for key in named if name in (None, event_of(key))]
    if len(keys) == 1 and (label is not None or len(want.keys) == 1):
        yield keys[0]
        return
    roots = {key: ROOTS.get(channel, channel) for key in keys if (channel := channel_of(key)) is not None}
    said = body.keys() if isinstance(body, dict) else ()
    on_channel = [key for key, root in roots.items() if root in said]
    yield from on_channel or (key for key in keys if key not in roots)
