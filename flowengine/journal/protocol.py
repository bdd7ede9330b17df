"""The contract of journals. ``memory`` and ``sqlite`` keep it; ``tests/journal`` holds both to it.

All times are seconds since the epoch and come from the caller: a journal reads no clock. ``owner`` is any text that no
other process uses, ever: a new one for each start of a process.

A run is *open* until it has ended. An open run is *leased* by one owner or by nobody, and it is *due* when nobody
leases it and its wait, if it has one, is over. A lease that ran out still holds until somebody else claims the run.

A run may wait for an event (``inbox``): it is due as soon as that is accepted. Runs of one *queue* are walked one after
the other, in the order of their creation: a run waits, and nobody leases it, until those before it have ended.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple, Protocol

from flowengine.core.answers import Json
from flowengine.core.entries import Entry
from flowengine.core.plan import Plan
from flowengine.journal.inbox import Accepted, Awaiting, EventFilter, KeptEvent, NewEvent, Received
from flowengine.journal.outbox import Forward, Outbox, OutboxHistory


class NewRun(NamedTuple):
    """A run to be kept. Its id, time and plan's digest are those of its first entry, which is ``Started``.

    ``entries`` has one entry, or more for a run that takes over the beginning of another one: ``parent`` is that run,
    ``parent_node`` the node it was retried from. ``environment`` is the environment's name, ``source`` says in a few
    words what started it. ``queue`` is the queue it is in, ``called_by`` the run that called it and waits for its end.
    """

    plan: Plan
    entries: Sequence[Entry]
    environment: str | None = None
    source: str | None = None
    parent: str | None = None
    parent_node: str | None = None
    queue: str | None = None
    called_by: str | None = None


class Ended(NamedTuple):
    """How a run ended, as its state says. ``status`` is ``succeeded``, ``failed`` or ``cancelled``.

    ``end`` (title or id of the end node) and ``outputs`` are for the run that called it, and kept in the event that it
    gets: name ``run-ended``, key ``run:<id>``, body ``{status, result, reason, end, outputs}``.
    """

    status: str
    result: str
    reason: str | None
    at: float
    end: str | None = None
    outputs: dict[str, Json] | None = None


class Cancellation(NamedTuple):
    """Somebody asked that a run ends; its owner appends ``Stopped(at, "cancelled", reason)`` and the end."""

    run: str
    reason: str
    at: float


class Claim(NamedTuple):
    """A run that the caller leases now. Its entries are ``await journal.load(run)``.

    ``waiting_until``: the wait that it was let go with, None where that has no end. It stays until the next append, so
    a crash between the claim and that append does not lose it. ``cancellation``: it is to be ended before anything else
    is done. ``event``: what it is woken with; it stays with the run until the next append, which says ``taken``.
    """

    run: str
    waiting_until: float | None
    cancellation: Cancellation | None
    event: Received | None = None


class KeptRun(NamedTuple):
    """A run as a list of runs shows it.

    ``status`` is ``running``, ``waiting``, ``succeeded``, ``failed`` or ``cancelled``; ``result``, ``reason`` and
    ``ended_at`` are None until the end; ``entries`` is how many there are; ``owner`` and ``leased_until`` are None
    where nobody leases it. A run that waits is leased by nobody; once claimed it is ``running``, and keeps its
    ``waiting_until`` until the next append. ``waiting_until`` of a run that waits is None where that has no end.
    ``cancel_asked_at`` is set where an open run is to be cancelled; ``queued`` where others of its queue come first.
    """

    id: str
    flow: str
    digest: str
    status: str
    result: str | None
    reason: str | None
    created_at: float
    ended_at: float | None
    entries: int
    environment: str | None
    source: str | None
    parent: str | None
    parent_node: str | None
    waiting_until: float | None
    owner: str | None
    leased_until: float | None
    cancel_asked_at: float | None
    queue: str | None = None
    called_by: str | None = None
    queued: bool = False


class Filter(NamedTuple):
    """Which runs to list: all that are given must hold.

    ``statuses`` are those of KeptRun, none for any. ``since`` is the earliest creation. ``text`` is looked for, without
    regard to ASCII case, in id, flow, reason and the first entry (trigger and start values).
    """

    statuses: Collection[str] = ()
    flow: str | None = None
    since: float | None = None
    text: str | None = None


class Pruned(NamedTuple):
    """What ``prune`` took away."""

    runs: int
    plans: int
    events: int = 0
    outbox: int = 0


CancelResult = Literal["stopped", "asked", "over"]

STATUSES: Final = ("running", "waiting", "succeeded", "failed", "cancelled")
"""Of KeptRun; the first two are those of open runs."""


class Journal(Outbox, Protocol):
    """What a driver needs, and (``Outbox``) what delivers.

    Whatever a call has returned from is durable. Calls raise JournalFault where the disk, the file or another process
    is in the way; after one it is *not known* whether an ``append`` or ``create`` was kept: claim the run again and
    replay. The same holds for a call whose task is cancelled while it waits.
    """

    def history(self) -> History:
        """Return what reads this journal. Close it after use."""

    async def create(self, run: NewRun, *, owner: str | None = None, lease: float = 0.0) -> int:
        """Keep a new run; return its next seq. Raises RunExists.

        With an owner it is leased until ``lease`` seconds after its creation; without one it is due at once. Where an
        open run of its queue is there, it waits for that, and is nobody's, whoever was to own it.
        """

    async def accept(self, event: NewEvent, runs: Sequence[NewRun] = (), forward: Sequence[Forward] = ()) -> Accepted:
        """Accept an event, in one transaction. Raises ValueError where it is not JSON, RunExists.

        An event that was accepted before is counted, and nothing else is done. Else, where runs await one of its keys,
        the oldest of them takes it and is due at once (one that somebody walks: when it is let go); where none does,
        ``runs`` are created; where none are given, it is kept. Then ``forward`` goes into the outbox.
        """

    async def append(  # noqa: PLR0913 - each is a fact of its own
        self,
        run: str,
        seq: int,
        entries: Sequence[Entry],
        *,
        owner: str,
        waiting_until: float | None = None,
        awaiting: Awaiting | None = None,
        taken: int | None = None,
        ended: Ended | None = None,
    ) -> int:
        """Keep entries as ``seq``, ``seq + 1``, …, all or none; return the next seq.

        Raises Fenced where ``seq`` is not next, the owner does not hold the run, or it has ended. Raises ValueError
        where an entry is not JSON, or larger than an entry may be.

        One append may hold the Completed of a step and the Requested of the next one: that costs one commit.
        With ``waiting_until`` the run also goes out of the owner's hands until then (a run that is to be cancelled is
        due at once); with ``ended`` it is closed for good. Either may come without entries.

        With ``awaiting`` it waits for an event, too, or for that alone, where there is no ``waiting_until``. It is due
        at once where one came before, at ``since`` or later, and no run took it: the earliest. It waits until its next
        append, also while somebody leases it; that it did is remembered.

        ``taken`` is the number of the event it was woken with (Fenced, where it was not). An event that came while the
        run was walked, and which the append does not take, is ``late`` from then on.

        With ``ended`` the next run of the queue is due, the run that called it gets its event, and the open runs that
        it has called are cancelled.
        """

    async def claim(self, owner: str, now: float, lease: float, limit: int, family: str | None = None) -> list[Claim]:
        """Lease up to ``limit`` due runs until ``now + lease``, those first that have been due longest.

        A run whose lease ran out before ``now`` counts as nobody's, unless it is the caller's own: whoever walks a run
        knows it, and gets it back only by ``release``. With a ``family`` only the run with that id, and those whose id
        begins with it and a dot: the runs that it has called, and those that these have.
        """

    async def load(self, run: str) -> list[Entry]:
        """Return a run's entries. Raises UnknownRun, and JournalCorrupt naming run and seq."""

    async def plan(self, digest: str) -> Mapping[str, Any]:
        """Return a plan's data by the digest of a Started entry. Raises JournalCorrupt."""

    async def renew(self, owner: str, runs: Collection[str], now: float, lease: float) -> set[str]:
        """Hold runs until ``now + lease``; return those that are not the owner's any more."""

    async def release(self, owner: str, runs: Collection[str]) -> None:
        """Let runs go; they are due at once, or when their wait is over. Those of others stay as they are."""

    async def next_due(self, owner: str, family: str | None = None) -> float | None:
        """Return the next moment at which ``claim`` could have something for this owner; None: only events bring one.

        The end of somebody else's lease counts: it may be renewed by then, so ``claim`` may still come back empty.
        """

    async def cancel(self, run: str, reason: str, at: float) -> CancelResult:
        """Ask that a run ends, and with it the open runs that it has called. Raises UnknownRun.

        ``stopped``: nobody leased it at ``at``, and it has ended with ``Stopped`` now. ``asked``: its owner will end
        it. ``over``: it had ended before.
        """

    async def cancellations(self, owner: str) -> list[Cancellation]:
        """Return which of the owner's runs are to be ended. Cheap enough to be asked every second."""

    async def prune(self, older_than: float | None = None, keep: int | None = None) -> Pruned:
        """Delete ended runs: those that ended before ``older_than``, and all but the ``keep`` last ended ones.

        Events that came before ``older_than``, and what was delivered before it, go as well; an event that is gone can
        be accepted once more. Plans that no run has any more go, too. Open runs always stay, with the runs that they
        have called, and the events that they are to be woken with. With neither bound nothing is deleted.
        """

    async def close(self) -> None:
        """Write what is under way and close. Later calls raise JournalFault (``closed``). Leases stay as they are."""


