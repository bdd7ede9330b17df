"""The route of the studio about events that came from outside: to hand one on once more."""

from __future__ import annotations

import uuid
from typing import Final

from flowengine.core.answers import Json
from flowengine.journal.faults import UnknownEvent
from flowengine.journal.inbox import NewEvent
from flowengine.server.intake import accept
from flowengine.server.routing import Call, Route, not_found
from flowengine.server.shapes import ref

_DIGITS: Final = 15
"""Of an event's number, at most."""


def event_routes() -> list[Route]:
    """Return it."""

    async def again(call: Call) -> Json:
        written = call.ids["event"]
        if not (written.isascii() and written.isdigit() and len(written) <= _DIGITS):
            raise not_found("event", written)
        try:
            kept = await call.world.ask(lambda history: history.event(int(written)))
        except UnknownEvent:
            raise not_found("event", written) from None
        at = call.world.clock()
        event = NewEvent(uuid.uuid4().hex, kept.name, kept.keys, kept.body, at, kept.source, kept.conversation)
        return await accept(call.world, event)

    return [
        Route(
            "POST",
            "/api/studio/events/{event}/again",
            "operate",
            again,
            "Hand an event on once more",
            "As a new one that comes now: a run that waits for it takes it. It starts no run.",
            ids={"event": "The event's number."},
            errors=(404,),
            answer=ref("Accepted"),
        )
    ]
