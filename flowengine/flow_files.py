"""Which files a command is about: those that were named, and in folders the flows among all others."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from flowengine.errors import InvalidFile, UsageError
from flowengine.flowfile.yaml_source import read_source
from flowengine.project import FILE_NAME, find_project

_SUFFIXES: Final = (".yaml", ".yml")
_FLOW: Final = re.compile(rb"""^(?:\xef\xbb\xbf)?(?:\{\s*)?["']?flow["']?[ \t]*:""", re.MULTILINE)
_RECORDING: Final = re.compile(rb"""^(?:\xef\xbb\xbf)?(?:\{\s*)?["']?recording["']?[ \t]*:""", re.MULTILINE)


def is_folder(path: Path) -> bool:
    """Whether a path is a folder; one that cannot even be looked at is none, and reading it says why."""
    try:
        return path.is_dir()
    except OSError:
        return False


def flow_files(folder: Path) -> tuple[list[Path], int]:
    """Return the flows in a folder and below it, in order, and how many other YAML files there are.

    A flow has a top-level key ``flow``; recordings have one, too, and ``recording`` beside it. The text is looked at,
    not parsed, so that a flow which cannot be parsed is found. Folders that begin with a dot are left out.
    """
    files = sorted(yaml_files(folder))
    flows = [path for path in files if _is_flow(path)]
    return flows, len(files) - len(flows)


def is_recording(path: Path) -> bool:
    """Whether a file is a recording; one that cannot be read, or only once (a pipe), is none."""
    try:
        return path.is_file() and _RECORDING.search(read_source(path)) is not None
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


def yaml_files(folder: Path) -> Iterator[Path]:
    """Yield the YAML files in a folder and below it. Folders that begin with a dot are left out."""
    for parent, folders, names in os.walk(folder, onerror=_refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(parent, name) for name in names if name.endswith(_SUFFIXES))


def _refuse(fault: OSError) -> None:
    raise UsageError(f"{fault.filename}: this folder cannot be read: {fault.strerror}")


def _is_flow(path: Path) -> bool:
    try:
        source = read_source(path)
    except InvalidFile:
        return True  # its finding says that it cannot be read
    return _FLOW.search(source) is not None and _RECORDING.search(source) is None
