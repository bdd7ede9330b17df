"""``flowengine runs show``: everything that is kept of a run."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import click

from flowengine.cli.options import database_option, format_option
from flowengine.cli.runs.database import find_run, history_of, run_argument, short_id
from flowengine.cli.runs.kept import STYLES, about, kept_json
from flowengine.cli.runs.plans import kept_plan
from flowengine.cli.runs.times import ago
from flowengine.cli.runs.visits import Exchange, Visit, visits_of
from flowengine.cli.screen import Screen, harmless, shorten
from flowengine.cli.steps import Steps, duration
from flowengine.core.answers import Elapsed, HttpAnswer, Json
from flowengine.core.moments import moment
from flowengine.core.plan import Plan
from flowengine.core.state import State
from flowengine.core.trace import Run, step_json
from flowengine.core.wants import HttpRequest
from flowengine.drivers.durable_plans import started_of
from flowengine.journal.protocol import KeptRun
from flowengine.redaction import PLACEHOLDER

_SECRET_HEADERS: Final = frozenset(
    {"authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key", "x-auth-token"}
)
_INDENT: Final = " " * 6
_NAMES: Final = 11


@click.command()
@run_argument
@database_option
@format_option
def show(run: str, database: Path | None, form: str) -> None:
    """Show RUN: each step with what was sent and what came back, the rule that chose the outcome, and the variables."""
    screen = Screen.out()
    with history_of(database) as history:
        kept = find_run(history, run)
        plan = kept_plan(history, kept.digest)
        entries = history.entries(kept.id)
        state, visits = visits_of(plan, entries)
    trigger = started_of(entries).trigger
    if form == "json":
        screen.json({"run": _run_json(kept, plan, state, visits, trigger)})
    else:
        _Page(screen, plan).show(kept, state, visits, trigger)


def _run_json(kept: KeptRun, plan: Plan, state: State, visits: list[Visit], trigger: Json) -> dict[str, Any]:
    run = {**Run.of(plan, state).to_json(), **kept_json(kept), "trigger": trigger}
    run["steps"] = [_visit_json(visit) for visit in visits if visit.step is not None]
    under_way = next((visit for visit in visits if visit.step is None), None)
    run["underWay"] = None if under_way is None else {"node": under_way.node, "attempts": _sent_json(under_way)}
    return run


def _visit_json(visit: Visit) -> dict[str, Any]:
    if visit.step is None:
        return {}
    step = step_json(visit.step)
    sent = {one.number: _exchange_json(one) for one in visit.exchanges if one.request is not None}
    step["attempts"] = [{**attempt, **sent.get(attempt["number"], {})} for attempt in step["attempts"]]
    return {**step, "variables": {"before": visit.before, "after": visit.after}}


def _sent_json(visit: Visit) -> list[dict[str, Any]]:
    return [{"number": one.number, **_exchange_json(one)} for one in visit.exchanges if one.request is not None]


def _exchange_json(one: Exchange) -> dict[str, Any]:
    answer = one.answer
    return {
        "key": one.key,
        "request": None if one.request is None else _request_json(one.request),
        "answer": None
        if not isinstance(answer, HttpAnswer)
        else {"status": answer.status, "headers": _headers(answer.headers), "body": answer.content},
        "rule": None if one.rule is None else {"number": one.rule, "when": one.when},
    }


def _request_json(request: HttpRequest) -> dict[str, Any]:
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


class _Page:
    """Draws one run."""

    def __init__(self, screen: Screen, plan: Plan) -> None:
        self._screen = screen
        self._plan = plan

    def show(self, kept: KeptRun, state: State, visits: list[Visit], trigger: Json) -> None:
        for name, value in self._head(kept, trigger):
            self._screen.line(f"{self._screen.paint(name.ljust(_NAMES), 'dim')}  {value}")
        self._screen.line()
        steps = Steps(self._screen, self._plan)
        for visit in visits:
            if visit.step is None:
                told = "is" if state.result is None else "was"
                self._screen.line(self._screen.paint(f"node {visit.node} {told} under way", "bold", "yellow"))
            else:
                steps.step(visit.step)
            for name, text in self._details(visit):
                self._screen.line(f"{_INDENT}{self._screen.paint(name.ljust(_NAMES), 'dim')}  {harmless(text)}")
        steps.end(Run.of(self._plan, state)) if state.result is not None else self._screen.settle()

    def _head(self, kept: KeptRun, trigger: Json) -> Iterator[tuple[str, str]]:
        screen = self._screen
        yield "run", screen.paint(kept.id, "bold")
        yield "flow", screen.paint(kept.flow)
        yield "status", screen.paint(kept.status, STYLES[kept.status])
        now = time.time()
        if kept.ended_at is None and (said := about(kept, now)):
            yield "", screen.paint(said, "yellow")
        yield "started", screen.paint(f"{moment(kept.created_at)} ({ago(kept.created_at, now)})")
        if kept.ended_at is not None:
            took = duration(kept.ended_at - kept.created_at)
            yield "ended", screen.paint(f"{moment(kept.ended_at)} (after {took})")
        if kept.parent is not None:
            yield "retry of", screen.paint(f"{short_id(kept.parent)} from {kept.parent_node}")
        yield "environment", screen.paint(kept.environment or "-")
        yield "by", screen.paint(kept.source or "-")
        yield "trigger", harmless(_text(trigger))

    def _details(self, visit: Visit) -> Iterator[tuple[str, str]]:
        for one in visit.exchanges:
            if one.request is not None:
                yield "sent", f"{one.request.method} {one.request.target}{_body_of(one.request)}"
            answer = one.answer
            if isinstance(answer, HttpAnswer):
                content = answer.content
                yield "answer", f"{answer.status}{'' if content is None else ' ' + _text(content)}"
            elif one.request is not None and answer is not None and not isinstance(answer, Elapsed):
                yield "no answer", str(getattr(answer, "reason", ""))
            if one.rule is not None:
                yield "by rule", f"{one.rule}: {_text(one.when)}"
        for name, value in visit.after.items():
            if name not in visit.before:
                yield "variable", f"{name} = {_text(value)}"
            elif visit.before[name] != value:
                yield "variable", f"{name} = {_text(value)}, was {_text(visit.before[name])}"


def _body_of(request: HttpRequest) -> str:
    body = _request_json(request)["body"]
    return "" if body is None else f" {_text(body)}"


def _text(value: Json) -> str:
    return shorten(json.dumps(value, ensure_ascii=False))
