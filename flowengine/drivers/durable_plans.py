"""The plans of kept runs, each read and compiled once for all the runs that are walked on it."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any, Final

from flowengine.core.entries import Entry, Started
from flowengine.core.plan import Plan, Tools
from flowengine.core.walker import EntryMismatch
from flowengine.journal.faults import JournalCorrupt
from flowengine.journal.protocol import Journal

_MOST: Final = 100


def started_of(entries: Sequence[Entry]) -> Started:
    """Return the first entry of a run."""
    started = entries[0]
    if not isinstance(started, Started):
        raise EntryMismatch("a journal begins with a Started entry")
    return started


def read_plan(data: Mapping[str, Any], digest: str, tools: Tools) -> Plan:
    """Make the plan that a journal has as data. Raises JournalCorrupt where it is none."""
    try:
        return Plan.from_data(data, tools)
    except (ValueError, LookupError, TypeError, AttributeError) as fault:
        raise JournalCorrupt(f"the plan {digest} is not one that this flowengine can walk: {fault}") from fault


class StoredPlans:
    """Plans by digest; those that were not asked for longest are forgotten first."""

    def __init__(self, journal: Journal, tools: Tools) -> None:
        self._journal = journal
        self._tools = tools
        self._plans: OrderedDict[str, asyncio.Task[Plan]] = OrderedDict()

    async def get(self, digest: str) -> Plan:
        """Return a plan. Raises JournalCorrupt where it cannot be read, or is none."""
        task = self._plans.get(digest)
        if task is None or (task.done() and (task.cancelled() or task.exception() is not None)):
            task = self._plans[digest] = asyncio.create_task(self._read(digest))
        self._plans.move_to_end(digest)
        while len(self._plans) > _MOST:
            self._plans.popitem(last=False)
        return await asyncio.shield(task)

    async def _read(self, digest: str) -> Plan:
        return read_plan(await self._journal.plan(digest), digest, self._tools)
