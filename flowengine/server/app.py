"""The application: what every request passes before a handler sees it, in the order in which it is cheapest to refuse.

Target and host, route, caller, rate, crowd, site, right, query, body. What raises on the way is answered in one form.
"""

from __future__ import annotations

import logging
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Final

from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute
from starlette.routing import Route as PathRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from flowengine.errors import FlowError, InvalidFile
from flowengine.findings import finding_json
from flowengine.journal.faults import JournalFault, UnknownRun
from flowengine.server import api
from flowengine.server.access import NOBODY, unauthenticated
from flowengine.server.bodies import check_media, parse_body, parse_query, read_raw
from flowengine.server.openapi import document
from flowengine.server.protection import ANSWER_HEADERS, check_site, check_target
from flowengine.server.routing import ID, ApiError, Call, Caller, Route, not_found
from flowengine.server.streaming import EventStream
from flowengine.server.world import ServerWorld

_LOG: Final = logging.getLogger("flowengine.server")
_SHOWN: Final = 200
_ID: Final = re.compile(ID)
_CALLER: Final = "flowengine.caller"
_ROUTE: Final = "flowengine.route"
_HOST: Final = "flowengine.host"


def create_app(world: ServerWorld, extra_routes: Sequence[Route] = ()) -> Starlette:
    """Return the application for a world, with further routes after its own.

    Raises ValueError where two routes are the same.
    """
    routes = [*api.ROUTES, *extra_routes]
    world.openapi = document(routes)
    by_path: defaultdict[str, dict[str, Route]] = defaultdict(dict)
    for route in routes:
        if route.method in by_path[route.path]:
            raise ValueError(f"two routes are {route.name}")
        by_path[route.path][route.method] = route
    paths: list[BaseRoute] = [PathRoute(path, _Path(world, ways)) for path, ways in _literal_first(by_path)]
    app = Starlette(routes=paths, middleware=[Middleware(_Gate, world=world)])
    app.router.redirect_slashes = False
    app.router.default = _Nowhere(world)
    return app


def _literal_first(by_path: Mapping[str, dict[str, Route]]) -> Iterable[tuple[str, dict[str, Route]]]:
    """Order paths so that one with a name in it comes before one that takes any name in its place."""
    return sorted(by_path.items(), key=lambda item: [part.startswith("{") for part in item[0].split("/")])


class _Gate:
    """What does not depend on the route; and what is said about every request, in headers, metrics and log."""

    def __init__(self, app: ASGIApp, world: ServerWorld) -> None:
        self._app = app
        self._world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        started, status = self._world.monotonic(), 0

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in ANSWER_HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        try:
            try:
                self._let_in(scope)
            except ApiError as error:
                await _answer_of(error)(scope, receive, answer)
            else:
                await self._app(scope, receive, answer)
        finally:
            self._tell(scope, status, self._world.monotonic() - started)

    def _let_in(self, scope: Scope) -> None:
        check_target(scope["path"])
        scope[_HOST] = self._world.names.check(Headers(scope=scope))

    def _tell(self, scope: Scope, status: int, seconds: float) -> None:
        route: Route | None = scope.get(_ROUTE)
        caller: Caller | None = scope.get(_CALLER)
        path = route.path if route else "-"
        self._world.metrics.request(scope["method"], path, status, seconds)
        facts = {
            "method": scope["method"],
            "path": scope["path"],
            "status": status,
            "durationMs": round(seconds * 1000, 1),
            "caller": caller.name if caller and caller.right else "-",
        }
        _LOG.log(_level(status), "request", extra={"facts": facts})


def _level(status: int) -> int:
    return logging.ERROR if status == 500 else logging.INFO if status >= 400 else logging.DEBUG  # noqa: PLR2004 - HTTP


class _Nowhere:
    """All that is not in the table."""

    def __init__(self, world: ServerWorld) -> None:
        self._world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        error = unauthenticated()
        try:
            if _identify(self._world, scope).right is not None:
                error = ApiError(404, "not-found", f"there is nothing at {scope['path'][:_SHOWN]!r}")
        except ApiError as refused:
            error = refused
        await _answer_of(error)(scope, receive, send)


