from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import pytest

import flowengine
from flowengine.core.answers import Answer, Elapsed
from flowengine.core.entries import Completed, Entry, Started
from flowengine.core.plan import Plan
from flowengine.journal.memory import MemoryJournal
from flowengine.journal.protocol import History, Journal, NewRun
from flowengine.journal.sqlite import SqliteJournal

T = TypeVar("T")
Make: TypeAlias = Callable[..., NewRun]

FLOW = """
flow: kept
variables: {name: {type: string}}
start: wait
nodes:
  wait: {type: delay@1.0, inputs: {duration: 1d}, edges: {onTimeout: done}}
  done: {end: success}
"""


def step(number: int = 1, answer: Answer = Elapsed(), at: float = 5.0) -> Completed:  # noqa: B008 - immutable
    return Completed("wait", number, 1, answer, at, at)


class Kept:
    """A journal whose calls are waited for, and what reads it."""

    def __init__(self, journal: Journal, runner: asyncio.Runner) -> None:
        self.journal = journal
        self.history: History = journal.history()
        self._runner = runner

    def __getattr__(self, name: str) -> Callable[..., Any]:
        call = object.__getattribute__(self.journal, name)
        return lambda *args, **kwargs: self.wait(call(*args, **kwargs))

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(work)

    def close(self) -> None:
        self.history.close()
        self.wait(self.journal.close())


@pytest.fixture(scope="session")
def plans(tmp_path_factory: pytest.TempPathFactory) -> tuple[Plan, Plan]:
    folder = tmp_path_factory.mktemp("plans")
    texts = {"kept": FLOW, "other": FLOW.replace("kept", "other")}
    for name, text in texts.items():
        (folder / f"{name}.yaml").write_text(text, "utf-8")
    kept, other = (flowengine.compile(flowengine.load(folder / f"{name}.yaml")) for name in texts)
    return kept, other


@pytest.fixture
def plan(plans: tuple[Plan, Plan]) -> Plan:
    return plans[0]


@pytest.fixture
def new(plan: Plan) -> Make:
    """Make a run that starts at second 1."""

    def make(run: str, *more: Entry, at: float = 1.0, on: Plan = plan, trigger: Any = None, **about: Any) -> NewRun:
        return NewRun(on, [Started(run, on.digest, at, trigger, {}), *more], **about)

    return make


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "kept" / "runs.db"


@pytest.fixture(params=["memory", "sqlite"])
def kept(request: pytest.FixtureRequest, path: Path, runner: asyncio.Runner) -> Iterator[Kept]:
    """Give each journal there is."""
    kept = Kept(MemoryJournal() if request.param == "memory" else SqliteJournal(path), runner)
    yield kept
    kept.close()


@pytest.fixture
def sqlite(path: Path, runner: asyncio.Runner) -> Iterator[Kept]:
    kept = Kept(SqliteJournal(path), runner)
    yield kept
    kept.close()
