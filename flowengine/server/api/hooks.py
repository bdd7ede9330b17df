"""What services post: events of channels, and results of calls that were only accepted. Nothing is read unproven."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Final, TypeVar

from starlette.responses import Response

from flowengine.core.answers import Json
from flowengine.core.keys import callback_key
from flowengine.core.values import parse_json
from flowengine.journal.inbox import NewEvent
from flowengine.server.bodies import check_media
from flowengine.server.intake import accept
from flowengine.server.routing import ApiError, Call, Route
from flowengine.server.shapes import ref
from flowengine.streams.guard import Refusal
from flowengine.streams.webhooks import LARGEST, receive_webhook

T = TypeVar("T")

_LONGEST: Final = 200
_DEEPEST: Final = 60
_SMALL: Final = 16 * 1024
"""Bytes of a body."""


async def _hook(call: Call) -> Json:
    world, headers, now = call.world, dict(call.request.headers), call.world.clock()
    received = await _do(call, partial(receive_webhook, world.intake, call.ids["channel"], headers, call.raw, now))
    if isinstance(received, Refusal):
        raise _error(call, received)
    traceparent = call.request.headers.get("traceparent")
    return await accept(world, received.event, received.runs, received.forward, traceparent)


async def _is_there(call: Call) -> Response:
    if not call.world.intake.guard.has_channel(call.ids["channel"]):
        raise ApiError(404, "not-found", "nothing is taken here")
    return Response()


async def _callback(call: Call) -> Json:
    world, integration, now = call.world, call.ids["integration"], call.world.clock()
    headers = dict(call.request.headers)
    refusal = await _do(call, partial(world.intake.guard.callback, integration, headers, call.raw, now))
    if refusal is not None:
        raise _error(call, refusal)
    check_media(call.request)
    try:
        body = parse_json(call.raw, _DEEPEST)
    except ValueError as fault:
        raise ApiError(400, "not-json", f"the body is not JSON that is taken: {fault}") from None
    transaction, name = _field(body, "tid"), _field(body, "event")
    event = NewEvent(
        id=f"callback:{integration}:{transaction}:{name}",
        name=name,
        keys=[callback_key(integration, transaction)],
        body=body,
        at=now,
        source=integration,
    )
    return await accept(world, event)


async def _do(call: Call, work: Callable[[], T]) -> T:
    """Do what takes as long as the body is large: in a thread where others would notice it.

    While runs walk, going into a thread and back takes longer than all that is done with a message.
    """
    return work() if len(call.raw) <= _SMALL else await asyncio.to_thread(work)


def _field(body: Json, name: str) -> str:
    value = body.get(name) if isinstance(body, dict) else None
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST or not value.isprintable():
        raise ApiError(422, "not-a-callback", f"expected a map with a text {name!r} of up to {_LONGEST} characters")
    return value


def _error(call: Call, refusal: Refusal) -> ApiError:
    if refusal.status == 401:  # noqa: PLR2004 - not proven
        client = call.request.client
        call.world.failures.refuse_fast(client.host if client else "-")
    return ApiError(refusal.status, refusal.code, refusal.message)


ROUTES: Final = (
    Route(
        "POST",
        "/hooks/{channel}",
        "signed",
        _hook,
        "Take an event of a channel",
        "Verified as flowengine.yaml says for the channel; answered when it is kept, before a flow is walked.",
        ids={"channel": "Such as sms, whatsapp or wxcc-task."},
        raw=True,
        most_bytes=LARGEST,
        errors=(401,),
        answer=ref("Accepted"),
    ),
    Route(
        "HEAD",
        "/hooks/{channel}",
        "signed",
        _is_there,
        "Whether events of a channel are taken",
        "Nothing is read or kept. Services ask so before they save the address of a webhook.",
        ids={"channel": "Such as sms, whatsapp or wxcc-task."},
    ),
    Route(
        "POST",
        "/callbacks/{integration}",
        "signed",
        _callback,
        "Take the result of a call that was only accepted",
        "Verified as flowengine.yaml says for the integration. The run that waits for `tid` takes it.",
        ids={"integration": "Such as webex-engage."},
        raw=True,
        most_bytes=LARGEST,
        errors=(401,),
        answer=ref("Accepted"),
    ),
)
