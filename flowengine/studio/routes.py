"""The routes of the studio: its API below ``/api/studio``, the page at ``/``, and the way in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import orjson
from starlette.responses import RedirectResponse, Response

from flowengine.core.answers import Json
from flowengine.journal.protocol import History
from flowengine.runs.since import read_moment
from flowengine.server.access import SESSION_SECONDS
from flowengine.server.routing import ApiError, Call, Handler, Parameter, Route, not_found
from flowengine.server.shapes import ANYTHING, NAME, TEXT, many, maybe, record
from flowengine.server.world import ServerWorld
from flowengine.studio.authorization_routes import authorization_routes
from flowengine.studio.authorizations import Authorizations
from flowengine.studio.event_routes import event_routes
from flowengine.studio.exercise import heat
from flowengine.studio.node_routes import node_routes
from flowengine.studio.page_files import page_file
from flowengine.studio.run_routes import run_routes
from flowengine.studio.service import Studio

_API: Final = "/api/studio"
_FLOW: Final = f"{_API}/flows/{{id}}"
_ID: Final = {"id": "The flow's id; any word where `path` says which file."}
_PATH: Final = Parameter("path", "Which file, as seen from the folder, where several have the id.", TEXT)
_LIMIT: Final = Parameter(
    "limit", "Runs, newest first.", {"type": "integer", "minimum": 1, "maximum": 2000, "default": 200}
)
_SINCE: Final = Parameter("since", "Only runs that were started since: 24h, or 2026-11-23T10:00 (UTC).", NAME)
_CHANGED: Final = 409

Work = Callable[[Call], Json]


def routes(world: ServerWorld, nodes: Sequence[Path] = ()) -> list[Route]:
    """Return the routes of the studio of a world's folder."""
    studio = Studio(world.folder, nodes)
    return [
        *_flow_routes(studio),
        *_text_routes(studio),
        *run_routes(studio),
        *authorization_routes(Authorizations(studio.workspace)),
        *node_routes(studio.workspace),
        *event_routes(),
        *_pages(),
    ]


def _flow_routes(studio: Studio) -> list[Route]:
    def of_flow(work: Callable[[str, str | None], Json]) -> Handler:
        return _asked(lambda call: work(call.ids["id"], call.query["path"]))

    def get(path: str, work: Callable[[str, str | None], Json], summary: str) -> Route:
        return Route(
            "GET", f"{_FLOW}{path}", "read", of_flow(work), summary, ids=_ID, query=(_PATH,), errors=(404, 409)
        )

    async def heated(call: Call) -> Json:
        opened = await asyncio.to_thread(studio.workspace.open, call.ids["id"], call.query["path"])
        flow, limit, written = call.ids["id"], call.query["limit"], call.query["since"]
        since = read_moment("since", written, call.world.clock()) if written is not None else None

        def question(history: History) -> Json:
            return {**heat(history, flow, since, limit), "path": opened.name}

        return await call.world.ask(question)

    form = Parameter("node", "The node's id.", TEXT)
    judge = Parameter("judge", "false: without findings.", {"enum": ["true", "false"], "default": "true"})
    return [
        Route(
            "GET",
            _FLOW,
            "read",
            _asked(lambda call: studio.open(call.ids["id"], call.query["path"], judged=call.query["judge"] == "true")),
            "Open a flow: text, picture, findings",
            ids=_ID,
            query=(_PATH, judge),
            errors=(404, 409),
        ),
        get("/recordings", studio.recordings, "List the recordings of a flow, and how each goes"),
        get("/coverage", studio.coverage, "Say what the recordings of a flow exercise"),
        get("/revisions", studio.revisions, "List the versions of a flow that git has"),
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
            _asked(lambda call: studio.form_in(call.ids["id"], call.query["path"], call.query["node"] or "")),
            "Show the form of a node",
            ids=_ID,
            query=(_PATH, form),
            errors=(404, 409),
        ),
        Route(
            "PUT",
            _FLOW,
            "edit",
            _asked(lambda call: studio.save(call.ids["id"], call.query["path"], call.body)),
            "Save a flow",
            "409 where the file has changed since `base`: with what it is now, and both changes put together.",
            ids=_ID,
            query=(_PATH,),
            body=_body(
                {"text": TEXT, "base": TEXT},
                {"baseText": maybe(TEXT), "positions": ANYTHING, "judge": {"type": "boolean"}},
            ),
            errors=(404, 409),
        ),
        Route(
            "PUT",
            f"{_FLOW}/positions",
            "edit",
            _asked(lambda call: studio.move(call.ids["id"], call.query["path"], call.body)),
            "Keep where nodes were put",
            "In a file beside the flow; null lets go of a node.",
            ids=_ID,
            query=(_PATH,),
            body=_body({"positions": {"type": "object"}}),
            errors=(404, 409),
        ),
    ]


