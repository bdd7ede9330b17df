"""``flowengine runs tail``: the steps of a run as they happen, whichever process walks it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import click

from flowengine.cli.options import database_option, format_option
from flowengine.cli.runs.database import find_run, history_of, run_argument
from flowengine.cli.runs.plans import kept_plan
from flowengine.cli.screen import Screen
from flowengine.cli.steps import Steps
from flowengine.core import walker
from flowengine.core.plan import Plan
from flowengine.core.state import State, Step
from flowengine.core.trace import Run, step_json
from flowengine.journal.protocol import History

_EVERY: Final = 0.25
"""Seconds between two looks."""


@click.command()
@run_argument
@database_option
@format_option
def tail(run: str, database: Path | None, form: str) -> int:
    """Show the steps of RUN as they happen, and how it ends; with Ctrl-C no longer.

    As JSON: a line for each step, and one for the run at its end. Exit code 1: it ended with result error.
    """
    screen = Screen.out()
    with history_of(database) as history:
        kept = find_run(history, run)
        plan = kept_plan(history, kept.digest)
        if form == "json":
            state = follow(history, kept.id, plan, lambda step: _line(screen, {"step": step_json(step)}))
            _line(screen, {"run": Run.of(plan, state).to_json()})
        else:
            steps = Steps(screen, plan)
            state = follow(history, kept.id, plan, steps.step)
            steps.end(Run.of(plan, state))
    return 0 if state.result == "success" else 1


def follow(
    history: History,
    run: str,
    plan: Plan,
    on_step: Callable[[Step], None],
    sleep: Callable[[float], None] = time.sleep,
) -> State:
    """Fold a run's entries as they are kept until it is over, and return its state then."""
    entries = history.entries(run)
    seen, told = len(entries), 0
    state = walker.replay(plan, entries)
    while True:
        for step in state.steps[told:]:
            on_step(step)
        told = len(state.steps)
        if state.result is not None:
            return state
        sleep(_EVERY)
        new = history.entries(run, after=seen - 1)
        seen += len(new)
        for entry in new:
            walker.apply(plan, state, entry)


def _line(screen: Screen, value: Any) -> None:
    screen.block(json.dumps(value, ensure_ascii=not screen.is_utf8, allow_nan=False))
