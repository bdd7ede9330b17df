"""The routes of the studio about kept runs: what the server's own routes have not."""

from __future__ import annotations

import asyncio
from typing import Final

from flowengine.core.answers import Json
from flowengine.core.plan import Plan
from flowengine.errors import InvalidFile
from flowengine.journal.protocol import History
from flowengine.recording.taking import take_recording
from flowengine.runs.plans import kept_plan
from flowengine.server.api.runs import ended_run
from flowengine.server.intake import accept
from flowengine.server.routing import ApiError, Call, Parameter, Route
from flowengine.server.shapes import NAME, TEXT, body, many, maybe, record, ref
from flowengine.studio.kept_runs import Walked, event_for, walked
from flowengine.studio.service import Studio

_RUN: Final = "/api/studio/runs/{id}"
_KEY: Final = {"type": "string", "minLength": 1, "maxLength": 2000}
_ID: Final = {"id": "The run's id, all of it."}


def run_routes(studio: Studio) -> list[Route]:
    """Return them."""
    return [*_pictures(studio), *_doings(studio)]


def _pictures(studio: Studio) -> list[Route]:
    async def shown(call: Call) -> Json:
        found = await call.world.ask(lambda history: walked(history, call.ids["id"]))
        path = await _unchanged(call, found)
        return await asyncio.to_thread(_shown, studio, found, path)

    async def compare(call: Call) -> Json:
        left, right = await call.world.ask(lambda history: _both(history, call.ids["id"], call.query["with"]))
        is_one = left.digest == right.digest
        picture = None if is_one else await asyncio.to_thread(studio.walked_both, left, right)
        return {"sameVersion": is_one, "graph": picture}

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
                    "retries": many(ref("KeptRun")),
                }
            ),
        ),
        Route(
            "GET",
            f"{_RUN}/compare",
            "read",
            compare,
            "Draw what two runs walked as one picture, where they walked two versions of a flow",
            ids=_ID,
            query=(Parameter("with", "The other run.", NAME),),
            errors=(404,),
            answer=record({"sameVersion": {"type": "boolean"}, "graph": {"type": ["object", "null"]}}),
        ),
    ]


def _doings(studio: Studio) -> list[Route]:
    async def send(call: Call) -> Json:
        run, given, now = call.ids["id"], call.body, call.world.clock()
        event = await call.world.ask(lambda history: event_for(history, run, given["key"], given.get("body"), now))
        return await accept(call.world, event)

    async def record_it(call: Call) -> Json:
        plan, run = await call.world.ask(lambda history: ended_run(history, call.ids["id"]))
        name = call.body["name"]
        return await asyncio.to_thread(studio.keep_run, name, plan.flow, lambda named: take_recording(plan, run, named))

    return [
        Route(
            "POST",
            f"{_RUN}/event",
            "operate",
            send,
            "Send a run an event that it waits for",
            "`key` is one of `awaits`. Where an older run waits for it, too, that one takes it.",
            ids=_ID,
            body=body({"key": _KEY}, {"body": {"description": "As `sample` has it."}}),
            errors=(404, 409),
            answer=ref("Accepted"),
        ),
        Route(
            "POST",
            f"{_RUN}/recording",
            "edit",
            record_it,
            "Save a run that is over as a recording",
            ids=_ID,
            body=body({"name": NAME}),
            status=201,
            errors=(404, 409),
            answer=record({"path": TEXT, "text": TEXT, "notes": many(TEXT)}),
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


def _both(history: History, left: str, right: str | None) -> tuple[Plan, Plan]:
    if right is None:
        raise ApiError(422, "invalid", "say with which run: `with`")
    one, other = (kept_plan(history, history.run(run).digest) for run in (left, right))
    return one, other
