"""Runs: those that are kept, and what is done with them."""

from __future__ import annotations

from typing import Final

from flowengine.core.answers import Json
from flowengine.core.plan import Plan
from flowengine.core.trace import Run
from flowengine.core.walker import EntryMismatch
from flowengine.drivers.durable_plans import started_of
from flowengine.errors import UsageError
from flowengine.journal.faults import JournalCorrupt
from flowengine.journal.protocol import STATUSES, Filter, History
from flowengine.recording.taking import take_recording
from flowengine.runs.as_json import kept_json, run_json
from flowengine.runs.family import whole_run
from flowengine.runs.plans import kept_plan
from flowengine.runs.since import read_moment
from flowengine.runs.visits import visits_of
from flowengine.server import starts
from flowengine.server.routing import ApiError, Call, Parameter, Route
from flowengine.server.shapes import NAME, TEXT, body, counts, many, record, ref
from flowengine.server.traces import with_parent

_ID: Final = {"id": "The run's id, all of it."}
_SINCE: Final = {
    "type": "string",
    "anyOf": [{"pattern": "^(0|[1-9][0-9]{0,5})(ms|s|m|h|d)$"}, {"format": "date-time"}],
}
_STARTED: Final = record({"id": TEXT})
LIMIT: Final = Parameter(
    "limit", "Not more than these.", {"type": "integer", "minimum": 1, "maximum": 1000, "default": 50}
)


async def _list(call: Call) -> Json:
    query = call.query
    since = _since(query["since"], call.world.clock())
    where = Filter(tuple(query["status"]), query["flow"], since, query["text"])

    def listed(history: History) -> Json:
        runs = history.runs(where, query["limit"], query["before"])
        return {"runs": [kept_json(run, history) for run in runs], "counts": history.counts()}

    return await call.world.ask(listed)


def _since(written: str | None, now: float) -> float | None:
    try:
        return None if written is None else read_moment("since", written, now)
    except UsageError as fault:
        raise ApiError(422, "invalid", str(fault)) from None


async def _show(call: Call) -> Json:
    def shown(history: History) -> Json:
        kept = history.run(call.ids["id"])
        plan, entries = kept_plan(history, kept.digest), history.entries(kept.id)
        try:
            state, visits = visits_of(plan, entries)
        except EntryMismatch as fault:
            raise JournalCorrupt(f"the run cannot be walked again: {fault}") from None
        return {"run": run_json(kept, plan, state, visits, started_of(entries).trigger, history)}

    return await call.world.ask(shown)


async def _start(call: Call) -> Json:
    body = call.body
    run = await starts.start(
        call.world,
        body["flow"],
        body.get("trigger"),
        body.get("variables", {}),
        body.get("environment"),
        with_parent(f"api, {call.caller.name}", call.request.headers.get("traceparent")),
    )
    return {"id": run}


async def _cancel(call: Call) -> Json:
    reason = (call.body or {}).get("reason") or f"cancelled over the API by {call.caller.name}"
    run = call.ids["id"]
    result = await call.world.journal.cancel(run, reason, call.world.clock())
    if result == "over":
        raise ApiError(409, "over", f"the run {run} is over already")
    call.world.worker.look()
    return {"id": run, "state": result}


async def _retry(call: Call) -> Json:
    kept = await call.world.ask(lambda history: history.run(call.ids["id"]))
    node = (call.body or {}).get("node")
    source = with_parent(f"api, {call.caller.name}", call.request.headers.get("traceparent"))
    return {"id": await starts.again(call.world, kept, node, source)}


def ended_run(history: History, run: str) -> tuple[Plan, Run]:
    """Return a run that is over, with those that it called, and its plan. Raises ApiError where it goes on."""
    kept = history.run(run)
    if kept.ended_at is None:
        raise ApiError(409, "not-over", f"the run {kept.id} is not over, and cannot be recorded yet")
    plan = kept_plan(history, kept.digest)
    return plan, whole_run(history, kept.id, plan)


async def _recording(call: Call) -> Json:
    def taken(history: History) -> Json:
        plan, run = ended_run(history, call.ids["id"])
        name = f"{plan.flow}-{call.ids['id'][:8]}"
        recording = take_recording(plan, run, name)
        return {"name": name, "text": recording.text, "notes": list(recording.notes)}

    return await call.world.ask(taken)


ROUTES: Final = (
    Route(
        "GET",
        "/api/runs",
        "read",
        _list,
        "List kept runs, newest first",
        query=(
            Parameter("status", "Only these; several times.", {"enum": list(STATUSES)}, many=True),
            Parameter("flow", "Only runs of this flow.", NAME),
            Parameter("since", "Only those that were started since: 24h, or 2026-11-23T10:00 (UTC).", _SINCE),
            Parameter("text", "Only those with this in id, flow, reason, trigger or start values.", NAME),
            LIMIT,
            Parameter("before", "Only those older than this run.", NAME),
        ),
        errors=(404,),
        answer=record({"runs": many(ref("KeptRun")), "counts": counts(STATUSES)}),
    ),
    Route(
        "POST",
        "/api/runs",
        "operate",
        _start,
        "Start a run",
        "It is kept when this answers, and walked when there is room. `traceparent` makes it a part of a trace.",
        body=body(
            {"flow": NAME},
            {
                "trigger": {"description": "The event, such as {sms: {...}}."},
                "variables": {"type": "object", "description": "Start values, over the flow's defaults."},
                "environment": NAME,
            },
        ),
        status=202,
        errors=(404,),
        answer=_STARTED,
    ),
    Route(
        "GET",
        "/api/runs/{id}",
        "read",
        _show,
        "Show everything that is kept of a run",
        "As `flowengine runs show --format json` does.",
        ids=_ID,
        answer=record({"run": ref("Run")}),
    ),
    Route(
        "GET",
        "/api/runs/{id}/recording",
        "read",
        _recording,
        "Show a run that is over as a recording",
        ids=_ID,
        answer=record({"name": TEXT, "text": TEXT, "notes": many(TEXT)}),
    ),
    Route(
        "POST",
        "/api/runs/{id}/cancel",
        "operate",
        _cancel,
        "End a run",
        "`stopped`: it has ended. `asked`: the process that walks it ends it within two seconds.",
        ids=_ID,
        body=body({}, {"reason": NAME}),
        needs_body=False,
        status=202,
        answer=record({"id": TEXT, "state": {"enum": ["stopped", "asked"]}}),
    ),
    Route(
        "POST",
        "/api/runs/{id}/retry",
        "operate",
        _retry,
        "Walk a run that is over again, from a node on",
        "A new run, with the beginning of the old one. Without a node: from the last one that it worked at.",
        ids=_ID,
        body=body({}, {"node": NAME}),
        needs_body=False,
        status=202,
        answer=_STARTED,
    ),
)
