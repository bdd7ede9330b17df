"""Data streams: what they are set to, how far they are, and what could not be delivered."""

from __future__ import annotations

import asyncio
import uuid
from functools import partial
from typing import Any, Final

from flowengine.authorizations.store import FileStore
from flowengine.core.answers import Json
from flowengine.journal.protocol import History
from flowengine.project import ENGAGE
from flowengine.server.api.runs import LIMIT
from flowengine.server.routing import Call, Parameter, Route, not_found
from flowengine.server.shapes import COUNT, LARGEST, NAME, TEXT, body, many, maybe, record, ref
from flowengine.server.world import ServerWorld
from flowengine.streams.forwarding.changing import (
    Change,
    change_settings,
    check_authorization,
    refuse_no_engage,
    try_stream,
)
from flowengine.streams.forwarding.engage import Tenant
from flowengine.streams.forwarding.kept import dead_numbers, kept_settings, row_json, stream_json, stream_key
from flowengine.streams.forwarding.settings import ALL, CHANNELS, Settings
from flowengine.streams.forwarding.settings import NAME as STREAM
from flowengine.streams.forwarding.uses import use_of

_ID: Final = {"name": f"The stream's name: {STREAM}."}


async def _list(call: Call) -> Json:
    is_there = ENGAGE in call.world.intake.environment.integrations
    return {"streams": [await _stream(call.world)] if is_there else []}


async def _show(call: Call) -> Json:
    _known(call)
    world = call.world
    files = await world.flows.current()
    catalogue = await asyncio.to_thread(world.flows.catalogue)
    uses = [use for one in files if one.flow is not None and (use := use_of(one.flow, catalogue, one.name))]
    return {"stream": {**await _stream(world), "flows": [use.to_json() for use in uses]}}


async def _change(call: Call) -> Json:
    _known(call)
    world, body = call.world, call.body
    environment, notes = world.intake.environment, list[str]()
    change = Change(body.get("enabled"), _listed(body, "assets"), _listed(body, "channels"), body.get("authorization"))
    if change.authorization is not None:
        note = await asyncio.to_thread(check_authorization, change.authorization, environment, FileStore())
        notes += [note] if note else []
    before = await _settings(world)
    effects = await world.worlds(environment.name) if change.needs_tenant else None
    after, said = await change_settings(before, change, effects)
    if after != before:
        await world.journal.keep_stream(stream_key(environment.name), after.to_json(), world.clock())
        await world.deliverer.reread()
    return {"stream": await _stream(world), "notes": [*notes, *said]}


async def _test(call: Call) -> Json:
    _known(call)
    world = call.world
    effects = await world.worlds(_environment(world))
    done = await try_stream(effects, await _settings(world), uuid.uuid4().hex, world.clock())
    return {**done, "delivered": done["outcome"] == "delivered"}


async def _dead(call: Call) -> Json:
    _known(call)
    query = call.query

    def dead(history: History) -> Json:
        rows = history.outbox(stream_key(_environment(call.world)), ("dead",), query["limit"], query["before"])
        return {"events": [*map(row_json, rows)]}

    return await call.world.ask(dead)


async def _resend(call: Call) -> Json:
    _known(call)
    world = call.world
    wanted = (call.body or {}).get("numbers")
    dead = await world.ask(lambda history: dead_numbers(history, _environment(world)))
    numbers = dead if wanted is None else [number for number in dead if number in set(wanted)]
    sent = await world.journal.resend(numbers)
    world.deliverer.look()
    return {"resent": sent}


async def _settings(world: ServerWorld) -> Settings:
    return (await world.ask(lambda history: kept_settings(history, _environment(world))))[0]


def _listed(body: dict[str, Any], name: str) -> list[str] | None:
    written = body.get(name)
    return [written] if written == ALL else written


async def _stream(world: ServerWorld) -> dict[str, Any]:
    shown = await world.ask(partial(stream_json, environment=_environment(world), now=world.clock()))
    tenant = world.deliverer.tenant
    return {
        **shown,
        "closedFor": world.deliverer.closed_for,
        "tenant": None
        if tenant is None
        else {"mayStream": tenant.may_stream, "reason": tenant.reason, "assets": _assets(tenant)},
    }


def _assets(tenant: Tenant) -> list[dict[str, str]] | None:
    return None if tenant.assets is None else [one.to_json() for one in tenant.assets]


def _environment(world: ServerWorld) -> str:
    return world.intake.environment.name


def _known(call: Call) -> None:
    if call.ids["name"] != STREAM:
        raise not_found("stream", call.ids["name"], f"there is one: {STREAM}")
    refuse_no_engage(call.world.intake.environment)


_STREAM: Final = record({"stream": ref("Stream")})

ROUTES: Final = (
    Route("GET", "/api/streams", "read", _list, "List the streams", answer=record({"streams": many(ref("Stream"))})),
    Route(
        "GET",
        "/api/streams/{name}",
        "read",
        _show,
        "Show a stream",
        "Its settings, its counts and its lag; `closedFor` says why nothing gets through now.",
        ids=_ID,
        answer=_STREAM,
    ),
    Route(
        "PATCH",
        "/api/streams/{name}",
        "edit",
        _change,
        "Change a stream",
        "What is not given stays. Assets are those that the tenant has; enabling is refused where it may not stream.",
        ids=_ID,
        body=body(
            {},
            {
                "enabled": {"type": "boolean"},
                "assets": {"anyOf": [{"const": ALL}, {"type": "array", "items": NAME, "minItems": 1}]},
                "channels": {
                    "anyOf": [{"const": ALL}, {"type": "array", "items": {"enum": list(CHANNELS)}, "minItems": 1}]
                },
                "authorization": {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"},
            },
        ),
        answer=record({"stream": ref("Stream"), "notes": many(TEXT)}),
    ),
    Route(
        "POST",
        "/api/streams/{name}/test",
        "operate",
        _test,
        "Hand an event on that is marked as a test",
        "First it is asked whether the tenant may stream.",
        ids=_ID,
        answer=record({"delivered": {"type": "boolean"}, "reason": maybe(TEXT), "event": maybe(TEXT)}),
    ),
    Route(
        "GET",
        "/api/streams/{name}/dead",
        "read",
        _dead,
        "List events that were given up, newest first",
        ids=_ID,
        query=(
            LIMIT,
            Parameter(
                "before", "Only those with a lower number.", {"type": "integer", "minimum": 0, "maximum": LARGEST}
            ),
        ),
        answer=record({"events": many({"type": "object"})}),
    ),
    Route(
        "POST",
        "/api/streams/{name}/resend",
        "operate",
        _resend,
        "Deliver events that were given up once more",
        "Those with `numbers`, else all.",
        ids=_ID,
        body=body({}, {"numbers": {"type": "array", "items": {**COUNT, "maximum": LARGEST}, "maxItems": 10_000}}),
        needs_body=False,
        answer=record({"resent": COUNT}),
    ),
)
