"""What goes wrong with a journal.

FlowEngineError
  FlowError
    JournalFault       the file cannot be used now: full, read-only, locked, not ours; ``code`` says which
      JournalCorrupt   an entry or a plan in it cannot be read; ``run`` and ``seq`` say which
    RunExists          the id is taken
    UnknownRun         there is no such run
    UnknownEvent       there is no such event
  Fenced               the run is not the caller's any more (or not at this place): stop, and touch nothing
"""

from __future__ import annotations

from flowengine.errors import FlowEngineError, FlowError


class JournalFault(FlowError):
    """The journal cannot be used: the message names the file and says what to do.

    ``code`` is ``full``, ``read-only``, ``busy``, ``damaged``, ``foreign`` (not a journal), ``newer`` (written by a
    later flowengine), ``missing``, ``open-to-others``, ``slow``, ``closed`` or ``unusable``.
    """

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


class JournalCorrupt(JournalFault):
    """An entry or a plan cannot be read: changed after it was kept, or written by a later flowengine.

    ``run`` and ``seq`` say which entry; of a plan both are None, and the message has its digest.
    """

    def __init__(self, problem: str, *, run: str | None = None, seq: int | None = None) -> None:
        place = "" if run is None else f"run {run!r}, entry {seq}: "
        super().__init__(f"the journal cannot be read: {place}{problem}", "damaged")
        self.run = run
        self.seq = seq


class RunExists(FlowError):
    """A run with this id is kept already."""

    def __init__(self, run: str) -> None:
        super().__init__(f"a run with the id {run!r} is there already: give the new one another id")
        self.run = run


class UnknownRun(FlowError):
    """No run with this id is kept."""

    def __init__(self, run: str) -> None:
        super().__init__(f"there is no run {run!r} in this journal: `flowengine runs list` shows those that are there")
        self.run = run


class UnknownEvent(FlowError):
    """No event with this number is kept."""

    def __init__(self, number: int) -> None:
        super().__init__(f"there is no event {number} in this journal: list the events to see those that are there")
        self.number = number


class Fenced(FlowEngineError):
    """The caller does not hold the run at this place: somebody else claimed, continued or ended it.

    Nothing was written. The walk is over for the caller: it must not cause another effect.
    """

    def __init__(self, run: str, seq: int) -> None:
        super().__init__(f"run {run!r} is not held at entry {seq} any more: another process has it, or it has ended")
        self.run = run
        self.seq = seq
