"""Walking one kept run while somebody looks on: ``run --db`` and ``runs retry``."""

from __future__ import annotations

import asyncio
import math
import shlex
import signal
import time
import uuid
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

from flowengine.check.compile import TOOLS
from flowengine.cli import startup
from flowengine.cli.run_record import Recorder
from flowengine.cli.runs.database import history_of, short_id
from flowengine.cli.runs.shown import Shown
from flowengine.cli.runs.stopping import stopped_by_signals
from flowengine.cli.screen import Screen
from flowengine.core.answers import Json
from flowengine.core.entries import Started
from flowengine.core.plan import Plan
from flowengine.core.state import Step
from flowengine.drivers.durable import Listener, Settings, Worker
from flowengine.drivers.durable_plans import started_of
from flowengine.drivers.durable_walk import DurableWalk, Left
from flowengine.errors import UsageError
from flowengine.journal.faults import JournalFault
from flowengine.journal.inbox import NewEvent
from flowengine.journal.protocol import Journal, NewRun
from flowengine.journal.sqlite import SqliteJournal
from flowengine.recording.events import received
from flowengine.runs.family import Family, Waiting, whole_run
from flowengine.runs.worlds import Worlds, environment_of
from flowengine.signals import NAMES

_SOURCE: Final = "flowengine run"
_EVERY: Final = 0.1
"""Seconds between two looks at what was kept."""


def new_run(plan: Plan, event: Json, values: dict[str, Json], near: Path, environment: str | None) -> NewRun:
    """Return a run that is about to be kept. Raises UsageError where there is no such environment."""
    started = Started(uuid.uuid4().hex, plan.digest, time.time(), event, values)
    return NewRun(plan, [started], environment_of(plan, near, environment), _SOURCE)


def walk_kept(  # noqa: PLR0913, PLR0917 - what there is to a run
    database: Path, new: NewRun, near: Path, form: str, recorder: Recorder | None = None, events: Iterable[Json] = ()
) -> int:
    """Keep a run, walk it here, show it, record it where it came to its end, and return the exit code.

    ``events`` are what its waits get, in order: the first that is one of those that are waited for. Raises FlowError.
    """
    screen = Screen.out()
    shown = Shown(screen, new.plan, database) if form == "text" else None
    startup.settle()
    given = _Given(events)
    signals = asyncio.run(_walk(database, new, near, shown, given))
    stopped_by = signals[0] if signals else None
    with history_of(database) as history:
        # What was not kept has not happened, and another process may have gone on.
        run = whole_run(history, started_of(new.entries).run, new.plan)
    is_open = run.result is None
    if shown is None:
        screen.json({"run": run.to_json()})
    else:
        shown.end(run, NAMES[stopped_by] if stopped_by and is_open else None)
    given.say_what_is_left()
    if not is_open:
        if recorder is not None:
            recorder.write(run, Screen.err() if shown is None else screen)
        return 0 if run.result == "success" else 1
    where = f"--db {shlex.quote(str(database))}"
    (Screen.err() if shown is None else screen).line(
        f"It is kept: `flowengine runs resume {where}` goes on, `flowengine runs cancel {run.id} {where}` ends it"
    )
    if recorder is not None:
        Screen.err().line(f"Nothing is recorded yet: `flowengine runs export {run.id}` does it when the run is over.")
    return 128 + stopped_by if stopped_by is not None else 1


class _Given:
    """The events that a run was started with. Each wait gets one, as if it had come from outside."""

    def __init__(self, events: Iterable[Json]) -> None:
        self._left = list(events)
        self._fed: set[tuple[str, str, int]] = set()

    async def feed(self, journal: Journal, waiting: Waiting) -> bool:
        """Let one come that is waited for; say whether there was one. Raises JournalFault, UsageError."""
        want = waiting.want
        if (place := (waiting.run, want.node, want.visit)) in self._fed:
            return False
        for number, given in enumerate(self._left):
            try:
                event = received(want, given)
            except ValueError:
                continue  # it is for another node, or for nobody: then it is left over
            id_ = ":".join(map(str, place))
            try:
                new = NewEvent(id_, event.name, [event.key], event.body, time.time(), _SOURCE)
                accepted = await journal.accept(new)
            except ValueError as fault:
                raise UsageError(f"--event: {fault}") from None
            self._fed.add(place)
            del self._left[number]
            if accepted.run is not None and accepted.run != waiting.run:
                taker = short_id(accepted.run)
                Screen.err().line(f"The event went to run {taker}, which has waited longer for it")
            return True
        return False

    def say_what_is_left(self) -> None:
        """Say which events no node has waited for."""
        if self._left:
            left = f"{len(self._left)} of the events" if len(self._left) > 1 else "an event"
            Screen.err().line(f"Not used: {left} of --event, for which no `receive` waited")


