"""Events from outside: those that came, late and unknown ones included; and custom events, posted by programs."""

from __future__ import annotations

import uuid
from typing import Final

from flowengine.core.answers import Json
from flowengine.core.keys import event_key
from flowengine.journal.faults import UnknownEvent
from flowengine.journal.inbox import STATES, EventFilter, NewEvent
from flowengine.journal.protocol import History
from flowengine.runs.as_json import event_json
from flowengine.server.api.runs import LIMIT
from flowengine.server.intake import accept
from flowengine.server.routing import Call, Parameter, Route, not_found
from flowengine.server.shapes import LARGEST, NAME, body, many, record, ref

_SOURCE: Final = "api"
_NUMBER: Final = 15
"""Digits of an event's number, at most."""


async def _list(call: Call) -> Json:
    query = call.query
    where = EventFilter(tuple(query["state"]), query["source"], query["text"])

    def listed(history: History) -> Json:
        events = history.events(where, query["limit"], query["before"])
        return {"events": [*map(event_json, events)], "counts": history.event_counts()}

    return await call.world.ask(listed)


async def _show(call: Call) -> Json:
    written = call.ids["event"]
    if not (written.isascii() and written.isdigit() and len(written) <= _NUMBER):
        raise not_found("event", written, "GET /api/events lists them, with their numbers")
    try:
        return {"event": event_json(await call.world.ask(lambda history: history.event(int(written))))}
    except UnknownEvent:
        raise not_found("event", written) from None


async def _post(call: Call) -> Json:
    name, given = call.ids["event"], call.body
    event = NewEvent(
        id=given.get("id") or uuid.uuid4().hex,
        name=name,
        keys=[event_key(name, given["key"])],
        body=given.get("body"),
        at=call.world.clock(),
        source=_SOURCE,
    )
    return await accept(call.world, event)


ROUTES: Final = (
    Route(
        "GET",
        "/api/events",
        "read",
        _list,
        "List events from outside, newest first",
        "`taken` by a run that waited; `started` runs; `late`: a run had waited; `unknown`: nobody knew it.",
        query=(
            Parameter("state", "Only these; several times.", {"enum": list(STATES)}, many=True),
            Parameter("source", "Only from this channel, integration or program.", NAME),
            Parameter("text", "Only those with this in id, name, keys, conversation or body.", NAME),
            LIMIT,
            Parameter(
                "before", "Only those with a lower number.", {"type": "integer", "minimum": 0, "maximum": LARGEST}
            ),
        ),
        answer=record({"events": many(ref("Event")), "counts": {"type": "object"}}),
    ),
    Route(
        "GET",
        "/api/events/{event}",
        "read",
        _show,
        "Show an event",
        ids={"event": "The event's number."},
        answer=record({"event": ref("Event")}),
    ),
    Route(
        "POST",
        "/api/events/{event}",
        "operate",
        _post,
        "Post a custom event",
        "The run that awaits `key` of this event takes it. With an `id` it is taken once, however often it comes.",
        ids={"event": "The event's name, as a `receive` has it."},
        body=body({"key": NAME}, {"body": {"description": "Anything."}, "id": NAME}),
        answer=ref("Accepted"),
    ),
)
