"""The routes of the studio: its API below ``/api/studio``, the page at ``/``, and the way in."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from starlette.responses import RedirectResponse, Response

from flowengine.server.access import SESSION_SECONDS
from flowengine.server.routing import ApiError, Call, Parameter, Route, not_found
from flowengine.server.shapes import TEXT
from flowengine.server.world import ServerWorld
from flowengine.studio.answering import asked
from flowengine.studio.authorization_routes import authorization_routes
from flowengine.studio.authorizations import Authorizations
from flowengine.studio.event_routes import event_routes
from flowengine.studio.flow_routes import flow_routes
from flowengine.studio.node_routes import node_routes
from flowengine.studio.page_files import page_file
from flowengine.studio.recording_routes import recording_routes
from flowengine.studio.run_routes import run_routes
from flowengine.studio.service import Studio
from flowengine.studio.stream_routes import stream_routes
from flowengine.studio.text_routes import text_routes


def routes(world: ServerWorld, nodes: Sequence[Path] = ()) -> list[Route]:
    """Return the routes of the studio of a world's folder."""
    studio = Studio(world.folder, nodes)
    beside = asked(lambda _: studio.project())
    return [
        *flow_routes(studio),
        *text_routes(studio),
        *recording_routes(studio),
        *run_routes(studio),
        *stream_routes(studio),
        *authorization_routes(Authorizations(studio.workspace)),
        *node_routes(studio.workspace),
        *event_routes(),
        Route("GET", "/api/studio/project", "read", beside, "Say what there is beside flows"),
        *_pages(),
    ]


def _pages() -> list[Route]:
    async def enter(call: Call) -> Response:
        world = call.world
        session = world.access.redeem(call.query["ticket"] or "")
        if session is None:
            raise ApiError(
                403, "used", "this address was opened before, or is too old", "start `flowengine studio` again"
            )
        name = world.cookie(call.request.headers["host"].lower())
        response = RedirectResponse("/", 303)
        is_public = name.startswith("__Host-")
        response.set_cookie(
            name, session, max_age=int(SESSION_SECONDS), httponly=True, samesite="strict", secure=is_public, path="/"
        )
        return response

    async def index(call: Call) -> Response:
        return await _file("index.html", call)

    async def asset(call: Call) -> Response:
        return await _file(call.ids["name"], call)

    ticket = Parameter("ticket", "What the command printed.", TEXT)
    return [
        Route("GET", "/enter", "open", enter, "Open a session", query=(ticket,), media="text/html", hidden=True),
        Route("GET", "/", "open", index, "The page", media="text/html", hidden=True),
        Route("GET", "/{name}", "open", asset, "A file of the page", ids={"name": "File."}, media="*/*", hidden=True),
    ]


async def _file(name: str, call: Call) -> Response:
    """Return a file of the page: one of those that there are, whatever is asked for."""
    response = await asyncio.to_thread(page_file, name, call.request.headers)
    if response is None:
        raise not_found("page", call.request.url.path[:100])
    return response
