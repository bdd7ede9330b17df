"""The API, one file a subject; ``ROUTES`` is the table of all of them."""

from __future__ import annotations

from typing import Final

from flowengine.server.api import events, flows, hooks, nodes, runs, status, streams, watching
from flowengine.server.routing import Route

ROUTES: Final[tuple[Route, ...]] = (
    *flows.ROUTES,
    *nodes.ROUTES,
    *runs.ROUTES,
    *watching.ROUTES,
    *events.ROUTES,
    *hooks.ROUTES,
    *streams.ROUTES,
    *status.ROUTES,
)
