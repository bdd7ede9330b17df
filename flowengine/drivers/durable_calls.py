"""Flows that kept runs call: each call is a run of its own, kept beside the run that waits for its end."""

from __future__ import annotations

from contextlib import suppress

from flowengine.core.answers import Json, Returned
from flowengine.core.calling import started_by, why_no_end
from flowengine.core.plan import Plan
from flowengine.core.state import State
from flowengine.core.wants import Call
from flowengine.journal.faults import RunExists, UnknownRun
from flowengine.journal.protocol import Journal, NewRun


class Calls:
    """Begins and ends called runs. ``environment`` is the name of theirs and of the run that calls."""

    def __init__(self, journal: Journal, environment: str | None) -> None:
        self._journal = journal
        self._environment = environment

    async def begin(self, plan: Plan, state: State, want: Call, at: float) -> None:
        """Keep the run that is called, if it is not yet: its id is that of the visit.

        Raises JournalFault, and ValueError where its inputs cannot be kept.
        """
        called = plan.called(want.flow)
        started = started_by(called, want, at, state.limits)
        source = f"called by {state.run} at {want.node}"
        new = NewRun(called, [started], self._environment, source, called_by=state.run)
        with suppress(RunExists):
            await self._journal.create(new)

    async def cancel(self, run: str, reason: str, at: float) -> None:
        """Ask that a called run ends. Raises JournalFault."""
        with suppress(UnknownRun):
            await self._journal.cancel(run, reason, at)


def came_back(flow: str, body: Json) -> Returned:
    """Read the event that a called run left at its end."""
    if body["end"] is not None:
        return Returned(body["end"], body["result"], body["outputs"] or {})
    return Returned(None, "error", {}, why_no_end(flow, body["status"], body["reason"]))
