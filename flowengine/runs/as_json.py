"""Kept runs and events as JSON values (an API, see docs/json.md)."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Final

from flowengine.core.answers import HttpAnswer, Json
from flowengine.core.moments import moment
from flowengine.core.plan import Plan
from flowengine.core.state import State
from flowengine.core.trace import Run, step_json
from flowengine.core.wants import HttpRequest
from flowengine.drivers.durable_owner import is_gone
from flowengine.journal.inbox import KeptEvent
from flowengine.journal.protocol import History, KeptRun
from flowengine.redaction import PLACEHOLDER
from flowengine.runs.visits import Exchange, Visit

_SECRET_HEADERS: Final = frozenset(
    {"authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key", "x-auth-token"}
)


def kept_json(run: KeptRun, history: History | None = None) -> dict[str, Any]:
    """Return a kept run as JSON values; with a history also what it waits for."""
    return {
        "id": run.id,
        "flow": run.flow,
        "status": run.status,
        "result": run.result,
        "reason": run.reason,
        "startedAt": moment(run.created_at),
        "endedAt": _moment(run.ended_at),
        "durationMs": None if run.ended_at is None else round((run.ended_at - run.created_at) * 1000, 3),
        "environment": run.environment,
        "source": run.source,
        "waitingUntil": _moment(run.waiting_until),
        "retryOf": {"run": run.parent, "node": run.parent_node} if run.parent is not None else None,
        "cancelAskedAt": _moment(run.cancel_asked_at),
        "calledBy": run.called_by,
        "queue": run.queue,
        "queued": run.queued,
        "walked": None if run.ended_at is not None else is_walked(run, time.time()),
        **({} if history is None else {"awaits": history.awaited(run.id) if run.status == "waiting" else []}),
    }


def event_json(event: KeptEvent) -> dict[str, Any]:
    """Return an event as JSON values."""
    return {
        "number": event.number,
        "id": event.id,
        "name": event.name,
        "source": event.source,
        "state": event.state,
        "run": event.run,
        "runs": list(event.runs),
        "keys": list(event.keys),
        "conversation": event.conversation,
        "at": moment(event.at),
        "copies": event.copies,
        "body": event.body,
    }


def run_json(  # noqa: PLR0913, PLR0917 - what is kept of a run
    kept: KeptRun, plan: Plan, state: State, visits: list[Visit], trigger: Json, history: History | None = None
) -> dict[str, Any]:
    """Return everything that is kept of a run as JSON values; with a history also what it waits for, and has called."""
    run = {**Run.of(plan, state).to_json(), **kept_json(kept, history), "trigger": trigger}
    if history is not None:
        run["called"] = [kept_json(one) for one in history.children(kept.id)]
    run["steps"] = [visit_json(visit) for visit in visits if visit.step is not None]
    under_way = next((visit for visit in visits if visit.step is None), None)
    run["underWay"] = None if under_way is None else {"node": under_way.node, "attempts": _sent_json(under_way)}
    return run


def visit_json(visit: Visit) -> dict[str, Any]:
    """Return a visit as JSON values: its step, with what was sent and what came, and the variables around it."""
    if visit.step is None:
        return {}
    step = step_json(visit.step)
    sent = {one.number: json for one in visit.exchanges if (json := _exchange_json(one))}
    step["attempts"] = [{**attempt, **sent.get(attempt["number"], {})} for attempt in step["attempts"]]
    return {**step, "variables": {"before": visit.before, "after": visit.after}}


def _sent_json(visit: Visit) -> list[dict[str, Any]]:
    return [{"number": one.number, **json} for one in visit.exchanges if (json := _exchange_json(one))]


def _exchange_json(one: Exchange) -> dict[str, Any]:
    event = one.event
    came = {"event": {"name": event.name, "key": event.key, "body": event.body}} if event is not None else {}
    if one.calls is not None:
        return {"calls": one.calls}
    if one.request is None:
        return came
    answer = one.answer
    return {
        **came,
        "key": one.key,
        "request": request_json(one.request),
        "answer": None
        if not isinstance(answer, HttpAnswer)
        else {"status": answer.status, "headers": _headers(answer.headers), "body": answer.content},
        "rule": None if one.rule is None else {"number": one.rule, "when": one.when},
    }


def request_json(request: HttpRequest) -> dict[str, Any]:
    """Return a request as JSON values, without what its headers prove."""
    body = request.json if request.has_json else dict(request.form) if request.form is not None else request.text
    return {
        "method": request.method,
        "target": request.target,
        "query": [list(pair) for pair in request.query],
        "headers": _headers(dict(request.headers)),
        "body": body,
    }


def _headers(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: PLACEHOLDER if name.lower() in _SECRET_HEADERS else value for name, value in headers.items()}


def is_walked(run: KeptRun, now: float) -> bool:
    """Whether a process walks a run now, as far as can be told: its lease holds, and it is not known to be gone."""
    return run.owner is not None and (run.leased_until or now) >= now and not is_gone(run.owner)


def _moment(at: float | None) -> str | None:
    return None if at is None else moment(at)
