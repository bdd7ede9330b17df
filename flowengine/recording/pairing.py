"""Which files are recordings, and which file has the flow of a recording.

Texts are looked at, not parsed: a flow that has errors is found, too, and its findings say more than "not found".
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Final

from flowengine.errors import InvalidFile
from flowengine.flow_files import YAML, flow_id, is_recording_text, yaml_files
from flowengine.flowfile.yaml_source import read_source
from flowengine.project import FILE_NAME
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
    return [path for _, path in _flows_in(sorted(yaml_files(folder)))]


class Flows:
    """Finds flows by their ids.

    ``tops`` bound the search where there is no project file; the working directory is one, too.
    """

    def __init__(self, tops: Iterable[Path] = ()) -> None:
        self._tops = [absolute(one) for one in (Path(), *tops)]
        self._beside = cache(lambda folder: list(_flows_in(_files_in(folder))))
        self._below = cache(lambda folder: list(_flows_in(sorted(yaml_files(folder)))))

    def of(self, recording: Recording, path: Path) -> Path:
        """Find the flow of a recording: beside it, else above it, nearest first, else anywhere in the project.

        Raises InvalidFile where there is none, or more than one.
        """
        found, known = self._find(absolute(path.parent), recording.flow)
        if len(found) == 1:
            return found[0] if path.is_absolute() else near(found[0])
        if found:
            message = f"there are {len(found)} flows {recording.flow!r}: {', '.join(str(near(one)) for one in found)}"
            hint = "give each flow an id of its own, or move the recording beside its flow"
        else:
            message = f"there is no flow {recording.flow!r} beside this recording, above it, or in the project"
            hint = did_you_mean(recording.flow, sorted(known))
        raise InvalidFile([recording.finding("FE601", message, "flow", hint=hint)])

    def _find(self, folder: Path, flow: str) -> tuple[list[Path], set[str]]:
        """Return the files that have a flow, and the ids that were seen."""
        root, known = self._root(folder), set[str]()
        for above in (folder, *folder.parents):
            flows = self._beside(above)
            known |= {name for name, _ in flows}
            if found := [path for name, path in flows if name == flow]:
                return found, known
            if above == root:
                break
        flows = self._below(root or folder)
        return [path for name, path in flows if name == flow], known | {name for name, _ in flows}

    def _root(self, folder: Path) -> Path | None:
        for above in (folder, *folder.parents):
            if os.path.isfile(above / FILE_NAME):  # noqa: PTH113 - never raises, unlike that of Path
                return above
        around = [top for top in self._tops if folder.is_relative_to(top)]
        return min(around, key=lambda one: len(one.parts), default=None)


def near(path: Path) -> Path:
    """Return a path as seen from the working directory, where it is below it."""
    here = absolute(Path())
    return path.relative_to(here) if path.is_relative_to(here) else path


def absolute(path: Path) -> Path:
    """Return a path without ``..``; links stay what they are."""
    return Path(os.path.abspath(path))  # noqa: PTH100 - that of Path leaves `..` in


def _files_in(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.name.endswith(YAML))
    except OSError:
        return []  # a folder above that may not be looked into


def _flows_in(files: Iterable[Path]) -> Iterator[tuple[str, Path]]:
    for path in files:
        try:
            source = read_source(path)
        except InvalidFile:
            continue
        flow = flow_id(source)
        if flow is not None and not is_recording_text(source):
            yield flow, path
