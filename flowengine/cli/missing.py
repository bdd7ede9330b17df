"""How a missing answer is explained: what was recorded near it, and what the walk did that was not expected."""

from __future__ import annotations

from flowengine.cli.screen import Screen
from flowengine.harmless import harmless
from flowengine.recording.missing import Missing


def show_missing(screen: Screen, missing: Missing | None) -> None:
    """Show what there is to say about a missing answer, if one is missing."""
    name = "missing"
    for sentence in missing.sentences() if missing is not None else ():
        screen.line(f"{screen.paint(name.ljust(9), 'dim')}  {harmless(sentence)}")
        name = ""
