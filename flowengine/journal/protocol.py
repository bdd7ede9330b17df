"""The contract of journals. ``memory`` and ``sqlite`` keep it; ``tests/journal`` holds both to it.

All times are seconds since the epoch and come from the caller: a journal reads no clock. ``owner`` is any text that no
other process uses, ever: a new one for each start of a process.

A run is *open* until it has ended. An open run is *leased* by one owner or by nobody, and it is *due* when nobody
leases it and its wait, if it has one, is over. A lease that ran out still holds until somebody else claims the run.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple, Protocol

from flowengine.core.entries import Entry
from flowengine.core.plan import Plan


class NewRun(NamedTuple):
    """A run to be kept. Its id, time and plan's digest are those of its first entry, which is ``Started``.

    ``entries`` has one entry, or more for a run that takes over the beginning of another one: ``parent`` is that run,
    ``parent_node`` the node it was retried from. ``environment`` is the environment's name, ``source`` says in a few
    words what started it.
    """

    plan: Plan
    entries: Sequence[Entry]
    environment: str | None = None
    source: str | None = None
    parent: str | None = None
    parent_node: str | None = None


class Ended(NamedTuple):
    """How a run ended, as its state says. ``status`` is ``succeeded``, ``failed`` or ``cancelled``."""

    status: str
    result: str
    reason: str | None
    at: float


class Cancellation(NamedTuple):
    """Somebody asked that a run ends; its owner appends ``Stopped(at, "cancelled", reason)`` and the end."""

    run: str
    reason: str
    at: float


class Claim(NamedTuple):
    """A run that the caller leases now. Its entries are ``await journal.load(run)``.

    ``waiting_until``: the wait that it was let go with. It stays until the next append, so a crash between the claim
    and that append does not lose it. ``cancellation``: it is to be ended before anything else is done.
    """

    run: str
    waiting_until: float | None
    cancellation: Cancellation | None


class KeptRun(NamedTuple):
    """A run as a list of runs shows it.

    ``status`` is ``running``, ``waiting``, ``succeeded``, ``failed`` or ``cancelled``; ``result``, ``reason`` and
    ``ended_at`` are None until the end; ``entries`` is how many there are; ``owner`` and ``leased_until`` are None
    where nobody leases it. A run that waits is leased by nobody; once claimed it is ``running``, and keeps its
    ``waiting_until`` until the next append. ``cancel_asked_at`` is set where an open run is to be cancelled.
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


CancelResult = Literal["stopped", "asked", "over"]

STATUSES: Final = ("running", "waiting", "succeeded", "failed", "cancelled")
"""Of KeptRun; the first two are those of open runs."""


class Journal(Protocol):
    """What a driver needs.

    Whatever a call has returned from is durable. Calls raise JournalFault where the disk, the file or another process
    is in the way; after one it is *not known* whether an ``append`` or ``create`` was kept: claim the run again and
    replay. The same holds for a call whose task is cancelled while it waits.
    """

    def history(self) -> History:
        """Return what reads this journal. Close it after use."""

    async def create(self, run: NewRun, *, owner: str | None = None, lease: float = 0.0) -> int:
        """Keep a new run; return its next seq. Raises RunExists.

        With an owner it is leased until ``lease`` seconds after its creation; without one it is due at once.
        """

    async def append(  # noqa: PLR0913 - each is a fact of its own
        self,
        run: str,
        seq: int,
        entries: Sequence[Entry],
        *,
        owner: str,
        waiting_until: float | None = None,
        ended: Ended | None = None,
    ) -> int:
        """Keep entries as ``seq``, ``seq + 1``, …, all or none; return the next seq.

        Raises Fenced where ``seq`` is not next, the owner does not hold the run, or it has ended. Raises ValueError
        where an entry is not JSON, or larger than an entry may be.

        One append may hold the Completed of a step and the Requested of the next one: that costs one commit.
        With ``waiting_until`` the run also goes out of the owner's hands until then (a run that is to be cancelled is
        due at once); with ``ended`` it is closed for good. Either may come without entries.
        """

    async def claim(self, owner: str, now: float, lease: float, limit: int) -> list[Claim]:
        """Lease up to ``limit`` due runs until ``now + lease``, those first that have been due longest.

        A run whose lease ran out before ``now`` counts as nobody's, unless it is the caller's own: whoever walks a run
        knows it, and gets it back only by ``release``.
        """

    async def load(self, run: str) -> list[Entry]:
        """Return a run's entries. Raises UnknownRun, and JournalCorrupt naming run and seq."""

    async def plan(self, digest: str) -> Mapping[str, Any]:
        """Return a plan's data by the digest of a Started entry. Raises JournalCorrupt."""

    async def renew(self, owner: str, runs: Collection[str], now: float, lease: float) -> set[str]:
        """Hold runs until ``now + lease``; return those that are not the owner's any more."""

    async def release(self, owner: str, runs: Collection[str]) -> None:
        """Let runs go; they are due at once, or when their wait is over. Those of others stay as they are."""

    async def next_due(self, owner: str) -> float | None:
        """Return the next moment at which ``claim`` could have something for this owner; None: nothing is open.

        The end of somebody else's lease counts: it may be renewed by then, so ``claim`` may still come back empty.
        """

    async def cancel(self, run: str, reason: str, at: float) -> CancelResult:
        """Ask that a run ends. Raises UnknownRun.

        ``stopped``: nobody leased it at ``at``, and it has ended with ``Stopped`` now. ``asked``: its owner will end
        it. ``over``: it had ended before.
        """

    async def cancellations(self, owner: str) -> list[Cancellation]:
        """Return which of the owner's runs are to be ended. Cheap enough to be asked every second."""

    async def prune(self, older_than: float | None = None, keep: int | None = None) -> Pruned:
        """Delete ended runs: those that ended before ``older_than``, and all but the ``keep`` last ended ones.

        Plans that no run has any more go, too. Open runs always stay. With neither bound nothing is deleted.
        """

    async def close(self) -> None:
        """Write what is under way and close. Later calls raise JournalFault (``closed``). Leases stay as they are."""


class History(Protocol):
    """What those who look at runs need. Reads only, on a connection of its own: no walk waits for it.

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

    def check(self) -> list[str]:
        """Return what is wrong with the journal, in sentences: file, numbering, entries, plans. Reads everything."""

    def close(self) -> None:
        """Close the connection."""
