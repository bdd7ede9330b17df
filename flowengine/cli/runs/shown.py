"""A kept run on a screen, with the runs that it calls, step by step as they are kept."""

from __future__ import annotations

import time
from pathlib import Path

from flowengine.cli.runs.awaited import all_in_words, how_it_comes
from flowengine.cli.screen import Screen
from flowengine.cli.steps import Steps, duration
from flowengine.core.plan import Plan
from flowengine.core.trace import Run
from flowengine.harmless import harmless
from flowengine.runs.family import Told, Waiting


class Shown:
    """Draws one family. ``database`` is where it is kept, for what people can type."""

    def __init__(self, screen: Screen, plan: Plan, database: Path) -> None:
        self._screen = screen
        self._steps = Steps(screen, plan)
        self._called: dict[str, Steps] = {}
        self._database = database
        self._said: set[tuple[str, str, int]] = set()

    def begin(self) -> None:
        """Show the first node as under way."""
        self._steps.begin()

    def step(self, told: Told) -> None:
        """Show a step; those of called runs are indented."""
        if told.depth and told.run not in self._called:
            self._called[told.run] = Steps(self._screen, told.plan, told.depth)
        (self._called[told.run] if told.depth else self._steps).step(told.step)

    def waits(self, waiting: Waiting) -> None:
        """Say once what is waited for, and how it can come."""
        want = waiting.want
        if (place := (waiting.run, want.node, want.visit)) in self._said:
            return
        self._said.add(place)
        how_long = "" if waiting.until is None else f", {duration(max(0.0, waiting.until - time.time()))} at most"
        said = f"{want.node} waits for {all_in_words(want.keys)}{how_long}: {how_it_comes(want.keys, self._database)}"
        self._screen.line(self._screen.paint(harmless(said), "yellow"))

    def end(self, run: Run, stopped_by: str | None = None) -> None:
        """Show how the run ended, or what has interrupted it."""
        self._steps.end(run, stopped_by)
