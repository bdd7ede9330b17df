"""The journal of a server, which tells how long a step takes until it is durable."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

from flowengine.journal.sqlite import SqliteJournal


class TimedJournal(SqliteJournal):
    """An SqliteJournal; ``on_append`` gets the seconds of each append, from the call to its return."""

    def __init__(self, path: Path, on_append: Callable[[float], None]) -> None:
        super().__init__(path)
        self._on_append = on_append

    async def append(self, *what: Any, **options: Any) -> int:
        """See Journal."""
        began = perf_counter()
        try:
            return await super().append(*what, **options)
        finally:
            self._on_append(perf_counter() - began)
