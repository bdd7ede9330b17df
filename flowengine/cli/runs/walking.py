"""Walking one kept run while somebody looks on: ``run --db`` and ``runs retry``."""

from __future__ import annotations

import asyncio
import math
import shlex
import signal
import time
import uuid
from pathlib import Path

from flowengine.check.compile import TOOLS
from flowengine.cli import startup
from flowengine.cli.run_record import Recorder
from flowengine.cli.runs.database import history_of
from flowengine.cli.runs.exporting import whole_run
from flowengine.cli.runs.stopping import stopped_by_signals
from flowengine.cli.runs.worlds import Worlds, environment_of
from flowengine.cli.screen import Screen
from flowengine.cli.signals import NAMES
from flowengine.cli.steps import Steps
from flowengine.core.answers import Json
from flowengine.core.entries import Started
from flowengine.core.plan import Plan
from flowengine.core.state import Step
from flowengine.core.trace import Run
from flowengine.drivers.durable import Listener, Settings, Worker
from flowengine.drivers.durable_walk import DurableWalk, Left
from flowengine.journal.faults import JournalFault
from flowengine.journal.protocol import NewRun
from flowengine.journal.sqlite import SqliteJournal


def new_run(plan: Plan, event: Json, values: dict[str, Json], near: Path, environment: str | None) -> NewRun:
    """Return a run that is about to be kept. Raises UsageError where there is no such environment."""
    started = Started(uuid.uuid4().hex, plan.digest, time.time(), event, values)
    return NewRun(plan, [started], environment_of(plan, near, environment), "flowengine run")


def walk_kept(database: Path, new: NewRun, near: Path, form: str, recorder: Recorder | None = None) -> int:
    """Keep a run, walk it here, show it, record it where it came to its end, and return the exit code.

    Raises FlowError.
    """
    screen = Screen.out()
    steps = Steps(screen, new.plan) if form == "text" else None
    startup.settle()
    watched = _Watched(steps)
    walk, signals = asyncio.run(_walk(database, new, near, watched))
    run, stopped_by = Run.of(new.plan, walk.state), signals[0] if signals else None
    if watched.how is not Left.ENDED:
        # What was not kept has not happened, and another process may have gone on.
        with history_of(database) as history:
            run = whole_run(history, run.id, new.plan)
    is_open = run.result is None
    if steps is None:
        screen.json({"run": run.to_json()})
    else:
        steps.end(run, NAMES[stopped_by] if stopped_by and is_open else None)
    if not is_open:
        if recorder is not None:
            with history_of(database) as history:
                recorder.write(whole_run(history, run.id, new.plan), screen if steps else Screen.err())
        return 0 if run.result == "success" else 1
    _say_what_is_left(Screen.err() if steps is None else screen, watched.how, database, run.id)
    if recorder is not None:
        Screen.err().line(f"Nothing is recorded yet: `flowengine runs export {run.id}` does it when the run is over.")
    return 128 + stopped_by if stopped_by is not None else 1


class _Watched(Listener):
    """Shows the steps of one run, and each thing that is wrong with the journal once."""

    def __init__(self, steps: Steps | None) -> None:
        self.how = Left.OPEN
        self.steps = steps
        self._said: set[str] = set()

    def step(self, walk: DurableWalk, step: Step) -> None:  # noqa: ARG002 - there is one walk
        if self.steps is not None:
            self.steps.step(step)

    def left(self, walk: DurableWalk, how: Left) -> None:  # noqa: ARG002 - likewise
        self.how = how

    def fault(self, run: str | None, fault: JournalFault) -> None:  # noqa: ARG002 - likewise
        if str(fault) not in self._said:
            self._said.add(str(fault))
            Screen.err().error(f"{fault}\nThe run goes on as soon as that is over; Ctrl-C leaves it where it is kept")


async def _walk(database: Path, new: NewRun, near: Path, watched: _Watched) -> tuple[DurableWalk, list[signal.Signals]]:
    journal = await asyncio.to_thread(SqliteJournal, database)
    try:
        async with (
            Worlds(near) as worlds,
            # Whoever looks on waits for the end, so no wait is too long to be spent here.
            Worker(journal, worlds, TOOLS, listener=watched, settings=Settings(patience=math.inf)) as worker,
        ):
            with stopped_by_signals(worker) as signals:
                await worlds(new.environment)
                if watched.steps is not None and len(new.entries) == 1:
                    watched.steps.begin()
                walk, task = await worker.begin(_starting_now(new))
                try:
                    await asyncio.wait({task})
                except asyncio.CancelledError:
                    # Where a loop takes no signals, Ctrl-C comes like this.
                    signals.append(signal.SIGINT)
                    await worker.drain(0)
            task.result()
            return walk, signals
    finally:
        await journal.close()


def _starting_now(new: NewRun) -> NewRun:
    """Let a run start when its world is open: that takes a while, and is none of its steps."""
    started, *more = new.entries
    return new._replace(entries=[started._replace(at=time.time()), *more])


def _say_what_is_left(screen: Screen, how: Left, database: Path, run: str) -> None:
    where = f"--db {shlex.quote(str(database))}"
    if how is Left.LOST:
        screen.line(f"Another process goes on with it: `flowengine runs tail {run} {where}`")
    else:
        screen.line(
            f"It is kept: `flowengine runs resume {where}` goes on, `flowengine runs cancel {run} {where}` ends it"
        )
