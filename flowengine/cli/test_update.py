"""``flowengine test --update``: what came becomes what is expected, after that has been shown."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from difflib import unified_diff
from pathlib import Path
from typing import NamedTuple

from flowengine.cli.screen import Screen
from flowengine.core.entries import Stopped
from flowengine.errors import UsageError
from flowengine.flowfile.rewrite import rewrite
from flowengine.flowfile.yaml_source import read_source
from flowengine.recording.format import Recording
from flowengine.recording.rewriting import updated_text
from flowengine.recording.suite import Result


class Update(NamedTuple):
    """A recording that is to be written anew."""

    path: Path
    old: str
    new: str


def updates(screen: Screen, results: Sequence[Result]) -> list[Update]:
    """Return what is to be written, and say of which cases nothing can be."""
    found = []
    for result in results:
        if result.passed or result.done is None or result.case.recording is None:
            continue
        try:
            new = _updated(result, result.case.recording)
        except UsageError as wrong:
            screen.line(screen.paint(f"not updated: {wrong}", "yellow"))
            continue
        if new != result.case.recording.text:
            found.append(Update(result.case.path, result.case.recording.text, new))
    return found


def show_updates(screen: Screen, wanted: Sequence[Update]) -> None:
    """Show the lines of files that are to be changed."""
    for update in wanted:
        screen.line()
        screen.line(screen.paint(str(update.path), "bold"))
        lines = list(unified_diff(update.old.splitlines(), update.new.splitlines(), n=0, lineterm=""))
        for line in lines[2:]:
            style = {"-": "red", "+": "green"}.get(line[:1], "dim")
            screen.line(f"  {screen.paint(line, style)}")


def confirmed(screen: Screen, wanted: Sequence[Update]) -> bool:
    """Ask whether to write; without a person nothing is."""
    if not screen.is_terminal or sys.stdin is None or not sys.stdin.isatty():
        screen.line(screen.paint("nothing is written: --yes writes without asking", "yellow"))
        return False
    many = "this expectation" if len(wanted) == 1 else f"these {len(wanted)} expectations"
    screen.passing(screen.paint(f"Write {many}? [y/N] ", "bold"))
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


def write_updates(wanted: Sequence[Update]) -> None:
    """Write files, each whole or not at all. Raises UsageError where one has changed meanwhile."""
    for update in wanted:
        source = read_source(update.path)
        mark = source[: len(source) - len(update.old.encode())]
        rewrite(update.path, mark + update.old.encode(), mark + update.new.encode())


def _updated(result: Result, recording: Recording) -> str:
    if result.done is None or isinstance(result.done.run.entries[-1], Stopped):
        raise UsageError(
            f"{result.case.path}: the walk ended for want of a recorded answer, which no expectation mends"
        )
    return updated_text(recording, result.done.run)
