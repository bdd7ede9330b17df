"""Node types: the catalogue as it holds in the folder."""

from __future__ import annotations

import asyncio
from typing import Final

from flowengine.catalogue.as_json import summary_json, version_json
from flowengine.check.names import nearest_type
from flowengine.core.answers import Json
from flowengine.server.flows import Flows
from flowengine.server.routing import Call, Parameter, Route, not_found
from flowengine.server.shapes import NAME, many, record, ref


async def _list(call: Call) -> Json:
    return {"nodes": await asyncio.to_thread(lambda: [summary_json(one) for one in call.world.flows.catalogue()])}


async def _show(call: Call) -> Json:
    return await asyncio.to_thread(_whole, call.world.flows, call.ids["name"], call.query["version"])


def _whole(flows: Flows, name: str, version: str | None) -> Json:
    catalogue = flows.catalogue()
    if name not in catalogue.names():
        raise not_found("node type", name, nearest_type(name, catalogue) or "GET /api/nodes lists them")
    node_type = catalogue.load(name)
    number = node_type.recommended if version is None else version
    if number not in node_type.versions:
        raise not_found(f"version of {name}", number, f"it has {', '.join(node_type.versions)}")
    return version_json(node_type, node_type.versions[number])


ROUTES: Final = (
    Route("GET", "/api/nodes", "read", _list, "List the node types", answer=record({"nodes": many(ref("NodeType"))})),
    Route(
        "GET",
        "/api/nodes/{name}",
        "read",
        _show,
        "Explain a node type",
        ids={"name": "The node type's name, such as append-message."},
        query=(Parameter("version", "Such as 1.3; without it, the recommended one.", NAME),),
        answer=ref("NodeVersion"),
    ),
)
