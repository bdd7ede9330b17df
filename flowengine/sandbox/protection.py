"""What keeps other pages in the browser out: the Host header, where a request comes from, and the answers' headers.

The admin calls need no token, because the server listens on loopback only. A page on the net could still reach them
through the browser: by a name that resolves to 127.0.0.1 (then Host gives it away), or by a request across sites (then
Sec-Fetch-Site or Origin does).
"""

from __future__ import annotations

from typing import Final

from flowengine.page_protection import PAGE_HEADERS, SAFE_METHODS
from flowengine.sandbox.replies import Refusal

ANSWER_HEADERS: Final = {**PAGE_HEADERS, "Cache-Control": "no-cache"}
"""Headers of everything that a browser may show."""


def names_of(port: int) -> frozenset[str]:
    """Return the Host headers this server answers to."""
    return frozenset(f"{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]"))


def check_host(host: str, names: frozenset[str]) -> None:
    """Refuse a request for another host with 421."""
    if host.lower() not in names:
        raise Refusal(421, f"This server answers to {', '.join(sorted(names))} only")


def check_site(method: str, sec_fetch_site: str | None, origin: str | None, host: str) -> None:
    """Refuse an unsafe request that a page of another site sent with 403. Without either header no browser sent it."""
    if method in SAFE_METHODS:
        return
    if sec_fetch_site is not None:
        is_ours = sec_fetch_site in ("same-origin", "none")
    else:
        is_ours = origin is None or origin.lower() == f"http://{host.lower()}"
    if not is_ours:
        raise Refusal(403, "Another site's page cannot do this")
