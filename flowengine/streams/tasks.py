"""Events of contact-centre tasks (routed, modified, closed): the variables of ``webex``, each from its place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from flowengine.core.answers import Json
from flowengine.core.keys import conversation_key, event_key
from flowengine.core.paths import find, parse_path
from flowengine.core.values import as_text, parse_json, type_of
from flowengine.streams.payloads import LONGEST, ChannelEvent, Unreadable, digest, service

CHANNEL: Final = "wxcc-task"

_OF_DATA: Final = ("origin", "destination", "mediaChannel", "mediaType", "direction", "variables", "queue")
_COMMON: Final = {"RequestBody": "$", **{name: f"$.data.{name}" for name in _OF_DATA}}
_ROUTED: Final = {"ID": "$.data.id", "Type": "$.type", "agentId": "$.data.owner", **_COMMON}
_PLACES: Final = {
    "task-routed": _ROUTED,
    "task-modified": {**_ROUTED, "context": "$.data.context"},
    "task-closed": {"taskId": "$.data.id", "type": "$.type", "owner": "$.data.owner", **_COMMON},
}
VARIABLES: Final = MappingProxyType(
    {event: {name: parse_path(path) for name, path in places.items()} for event, places in _PLACES.items()}
)
"""Event -> variable -> its place in the body. Other events of tasks have the variables of the first."""


def read_task_event(body: Json, at: float) -> ChannelEvent | Unreadable:
    """Read the body of a task event: ``{id, type: task:routed, data: {id, owner, variables, ...}}``."""
    if not isinstance(body, dict):
        return Unreadable(f"the body is {type_of(body)}, not an object with the fields of a task event")
    kind, data = body.get("type"), body.get("data")
    if not isinstance(kind, str) or not kind:
        return Unreadable("a task event needs `type`, such as task:routed")
    task = data.get("id") if isinstance(data, dict) else None
    if not isinstance(task, str) or not 0 < len(task) <= LONGEST or not task.isprintable():
        return Unreadable("a task event needs `data` with the `id` of the task")
    event = re.sub(r"[^a-z0-9]+", "-", kind.lower()).strip("-")[:64]
    variables = dict(_variables(event, body))
    resource = media_resource(variables.get("variables"))
    known = body.get("id")
    is_id = isinstance(known, str) and 0 < len(known) <= LONGEST
    return ChannelEvent(
        id=f"{event}:{known if is_id else digest(body)}",
        channel=CHANNEL,
        event=event,
        business=variables.get("destination", ""),
        customer=variables.get("origin", ""),
        conversation=conversation_key(CHANNEL, "", resource or task),
        keys=tuple(event_key(event, one) for one in dict.fromkeys((task, resource)) if one),
        trigger={"webex": variables, **service(body)},
        message="",
        at=at,
        body=body,
    )


def media_resource(variables: Json) -> str | None:
    """Return the conversation's id in the variables of a task: JSON text of ``[{name, value}]``."""
    try:
        listed = parse_json(variables, max_depth=16) if isinstance(variables, str) else variables
    except ValueError:
        return None
    if isinstance(listed, dict):
        listed = [{"name": name, "value": value} for name, value in listed.items()]
    for one in listed if isinstance(listed, list) else ():
        if isinstance(one, dict) and one.get("name") == "mediaResourceId":
            value = one.get("value")
            return value if isinstance(value, str) and 0 < len(value) <= LONGEST else None
    return None


def _variables(event: str, body: Mapping[str, Json]) -> Iterator[tuple[str, Json]]:
    for name, path in VARIABLES.get(event, VARIABLES["task-routed"]).items():
        there, value = find(body, path)
        if there and value not in (None, "", [], {}):
            yield name, as_text(value)
