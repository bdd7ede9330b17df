"""``flowengine runs show``: everything that is kept of a run."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click

from flowengine.cli.options import database_option, format_option
from flowengine.cli.runs.awaited import in_words
from flowengine.cli.runs.database import find_run, history_of, run_argument, short_id
from flowengine.cli.runs.kept import STYLES, about
from flowengine.cli.runs.times import ago
from flowengine.cli.screen import Screen, shorten
from flowengine.cli.steps import Steps, duration
from flowengine.core.answers import Elapsed, HttpAnswer, Json
from flowengine.core.moments import moment
from flowengine.core.plan import Plan
from flowengine.core.state import State
from flowengine.core.trace import Run
from flowengine.core.wants import HttpRequest
from flowengine.drivers.durable_plans import started_of
from flowengine.harmless import harmless
from flowengine.journal.protocol import History, KeptRun
from flowengine.runs.as_json import request_json, run_json
from flowengine.runs.plans import kept_plan
from flowengine.runs.visits import Exchange, Visit, visits_of

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
            screen.json({"run": run_json(kept, plan, state, visits, trigger, history)})
        else:
            _Page(screen, plan, history).show(kept, state, visits, trigger)


class _Page:
    """Draws one run."""

    def __init__(self, screen: Screen, plan: Plan, history: History) -> None:
        self._screen = screen
        self._plan = plan
        self._history = history

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
        if kept.ended_at is None and (said := about(kept, now, self._history)):
            yield "", screen.paint(said, "yellow")
        yield "started", screen.paint(f"{moment(kept.created_at)} ({ago(kept.created_at, now)})")
        if kept.ended_at is not None:
            took = duration(kept.ended_at - kept.created_at)
            yield "ended", screen.paint(f"{moment(kept.ended_at)} (after {took})")
        if kept.parent is not None:
            yield "retry of", screen.paint(f"{short_id(kept.parent)} from {kept.parent_node}")
        if kept.called_by is not None:
            yield "called by", screen.paint(kept.called_by)
        for child in self._history.children(kept.id):
            yield "has called", screen.paint(f"{child.id}  {child.flow}  {child.status}")
        yield "environment", screen.paint(kept.environment or "-")
        yield "by", screen.paint(kept.source or "-")
        yield "trigger", harmless(_text(trigger))

    def _details(self, visit: Visit) -> Iterator[tuple[str, str]]:
        for one in visit.exchanges:
            yield from self._came(one)
        for name, value in visit.after.items():
            if name not in visit.before:
                yield "variable", f"{name} = {_text(value)}"
            elif visit.before[name] != value:
                yield "variable", f"{name} = {_text(value)}, was {_text(visit.before[name])}"

    @staticmethod
    def _came(one: Exchange) -> Iterator[tuple[str, str]]:
        if one.request is not None:
            yield "sent", f"{one.request.method} {one.request.target}{_body_of(one.request)}"
        answer = one.answer
        if isinstance(answer, HttpAnswer):
            content = answer.content
            yield "answer", f"{answer.status}{'' if content is None else ' ' + _text(content)}"
        elif one.request is not None and answer is not None and not isinstance(answer, Elapsed):
            yield "no answer", str(getattr(answer, "reason", ""))
        if one.calls is not None:
            yield "calls", one.calls
        if one.event is not None:
            yield "event", f"{in_words(one.event.key)} {_text(one.event.body)}"
        if one.rule is not None:
            yield "by rule", f"{one.rule}: {_text(one.when)}"


def _body_of(request: HttpRequest) -> str:
    body = request_json(request)["body"]
    return "" if body is None else f" {_text(body)}"


def _text(value: Json) -> str:
    return shorten(json.dumps(value, ensure_ascii=False))
