# ruff: noqa: T201 - a command prints
"""Sends many generated texts through the readers: each has to end in findings, in time, and without much memory.

    python tests/fuzz/fuzz.py 300000            # as many texts, in two processes
    python tests/fuzz/fuzz.py 4711 --only       # the text of this number again; --show prints it

A text is known by its number, as long as the files stay that it is made from. What raises, takes longer than SECONDS in
a step or needs more than MEBIBYTES is told, with the number; the exit code is then 1.
"""

from __future__ import annotations

import argparse
import contextlib
import faulthandler
import multiprocessing
import os
import resource
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from multiprocessing.connection import Connection, wait
from pathlib import Path
from random import Random
from typing import Final, NamedTuple

from fuzz_judge import Judge
from fuzz_texts import Text, text_of

SECONDS: Final = 2
"""Of processor time, in one step."""

MEBIBYTES: Final = 200
"""Of data that a process may hold, Python and all that is imported included."""

_TOLD: Final = 100
_SHOWN: Final = 1500
_WAIT: Final = 30


class Outcome(NamedTuple):
    """What came of one text. ``fault`` is a traceback, or None where all is well."""

    number: int
    seconds: float
    codes: Counter[str]
    fault: str | None = None


def text(number: int) -> Text:
    """Return the text of a number."""
    return text_of(Random(number))  # noqa: S311 - the same numbers every time


def outcomes(numbers: range, folder: Path) -> Iterator[Outcome]:
    """Judge texts in this process, within the limits; one that hangs ends the process, with a traceback."""
    resource.setrlimit(resource.RLIMIT_DATA, (MEBIBYTES << 20, resource.RLIM_INFINITY))
    faulthandler.register(signal.SIGPROF, chain=True)  # a traceback, and the end
    judge = Judge(folder, _wind)
    for number in numbers:
        made = text(number)
        began = time.process_time()
        codes, fault = Counter[str](), None
        try:
            codes = judge.judge(made.kind, made.source)
        except Exception:  # noqa: BLE001 - whatever it is, it is what is looked for
            fault = traceback.format_exc()
        seconds = time.process_time() - began
        signal.setitimer(signal.ITIMER_PROF, 0)
        faulthandler.cancel_dump_traceback_later()
        yield Outcome(number, seconds, codes, fault)


def _wind() -> None:
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    faulthandler.dump_traceback_later(_WAIT, exit=True)


def work(numbers: range, pipe: Connection) -> None:
    """Judge texts, and send what came of them."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with tempfile.TemporaryDirectory() as folder, contextlib.suppress(BrokenPipeError):  # it is told to stop
        for outcome in outcomes(numbers, Path(folder)):
            pipe.send(outcome)
        pipe.send(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


class Tally:
    """What came of all texts."""

    def __init__(self) -> None:
        self.judged = 0
        self.codes: Counter[str] = Counter()
        self.faults: list[tuple[int, str]] = []
        self.slowest: list[tuple[float, int]] = []
        self.memory = 0

    def take(self, said: Outcome | int) -> None:
        """Count one text, or note the memory that a process came to need."""
        if isinstance(said, int):
            self.memory = max(self.memory, said)
            return
        self.judged += 1
        self.codes.update(said.codes.keys() or ["none"])
        self.slowest = sorted([*self.slowest, (said.seconds, said.number)])[-5:]
        if said.fault is not None:
            self.fail(said.number, said.fault)

    def fail(self, number: int, fault: str) -> None:
        """Note a text that did not end in findings."""
        self.faults.append((number, fault))
        if len(self.faults) <= _TOLD:
            made = text(number)
            print(f"\n{number} ({made.kind}, {made.how}, {len(made.source):,} bytes): {fault}{made.source[:_SHOWN]!r}")

    def summary(self, seconds: float) -> str:
        """Say it all."""
        slowest = ", ".join(f"{number} ({took * 1000:.0f} ms)" for took, number in reversed(self.slowest))
        found = ", ".join(f"{code} {count:,}" for code, count in sorted(self.codes.items()))
        return (
            f"{self.judged:,} texts in {seconds:.0f} s, {len(self.faults)} of them did not end in findings\n"
            f"memory: {self.memory >> 10} MiB at most; slowest: {slowest}\n"
            f"texts with each code: {found}"
        )


class Worker:
    """A process and the numbers that are left to it."""

    def __init__(self, numbers: range) -> None:
        self.numbers = numbers
        self.start()

    def start(self) -> None:
        """Start a process for what is left."""
        self.pipe, other = multiprocessing.Pipe(duplex=False)
        self.process = multiprocessing.get_context("spawn").Process(target=work, args=(self.numbers, other))
        self.process.start()
        other.close()

    def hear(self, tally: Tally) -> bool:
        """Take what the process says; where it has died, note why and go on behind that text. False: all is done."""
        try:
            said = self.pipe.recv()
        except EOFError:
            self.process.join()
            if self.numbers:
                tally.fail(self.numbers[0], f"the process ended with {self.process.exitcode}: it hung or crashed\n")
                self.numbers = self.numbers[1:]
                self.start()
            return bool(self.numbers)
        tally.take(said)
        if isinstance(said, Outcome):
            self.numbers = self.numbers[1:]
        return True


def run(numbers: range, processes: int) -> Tally:
    """Judge the texts of all numbers in some processes."""
    tally = Tally()
    workers = [Worker(numbers[start::processes]) for start in range(processes)]
    with contextlib.suppress(KeyboardInterrupt):
        while workers:
            for pipe in wait([one.pipe for one in workers]):
                worker = next(one for one in workers if one.pipe is pipe)
                if not worker.hear(tally):
                    workers.remove(worker)
                if tally.judged % 10_000 == 0:
                    print(f"{tally.judged:,}", end=" ", flush=True)
    return tally


def main() -> int:
    """Read the arguments, judge, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("texts", type=int, help="how many texts; with --only, the number of one")
    parser.add_argument("--first", type=int, default=0, help="number of the first text")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--only", action="store_true", help="judge one text")
    parser.add_argument("--show", action="store_true", help="print it, too")
    asked = parser.parse_args()
    if asked.show:
        sys.stdout.buffer.write(text(asked.texts).source + b"\n")
    first = asked.texts if asked.only else asked.first
    began = time.perf_counter()
    os.nice(10)
    tally = run(range(first, first + (1 if asked.only else asked.texts)), asked.processes)
    print(f"\n{tally.summary(time.perf_counter() - began)}")
    return 1 if tally.faults else 0


if __name__ == "__main__":
    sys.exit(main())
