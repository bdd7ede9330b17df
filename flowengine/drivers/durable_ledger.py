"""A run's open page in the journal: what has happened and is not kept yet, and the next place for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from flowengine.core.entries import Entry
from flowengine.journal.faults import JournalFault
from flowengine.journal.inbox import Awaiting
from flowengine.journal.protocol import Ended, Journal

AGAIN: Final = 1.0
"""Seconds before a journal that could not be written is tried again."""


class Unkeepable(Exception):
    """An entry is not something that a journal keeps: it is too large, or not JSON."""


class Ledger:
    """Entries are noted as they happen, and kept before the next thing does.

    A journal that cannot be written (full, busy) is tried again, and what has happened is held until it works; after
    ``give_up`` the fault is raised instead.
    """

    def __init__(
        self, journal: Journal, run: str, seq: int, owner: str, on_fault: Callable[[str, JournalFault], None]
    ) -> None:
        self.run = run
        self._journal = journal
        self._seq = seq
        self._owner = owner
        self._on_fault = on_fault
        self._noted: list[Entry] = []
        self._taken: int | None = None
        self._given_up = asyncio.Event()

    def note(self, entry: Entry) -> None:
        """Remember an entry; the next ``keep`` writes it."""
        self._noted.append(entry)

    def take(self, event: int) -> None:
        """Remember that what was noted last came of an event, by its number."""
        self._taken = event

    def forget(self) -> None:
        """Drop what was noted."""
        self._noted = []

    def give_up(self) -> None:
        """Do not try again from now on."""
        self._given_up.set()

    async def keep(
        self, *, waiting_until: float | None = None, awaiting: Awaiting | None = None, ended: Ended | None = None
    ) -> None:
        """Make durable what was noted. Raises Fenced, Unkeepable, and JournalFault after ``give_up``."""
        if not self._noted and waiting_until is None and awaiting is None and ended is None:
            return
        while True:
            try:
                self._seq = await self._journal.append(
                    self.run,
                    self._seq,
                    self._noted,
                    owner=self._owner,
                    waiting_until=waiting_until,
                    awaiting=awaiting,
                    taken=self._taken,
                    ended=ended,
                )
            except ValueError as fault:
                raise Unkeepable(str(fault)) from None
            except JournalFault as fault:
                # Should it have been kept all the same, the next try is fenced, and whoever claims the run finds it.
                if self._given_up.is_set():
                    raise
                self._on_fault(self.run, fault)
                await self._pause()
            else:
                self._noted, self._taken = [], None
                return

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(AGAIN):
                await self._given_up.wait()
        except TimeoutError:
            return
