"""``flowengine run``: walks a flow for real."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from flowengine.api import prepare, world
from flowengine.cli import startup
from flowengine.cli.events import read_event
from flowengine.cli.options import database_option, file_option, flow_argument, format_option, nodes_option
from flowengine.cli.screen import Screen
from flowengine.cli.steps import Steps, duration
from flowengine.cli.variables import read_variables
from flowengine.core.answers import Json
from flowengine.core.plan import Plan
from flowengine.core.trace import Run
from flowengine.core.wants import Await
from flowengine.drivers.local import Walk
from flowengine.effects.protocol import Effects
from flowengine.errors import UsageError
from flowengine.project import find_project
from flowengine.signals import NAMES, heard
from flowengine.starting import refuse_trigger

if TYPE_CHECKING:
    from flowengine.cli.run_record import Recorder


@click.command()
@flow_argument
@click.option("--trigger", metavar="EVENT", help="The event: a JSON or YAML file, JSON written out, or - for stdin.")
@click.option("--var", "variables", metavar="NAME=VALUE", multiple=True, help="Start value of a flow variable.")
@click.option(
    "--event",
    "events",
    metavar="EVENT",
    multiple=True,
    help="What a receive gets, as in a recording: a file or JSON, as --trigger. Once for each, in order.",
)
@click.option("--env", "environment", metavar="NAME", help="Environment of flowengine.yaml; else its default one.")
@database_option
@file_option("--record", summary="Write what each node got to FILE: a recording, for dry-run and test.")
@click.option("--force", is_flag=True, help="Write over the FILE of --record.")
@nodes_option
@format_option
def command(  # noqa: PLR0913 - the options of a command are its arguments
    flow: Path,
    *,
    trigger: str | None,
    variables: tuple[str, ...],
    events: tuple[str, ...],
    environment: str | None,
    database: Path | None,
    record: Path | None,
    force: bool,
    nodes: tuple[Path, ...],
    form: str,
) -> int:
    """Walk FLOW for real, and show each step as it happens.

    Requests go to the environment's services; without flowengine.yaml, to a sandbox that lives as long as the run.
    Ctrl-C ends the run and says where it stood. With a database the run is kept step by step, and Ctrl-C, or whatever
    else ends this process, only interrupts it: `flowengine runs resume` goes on. A recording leaves out secrets, but
    not phone numbers and messages.
    """
    if force and record is None:
        raise UsageError("--force is for --record FILE")
    plan = prepare(flow, nodes)
    event = read_event(trigger) if trigger is not None else {}
    values = read_variables(plan, variables)
    _refuse(plan, event, is_given=trigger is not None)
    recorder = _recorder(record, plan, event, values, force=force) if record is not None else None
    database = database or find_project(flow).database
    given = [read_event(one, "event") for one in events]
    if database is not None:
        # SQLite, which others do not pay for.
        from flowengine.cli.runs.database import refuse_database  # noqa: PLC0415
        from flowengine.cli.runs.walking import new_run, walk_kept  # noqa: PLC0415

        if record is not None:
            refuse_database(record, database)
        new = new_run(plan, event, values, flow, environment)
        return walk_kept(database, new, flow, form, recorder, given)
    screen = Screen.out()
    steps = Steps(screen, plan) if form == "text" else None
    startup.settle()
    around = world(plan, flow, environment)
    journal = recorder is not None
    walk, stopped_by = asyncio.run(_walk(plan, around, event, values, steps, events=given, journal=journal))
    run = _run_of(walk)
    if steps is None:
        screen.json({"run": run.to_json()})
    else:
        steps.end(run, NAMES[stopped_by] if stopped_by else None)
    if recorder is not None:
        recorder.write(run, screen if steps else Screen.err())
    if stopped_by is not None:
        return 128 + stopped_by
    return 0 if run.result == "success" else 1


def _recorder(path: Path, plan: Plan, event: Json, values: dict[str, Json], *, force: bool) -> Recorder:
    from flowengine.cli.run_record import Recorder  # noqa: PLC0415 - only for this option

    return Recorder(path, plan, event, values, force=force)


def _refuse(plan: Plan, event: Json, *, is_given: bool) -> None:
    try:
        refuse_trigger(plan, event)
    except UsageError as wrong:
        raise wrong if is_given else UsageError(f"{wrong}; give the event with --trigger") from None


async def _walk(  # noqa: PLR0913 - what a run is made of
    plan: Plan,
    around: AbstractAsyncContextManager[Effects],
    event: Json,
    values: dict[str, Json],
    steps: Steps | None,
    *,
    events: list[Json],
    journal: bool,
) -> tuple[Walk, signal.Signals | None]:
    """Walk to the end, or to where a signal ends it; what was opened for the run is closed either way."""
    stopped_by = None
    async with around as effects:
        on_step = steps.step if steps else None
        on_call = steps.call if steps else None
        on_wait = _say_what_is_awaited
        walk = Walk(plan, effects, on_step, journal=journal, events=events, on_wait=on_wait, on_call=on_call)
        with _terminated() as signals:
            try:
                if steps is not None:
                    steps.begin()
                await walk.run(event, values)
            except asyncio.CancelledError:
                # asyncio.run cancels for Ctrl-C, _terminated for SIGTERM. The run has been told, and is over.
                stopped_by = signals[0] if signals else signal.SIGINT
    if walk.state is None:
        raise click.Abort
    return walk, stopped_by if walk.state.status == "cancelled" else None


def _run_of(walk: Walk) -> Run:
    """Return the run, and say which events no node has waited for."""
    if walk.state is None:
        raise click.Abort
    if walk.events:
        left = f"{len(walk.events)} of the events" if len(walk.events) > 1 else "an event"
        Screen.err().line(f"Not used: {left} of --event, for which no `receive` waited")
    return Run.of(walk.plan, walk.state, walk.entries, walk.called)


def _say_what_is_awaited(want: Await) -> None:
    """Say that a run waits in vain: what really comes reaches kept runs only."""
    how_long = "for ever" if want.seconds is None else duration(want.seconds)
    awaited = ", ".join(want.labels)
    Screen.err().line(f"{want.node} waits {how_long} for {awaited}: only what --event gives can reach this run")


@contextmanager
def _terminated() -> Iterator[list[signal.Signals]]:
    """Cancel the current task at SIGTERM, as asyncio does at Ctrl-C; the list has the signal then."""
    task = asyncio.current_task()
    came: list[signal.Signals] = []

    def end(number: signal.Signals) -> None:
        came.append(number)
        if task is not None:
            task.cancel()

    with heard([signal.SIGTERM], end):
        yield came