class _Watched(Listener):
    """Knows when there may be something to show, and says each thing that is wrong with the journal once."""

    def __init__(self) -> None:
        self.moved = asyncio.Event()
        self.is_over = False
        self.stuck_with: Exception | None = None
        self.worker: Worker | None = None
        self._said: set[str] = set()

    def step(self, walk: DurableWalk, step: Step) -> None:  # noqa: ARG002 - it is shown once it is kept
        self.moved.set()

    def left(self, walk: DurableWalk, how: Left) -> None:  # noqa: ARG002 - likewise
        self.moved.set()

    def stuck(self, run: str, fault: Exception) -> None:  # noqa: ARG002 - the whole family is stuck
        self.stuck_with = fault
        if self.worker is not None:
            self.worker.leave()

    def fault(self, run: str | None, fault: JournalFault) -> None:  # noqa: ARG002 - likewise
        if str(fault) not in self._said:
            self._said.add(str(fault))
            Screen.err().error(f"{fault}\nThe run goes on as soon as that is over; Ctrl-C leaves it where it is kept")


async def _walk(database: Path, new: NewRun, near: Path, shown: Shown | None, given: _Given) -> list[signal.Signals]:
    journal = await asyncio.to_thread(SqliteJournal, database)
    watched, history = _Watched(), await asyncio.to_thread(journal.history)
    try:
        async with (
            Worlds(near) as worlds,
            # Whoever looks on waits for the end, so no pause is too long to be spent here.
            Worker(journal, worlds, TOOLS, listener=watched, settings=Settings(patience=math.inf)) as worker,
        ):
            watched.worker = worker
            with stopped_by_signals(worker) as signals:
                await worlds(new.environment)
                if shown is not None and len(new.entries) == 1:
                    shown.begin()
                new = _starting_now(new)
                await worker.begin(new)
                family = Family(history, new.plan, new.entries)
                looking = asyncio.create_task(_look_on(family, shown, journal, given, watched))
                try:
                    await _see_through(worker, new, looking)
                except asyncio.CancelledError:
                    # Where a loop takes no signals, Ctrl-C comes like this.
                    signals.append(signal.SIGINT)
                    await worker.drain(0)
                watched.is_over = True
                watched.moved.set()
                await looking
            if watched.stuck_with is not None:
                raise watched.stuck_with
            return signals
    finally:
        await asyncio.to_thread(history.close)
        await journal.close()


async def _see_through(worker: Worker, new: NewRun, looking: asyncio.Task[None]) -> None:
    """Walk until the run has ended or is to be left, or whoever looks on has failed."""
    walking = asyncio.create_task(worker.see_through(started_of(new.entries).run))
    try:
        await asyncio.wait({walking, looking}, return_when=asyncio.FIRST_COMPLETED)
        if not walking.done():
            return
        await walking
    finally:
        walking.cancel()
    await worker.ended()


async def _look_on(family: Family, shown: Shown | None, journal: Journal, given: _Given, watched: _Watched) -> None:
    """Show what is kept as soon as it is, say what is waited for, and let the given events come."""
    is_over = False
    while not is_over:
        is_over = watched.is_over
        with suppress(JournalFault):  # whoever walks says so
            for told in await asyncio.to_thread(family.look):
                if shown is not None:
                    shown.step(told)
            waiting = None if is_over else await asyncio.to_thread(family.waiting)
            if waiting is not None and await given.feed(journal, waiting):
                if watched.worker is not None:
                    watched.worker.look()
            elif waiting is not None and shown is not None:
                shown.waits(waiting)
        watched.moved.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(_EVERY):
                await watched.moved.wait()


def _starting_now(new: NewRun) -> NewRun:
    """Let a run start when its world is open: that takes a while, and is none of its steps."""
    started, *more = new.entries
    return new._replace(entries=[started._replace(at=time.time()), *more])
