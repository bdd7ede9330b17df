"""Signals that end a command: what people call them, and who hears them in an event loop."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

NAMES: Final = {signal.SIGINT: "Ctrl-C", signal.SIGTERM: "SIGTERM"}


@contextmanager
def heard(numbers: Iterable[signal.Signals], act: Callable[[signal.Signals], None]) -> Iterator[None]:
    """Call ``act`` with each of these signals that comes meanwhile; where a loop takes none, nothing is heard."""
    loop, numbers = asyncio.get_running_loop(), tuple(numbers)
    # Windows has no signal handlers in an event loop, a thread other than the main one has none anywhere.
    with suppress(NotImplementedError, RuntimeError, ValueError):
        for number in numbers:
            loop.add_signal_handler(number, act, number)
    try:
        yield
    finally:
        with suppress(NotImplementedError, RuntimeError, ValueError):
            for number in numbers:
                loop.remove_signal_handler(number)
