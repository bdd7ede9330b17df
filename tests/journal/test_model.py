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
from flowengine.journal.inbox import Awaiting, EventFilter, NewEvent
from flowengine.journal.memory import MemoryJournal
from flowengine.journal.outbox import Forward
from flowengine.journal.protocol import Ended, Filter, NewRun
from flowengine.journal.sqlite import SqliteJournal

RUNS = st.sampled_from(["r-1", "r-2", "r-3", "r-1.4"])
OWNERS = st.sampled_from(["a", "b", "c"])
STEPS = st.integers(0, 20)
QUEUES = st.sampled_from([None, None, "q-1", "q-2"])
KEYS = st.lists(st.sampled_from(["k-1", "k-2", "run:r-1", "run:r-2"]), min_size=1, max_size=3)
NUMBERS = st.integers(1, 6)


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

        @rule(
            run=RUNS,
            owner=st.none() | OWNERS,
            lease=STEPS,
            other=st.booleans(),
            queue=QUEUES,
            called_by=st.none() | RUNS,
        )
        def create(  # noqa: PLR0913, PLR0917 - drawn
            self,
            run: str,
            owner: str | None,
            lease: int,
            other: bool,  # noqa: FBT001 - drawn
            queue: str | None,
            called_by: str | None,
        ) -> None:
            new = self.new(run, queue, called_by, other=other)
            self.same(lambda journal: journal.create(new, owner=owner, lease=float(lease)))

        @rule(
            event=st.sampled_from(["e-1", "e-2", "e-3", "e-4"]),
            keys=KEYS,
            runs=st.lists(RUNS, max_size=2, unique=True),
            ago=st.integers(0, 3),
            queue=QUEUES,
            conversation=st.sampled_from([None, "c-1", "c-1", "c-2"]),
        )
        def accept(  # noqa: PLR0913, PLR0917 - drawn
            self, event: str, keys: list[str], runs: list[str], ago: int, queue: str | None, conversation: str | None
        ) -> None:
            new = NewEvent(event, "answer", keys, {"n": event}, self.now - ago, "sms", conversation)
            started = [self.new(run, queue) for run in runs]
            forward = [Forward("s", event, conversation, {"n": event}, self.now)]
            self.same(lambda journal: journal.accept(new, started, forward))

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

        @rule(
            run=RUNS, owner=OWNERS, keys=KEYS, ago=st.integers(0, 3), wait=st.none() | STEPS, taken=st.none() | NUMBERS
        )
        def wait_for(  # noqa: PLR0913, PLR0917 - drawn
            self, run: str, owner: str, keys: list[str], ago: int, wait: int | None, taken: int | None
        ) -> None:
            owner, seq = self.place(run, owner, 1)
            awaiting = Awaiting(keys, self.now - ago)
            until = None if wait is None else self.now + wait
            self.same(
                lambda journal: journal.append(
                    run, seq, [], owner=owner, waiting_until=until, awaiting=awaiting, taken=taken
                )
            )

        @rule(owner=OWNERS)
        def take(self, owner: str) -> None:
            """Do what a careful driver does: claim what is due, and take the events that it is woken with."""
            for claim in self.same(lambda journal: journal.claim(owner, self.now, 5.0, 9)):
                if claim.event is not None:
                    _, seq = self.place(claim.run, owner, 1)
                    entry = Completed("wait", seq, 1, Outcome("x", claim.event.body), 1.0, 2.0)
                    self.same(
                        lambda journal, run=claim.run, seq=seq, entry=entry, number=claim.event.number: journal.append(
                            run, seq, [entry], owner=owner, taken=number
                        )
                    )

        @rule(
            run=RUNS,
            owner=OWNERS,
            seq=st.integers(1, 3),
            status=st.sampled_from(["succeeded", "failed"]),
            taken=st.none() | NUMBERS,
        )
        def end(self, run: str, owner: str, seq: int, status: str, taken: int | None) -> None:
            owner, seq = self.place(run, owner, seq)
            ended = Ended(status, "success", None, self.now, "Done", {"n": seq})
            self.same(lambda journal: journal.append(run, seq, [], owner=owner, ended=ended, taken=taken))

        @rule(limit=st.integers(0, 3), lease=STEPS)
        def outbox_due(self, limit: int, lease: int) -> None:
            self.same(lambda journal: journal.outbox_due(self.now, limit, float(lease)))

        @rule(number=NUMBERS, how=st.sampled_from(["delivered", "failed", "dead"]), pause=STEPS)
        def settle(self, number: int, how: str, pause: int) -> None:
            at = self.now
            if how == "delivered":
                self.same(lambda journal: journal.delivered(number, at))
            elif how == "failed":
                self.same(lambda journal: journal.failed(number, at, at + pause, "no luck"))
            else:
                self.same(lambda journal: journal.dead(number, at, "gone"))

        @rule(numbers=st.sets(NUMBERS))
        def resend(self, numbers: set[int]) -> None:
            self.same(lambda journal: journal.resend(numbers))

        @rule(owner=OWNERS, lease=STEPS, limit=st.integers(0, 3), family=st.none() | RUNS)
        def claim(self, owner: str, lease: int, limit: int, family: str | None) -> None:
            self.same(lambda journal: journal.next_due(owner, family))
            self.same(lambda journal: journal.claim(owner, self.now, float(lease), limit, family))

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
            assert self.tested.events(EventFilter(text="E-"), 9) == self.model.events(EventFilter(text="E-"), 9)
            assert self.tested.event_counts() == self.model.event_counts()
            assert self.tested.outbox("s") == self.model.outbox("s")
            assert self.tested.outbox_counts() == self.model.outbox_counts()
            self.same(lambda journal: journal.outbox_next())
            for run in self.model.runs():
                assert self.tested.entries(run.id) == self.model.entries(run.id)
                assert self.tested.children(run.id) == self.model.children(run.id)
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

        def new(
            self, run: str, queue: str | None = None, called_by: str | None = None, *, other: bool = False
        ) -> NewRun:
            plan = plans[other]
            started = Started(run, plan.digest, self.now, {"run": run}, {})
            return NewRun(plan, [started], queue=queue, called_by=called_by)

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
