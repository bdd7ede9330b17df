"""``flowengine runs tail``: the steps of a run as they happen, whichever process walks it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import click

from flowengine.cli.options import database_option, format_option
from flowengine.cli.runs.database import database_path, find_run, history_of, run_argument
from flowengine.cli.runs.shown import Shown
from flowengine.cli.screen import Screen
from flowengine.core.trace import Run, step_json
from flowengine.runs.family import Family, Told, Waiting
from flowengine.runs.plans import kept_plan

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
            run_ = follow(Family.of(history, kept.id, plan), lambda told: _line(screen, _json(told)))
            _line(screen, {"run": run_.to_json()})
        else:
            shown = Shown(screen, plan, database_path(database))
            run_ = follow(Family.of(history, kept.id, plan), shown.step, shown.waits)
            shown.end(run_)
    return 0 if run_.result == "success" else 1


def follow(
    family: Family,
    on_step: Callable[[Told], None],
    on_wait: Callable[[Waiting], None] = lambda _: None,
    sleep: Callable[[float], None] = time.sleep,
) -> Run:
    """Tell the steps of a run, and of those that it calls, as they are kept until it is over, and return it then."""
    while True:
        for told in family.look():
            on_step(told)
        if family.state.result is not None:
            return family.whole()
        waiting = family.waiting()
        if waiting is not None:
            on_wait(waiting)
        sleep(_EVERY)


def _json(told: Told) -> dict[str, Any]:
    return {"step": step_json(told.step), **({"run": told.run} if told.depth else {})}


def _line(screen: Screen, value: Any) -> None:
    screen.block(json.dumps(value, ensure_ascii=not screen.is_utf8, allow_nan=False))
