"""How the server is: alive, ready, and in figures; and what it can do."""

from __future__ import annotations

import asyncio
from typing import Final

from starlette.responses import JSONResponse, Response

from flowengine.core.answers import Json
from flowengine.journal.faults import JournalFault
from flowengine.journal.protocol import History
from flowengine.server.metrics import MEDIA
from flowengine.server.routing import Call, Route
from flowengine.server.shapes import TEXT, many, record
from flowengine.server.world import ServerWorld

_WITHIN: Final = 3.0
"""Seconds that the journal may take to say that it can be used."""

_LATELY: Final = 5.0
_READY: Final = record({"ready": {"type": "boolean"}, "reasons": many(TEXT)})


async def _health(call: Call) -> Json:  # noqa: ARG001 - that it answers is the answer
    return {"alive": True}


async def _ready(call: Call) -> Json | Response:
    world, reasons = call.world, list[str]()
    if world.draining:
        reasons.append("draining")
    elif not world.worker_claims():
        reasons.append("worker")
    if not await _journal_can_be_used(world):
        reasons.append("journal")
    if not reasons:
        return {"ready": True, "reasons": []}
    return JSONResponse({"ready": False, "reasons": reasons}, 503, {"Retry-After": "5"})


async def _journal_can_be_used(world: ServerWorld) -> bool:
    """Whether it can be read, a transaction be made, and nobody has been refused of late: a full disk shows only so."""
    try:
        async with asyncio.timeout(_WITHIN):
            await world.ask(lambda history: history.ids("", limit=1))
            await world.journal.release(world.worker.owner, [])
    except (JournalFault, TimeoutError):
        return False
    return world.monotonic() - world.told.fault_at > _LATELY


async def _metrics(call: Call) -> Response:
    world = call.world

    def read(history: History) -> bytes:
        return world.metrics.read(history, world.worker.under_way, world.clock())

    return Response(await world.ask(read), media_type=MEDIA)


async def _document(call: Call) -> Json:
    return call.world.openapi


ROUTES: Final = (
    Route(
        "GET", "/healthz", "open", _health, "Whether the process is alive", answer=record({"alive": {"const": True}})
    ),
    Route(
        "GET",
        "/readyz",
        "open",
        _ready,
        "Whether the server can do its work",
        "503 otherwise, with `reasons`: `draining`, `worker`, `journal`.",
        answer=_READY,
        other={503: _READY},
    ),
    Route("GET", "/metrics", "read", _metrics, "Figures for Prometheus", media=MEDIA),
    Route("GET", "/api/openapi.json", "read", _document, "This document", answer={"type": "object"}),
)
