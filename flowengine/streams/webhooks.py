"""What is posted to ``/hooks/<channel>``: verified, read, and turned into what a journal accepts in one transaction."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from flowengine.core.answers import Json
from flowengine.core.entries import Started
from flowengine.core.values import MAX_DEPTH, MAX_TEXT, measure, parse_json
from flowengine.journal.inbox import NewEvent
from flowengine.journal.outbox import Forward
from flowengine.journal.protocol import NewRun
from flowengine.project import Environment
from flowengine.streams.channels import CHANNELS
from flowengine.streams.guard import Guard, Refusal
from flowengine.streams.payloads import ChannelEvent, Unreadable, read_event
from flowengine.streams.tasks import CHANNEL as TASKS
from flowengine.streams.tasks import read_task_event
from flowengine.streams.triggers import Start, Triggers

LARGEST: Final = MAX_TEXT
"""Bytes of a body. Who reads it from the network counts, too."""

_DEEPEST: Final = MAX_DEPTH - 4
"""The event puts some levels around what came."""


@dataclass(frozen=True)
class World:
    """What receives: an environment, its guard, the flows, and what is handed on to streams (``forward``)."""

    environment: Environment
    guard: Guard
    triggers: Triggers
    forward: Callable[[ChannelEvent], Sequence[Forward]] = lambda _: ()
    new_id: Callable[[], str] = lambda: uuid.uuid4().hex


class Received(NamedTuple):
    """What to give to ``Journal.accept``, which starts ``runs`` only where nobody waits for the event.

    ``others`` says why flows of the same channel are not started.
    """

    event: NewEvent
    runs: list[NewRun]
    forward: list[Forward]
    others: Mapping[str, str]


def receive_webhook(
    world: World, channel: str, headers: Mapping[str, str], raw: bytes, now: float
) -> Received | Refusal:
    """Take what was posted for a channel. ``headers`` by lower-case names, ``raw`` the body's very bytes.

    Nothing of it is read before it is proven whose it is. Does no IO but for a look at the store of authorizations.
    """
    if len(raw) > LARGEST:
        return Refusal(413, "too-large", f"the body is larger than {LARGEST:,} bytes")
    if channel not in CHANNELS and channel != TASKS:
        return Refusal(404, "not-found", "nothing is taken here")
    refusal = world.guard.channel(channel, headers, raw, now) or _content_refusal(headers)
    if refusal is not None:
        return refusal
    try:
        body = parse_json(raw, max_depth=_DEEPEST)
        measure(body)
    except ValueError as fault:
        return Refusal(400, "not-json", f"the body is not JSON that is taken: {fault}")
    assets = world.environment.channels[channel].assets
    event = read_task_event(body, now) if channel == TASKS else read_event(channel, body, now, assets)
    if isinstance(event, Unreadable):
        return Refusal(422, "not-an-event", event.reason)
    return receive(world, event)


def receive(world: World, event: ChannelEvent) -> Received:
    """Turn an event into what a journal accepts: the runs that it starts, and what is handed on."""
    match = world.triggers.match(event)
    return Received(
        event=NewEvent(
            id=event.id,
            name=event.event,
            keys=event.keys,
            body={"channel": event.channel, "message": event.message, **event.trigger},
            at=event.at,
            source=event.channel,
            conversation=event.conversation,
        ),
        runs=[_run(world, start, event) for start in match.starts],
        forward=list(world.forward(event)),
        others=match.others,
    )


def warnings(world: World, *, needs_channels: bool = True) -> list[str]:
    """Return what whoever serves should know: doors that are open to everybody, flows that nothing can start.

    Without ``needs_channels`` flows are started by hand, and nothing is said of channels that are not listed.
    """
    known = world.environment.channels
    deaf = [one for one in world.triggers.flows if one.channel not in known] if needs_channels else []
    if not deaf:
        return world.guard.warnings()
    channels = ", ".join(dict.fromkeys(one.channel for one in deaf))
    flows = ", ".join(one.plan.flow for one in deaf)
    said = f"the environment {world.environment.name!r} takes no events of {channels}, which would start {flows}"
    return [*world.guard.warnings(), f"{said}: list them under `channels` in flowengine.yaml"]


def _run(world: World, start: Start, event: ChannelEvent) -> NewRun:
    flow = start.flow
    trigger: Json = event.trigger
    started = Started(world.new_id(), flow.plan.digest, event.at, trigger, start.variables)
    in_order = flow.in_order and event.conversation is not None
    return NewRun(
        flow.plan,
        [started],
        world.environment.name,
        f"{event.channel} {event.event}",
        queue=f"{flow.plan.flow}:{event.conversation}" if in_order else None,
    )


def _content_refusal(headers: Mapping[str, str]) -> Refusal | None:
    """Refuse what does not call itself JSON: how a body is read is our choice, never the sender's."""
    kind, _, parameters = headers.get("content-type", "").partition(";")
    charset = parameters.strip().lower().removeprefix("charset=").strip('"')
    if kind.strip().lower() == "application/json" and charset in ("", "utf-8"):
        return None
    return Refusal(415, "not-json", "events are posted as application/json, in UTF-8")