def _text_routes(studio: Studio) -> list[Route]:
    written = {"path": maybe(TEXT), "positions": maybe({"type": "object"}), "judge": {"type": "boolean"}}
    side = _body({}, {"text": TEXT, "flow": TEXT, "path": maybe(TEXT), "revision": TEXT})
    walked = {
        "text": maybe(TEXT),
        "flow": maybe(TEXT),
        "path": maybe(TEXT),
        "recording": ANYTHING,
        "trigger": ANYTHING,
        "variables": maybe({"type": "object"}),
        "answers": maybe({"type": "object"}),
        "choices": maybe({"type": "object"}),
        "from": maybe({"type": "object", "required": ["node"]}),
        "until": {"type": ["integer", "null"], "minimum": 0},
    }

    def post(path: str, work: Callable[[Mapping[str, Any]], Json], summary: str, body: dict[str, Any]) -> Route:
        handler = _asked(lambda call: work(call.body))
        return Route("POST", f"{_API}/{path}", "read", handler, summary, body=body, errors=(404, 409))

    recording = _body(
        {"flow": TEXT, "name": TEXT, "recording": {"type": "object"}},
        {"path": maybe(TEXT), "replace": {"type": "boolean"}},
    )
    operations = many({"type": "object", "required": ["op"]})
    return [
        post("document", studio.document, "Show a text: picture and findings", _body({"text": TEXT}, written)),
        post("findings", studio.findings, "Judge a text", _body({"text": TEXT}, {"path": maybe(TEXT)})),
        post("edit", studio.edit, "Do something to a text", _body({"text": TEXT, "operations": operations}, written)),
        post(
            "form",
            studio.form,
            "Show the form of a node, or of the flow",
            _body({"text": TEXT, "node": maybe(TEXT)}, {"path": maybe(TEXT)}),
        ),
        post("dry-run", studio.dry_run, "Walk a flow on recorded answers", _body({}, walked)),
        post("compare", studio.compare, "Compare two versions of a flow", _body({"left": side, "right": side})),
        Route(
            "POST",
            f"{_API}/flows",
            "edit",
            _asked(lambda call: studio.create(call.body), 201),
            "Save a flow in a new file",
            body=_body({"path": TEXT, "text": TEXT}),
            status=201,
            errors=(409,),
        ),
        Route(
            "POST",
            f"{_API}/recordings",
            "edit",
            _asked(lambda call: studio.keep_recording(call.body), 201),
            "Save a recording",
            body=recording,
            status=201,
            errors=(404, 409),
        ),
        Route(
            "POST",
            f"{_API}/recordings/made",
            "edit",
            _asked(lambda call: studio.make_recording(call.body), 201),
            "Make a recording in which a node comes back with an outcome",
            body=_body({"flow": TEXT, "node": TEXT, "outcome": TEXT}, {"path": maybe(TEXT)}),
            status=201,
            errors=(404, 409),
        ),
        Route("GET", f"{_API}/project", "read", _asked(lambda _: studio.project()), "Say what there is beside flows"),
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


def _asked(work: Work, status: int = 200) -> Handler:
    """Make a handler of what blocks: it is done, and written as JSON, in a thread."""

    def written(call: Call) -> Response:
        try:
            return Response(encoded(work(call)), status, media_type="application/json")
        except ApiError as error:
            if error.status != _CHANGED or "disk" not in error.details:
                raise
            said = ApiError(error.status, error.code, str(error), error.hint)
            return Response(encoded({**said.to_json(), **error.details}), error.status, media_type="application/json")

    async def handler(call: Call) -> Response:
        return await asyncio.to_thread(written, call)

    return handler


def encoded(value: Json) -> bytes:
    """Write an answer. That of a flow of 500 nodes has 1 MB, which the standard library takes 10 ms for."""
    return orjson.dumps(value)


def _body(required: Mapping[str, Any], optional: Mapping[str, Any] | None = None) -> dict[str, Any]:
    return {**record(required, optional), "additionalProperties": False}
