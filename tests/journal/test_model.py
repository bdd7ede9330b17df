"""SQLite does what the journal in memory does, whatever is asked in whatever order, and across restarts."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from flowengine.core.answers import Outcome
from flowengine.core.entries import Completed, Started
from flowengine.core.plan import Plan
from flowengine.errors import FlowEngineError
from flowengine.journal.memory import MemoryJournal
from flowengine.journal.protocol import Ended, Filter, NewRun
from flowengine.journal.sqlite import SqliteJournal

RUNS = st.sampled_from(["r-1", "r-2", "r-3", "r-4"])
OWNERS = st.sampled_from(["a", "b", "c"])
STEPS = st.integers(0, 20)


def machine(plans: tuple[Plan, Plan]) -> type[RuleBasedStateMachine]:  # noqa: C901 - a rule a method
    class Journals(RuleBasedStateMachine):
        """``now`` only goes on; ``seqs`` is where a careful caller would append."""

        @initialize()
        def begin(self) -> None:
            self.folder = tempfile.TemporaryDirectory()
            self.runner = asyncio.Runner()
            self.memory, self.sqlite = MemoryJournal(), SqliteJournal(Path(self.folder.name) / "runs.db")
            self.model, self.tested = self.memory.history(), self.sqlite.history()
            self.now = 1.0

        def same(self, call: Any) -> Any:
            """Ask both the same; what they say, or raise, is equal."""
            said = []
            for journal in (self.memory, self.sqlite):
                try:
                    said.append(self.runner.run(call(journal)))
                except FlowEngineError as fault:
                    said.append((type(fault), str(fault)))
            assert said[0] == said[1]
            return said[0]

        @rule(passed=STEPS)
        def time_passes(self, passed: int) -> None:
            self.now += passed

        @rule(run=RUNS, owner=st.none() | OWNERS, lease=STEPS, other=st.booleans())
        def create(self, run: str, owner: str | None, lease: int, other: bool) -> None:  # noqa: FBT001 - drawn
            plan = plans[other]
            new = NewRun(plan, [Started(run, plan.digest, self.now, {"run": run}, {})])
            self.same(lambda journal: journal.create(new, owner=owner, lease=float(lease)))

        @rule(run=RUNS, owner=OWNERS, seq=st.integers(1, 3), entries=st.integers(0, 2), rightly=st.booleans())
        def append(self, run: str, owner: str, seq: int, entries: int, rightly: bool) -> None:  # noqa: FBT001 - drawn
            if rightly:
                owner, seq = self.place(run, owner, seq)
            new = [Completed("wait", number, 1, Outcome("x"), 1.0, 2.0) for number in range(entries)]
            self.same(lambda journal: journal.append(run, seq, new, owner=owner))

        @rule(run=RUNS, owner=OWNERS, seq=st.integers(1, 3), wait=STEPS)
        def wait(self, run: str, owner: str, seq: int, wait: int) -> None:
            owner, seq = self.place(run, owner, seq)
            until = self.now + wait
            self.same(lambda journal: journal.append(run, seq, [], owner=owner, waiting_until=until))

        @rule(run=RUNS, owner=OWNERS, seq=st.integers(1, 3), status=st.sampled_from(["succeeded", "failed"]))
        def end(self, run: str, owner: str, seq: int, status: str) -> None:
            owner, seq = self.place(run, owner, seq)
            ended = Ended(status, "success", None, self.now)
            self.same(lambda journal: journal.append(run, seq, [], owner=owner, ended=ended))

        @rule(owner=OWNERS, lease=STEPS, limit=st.integers(0, 3))
        def claim(self, owner: str, lease: int, limit: int) -> None:
            self.same(lambda journal: journal.claim(owner, self.now, float(lease), limit))

        @rule(owner=OWNERS, runs=st.sets(RUNS), lease=STEPS)
        def renew(self, owner: str, runs: set[str], lease: int) -> None:
            self.same(lambda journal: journal.renew(owner, runs, self.now, float(lease)))

        @rule(owner=OWNERS, runs=st.sets(RUNS))
        def release(self, owner: str, runs: set[str]) -> None:
            self.same(lambda journal: journal.release(owner, runs))

        @rule(run=RUNS)
        def cancel(self, run: str) -> None:
            self.same(lambda journal: journal.cancel(run, "by hand", self.now))

        @rule(ago=st.none() | STEPS, keep=st.none() | st.integers(0, 2))
        def prune(self, ago: int | None, keep: int | None) -> None:
            older_than = None if ago is None else self.now - ago
            self.same(lambda journal: journal.prune(older_than, keep))

        @precondition(lambda self: hasattr(self, "runner"))
        @rule()
        def restart(self) -> None:
            self.tested.close()
            self.runner.run(self.sqlite.close())
            self.sqlite = SqliteJournal(Path(self.folder.name) / "runs.db")
            self.tested = self.sqlite.history()

        @rule(statuses=st.sets(st.sampled_from(["running", "waiting", "cancelled"])), before=st.none() | RUNS)
        def look(self, statuses: set[str], before: str | None) -> None:
            async def listed(history: Any) -> Any:
                return history.runs(Filter(statuses, text="R-"), 2, before)

            self.same(lambda journal: listed(self.model if journal is self.memory else self.tested))

        @invariant()
        def nothing_differs(self) -> None:
            assert self.tested.runs() == self.model.runs()
            assert self.tested.counts() == self.model.counts()
            for run in self.model.runs():
                assert self.tested.entries(run.id) == self.model.entries(run.id)
            for owner in "abc":
                self.same(lambda journal, owner=owner: journal.next_due(owner))
                self.same(lambda journal, owner=owner: journal.cancellations(owner))

        def teardown(self) -> None:
            if hasattr(self, "runner"):
                assert self.tested.check() == []
                self.tested.close()
                self.runner.run(self.sqlite.close())
                self.runner.close()
                self.folder.cleanup()

        def place(self, run: str, owner: str, seq: int) -> tuple[str, int]:
            found = [one for one in self.model.runs() if one.id == run]
            return (found[0].owner or owner, found[0].entries) if found else (owner, seq)

    return Journals


def test_sqlite_does_what_the_model_does(plans: tuple[Plan, Plan]) -> None:
    run_state_machine_as_test(
        machine(plans),
        settings=settings(
            max_examples=40,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )
