"""``flowengine runs resume``: goes on with every open run."""

from __future__ import annotations

import asyncio
import json
import math
import signal
import time
from collections import Counter
from pathlib import Path
from typing import Any, Final

import click

from flowengine.check.compile import TOOLS
from flowengine.cli import startup
from flowengine.cli.options import database_option, format_option
from flowengine.cli.runs.database import database_path, short_id
from flowengine.cli.runs.kept import STYLES
from flowengine.cli.runs.stopping import GRACE, stopped_by_signals
from flowengine.cli.runs.times import ahead
from flowengine.cli.screen import Screen, shorten
from flowengine.cli.steps import duration
from flowengine.core.trace import Run
from flowengine.drivers.durable import DEFAULT, Listener, Worker
from flowengine.drivers.durable_ledger import AGAIN
from flowengine.drivers.durable_walk import DurableWalk, Left
from flowengine.errors import FlowEngineError
from flowengine.journal.faults import JournalFault
from flowengine.journal.protocol import History
from flowengine.journal.sqlite import SqliteJournal
from flowengine.runs.worlds import Worlds
from flowengine.signals import NAMES

_PASSING: Final = ("full", "busy")


def _finite(_context: click.Context, _option: click.Parameter, value: float) -> float:
    if not math.isfinite(value):
        raise click.BadParameter(f"{value} is not a number of seconds.")
    return value


@click.command()
@click.option(
    "--follow", is_flag=True, help="Stay, and go on with runs whenever they are due, until SIGTERM or Ctrl-C."
)
@click.option(
    "--grace",
    type=click.FloatRange(0),
    callback=_finite,
    default=GRACE,
    show_default=True,
    metavar="SECONDS",
    help="How long requests in flight may take to end after SIGTERM.",
)
@click.option(
    "--at-once", type=click.IntRange(1, 10_000), default=DEFAULT.at_once, show_default=True, help="Most runs under way."
)
@database_option
@format_option
def resume(follow: bool, grace: float, at_once: int, database: Path | None, form: str) -> int:  # noqa: FBT001 - click gives options by name
    """Go on with every open run that no process walks.

    What a run has an answer for is not done again. A request that was in flight is sent again where its node type says
    that it is idempotent; otherwise its node comes back with onError, and a reason that begins with `interrupted`. Runs
    go on in the environments that they were started in, as flowengine.yaml here has them.

    Without --follow it ends when no run is due any more; those that wait for later are left. Exit code 1: some run
    could not be gone on with.
    """
    path = database_path(database)
    startup.settle()
    told = _Told(Screen.out(), form)
    signals = asyncio.run(_resume(path, told, follow=follow, grace=grace, at_once=at_once))
    if signals and not follow:
        return 128 + signals[0]
    return 1 if told.stuck_runs else 0


class _Told(Listener):
    """Says which runs are over, and which cannot be gone on with."""

    def __init__(self, screen: Screen, form: str) -> None:
        self.ended: Counter[str] = Counter()
        self.stuck_runs: set[str] = set()
        self._screen = screen
        self._is_json = form == "json"
        self._said: set[str] = set()

    def left(self, walk: DurableWalk, how: Left) -> None:
        """See Listener."""
        if how is not Left.ENDED:
            return
        run, state, screen = Run.of(walk.plan, walk.state), walk.state, self._screen
        self.ended[run.status] += 1
        if self._is_json:
            self._line({"run": run.to_json()})
            return
        took = duration((state.ended_at or state.started_at) - state.started_at)
        columns = (
            screen.paint(short_id(run.id), "bold"),
            screen.paint(run.status.ljust(9), STYLES[run.status]),
            f"{screen.paint(run.flow)} {screen.paint(f'at {run.path[-1]}, {took}', 'dim')}",
        )
        screen.line("  ".join(columns))
        if run.reason is not None:
            screen.line(f"{' ' * 14}{screen.paint(shorten(run.reason), 'dim')}")

    def stuck(self, run: str, fault: Exception) -> None:
        """See Listener."""
        if run in self.stuck_runs:
            return
        self.stuck_runs.add(run)
        why = str(fault) if isinstance(fault, FlowEngineError) else f"{type(fault).__name__}: {fault}"
        if self._is_json:
            self._line({"stuck": {"id": run, "reason": why}})
        else:
            Screen.err().error(f"run {short_id(run)} cannot be gone on with here: {why}")

    def fault(self, run: str | None, fault: JournalFault) -> None:  # noqa: ARG002 - it is the same for all
        """See Listener."""
        if str(fault) not in self._said:
            self._said.add(str(fault))
            Screen.err().error(f"{fault}\nRuns go on as soon as that is over")

    def end(self, history: History, due: float | None) -> None:
        """Say what is left; ``due`` is when the next of it is."""
        if self._is_json:
            return
        counts = history.counts()
        ended = ", ".join(f"{count} {status}" for status, count in sorted(self.ended.items())) or "none ended"
        said = [ended]
        if counts["waiting"]:
            when = "for events only" if due is None else f"the next goes on {ahead(due, time.time())}"
            said.append(f"{counts['waiting']} wait, {when}")
        if counts["running"]:
            said.append(f"{counts['running']} open")
        self._screen.line(self._screen.paint("; ".join(said), "dim"))

    def _line(self, value: Any) -> None:
        self._screen.block(json.dumps(value, ensure_ascii=not self._screen.is_utf8, allow_nan=False))


async def _open(path: Path, told: _Told, *, follow: bool) -> SqliteJournal:
    """Open the journal; whoever stays waits for room on the disk, as later on, too. Raises JournalFault."""
    while True:
        try:
            return await asyncio.to_thread(SqliteJournal, path)
        except JournalFault as fault:
            if not follow or fault.code not in _PASSING:
                raise
            told.fault(None, fault)
        await asyncio.sleep(AGAIN)


async def _resume(path: Path, told: _Told, *, follow: bool, grace: float, at_once: int) -> list[signal.Signals]:
    journal = await _open(path, told, follow=follow)
    try:
        settings = DEFAULT._replace(at_once=at_once)
        async with (
            Worlds(Path()) as worlds,
            Worker(journal, worlds, TOOLS, listener=told, settings=settings) as worker,
        ):
            with stopped_by_signals(worker, grace) as signals:
                try:
                    await (worker.follow() if follow else worker.go_on())
                    await worker.ended()
                except asyncio.CancelledError:
                    # Where a loop takes no signals, Ctrl-C comes like this.
                    signals.append(signal.SIGINT)
            due = await journal.next_due(worker.owner)
        history = journal.history()
        told.end(history, due)
        history.close()
    finally:
        await journal.close()
    if signals and follow:
        Screen.err().line(f"stopped by {NAMES[signals[0]]}")
    return signals
