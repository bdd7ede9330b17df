"""Work in threads of its own, which tasks of any event loop can wait for."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

_T = TypeVar("_T")


def in_a_thread(work: Callable[[], _T]) -> Future[_T]:
    """Begin the work; the end of the process does not wait for it."""
    # Not in a pool: the interpreter would not end before a server has answered that never will.
    future: Future[_T] = Future()

    def working() -> None:
        try:
            future.set_result(work())
        except BaseException as fault:  # noqa: BLE001 - it is raised where the outcome is awaited
            future.set_exception(fault)

    threading.Thread(target=working, name="flowengine-authorizations", daemon=True).start()
    return future


async def outcome(future: Future[_T]) -> _T:
    """Wait for a thread. Cancelling who waits does not cancel the work, and nobody needs to wait."""
    loop = asyncio.get_running_loop()
    waiting: asyncio.Future[None] = loop.create_future()

    def arrive() -> None:
        if not waiting.done():
            waiting.set_result(None)

    def wake(_: Future[_T]) -> None:
        with contextlib.suppress(RuntimeError):  # the event loop has ended, and the waiting with it
            loop.call_soon_threadsafe(arrive)

    future.add_done_callback(wake)
    await waiting
    return future.result()
