"""What happens, as it happens: the steps of one run, and all runs at once. Server-sent events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from starlette.responses import Response

from flowengine.core import walker
from flowengine.core.entries import Entry
from flowengine.core.plan import Plan
from flowengine.core.trace import Run, step_json
from flowengine.journal.protocol import History
from flowengine.runs.as_json import kept_json
from flowengine.runs.plans import kept_plan
from flowengine.server.live import EVERY
from flowengine.server.routing import Call, Parameter, Route
from flowengine.server.shapes import LARGEST
from flowengine.server.streaming import Event, EventStream, cursor_of
from flowengine.server.world import ServerWorld

_AFTER: Final = Parameter(
    "after",
    "Only what is behind this event's id. A reader that comes back sends the header Last-Event-ID instead.",
    {"type": "integer", "minimum": 0, "maximum": LARGEST},
)


async def _steps(call: Call) -> Response:
    run = call.ids["id"]

    def beginning(history: History) -> tuple[Plan, list[Entry]]:
        kept = history.run(run)
        return kept_plan(history, kept.digest), history.entries(run)

    plan, entries = await call.world.ask(beginning)
    events = _follow(call.world, run, plan, entries, cursor_of(call.request, call.query["after"]))
    return EventStream(events, call.world.limits, call.world.closing)


async def _follow(
    world: ServerWorld, run: str, plan: Plan, entries: list[Entry], told: int
) -> AsyncIterator[Event | None]:
    """Yield each step with its number, and how the run ends; None where nothing has come."""
    state = walker.replay(plan, entries)
    seen, waits = len(entries), 0
    while True:
        for number, step in enumerate(state.steps[told:], told + 1):
            yield Event("step", {"step": step_json(step)}, str(number))
        told = max(told, len(state.steps))
        if state.result is not None:
            yield Event("end", {"run": Run.of(plan, state).to_json()})
            return
        kept = await world.ask(lambda history: history.run(run))
        if kept.status == "waiting" and waits != kept.entries == seen:
            waits = kept.entries
            yield Event("waiting", {"run": kept_json(kept)})
        yield None
        await asyncio.sleep(EVERY)
        new = await world.ask(lambda history, after=seen - 1: history.entries(run, after))  # type: ignore[misc] # bound now
        seen += len(new)
        for entry in new:
            walker.apply(plan, state, entry)


async def _live(call: Call) -> Response:
    events = call.world.live.events(cursor_of(call.request, call.query["after"]))
    return EventStream(events, call.world.limits, call.world.closing)


ROUTES: Final = (
    Route(
        "GET",
        "/api/runs/{id}/steps",
        "read",
        _steps,
        "Follow the steps of a run",
        "An event `step` for each, those that are over first; `waiting` when it begins to; `end` when it is over.",
        ids={"id": "The run's id, all of it."},
        query=(_AFTER,),
        media=EventStream.media,
    ),
    Route(
        "GET",
        "/api/live",
        "read",
        _live,
        "Follow all runs",
        "Events `started`, `step`, `waiting` and `ended`, from now on; `gap` where some are not known any more.",
        query=(_AFTER,),
        media=EventStream.media,
    ),
)
