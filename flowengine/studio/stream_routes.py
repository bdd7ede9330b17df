"""The routes of the studio about data streams: what the server's own routes have not."""

from __future__ import annotations

import asyncio

from flowengine.core.answers import Json
from flowengine.server.routing import Call, Route
from flowengine.server.shapes import ANYTHING, TEXT, many, maybe, record
from flowengine.streams.forwarding.engage import ask_tenant
from flowengine.streams.forwarding.kept import kept_settings
from flowengine.studio.service import Studio


def stream_routes(studio: Studio) -> list[Route]:
    """Return them."""

    async def users(_: Call) -> Json:
        return await asyncio.to_thread(studio.stream_users)

    return [
        Route(
            "GET",
            "/api/studio/streams/tenant",
            "operate",
            _tenant,
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


async def _tenant(call: Call) -> Json:
    world, environment = call.world, call.world.intake.environment.name
    settings, _ = await world.ask(lambda history: kept_settings(history, environment))
    found = await ask_tenant(await world.worlds(environment), settings.authorization)
    assets = None if found.assets is None else [one.to_json() for one in found.assets]
    return {"mayStream": found.may_stream, "reason": found.reason, "assets": assets}