class History(OutboxHistory, Protocol):
    """What those who look at runs, events and streams need. Reads only, on its own connection: no walk waits for it.

    Calls block; from asyncio go through ``asyncio.to_thread``. They raise JournalFault.
    """

    def run(self, run: str) -> KeptRun:
        """Return one run. Raises UnknownRun."""

    def ids(self, prefix: str, limit: int = 20) -> list[str]:
        """Return ids that begin with a prefix, sorted. The id itself comes first, if it is one."""

    def entries(self, run: str, after: int = -1) -> list[Entry]:
        """Return a run's entries with a seq above ``after``. Raises UnknownRun, JournalCorrupt."""

    def plan(self, digest: str) -> Mapping[str, Any]:
        """Return a plan's data. Raises JournalCorrupt."""

    def runs(self, where: Filter = Filter(), limit: int = 50, before: str | None = None) -> list[KeptRun]:  # noqa: B008 - immutable
        """Return runs, newest first, at most ``limit``; with ``before`` only those older than that run (UnknownRun)."""

    def counts(self) -> dict[str, int]:
        """Return how many runs have which status, all five of them."""

    def children(self, run: str) -> list[KeptRun]:
        """Return the runs that a run has called, in the order of their creation."""

    def retries(self, run: str, limit: int = 50) -> list[KeptRun]:
        """Return the runs that took over the beginning of a run (``parent``), newest first."""

    def awaited(self, run: str) -> list[str]:
        """Return the keys of the events that a run waits for now, in order."""

    def queue_head(self, queue: str) -> str | None:
        """Return the run that those of a queue wait for."""

    def events(
        self,
        where: EventFilter = EventFilter(),  # noqa: B008 - immutable
        limit: int = 50,
        before: int | None = None,
    ) -> list[KeptEvent]:
        """Return events, newest first, at most ``limit``; with ``before`` only those with a lower number."""

    def event(self, number: int) -> KeptEvent:
        """Return one event. Raises UnknownEvent."""

    def event_counts(self) -> dict[str, int]:
        """Return how many events have which state, all four of them."""

    def check(self) -> list[str]:
        """Return what is wrong with the journal, in sentences: file, numbering, entries, plans, events, outbox."""

    def close(self) -> None:
        """Close the connection."""
