"""``flowengine run --record FILE``: writes down what each node got, so that the run can be walked again."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from flowengine.cli.output_files import refuse_unwritable, write_file
from flowengine.cli.screen import Screen
from flowengine.core.answers import Json
from flowengine.core.plan import Plan
from flowengine.core.trace import Run
from flowengine.errors import UsageError
from flowengine.recording.pairing import RECORDINGS, may_be_recording
from flowengine.recording.taking import refuse_unrecordable, take_recording

_LONGEST_NAME: Final = 64


class Recorder:
    """Writes the recording of a run into a file."""

    def __init__(self, path: Path, plan: Plan, event: Json, values: dict[str, Json], *, force: bool) -> None:
        """Raise UsageError where nothing could be written after the run: it has not done anything yet."""
        refuse_unwritable(path)
        if path.exists() and not may_be_recording(path):
            raise UsageError(f"{path}: this is no recording, and is not written over: name another file, or remove it")
        if path.exists() and not force:
            raise UsageError(f"{path}: there is such a file already; --force writes over it")
        refuse_unrecordable(plan, event, values)
        self._path = path
        self._plan = plan

    def write(self, run: Run, screen: Screen) -> None:
        """Write it, and show what is to be known about it. Raises UsageError where it cannot be written."""
        taken = take_recording(self._plan, run, name_of(self._path))
        write_file(self._path, taken.text)
        answers = "1 answer" if taken.answers == 1 else f"{taken.answers} answers"
        screen.line(f"{screen.paint('recorded '.ljust(9), 'dim')}  {screen.paint(f'{self._path}, {answers}', 'bold')}")
        notes = list(taken.notes)
        if not self._path.name.endswith(RECORDINGS):
            notes.append(f"`flowengine test` finds only files that are called *{RECORDINGS[0]}")
        for note in notes:
            screen.line(f"{' ' * 9}  {screen.paint(note, 'yellow')}")


def name_of(path: Path) -> str:
    """Return the id of a recording that is called like its file."""
    bare = re.sub(r"(\.recording)?\.ya?ml$", "", path.name, flags=re.IGNORECASE)
    name = re.sub("[^a-z0-9]+", "-", bare.lower()).strip("-")
    return name[:_LONGEST_NAME].rstrip("-") or "recording"
