"""The routes of the studio about kept runs and data streams: what the server's own routes have not."""

from __future__ import annotations

import asyncio
from typing import Final

from flowengine.core.answers import Json
from flowengine.core.plan import Plan
from flowengine.core.trace import Run
from flowengine.errors import InvalidFile
from flowengine.journal.protocol import History
from flowengine.recording.taking import take_recording
from flowengine.runs.family import whole_run
from flowengine.runs.plans import kept_plan
from flowengine.server.routing import ApiError, Call, Route
from flowengine.server.shapes import ANYTHING, NAME, TEXT, many, maybe, record, ref
from flowengine.streams.forwarding.engage import ask_tenant
from flowengine.streams.forwarding.kept import kept_settings
from flowengine.studio.kept_runs import Walked, walked
from flowengine.studio.service import Studio

_RUN: Final = "/api/studio/runs/{id}"
_ID: Final = {"id": "The run's id, all of it."}


def run_routes(studio: Studio) -> list[Route]:
    """Return them."""

    async def shown(call: Call) -> Json:
        found = await call.world.ask(lambda history: walked(history, call.ids["id"]))
        path = await _unchanged(call, found)
        return await asyncio.to_thread(_shown, studio, found, path)

    async def record_it(call: Call) -> Json:
        plan, run = await call.world.ask(lambda history: _over(history, call.ids["id"]))
        name = call.body["name"]
        return await asyncio.to_thread(studio.keep_run, name, plan.flow, lambda named: take_recording(plan, run, named))

    async def tenant(call: Call) -> Json:
        world, environment = call.world, call.world.intake.environment.name
        settings, _ = await world.ask(lambda history: kept_settings(history, environment))
        found = await ask_tenant(await world.worlds(environment), settings.authorization)
        assets = None if found.assets is None else [one.to_json() for one in found.assets]
        return {"mayStream": found.may_stream, "reason": found.reason, "assets": assets}

    async def users(_: Call) -> Json:
        return await asyncio.to_thread(studio.stream_users)

    return [
        Route(
            "GET",
            _RUN,
            "read",
            shown,
            "Show the picture of a kept run, and what it waits for",
            "`path` is the file as long as it says what was walked; else the picture is of what was walked.",
            ids=_ID,
            answer=record(
                {
                    "path": maybe(TEXT),
                    "graph": {"type": ["object", "null"]},
                    "awaits": {"type": ["object", "null"]},
                    "calledBy": maybe(TEXT),
                    "queued": {"type": "boolean"},
                    "children": many(ref("KeptRun")),
                }
            ),
        ),
        Route(
            "POST",
            f"{_RUN}/recording",
            "edit",
            record_it,
            "Save a run that is over as a recording",
            ids=_ID,
            body={**record({"name": NAME}), "additionalProperties": False},
            status=201,
            errors=(404, 409),
            answer=record({"path": TEXT, "text": TEXT, "notes": many(TEXT)}),
        ),
        Route(
            "GET",
            "/api/studio/streams/tenant",
            "operate",
            tenant,
            "Ask the tenant whether it may stream, and which assets it has",
            answer=record({"mayStream": maybe({"type": "boolean"}), "reason": maybe(TEXT), "assets": ANYTHING}),
        ),
        Route(
            "GET",
            "/api/studio/streams/users",
            "read",
            users,
            "List the flows that work with Webex Engage",
            answer=record({"flows": many({"type": "object"}), "unread": many(TEXT)}),
        ),
    ]


def _shown(studio: Studio, found: Walked, path: str | None) -> Json:
    picture = (
        studio.open(found.kept.flow, path, judged=False)["graph"] if path is not None else studio.walked(found.plan)
    )
    return {**found.facts, "path": path, "graph": picture}


async def _unchanged(call: Call, found: Walked) -> str | None:
    """Return the file of a run's flow, if it still says what was walked."""
    flows = call.world.flows
    try:
        file = await flows.find(found.kept.flow)
        return file.name if (await flows.plan(file)).digest == found.kept.digest else None
    except (ApiError, InvalidFile):
        return None


def _over(history: History, run: str) -> tuple[Plan, Run]:
    kept = history.run(run)
    if kept.ended_at is None:
        raise ApiError(409, "not-over", f"the run {kept.id} is not over, and cannot be recorded yet")
    plan = kept_plan(history, kept.digest)
    return plan, whole_run(history, run, plan)
