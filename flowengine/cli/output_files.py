"""Files that a command writes because it is asked to."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from flowengine.errors import UsageError


def refuse_unwritable(path: Path) -> None:
    """Find before anything is done what would keep a file from being written afterwards. Raises UsageError."""
    if path == Path("-"):
        raise UsageError(f"{path}: name a file; this one is not written to standard output")
    _refuse_what_is_no_file(path)
    folder = path.resolve().parent
    if not folder.is_dir():
        raise UsageError(f"{path}: there is no folder to write it into")
    if not os.access(folder, os.W_OK):
        raise UsageError(f"{path}: the file cannot be written: its folder is read-only")


def write_file(path: Path, text: str) -> None:
    """Write a file whole or not at all: beside it first, then in its place. Raises UsageError."""
    try:
        _refuse_what_is_no_file(path)
        target = path.resolve()
        beside = target.with_name(f".{secrets.token_hex(8)}.tmp")
        try:
            beside.write_text(text, "utf-8")
            beside.replace(target)
        finally:
            with suppress(OSError):
                beside.unlink()
    except OSError as fault:
        raise UsageError(f"{path}: the file cannot be written: {fault.strerror}") from None


def _refuse_what_is_no_file(path: Path) -> None:
    if path.exists() and not path.is_file():
        raise UsageError(f"{path}: this is not a file, and cannot be replaced by one")
