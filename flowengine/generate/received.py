"""Recorded events for what a ``receive`` waits for, with whatever the flow reads of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from flowengine.core.answers import Json
from flowengine.core.outcomes import ON_ERROR, ON_TIMEOUT
from flowengine.core.plan import Plan
from flowengine.core.waiting import ROOTS
from flowengine.explore.unknown import Place, read_places
from flowengine.generate.made import made_value
from flowengine.generate.places import ABSENT, NoPlace, Path, get, put
from flowengine.generate.walks import Reply

_PLAIN: Final[Mapping[str, Reply]] = {
    ON_TIMEOUT: {"timeout": True},
    ON_ERROR: {"error": "nothing can reach this run"},
}


def recorded_events(plan: Plan, node: str, outcomes: Iterable[str]) -> dict[str, Reply]:
    """Return by outcome what a recording would hold for a ``receive``; none for what follows from its inputs."""
    events = plan.data["nodes"][node]["inputs"].get("events")
    labels = events if isinstance(events, dict) else {}
    reads = [place for both in read_places(plan).values() for places in both for place in places if place[0] == node]
    made = {label: {"event": {"label": label, "body": _body(event, reads)}} for label, event in labels.items()}
    return {outcome: {**_PLAIN, **made}[outcome] for outcome in outcomes if outcome in made or outcome in _PLAIN}


def place_in_event(reply: Reply, path: Path) -> Path | None:
    """Return where in a recorded event an output of a ``receive`` stands."""
    body = reply.get("event", {}).get("body")
    channel = next(iter(body), None) if isinstance(body, dict) and len(body) == 1 else None
    name, *rest = path
    if name == "payload":
        is_message = channel is not None and isinstance(body[channel], dict)
        return ("event", "body", *([channel] if is_message and channel else []), *rest)
    if name == "message" and channel is not None:
        return ("event", "body", channel, "message", *rest)
    return ("event", "body", name, *rest) if name == channel else None


def _body(event: Any, reads: Iterable[Place]) -> Json:
    """Make what an event says: a message, or what the flow reads of a custom event."""
    channel = event.get("channel") if isinstance(event, dict) else None
    root = ROOTS.get(channel, channel) if isinstance(channel, str) else None
    body: Json = {} if root is None else {root: {"message": made_value("message")}}
    for _, path in reads:
        place = _place(root, path)
        if place and get(body, place) is ABSENT:
            try:
                body = put(body, place, made_value(str(place[-1])))
            except NoPlace:
                continue
    return body


def _place(root: str | None, path: Path) -> Path | None:
    """Return where in the body of an event an output stands, if anywhere."""
    if path[:1] == ("payload",):
        return (root, *path[1:]) if root is not None else path[1:]
    return path if root is not None and path[:1] == (root,) and len(path) > 1 else None
