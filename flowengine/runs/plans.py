"""The plans of kept runs, for those who look at them."""

from __future__ import annotations

from flowengine.check.compile import TOOLS
from flowengine.core.plan import Plan
from flowengine.drivers.durable_plans import read_plan
from flowengine.journal.protocol import History


def kept_plan(history: History, digest: str) -> Plan:
    """Return a plan. Raises JournalFault, and JournalCorrupt where it is not one that can be walked."""
    return read_plan(history.plan(digest), digest, TOOLS)
