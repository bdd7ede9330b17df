"""Accepting events: durable when the sender is answered, and the worker told."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Final

from flowengine.core.answers import Json
from flowengine.errors import UsageError
from flowengine.journal.inbox import NewEvent
from flowengine.journal.outbox import Forward
from flowengine.journal.protocol import NewRun
from flowengine.server.traces import with_parent
from flowengine.server.world import ServerWorld

_LOG: Final = logging.getLogger("flowengine.events")


async def accept(
    world: ServerWorld,
    event: NewEvent,
    runs: Sequence[NewRun] = (),
    forward: Sequence[Forward] = (),
    traceparent: str | None = None,
) -> Json:
    """Accept an event, and return what its sender is told. Raises UsageError where it cannot be kept, JournalFault."""
    traced = [run._replace(source=with_parent(run.source or event.source, traceparent)) for run in runs]
    try:
        accepted = await world.journal.accept(event, traced, forward)
    except ValueError as fault:
        raise UsageError(f"this event cannot be kept: {fault}") from None
    world.worker.look()
    if forward:
        world.deliverer.look()
    world.metrics.event(event.source, accepted.state)
    touched = list(accepted.runs) or ([accepted.run] if accepted.run is not None and accepted.state == "taken" else [])
    facts = {"source": event.source, "event": event.id, "name": event.name, "state": accepted.state, "runs": touched}
    _LOG.info("event", extra={"facts": facts})
    return {"event": event.id, "state": accepted.state, "runs": touched}
