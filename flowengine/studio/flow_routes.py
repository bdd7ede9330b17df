"""The routes of the studio about flows in their files: opened, saved, and what git and kept runs say of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from flowengine.core.answers import Json
from flowengine.journal.protocol import History
from flowengine.runs.since import read_moment
from flowengine.server.routing import Call, Parameter, Route
from flowengine.server.shapes import ANYTHING, NAME, TEXT, body, maybe
from flowengine.studio.answering import asked
from flowengine.studio.exercise import heat
from flowengine.studio.service import Studio

FLOWS: Final = "/api/studio/flows"
_FLOW: Final = f"{FLOWS}/{{id}}"
_ID: Final = {"id": "The flow's id; any word where `path` says which file."}
_PATH: Final = Parameter("path", "Which file, as seen from the folder, where several have the id.", TEXT)
_LIMIT: Final = Parameter(
    "limit", "Runs, newest first.", {"type": "integer", "minimum": 1, "maximum": 2000, "default": 200}
)
_SINCE: Final = Parameter("since", "Only runs that were started since: 24h, or 2026-11-23T10:00 (UTC).", NAME)
_NODE: Final = Parameter("node", "The node's id.", TEXT)
_JUDGE: Final = Parameter("judge", "false: without findings.", {"enum": ["true", "false"], "default": "true"})


def flow_routes(studio: Studio) -> list[Route]:
    """Return them."""
    return [*_shown(studio), *_saved(studio)]


def get_of_flow(path: str, work: Callable[[str, str | None], Json], summary: str) -> Route:
    """Return a route that says something of one flow, which is given by its id and file."""
    handler = asked(lambda call: work(call.ids["id"], call.query["path"]))
    return Route("GET", f"{_FLOW}{path}", "read", handler, summary, ids=_ID, query=(_PATH,), errors=(404, 409))


def _shown(studio: Studio) -> list[Route]:
    async def heated(call: Call) -> Json:
        opened = await asyncio.to_thread(studio.workspace.open, call.ids["id"], call.query["path"])
        flow, limit, written = call.ids["id"], call.query["limit"], call.query["since"]
        since = read_moment("since", written, call.world.clock()) if written is not None else None

        def question(history: History) -> Json:
            return {**heat(history, flow, since, limit), "path": opened.name}

        return await call.world.ask(question)

    return [
        Route(
            "GET",
            _FLOW,
            "read",
            asked(lambda call: studio.open(call.ids["id"], call.query["path"], judged=call.query["judge"] == "true")),
            "Open a flow: text, picture, findings",
            ids=_ID,
            query=(_PATH, _JUDGE),
            errors=(404, 409),
        ),
        get_of_flow("/revisions", studio.revisions, "List the versions of a flow that git has"),
        Route(
            "GET",
            f"{_FLOW}/heat",
            "read",
            heated,
            "Say what the last runs of a flow did",
            ids=_ID,
            query=(_PATH, _SINCE, _LIMIT),
            errors=(404, 409),
        ),
        Route(
            "GET",
            f"{_FLOW}/form",
            "read",
            asked(lambda call: studio.form_in(call.ids["id"], call.query["path"], call.query["node"] or "")),
            "Show the form of a node",
            ids=_ID,
            query=(_PATH, _NODE),
            errors=(404, 409),
        ),
    ]


def _saved(studio: Studio) -> list[Route]:
    return [
        Route(
            "PUT",
            _FLOW,
            "edit",
            asked(lambda call: studio.save(call.ids["id"], call.query["path"], call.body)),
            "Save a flow",
            "409 where the file has changed since `base`: with what it is now, and both changes put together.",
            ids=_ID,
            query=(_PATH,),
            body=body(
                {"text": TEXT, "base": TEXT},
                {"baseText": maybe(TEXT), "positions": ANYTHING, "judge": {"type": "boolean"}},
            ),
            errors=(404, 409),
        ),
        Route(
            "POST",
            FLOWS,
            "edit",
            asked(lambda call: studio.create(call.body), 201),
            "Save a flow in a new file",
            body=body({"path": TEXT, "text": TEXT}),
            status=201,
            errors=(409,),
        ),
        Route(
            "PUT",
            f"{_FLOW}/positions",
            "edit",
            asked(lambda call: studio.move(call.ids["id"], call.query["path"], call.body)),
            "Keep where nodes were put",
            "In a file beside the flow; null lets go of a node.",
            ids=_ID,
            query=(_PATH,),
            body=body({"positions": {"type": "object"}}),
            errors=(404, 409),
        ),
    ]
