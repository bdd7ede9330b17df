"""The whole server without the server: a call in, a reply out. Nothing here waits, reads or writes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple
from urllib.parse import parse_qsl

from flowengine.sandbox.admin import Admin
from flowengine.sandbox.callbacks.callback import EVENTS
from flowengine.sandbox.callbacks.targets import asks_for_callback
from flowengine.sandbox.faults import Fault
from flowengine.sandbox.oauth.pages import headers_of
from flowengine.sandbox.oauth.scopes import needed_for
from flowengine.sandbox.protection import ANSWER_HEADERS, check_host, check_site, names_of
from flowengine.sandbox.replies import JSON_TYPE, Refusal, Reply, refused
from flowengine.sandbox.routes import Route, find
from flowengine.sandbox.world import World

_NO_TOKEN: Final = {"WWW-Authenticate": 'Bearer realm="sandbox"'}
_BAD_TOKEN: Final = {"WWW-Authenticate": 'Bearer realm="sandbox", error="invalid_token"'}
_NO_SCOPE: Final = 'Bearer realm="sandbox", error="insufficient_scope", scope="{}"'
_FORM_TYPE: Final = "application/x-www-form-urlencoded"
_PAGE_TYPES: Final = {"html": "text/html", "css": "text/css", "js": "text/javascript"}


class Call(NamedTuple):
    """One HTTP request. ``path`` is as it was sent; ``host`` is empty unless there is exactly one Host header.

    ``headers`` is looked up by lower-case names.
    """

    method: str
    path: str
    query: str
    host: str
    headers: Mapping[str, str]
    body: bytes = b""


class Service:
    """Routes, guards and answers. ``assets`` has the page's files by name."""

    def __init__(self, world: World, *, admin: Admin, assets: Mapping[str, bytes]) -> None:
        self._names: frozenset[str] = frozenset()
        self._world = world
        self._authority = world.authority
        self._faults = world.faults
        self._admin = admin
        self._assets = assets

    def listens_on(self, port: int) -> None:
        """Learn the port, and so the names, that calls have to be meant for; before this, every call is refused."""
        self._names = names_of(port)
        self._authority.listens_on(f"http://127.0.0.1:{port}", port)

    def fault_for(self, call: Call) -> Fault | None:
        """Return the fault that this call meets, and count it. Neither the page nor the admin has any."""
        if not self._faults or call.host.lower() not in self._names:
            return None
        route = find(call.method, call.path)
        if route.area not in ("api", "oauth"):
            return None
        has_callback = route.operation in EVENTS and asks_for_callback(call.body)
        return self._faults.take(call.method, call.path, route.operation, has_callback=has_callback)

    def answer(self, call: Call, fault: Fault | None = None) -> Reply:
        """Answer a call. Of its fault only ``status`` and ``expire_token`` matter here."""
        try:
            check_host(call.host, self._names)
            if fault is not None and fault.expire_token:
                self._authority.tokens.expire(_bearer(call))
            if fault is not None and fault.status is not None:
                return fault.reply()
            return self._route(call, find(call.method, call.path))
        except Refusal as refusal:
            return refused(refusal)

    def _route(self, call: Call, route: Route) -> Reply:
        if route.area == "api":
            self._check_token(call, route)
            _check_route(call, route)
            _check_type(call, "application/json")
            return self._api(call, route)
        if route.area == "oauth":
            return self._oauth(call, route)
        return self._guarded(call, route)

    def _api(self, call: Call, route: Route) -> Reply:
        world = self._world
        if route.operation == "tenant":
            return world.account.show()
        if route.operation == "listEvents":
            wanted = dict(parse_qsl(call.query))
            return world.intake.list(channel=wanted.get("channel"), conversation=wanted.get("conversation"))
        if route.operation == "forwardEvent":
            world.account.check_entitled()
            return world.intake.take(call.body, call.headers)
        return world.engage.do(route.operation, route.ids, call.body, call.headers.get("idempotency-key"))

    def _oauth(self, call: Call, route: Route) -> Reply:
        try:
            _check_route(call, route)
            return self._endpoint(call, route.operation)
        except Refusal as refusal:
            reply = refused(refusal)
            return reply._replace(headers={**headers_of(), **reply.headers})

    def _endpoint(self, call: Call, operation: str) -> Reply:
        if operation == "metadata":
            return self._authority.metadata()
        form = call.body if call.method == "POST" else None
        if operation == "authorize":
            check_site(call.method, call.headers.get("sec-fetch-site"), call.headers.get("origin"), call.host)
            _check_type(call, _FORM_TYPE)
            return self._authority.authorize(call.query, call.headers.get("cookie", ""), form)
        _check_type(call, _FORM_TYPE)
        answer = self._authority.token if operation == "token" else self._authority.revoke
        return answer(call.body, call.headers.get("authorization", ""))

    def _guarded(self, call: Call, route: Route) -> Reply:
        try:
            check_site(call.method, call.headers.get("sec-fetch-site"), call.headers.get("origin"), call.host)
            _check_route(call, route)
            if route.area == "page":
                reply = _page(route.operation, self._assets)
            else:
                _check_type(call, "application/json")
                reply = self._admin.do(route.operation, route.ids, call.body, call.query)
        except Refusal as refusal:
            reply = refused(refusal)
        return reply._replace(headers={**ANSWER_HEADERS, **reply.headers})

    def _check_token(self, call: Call, route: Route) -> None:
        token = _bearer(call)
        if not token:
            raise Refusal(401, "The access token is missing: Authorization: Bearer TOKEN", headers=_NO_TOKEN)
        scopes = self._authority.tokens.scopes_of(token)
        if scopes is None:
            raise Refusal(401, "The access token is wrong, has expired or was revoked", headers=_BAD_TOKEN)
        needed = needed_for(route.operation)
        if route.operation and needed not in scopes:
            headers = {"WWW-Authenticate": _NO_SCOPE.format(needed)}
            raise Refusal(403, f"The access token is not for this: it lacks the scope {needed}", headers=headers)


def _bearer(call: Call) -> str:
    scheme, _, token = call.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _check_route(call: Call, route: Route) -> None:
    if route.operation:
        return
    if route.allow:
        allowed = ", ".join(route.allow)
        raise Refusal(405, f"{call.method} is not for {call.path}: it takes {allowed}", headers={"Allow": allowed})
    raise Refusal(404, f"There is nothing at {call.path}")


def _check_type(call: Call, wanted: str) -> None:
    if not call.body:
        return
    given = call.headers.get("content-type", "").partition(";")[0].strip().lower()
    if call.headers.get("content-encoding", "identity").lower() != "identity":
        raise Refusal(415, "The body has to be plain, without Content-Encoding", field="Content-Encoding")
    if given != wanted:
        raise Refusal(415, f"The body has to be {wanted}, not {given or 'of no type'}", field="Content-Type")


def _page(name: str, assets: Mapping[str, bytes]) -> Reply:
    kind = _PAGE_TYPES.get(name.rpartition(".")[2], JSON_TYPE)
    return Reply(200, assets[name], content_type=f"{kind}; charset=utf-8")
