"""Starting runs: kept first, then walked by whoever claims them, which is this process as a rule."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from functools import partial

from flowengine.core.answers import Json
from flowengine.core.entries import Started
from flowengine.drivers.durable_retry import NotVisited, retried
from flowengine.errors import UsageError
from flowengine.journal.protocol import History, KeptRun, NewRun
from flowengine.runs.plans import kept_plan
from flowengine.runs.worlds import environment_of
from flowengine.server.routing import ApiError
from flowengine.server.world import ServerWorld
from flowengine.starting import refuse_trigger, start_values


async def start(  # noqa: PLR0913, PLR0917 - what a run begins with
    world: ServerWorld, flow: str, trigger: Json, variables: Mapping[str, Json], environment: str | None, source: str
) -> str:
    """Keep a run of a flow, and return its id. Raises ApiError, FlowError."""
    file = await world.flows.find(flow)
    plan = await world.flows.plan(file)
    refuse_trigger(plan, trigger)
    values = start_values(plan, variables)
    named = environment_of(plan, world.folder, environment or world.environment)
    await world.worlds(named)
    run = uuid.uuid4().hex
    await keep(world, NewRun(plan, [Started(run, plan.digest, world.clock(), trigger, values)], named, source))
    return run


async def again(world: ServerWorld, kept: KeptRun, node: str | None, source: str) -> str:
    """Keep a new run that begins as one that is over did, up to a node; without one, the last that it worked at."""
    if kept.ended_at is None:
        raise ApiError(409, "not-over", f"the run {kept.id} is not over", f"POST /api/runs/{kept.id}/cancel ends it")
    new = await world.ask(partial(_retried, kept=kept, node=node, at=world.clock(), source=source))
    await keep(world, new)
    return new.entries[0].run  # type: ignore[union-attr] # the first entry is Started


async def keep(world: ServerWorld, new: NewRun) -> None:
    """Keep a new run, and tell the worker. Raises ApiError while the server drains, UsageError, JournalFault."""
    if world.draining:
        headers = {"Retry-After": "5"}
        raise ApiError(503, "draining", "the server is about to end, and begins nothing more", headers=headers)
    try:
        await world.journal.create(new)
    except ValueError as fault:
        raise UsageError(f"this run cannot be kept: {fault}") from None
    world.worker.look()


def _retried(history: History, kept: KeptRun, node: str | None, at: float, source: str) -> NewRun:
    plan, entries, run = kept_plan(history, kept.digest), history.entries(kept.id), uuid.uuid4().hex
    try:
        begun = retried(plan, entries, node or "", run=run, at=at)
    except NotVisited as wrong:
        if node is not None or not wrong.visited:
            known = ", ".join(wrong.visited)
            raise ApiError(409, "not-visited", str(wrong), f"it worked at {known}" if known else None) from None
        node = wrong.visited[-1]
        begun = retried(plan, entries, node, run=run, at=at)
    return NewRun(plan, begun, kept.environment, source, parent=kept.id, parent_node=node)
