"""Flows: those of the folder, their plans, and what is wrong with a text that is in no file."""

from __future__ import annotations

import asyncio
from typing import Final

from flowengine.core.answers import Json
from flowengine.findings import finding_json, tally
from flowengine.server.flows import about
from flowengine.server.routing import Call, Route
from flowengine.server.shapes import COUNT, TEXT, body, many, record, ref

_ID: Final = {"id": "The flow's id."}
_FILE_NAME: Final = {
    "type": "string",
    "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$",
    "x-expected": "the name of a file, without a folder, such as flow.yaml",
    "default": "flow.yaml",
}


async def _list(call: Call) -> Json:
    return {"flows": [about(one) for one in await call.world.flows.current()]}


async def _show(call: Call) -> Json:
    file = await call.world.flows.find(call.ids["id"])
    return {**about(file), "text": file.text, "digest": file.digest}


async def _plan(call: Call) -> Json:
    flows = call.world.flows
    plan = await flows.plan(await flows.find(call.ids["id"]))
    return {"digest": plan.digest, "plan": dict(plan.data)}


async def _validate(call: Call) -> Json:
    name = call.body.get("name", _FILE_NAME["default"])
    found = await asyncio.to_thread(call.world.flows.judge, call.body["text"], name)
    file = {
        "path": name,
        "findings": [*map(finding_json, found.findings)],
        "skipped": [{"rule": one.rule, "reason": one.reason} for one in found.skipped],
        "ignored": [{**finding_json(one.finding), "reason": one.reason} for one in found.ignored],
        "fixed": [],
    }
    return {"files": [file], "summary": tally(found.findings)}


ROUTES: Final = (
    Route(
        "GET",
        "/api/flows",
        "read",
        _list,
        "List the flows of the folder",
        answer=record({"flows": many(ref("Flow"))}),
    ),
    Route(
        "GET",
        "/api/flows/{id}",
        "read",
        _show,
        "Show a flow with its text",
        ids=_ID,
        answer=ref("FlowText"),
    ),
    Route(
        "GET",
        "/api/flows/{id}/plan",
        "read",
        _plan,
        "Show a flow as it is walked",
        "A flow with errors has no plan: 409, with the findings.",
        ids=_ID,
        answer=record({"digest": TEXT, "plan": {"type": "object"}}),
    ),
    Route(
        "POST",
        "/api/validate",
        "read",
        _validate,
        "Say everything that is wrong with the text of a flow",
        "As `flowengine validate --format json` does for one file.",
        body=body({"text": TEXT}, {"name": _FILE_NAME}),
        answer=record(
            {
                "files": many(record({"path": TEXT, "findings": many(ref("Finding"))})),
                "summary": record({"errors": COUNT, "warnings": COUNT, "hints": COUNT}),
            }
        ),
    ),
)