class _Path:
    """One path of the table: an ASGI application."""

    def __init__(self, world: ServerWorld, ways: Mapping[str, Route]) -> None:
        self._world = world
        self._ways = ways

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        route = self._route(scope["method"])
        if route is None:
            await _answer_of(self._wrong_method(scope["method"]))(scope, receive, send)
            return
        scope[_ROUTE] = route
        try:
            _identify(self._world, scope, route)
            with self._crowd(route):
                response = await self._handle(route, scope, receive)
                await response(scope, receive, send)
        except ApiError as error:
            await _answer_of(error)(scope, receive, send)

    async def _handle(self, route: Route, scope: Scope, receive: Receive) -> Response:
        try:
            call = await self._read(route, Request(scope, receive))
            answer = await route.handler(call)
            return answer if isinstance(answer, Response) else JSONResponse(answer, route.status)
        except ClientDisconnect:
            return Response(status_code=400)
        except (ApiError, FlowError) as fault:
            if isinstance(fault, JournalFault):
                self._world.told.fault(None, fault)
            return _answer_of(_as_error(fault))
        except Exception:  # noqa: BLE001 - whatever is left is ours: it is logged, and nothing of it is answered
            _LOG.exception("a fault of flowengine at %s", route.name)
            return _answer_of(ApiError(500, "internal", "a fault of flowengine: its log has more"))

    def _route(self, method: str) -> Route | None:
        """Return the way of a method; HEAD is GET without a body, but for what does not end."""
        if method == "HEAD" and (get := self._ways.get("GET")) is not None and not _is_stream(get):
            return get
        return self._ways.get(method)

    def _wrong_method(self, method: str) -> ApiError:
        allowed = ", ".join(sorted(self._ways))
        return ApiError(
            405,
            "method-not-allowed",
            f"{method[:20]} is not possible here",
            f"it takes {allowed}",
            headers={"Allow": allowed},
        )

    def _crowd(self, route: Route) -> AbstractContextManager[None]:
        world = self._world
        crowd = world.readers if _is_stream(route) else world.hooks if route.right == "signed" else world.calls
        return crowd.enter()

    async def _read(self, route: Route, request: Request) -> Call:
        world, headers = self._world, request.headers
        caller: Caller = request.scope[_CALLER]
        if route.right != "signed":
            origins = world.names.origins(request.scope[_HOST])
            check_site(request.method, headers, origins, has_session=caller.has_session)
        if not caller.may(route.right):
            if caller.right is None:
                raise unauthenticated()
            raise ApiError(
                403,
                "forbidden",
                f"{caller.name} has the right {caller.right}; this needs {route.right}",
                f"`flowengine tokens add NAME --right {route.right}` makes a token for it",
            )
        for name, value in request.path_params.items():
            if not _ID.fullmatch(value):
                raise not_found(name, value[:_SHOWN])
        call = Call(world, request, caller, request.path_params, parse_query(route, request.query_params))
        if route.raw:
            call.raw = await read_raw(request, route.most_bytes, world.limits.body_within)
        elif route.body is not None:
            has_body = headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
            if has_body or route.needs_body:
                check_media(request)
                call.raw = await read_raw(request, route.most_bytes, world.limits.body_within)
                call.body = parse_body(route, call.raw)
        return call


def _address(scope: Scope) -> str:
    return scope["client"][0] if scope.get("client") else "-"


def _identify(world: ServerWorld, scope: Scope, route: Route | None = None) -> Caller:
    """Find out who calls. Raises ApiError: 401 for a wrong token, 429 for a caller who is too fast."""
    address, headers = _address(scope), Headers(scope=scope)
    if route is not None and route.right == "signed":
        # What such a request has in Authorization is none of our tokens.
        world.senders.refuse_fast(address)
        scope[_CALLER] = NOBODY
        return NOBODY
    try:
        caller = scope[_CALLER] = world.access.caller(headers, world.cookie(scope[_HOST]))
    except ApiError as error:
        if error.status == 401:  # noqa: PLR2004 - a wrong token
            world.failures.refuse_fast(address)
        raise
    world.callers.refuse_fast(f"token {caller.name}" if caller.right is not None else address)
    return caller


def _is_stream(route: Route) -> bool:
    return route.media == EventStream.media


def _answer_of(error: ApiError) -> Response:
    if error.__cause__ is not None:
        _LOG.error("%s: %s", error, error.__cause__)
    return JSONResponse(error.to_json(), status_code=error.status, headers=error.headers)


def _as_error(fault: Exception) -> ApiError:
    """Say what a room has found wrong as HTTP says it: the request is well-formed, and does not fit what is there."""
    if isinstance(fault, ApiError):
        return fault
    if isinstance(fault, UnknownRun):
        return ApiError(404, "not-found", str(fault))
    if isinstance(fault, JournalFault):
        headers = {"Retry-After": "5"}
        return ApiError(503, "journal", "the journal cannot be used now", "the log says why", headers=headers)
    if isinstance(fault, InvalidFile):
        details = {"findings": [finding_json(one) for one in fault.findings]}
        return ApiError(409, "invalid-flow", "the flow has errors", details=details)
    return ApiError(409, "unfit", str(fault))
