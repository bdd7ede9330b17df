from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

import flowengine
from flowengine.check.compile import TOOLS
from flowengine.core.answers import Answer
from flowengine.core.entries import Entry, Started
from flowengine.core.plan import DEFAULT_LIMITS, Limits, Plan
from flowengine.core.wants import Send
from flowengine.drivers.durable import Listener, Settings, Worker
from flowengine.effects.fakes import FakeEffects
from flowengine.journal.memory import MemoryJournal
from flowengine.journal.protocol import Journal, NewRun
from flowengine.journal.sqlite import SqliteJournal

sys.path.append(str(Path(__file__).parent))  # for `crashing`, which several tests here use

NODES = Path(__file__).parents[1] / "conformance" / "nodes"


@pytest.fixture
def compiled(tmp_path: Path) -> Callable[..., Plan]:
    """Compile the text of a flow and those that it calls, with the node types of the conformance cases."""

    def compiled(text: str, *called: str) -> Plan:
        path = tmp_path / "flow.yaml"
        path.write_text(text, "utf-8")
        for number, one in enumerate(called):
            (tmp_path / f"called-{number}.yaml").write_text(one, "utf-8")
        return flowengine.compile(flowengine.load(path), flowengine.Catalogue([NODES]))

    return compiled


class Bench:
    """A journal that outlives workers, and a world whose clock stands still unless somebody sleeps."""

    def __init__(self, journal: Journal, answer: Callable[[Send], Any]) -> None:
        self.journal = journal
        self.history = journal.history()
        self.effects = FakeEffects(answer)

    def new(self, plan: Plan, *, run: str = "run-1", limits: Limits = DEFAULT_LIMITS, **given: Any) -> NewRun:
        values = {name: one.default for name, one in plan.variables.items() if one.has_default}
        variables = {**values, **given.pop("variables", {})}
        started = Started(run, plan.digest, self.effects.now(), given.pop("trigger", {}), variables, limits)
        return NewRun(plan, [started], **given)

    @asynccontextmanager
    async def worker(
        self, listener: Listener | None = None, *, journal: Journal | None = None, **settings: Any
    ) -> AsyncIterator[Worker]:
        async def worlds(_: str | None) -> FakeEffects:
            return self.effects

        chosen = Settings(**settings)
        used = journal or self.journal
        clock = self.effects.now
        async with Worker(used, worlds, TOOLS, listener=listener, settings=chosen, clock=clock) as made:
            yield made

    def pass_(self, seconds: float) -> None:
        """Let time pass."""
        self.effects._now += seconds

    def entries(self, run: str = "run-1") -> list[Entry]:
        return self.history.entries(run)


@pytest.fixture(params=["memory", "sqlite"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[Callable[[Send], Answer]], Bench]]:
    """Make a bench over each kind of journal."""
    made: list[Bench] = []

    def make(answer: Callable[[Send], Answer]) -> Bench:
        journal = MemoryJournal() if request.param == "memory" else SqliteJournal(tmp_path / "runs.db")
        made.append(Bench(journal, answer))
        return made[-1]

    yield make
    for bench in made:
        bench.history.close()
        asyncio.run(bench.journal.close())
