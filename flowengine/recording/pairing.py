"""Which files are recordings, and which file has the flow of a recording.

Texts are looked at, not parsed: a flow that has errors is found, too, and its findings say more than "not found".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from flowengine.errors import InvalidFile
from flowengine.flow_files import FlowFinder, absolute, flow_id, flows_in, is_recording_text, near, yaml_files
from flowengine.flowfile.yaml_source import read_source
from flowengine.recording.format import Recording
from flowengine.schema_problems import did_you_mean

RECORDINGS: Final = (".recording.yaml", ".recording.yml")
"""What the names of recordings end with."""


def recordings_of(path: Path) -> Iterator[Path]:
    """Yield the recordings that a path stands for, in order.

    A folder stands for those in it and below it, a flow for those of its own in its folder and below it, any other file
    for itself. Raises InvalidFile for a file that cannot be read, UsageError for a folder.
    """
    if path.is_dir():
        yield from sorted(yaml_files(path, RECORDINGS))
        return
    source = read_source(path)
    flow = flow_id(source)
    if flow is None or is_recording_text(source):
        yield path
        return
    for one in sorted(yaml_files(path.parent, RECORDINGS)):
        if flow_id(read_source(one)) == flow:
            yield one


def may_be_recording(path: Path) -> bool:
    """Return whether a file is a recording, whatever is wrong with it, or is called like one, or holds nothing.

    Raises InvalidFile where it cannot be read.
    """
    if path.name.endswith(RECORDINGS):
        return True
    source = read_source(path)
    return not source.strip() or is_recording_text(source)


def flows_below(folder: Path) -> list[Path]:
    """Return the flows in a folder and below it, in order."""
    return [path for _, path in flows_in(sorted(yaml_files(folder)))]


class Flows:
    """Finds the flows of recordings. ``tops`` are those of ``flow_files.FlowFinder``."""

    def __init__(self, tops: Iterable[Path] = ()) -> None:
        self._finder = FlowFinder(tops)

    def of(self, recording: Recording, path: Path) -> Path:
        """Find the flow of a recording: beside it, else above it, nearest first, else anywhere in the project.

        Raises InvalidFile where there is none, or more than one.
        """
        found, known = self._finder.find(absolute(path.parent), recording.flow)
        if len(found) == 1:
            return found[0] if path.is_absolute() else near(found[0])
        if found:
            message = f"there are {len(found)} flows {recording.flow!r}: {', '.join(str(near(one)) for one in found)}"
            hint = "give each flow an id of its own, or move the recording beside its flow"
        else:
            message = f"there is no flow {recording.flow!r} beside this recording, above it, or in the project"
            hint = did_you_mean(recording.flow, sorted(known))
        raise InvalidFile([recording.finding("FE601", message, "flow", hint=hint)])
