"""Ending a worker from outside: what is in flight gets some time, and the rest is left for whoever goes on."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from flowengine.drivers.durable import Worker
from flowengine.signals import NAMES, heard

GRACE: Final = 10.0
"""Seconds that requests in flight have to end."""


@contextmanager
def stopped_by_signals(worker: Worker, grace: float = GRACE) -> Iterator[list[signal.Signals]]:
    """Let a worker leave at Ctrl-C or SIGTERM; at the second one at once. The list has those that came."""
    loop = asyncio.get_running_loop()
    came: list[signal.Signals] = []

    def stop(number: signal.Signals) -> None:
        came.append(number)
        if len(came) == 1:
            worker.leave()
            loop.call_later(grace, worker.cut)
        else:
            worker.cut()

    with heard(NAMES, stop):
        yield came
