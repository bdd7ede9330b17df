"""The routes of the studio about authorizations."""

from __future__ import annotations

import asyncio
from typing import Final

from flowengine.authorizations.record import ALL_KINDS
from flowengine.authorizations.usage import Setting
from flowengine.core.answers import Json
from flowengine.project import ENGAGE, SANDBOX
from flowengine.server.routing import Call, Parameter, Route
from flowengine.server.shapes import TEXT, body, many, maybe, record
from flowengine.server.world import ServerWorld
from flowengine.streams.forwarding.kept import kept_settings
from flowengine.streams.forwarding.settings import NAME as STREAM
from flowengine.studio.authorizations import Authorizations

_ALL: Final = "/api/studio/authorizations"
_ONE: Final = f"{_ALL}/{{name}}"
_NAME: Final = {"name": "The authorization's name."}
_LISTS: Final = {"hosts": many(TEXT), "scopes": many(TEXT)}
_TEXTS: Final = ("clientId", "secret", "username", "header", "authorizeUrl", "tokenUrl", "revokeUrl")
_GIVEN: Final = {**dict.fromkeys(_TEXTS, maybe(TEXT)), **_LISTS}
_PLACES: Final = dict.fromkeys(("integration", "environment"), maybe(TEXT))
_DRY: Final = Parameter("dry", "true: only say whom it would break.", {"enum": ["true", "false"], "default": "false"})


def authorization_routes(authorizations: Authorizations) -> list[Route]:
    """Return them."""
    return [*_known(authorizations), *_changed(authorizations), *_granted(authorizations)]


def _known(authorizations: Authorizations) -> list[Route]:
    async def listed(call: Call) -> Json:
        return await asyncio.to_thread(authorizations.all, await _stream(call.world))

    async def names(_: Call) -> Json:
        return await asyncio.to_thread(authorizations.names)

    async def states(_: Call) -> Json:
        return await asyncio.to_thread(authorizations.states)

    async def add(call: Call) -> Json:
        return await asyncio.to_thread(authorizations.add, call.body)

    return [
        Route("GET", _ALL, "read", listed, "List authorizations", "And names that are used and are not there."),
        Route("GET", "/api/studio/authorization-names", "read", names, "Say what flows can name, and how it is"),
        Route("GET", "/api/studio/authorization-states", "read", states, "Say how each authorization is"),
        Route(
            "POST",
            _ALL,
            "edit",
            add,
            "Add an authorization",
            "Its secret goes in, and never comes out.",
            body=body({"name": TEXT, "kind": {"enum": list(ALL_KINDS)}}, {**_GIVEN, **_PLACES}),
            status=201,
            errors=(409,),
        ),
    ]


def _changed(authorizations: Authorizations) -> list[Route]:
    async def change(call: Call) -> Json:
        return await authorizations.change(call.ids["name"], call.body)

    async def delete(call: Call) -> Json:
        dry, stream = call.query["dry"] == "true", await _stream(call.world)
        return await authorizations.delete(call.ids["name"], only_say=dry, stream=stream)

    return [
        Route(
            "PATCH",
            _ONE,
            "edit",
            change,
            "Change an authorization",
            "What is not given stays. Where its secret would be sent elsewhere, it has to be given again.",
            ids=_NAME,
            body=body({}, _GIVEN),
            errors=(404,),
        ),
        Route("DELETE", _ONE, "edit", delete, "Delete an authorization", ids=_NAME, query=(_DRY,), errors=(404,)),
    ]


def _granted(authorizations: Authorizations) -> list[Route]:
    async def authorize(call: Call) -> Json:
        return await authorizations.authorize(call.ids["name"])

    async def test(call: Call) -> Json:
        given, environment = call.body or {}, call.world.intake.environment.name
        return await authorizations.test(call.ids["name"], given.get("environment") or environment, given.get("url"))

    return [
        Route(
            "POST",
            f"{_ONE}/authorize",
            "edit",
            authorize,
            "Begin a login in the browser",
            "`url` is the address to open; null where none is needed, and it is authorized.",
            ids=_NAME,
            answer=record({"url": maybe(TEXT)}),
            errors=(404,),
        ),
        Route(
            "POST",
            f"{_ONE}/test",
            "operate",
            test,
            "Say whether an authorization works",
            "A fresh token is fetched, and its service asked: any answer but 401 and 403 shows that it is taken.",
            ids=_NAME,
            body=body({}, {"environment": maybe(TEXT), "url": maybe(TEXT)}),
            needs_body=False,
            answer=record({"works": {"type": "boolean"}, "said": TEXT}),
            errors=(404,),
        ),
    ]


async def _stream(world: ServerWorld) -> tuple[str, Setting] | None:
    """Return the authorization that the data stream goes out under; None where that is the sandbox's own."""
    environment = world.intake.environment
    bound = environment.integrations.get(ENGAGE)
    if bound is None or bound.base_url == SANDBOX:
        return None
    settings, _ = await world.ask(lambda history: kept_settings(history, environment.name))
    stored = environment.authorizations.get(settings.authorization, settings.authorization)
    return stored, Setting("stream", STREAM, environment.name)
