"""Processes that run scripts, kept for the next script.

Scripts run outside this process because only a process can be ended. Inside, some of the engine's built-in functions
cannot be stopped, a script could keep the interpreter's lock for ever (an error's ``toString`` runs while it is held),
and the engine's time limit counts the processor time of all threads. A call costs about a quarter of a millisecond.
"""

from __future__ import annotations

import atexit
import importlib.util
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Final, cast

from flowengine.catalogue.handlers import javascript_worker as worker

_INHERITED: Final = ("SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
"""What an interpreter may need to start; scripts' processes get nothing else of our environment."""


class NoProcess(Exception):
    """No process could be had; the message says why."""


class Ended(Exception):
    """The process ended before it replied, ``seconds`` after it was asked."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class ScriptProcess:
    """One process. It serves one caller at a time."""

    def __init__(self) -> None:
        engine = importlib.util.find_spec("_quickjs")
        if engine is None or engine.origin is None:
            raise NoProcess("the package quickjs-ng is not installed")
        if not sys.executable:
            raise NoProcess("there is no Python interpreter to start a process for JavaScript with")
        command = [sys.executable, "-I", "-S", str(Path(worker.__file__)), str(Path(engine.origin).parent)]
        environment = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and file
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
            )
        except OSError as fault:
            raise NoProcess(f"no process for JavaScript could be started: {fault.strerror}") from None
        self._requests = cast("IO[bytes]", self._process.stdin)
        self._replies = cast("IO[bytes]", self._process.stdout)

    def ask(self, script: bytes, document: bytes, seconds: float, memory: int) -> tuple[bytes, bytes]:
        """Run a script; return the worker's kind of reply and its text. Raises Ended."""
        started = time.monotonic()
        head = worker.REQUEST.pack(seconds, memory, len(script), len(document))
        with suppress(BrokenPipeError):
            self._requests.write(head + script + document)
            self._requests.flush()
            answered = self._replies.read(worker.REPLY.size)
            if len(answered) == worker.REPLY.size:
                kind, size = worker.REPLY.unpack(answered)
                text = self._replies.read(size)
                if len(text) == size:
                    return kind, text
        raise Ended(time.monotonic() - started)

    def close(self) -> None:
        """End the process, at once."""
        self._process.kill()
        self._hang_up()
        self._process.wait()

    def disown(self) -> None:
        """Let go of a process that is our parent's, not ours."""
        self._hang_up()
        self._process.returncode = 0

    def _hang_up(self) -> None:
        with suppress(BrokenPipeError):
            self._requests.close()
        self._replies.close()


class ScriptProcesses:
    """At most ``most`` processes at a time, started when they are needed and kept until this process ends."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._idle: list[ScriptProcess] = []
        self._free = threading.BoundedSemaphore(most)
        atexit.register(self.close)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._start_anew)

    @contextmanager
    def borrow(self, patience: float, *, fresh: bool = False) -> Iterator[ScriptProcess]:
        """Lend a process, a ``fresh`` one or any, after a wait of at most ``patience`` seconds.

        Where the block is left by an exception, the process is ended, not kept. Raises NoProcess, or TimeoutError where
        all are lent for so long.
        """
        if not self._free.acquire(timeout=patience):
            raise TimeoutError
        try:
            process = ScriptProcess() if fresh else self._take()
            try:
                yield process
            except BaseException:
                process.close()
                raise
            self._idle.append(process)
        finally:
            self._free.release()

    def close(self) -> None:
        """End the processes that are idle."""
        while self._idle:
            self._idle.pop().close()

    def _take(self) -> ScriptProcess:
        try:
            return self._idle.pop()
        except IndexError:
            return ScriptProcess()

    def _start_anew(self) -> None:
        """Leave the processes to our parent: two that write to one pipe would read each other's values."""
        for process in self._idle:
            process.disown()
        self._idle = []
        self._free = threading.BoundedSemaphore(self._most)
