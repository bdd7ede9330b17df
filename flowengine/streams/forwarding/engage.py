"""Engage as the stream sees it: what the tenant may do, and where events go. Credentials are those of the effects."""

from __future__ import annotations

import asyncio
from typing import Final, NamedTuple
from urllib.parse import quote

from flowengine.core.answers import Answer, HttpAnswer, Json, Refused, TimedOut
from flowengine.core.wants import HttpRequest, Send
from flowengine.effects.protocol import Effects
from flowengine.project import ENGAGE
from flowengine.streams.forwarding.settings import Asset
from flowengine.streams.forwarding.verdicts import LACKS, not_entitled, said

_EVENTS: Final = "/streams/events"
_TENANT: Final = "/tenant"
_LONGEST_ATTEMPT: Final = 20.0
"""Seconds. A row is held for longer than this."""

_NOT_LET_IN: Final = (401, 403)
_OK: Final = 200


class Tenant(NamedTuple):
    """What is known of a tenant. ``may_stream`` None: nobody can tell. ``reason`` says why not, or why not known.

    ``is_refused``: the authorization is of no use.
    """

    may_stream: bool | None
    reason: str | None = None
    assets: tuple[Asset, ...] | None = None
    is_refused: bool = False


async def ask_tenant(effects: Effects, authorization: str) -> Tenant:
    """Ask whether the tenant may stream. Never raises for the other side."""
    answer = await _send(effects, HttpRequest("GET", _TENANT), authorization, "tenant")
    if isinstance(answer, Refused):
        return Tenant(None, answer.reason, is_refused=True)
    if not isinstance(answer, HttpAnswer):
        return Tenant(None, getattr(answer, "reason", "no answer"))
    if answer.status == 401:  # noqa: PLR2004 - HTTP
        return Tenant(None, f"the authorization was refused: {said(answer)}", is_refused=True)
    if answer.status != _OK:
        return Tenant(None, f"GET {_TENANT}: {said(answer)}")
    try:
        return _read(answer.body)
    except (KeyError, TypeError):
        return Tenant(None, f"GET {_TENANT}: the answer is not about a tenant")


async def post_event(effects: Effects, authorization: str, event: str, body: Json) -> Answer:
    """Post an event once, under its id: whoever gets it twice can tell."""
    request = HttpRequest("POST", _EVENTS, json=body, has_json=True)
    return await _send(effects, request, authorization, quote(event, safe=":+=@"))


async def _send(effects: Effects, request: HttpRequest, authorization: str, key: str) -> Answer:
    """Send a request; where the token is refused, once more with another one."""
    want = Send(
        node="",
        visit=1,
        attempt=1,
        request=request,
        integration=ENGAGE,
        authorization=authorization,
        timeout=None,
        key=key,
        required=True,
    )
    within = min(effects.timeout(ENGAGE), _LONGEST_ATTEMPT)
    try:
        async with asyncio.timeout(within):
            answer = await effects.send(want)
            is_refused = isinstance(answer, HttpAnswer) and answer.status in _NOT_LET_IN
            if is_refused and not_entitled(answer) is None:
                answer = await effects.send(want._replace(refresh=True))
            return answer
    except TimeoutError:
        return TimedOut(f"no answer within {within:g} s")


def _read(body: Json) -> Tenant:
    assets = tuple(Asset(one["id"], one["channel"], one["address"], one["name"]) for one in body["assets"])
    lacks = [
        LACKS[field]
        for field, is_there in (
            ("contactCenterLinked", body["contactCenterLinked"] is True),
            ("integrations", ENGAGE in body["integrations"]),
        )
        if not is_there
    ]
    return Tenant(not lacks, "; ".join(lacks) or None, assets)
