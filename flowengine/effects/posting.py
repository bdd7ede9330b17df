"""A loopback door for results that are posted later, for runs that live in this process.

It takes what the server's ``/callbacks`` takes, and nothing else; a process that keeps its runs has the server for it.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Final, TypeAlias

from aiohttp import web

from flowengine.core.answers import Arrived
from flowengine.core.keys import callback_key
from flowengine.core.values import parse_json
from flowengine.effects.inbox import Inbox
from flowengine.streams.guard import Refusal

HOST: Final = "127.0.0.1"
_LARGEST: Final = 1 << 20

Verify: TypeAlias = Callable[[str, Mapping[str, str], bytes, float], Refusal | None]
"""Says why what an integration has posted is not taken: by integration, headers (lower case), raw body and time."""


@asynccontextmanager
async def posting_door(inbox: Inbox, verify: Verify) -> AsyncIterator[str]:
    """Listen on a port that the system gives; yield the base URL."""

    async def post(request: web.Request) -> web.Response:
        integration, raw, now = request.match_info["integration"], await request.read(), time.time()
        headers = {name.lower(): value for name, value in request.headers.items()}
        refusal = verify(integration, headers, raw, now)
        if refusal is not None:
            return web.json_response(
                {"error": {"code": refusal.code, "message": refusal.message}}, status=refusal.status
            )
        event = read_posted(integration, raw)
        if event is None:
            message = "expected a JSON map with a text `tid`"
            return web.json_response({"error": {"code": "not-a-callback", "message": message}}, status=422)
        inbox.deliver(event, now)
        return web.json_response({}, status=202)

    app = web.Application(client_max_size=_LARGEST)
    app.router.add_post("/callbacks/{integration}", post)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, HOST, 0)
        await site.start()
        yield f"http://{HOST}:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def read_posted(integration: str, raw: bytes) -> Arrived | None:
    """Read what an integration has posted; None where it does not say what it is a result of."""
    try:
        body = parse_json(raw)
    except ValueError:
        return None
    transaction = body.get("tid") if isinstance(body, dict) else None
    if not isinstance(transaction, str) or not transaction:
        return None
    name = body.get("event")
    return Arrived(callback_key(integration, transaction), name if isinstance(name, str) else "", body)
