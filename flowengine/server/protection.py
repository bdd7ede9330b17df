"""What keeps other pages in the browser out: the Host header, where a request comes from, and the answers' headers.

A page on the net can reach a server of this machine by a name that resolves to it (then Host gives it away), or by a
request across sites (then Sec-Fetch-Site or Origin does).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from starlette.datastructures import Headers

from flowengine.page_protection import PAGE_HEADERS, SAFE_METHODS
from flowengine.server.routing import ApiError

ANSWER_HEADERS: Final = {**PAGE_HEADERS, "X-Frame-Options": "DENY"}
"""Of everything that is answered."""

_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f]")
_NAME: Final = re.compile(r"(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?")


class Names:
    """The Host headers that a server answers to, as its browser sends them."""

    def __init__(self, port: int, others: Iterable[str] = ()) -> None:
        local = [f"{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]")]
        self._local = frozenset([*local, *(name.rpartition(":")[0] for name in local if port == _HTTP)])
        self._others = frozenset(one.lower() for one in others)

    def check(self, headers: Headers) -> str:
        """Return the host that is asked for. Raises ApiError: 400 for no host or several, 421 for another one."""
        hosts = headers.getlist("host")
        if len(hosts) != 1:
            raise ApiError(400, "bad-request", f"expected one Host header, found {len(hosts)}")
        host = hosts[0].lower()
        if host not in self._local | self._others:
            raise ApiError(
                421,
                "misdirected",
                f"this server does not answer to {host[:100]!r}",
                "`flowengine serve --name NAME` adds a name that it is reached by",
            )
        return host

    def is_public(self, host: str) -> bool:
        """Whether a host is one of the names that were added; what stands before those speaks TLS."""
        return host in self._others and host not in self._local

    def origins(self, host: str) -> tuple[str, ...]:
        """Return the origins of the server's own pages under a host."""
        return (f"https://{host}", f"http://{host}") if self.is_public(host) else (f"http://{host}",)


_HTTP: Final = 80


def read_name(written: str) -> str:
    """Return a name that a server may be reached by, HOST or HOST:PORT. Raises ValueError."""
    name = written.lower()
    if not _NAME.fullmatch(name):
        raise ValueError(f"{written!r} is not a host name, with or without a port, such as flows.example.com")
    return name


def check_target(path: str) -> None:
    """Raise ApiError for a target that is no path, or has control characters in it."""
    if not path.startswith("/") or _CONTROLS.search(path):
        raise ApiError(400, "bad-request", "the request target has to be a path without control characters")


def check_site(method: str, headers: Headers, origins: Iterable[str], *, has_session: bool) -> None:
    """Raise ApiError (403) for what a page of another site sent.

    A browser says where a request comes from. Without either header none sent it, so none may have sent the cookie.
    """
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if method in SAFE_METHODS:
        is_ours = site in {None, "same-origin", "none"} or headers.get("sec-fetch-mode") == "navigate"
    elif site is not None:
        is_ours = site in {"same-origin", "none"}
    elif origin is not None:
        is_ours = origin.lower() in origins
    else:
        is_ours = not has_session
    if not is_ours:
        raise ApiError(403, "cross-site", "another site's page cannot do this")
