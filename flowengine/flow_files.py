"""Which files are flows: those that were named, and in folders the flows among all others.

Texts are looked at, not parsed: a flow that has errors is found, too.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

from flowengine.errors import InvalidFile, UsageError
from flowengine.flowfile.yaml_source import read_source
from flowengine.project import FILE_NAME, find_project, is_folder

YAML: Final = (".yaml", ".yml")
_KEY: Final = rb"""^(?:\xef\xbb\xbf)?(?:\{\s*)?["']?%s["']?[ \t]*:[ \t]*"""
_FLOW: Final = re.compile(_KEY % b"flow" + rb"""["']?([A-Za-z0-9_-]*)""", re.MULTILINE)
_RECORDING: Final = re.compile(_KEY % b"recording", re.MULTILINE)


def flow_id(source: bytes) -> str | None:
    """Return what a text says at its top-level key ``flow``: a flow's own id, or whose recording it is."""
    found = _FLOW.search(source)
    return found[1].decode() if found else None


def is_flow_text(source: bytes) -> bool:
    """Whether a text is a flow: it has a top-level key ``flow``, and is no recording."""
    return _FLOW.search(source) is not None and not is_recording_text(source)


def is_recording_text(source: bytes) -> bool:
    """Whether a text is a recording: it has a top-level key ``recording``."""
    return _RECORDING.search(source) is not None


def flow_files(folder: Path) -> tuple[list[Path], int]:
    """Return the flows in a folder and below it, in order, and how many other YAML files there are.

    Folders that begin with a dot are left out.
    """
    files = sorted(yaml_files(folder))
    flows = [path for path in files if _is_flow(path)]
    return flows, len(files) - len(flows)


def is_recording(path: Path) -> bool:
    """Whether a file is a recording; one that cannot be read, or only once (a pipe), is none."""
    try:
        return path.is_file() and is_recording_text(read_source(path))
    except (InvalidFile, OSError):
        return False


def watched_files(paths: Iterable[Path], nodes: Iterable[Path]) -> set[Path]:
    """Return the files that findings of flows in ``paths`` depend on, whether they are there or not.

    The flows, their project files, and the node types in ``nodes`` and the project's folders.
    """
    files = set()
    folders = {Path(one) for one in nodes}
    for path in paths:
        inside = is_folder(path)
        files |= set(yaml_files(path)) if inside else {path}
        start = path if inside else path.parent
        with suppress(InvalidFile):
            folders |= set(find_project(start).node_folders)
        files |= {folder / FILE_NAME for folder in (start, *start.resolve().parents)}
    return files.union(*map(yaml_files, folders))


def yaml_files(folder: Path, endings: tuple[str, ...] = YAML) -> Iterator[Path]:
    """Yield the YAML files in a folder and below it. Folders that begin with a dot are left out."""
    for parent, folders, names in os.walk(folder, onerror=_refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(parent, name) for name in names if name.endswith(endings))


def flows_in(files: Iterable[Path]) -> Iterator[tuple[str, Path]]:
    """Yield the flows among files, each with its id; what cannot be read is none."""
    for path in files:
        try:
            status = path.stat()
            flow = _flow_of(path, status.st_mtime_ns, status.st_size)
        except (InvalidFile, OSError):
            continue
        if flow is not None:
            yield flow, path


class FlowFinder:
    """Finds flows by their ids. Folders are listed once, so a finder is for one command.

    ``tops`` bound the search where there is no project file; the working directory is one, too.
    """

    def __init__(self, tops: Iterable[Path] = ()) -> None:
        self._tops = [absolute(one) for one in (Path(), *tops)]
        self._beside = cache(lambda folder: list(flows_in(_files_in(folder))))
        self._below = cache(lambda folder: list(flows_in(sorted(yaml_files(folder)))))

    def find(self, folder: Path, flow: str) -> tuple[list[Path], set[str]]:
        """Return the files that have a flow, and the ids that were seen.

        Those in the folder come first, then those in the nearest one above it, then those anywhere in the project.
        """
        known = set[str]()
        for flows in self._outward(folder):
            known |= {name for name, _ in flows}
            if found := [path for name, path in flows if name == flow]:
                return found, known
        return [], known

    def known(self, folder: Path) -> dict[str, Path]:
        """Return the flows that can be found from a folder, by id; of several with one id, the nearest."""
        known: dict[str, Path] = {}
        for flows in self._outward(folder):
            for name, path in flows:
                known.setdefault(name, path)
        return known

    def _outward(self, folder: Path) -> Iterator[list[tuple[str, Path]]]:
        root = self._root(folder)
        for above in (folder, *folder.parents):
            yield self._beside(above)
            if above == root:
                break
        yield self._below(root or folder)

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


@lru_cache(maxsize=4096)
def _flow_of(path: Path, _modified: int, _size: int) -> str | None:
    """Return the id of the flow in a file; its time and size tell whether it is still the same."""
    source = read_source(path)
    return None if is_recording_text(source) else flow_id(source)


def _refuse(fault: OSError) -> None:
    raise UsageError(f"{fault.filename}: this folder cannot be read: {fault.strerror}")


def _is_flow(path: Path) -> bool:
    try:
        source = read_source(path)
    except InvalidFile:
        return True  # its finding says that it cannot be read
    return is_flow_text(source)
