"""The routes: one table. A path is matched whole, segment by segment, each percent-decoded on its own."""

from __future__ import annotations

from typing import Final, NamedTuple
from urllib.parse import unquote


class Route(NamedTuple):
    """Where a call goes. ``operation`` is empty where there is none; ``allow`` has the methods its path takes."""

    area: str
    operation: str = ""
    ids: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()


API: Final = "/api/v1"

ROUTES: Final = (
    ("GET", "/oauth/authorize", "authorize"),
    ("POST", "/oauth/authorize", "authorize"),
    ("POST", "/oauth/token", "token"),
    ("POST", "/oauth/revoke", "revoke"),
    ("GET", "/.well-known/oauth-authorization-server", "metadata"),
    ("POST", f"{API}/conversations/search", "search"),
    ("POST", f"{API}/conversations", "create"),
    ("PATCH", f"{API}/conversations/*", "update"),
    ("POST", f"{API}/conversations/*/messages", "append"),
    ("POST", f"{API}/conversations/*/participants", "addParticipant"),
    ("DELETE", f"{API}/conversations/*/participants/*", "removeParticipant"),
    ("POST", f"{API}/conversations/*/close", "close"),
    ("POST", f"{API}/conversations/*/reopen", "reopen"),
    ("POST", f"{API}/streams/events", "forwardEvent"),
    ("GET", f"{API}/streams/events", "listEvents"),
    ("GET", f"{API}/tenant", "tenant"),
    ("GET", "/admin/conversations", "listConversations"),
    ("POST", "/admin/conversations", "seedConversation"),
    ("GET", "/admin/conversations/*", "showConversation"),
    ("PATCH", "/admin/conversations/*", "changeConversation"),
    ("POST", "/admin/reset", "reset"),
    ("GET", "/admin/faults", "listFaults"),
    ("POST", "/admin/faults", "setFaults"),
    ("DELETE", "/admin/faults", "clearFaults"),
    ("DELETE", "/admin/faults/*", "removeFault"),
    ("GET", "/admin/credentials", "showCredentials"),
    ("POST", "/admin/credentials", "changeCredentials"),
    ("POST", "/admin/tokens", "endTokens"),
    ("GET", "/admin/callbacks", "listCallbacks"),
    ("GET", "/admin/streams", "showStreams"),
    ("GET", "/admin/tenant", "showTenant"),
    ("PATCH", "/admin/tenant", "changeTenant"),
    ("GET", "/", "index.html"),
    ("GET", "/colours.css", "colours.css"),
    ("GET", "/oauth.css", "oauth.css"),
    ("GET", "/page.css", "page.css"),
    ("GET", "/page.js", "page.js"),
    ("GET", "/panels.js", "panels.js"),
    ("GET", "/elements.js", "elements.js"),
)
"""Method, path with ``*`` for an id, operation."""

OPERATIONS: Final = tuple(
    dict.fromkeys(operation for _, path, operation in ROUTES if path.startswith((f"{API}/", "/oauth/")))
)
"""The operations that faults can be set for."""

_AREAS: Final = {"oauth": "oauth", ".well-known": "oauth", "api": "api", "admin": "admin"}


def find(method: str, path: str) -> Route:
    """Return where a call goes. ``path`` is as it was sent, without its query."""
    segments = tuple(unquote(segment) for segment in path.split("/")[1:])
    area = _AREAS.get(segments[0] if segments else "", "page")
    allow: list[str] = []
    # A literal route is written before the one with an id in its place, so the first match is the right one.
    for pattern, route_method, operation in _BY_LENGTH.get(len(segments), ()):
        if all(given if wanted == "*" else given == wanted for wanted, given in zip(pattern, segments, strict=True)):
            if route_method == method:
                ids = tuple(given for wanted, given in zip(pattern, segments, strict=True) if wanted == "*")
                return Route(area, operation, ids)
            allow.append(route_method)
    return Route(area, allow=tuple(allow))


def _by_length() -> dict[int, list[tuple[tuple[str, ...], str, str]]]:
    table: dict[int, list[tuple[tuple[str, ...], str, str]]] = {}
    for method, path, operation in ROUTES:
        pattern = tuple(path.split("/")[1:])
        table.setdefault(len(pattern), []).append((pattern, method, operation))
    return table


_BY_LENGTH: Final = _by_length()
