"""What is old is deleted while the server runs, piece by piece, so that nobody who appends waits for long."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from flowengine.journal.faults import JournalFault
from flowengine.server.world import ServerWorld

EVERY: Final = 3600.0
"""Seconds between two looks for what is old."""

_FIRST: Final = 60.0
"""Seconds after the start: runs that are due come first."""

_LOG: Final = logging.getLogger("flowengine.server")


async def keep_pruning(world: ServerWorld, seconds: float) -> None:
    """Delete, again and again, what is older than that, until this is cancelled."""
    await asyncio.sleep(_FIRST)
    while True:
        await prune(world, seconds)
        await asyncio.sleep(EVERY)


async def prune(world: ServerWorld, seconds: float) -> None:
    """Delete what is older than that. Where the journal cannot be used now, the next time will do."""
    try:
        pruned = await world.journal.prune(world.clock() - seconds)
    except JournalFault as fault:
        world.told.fault(None, fault)
        return
    if pruned.runs or pruned.events or pruned.outbox:
        _LOG.info("pruned", extra={"facts": pruned._asdict()})
