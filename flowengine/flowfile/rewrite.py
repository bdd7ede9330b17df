"""Writes a file anew, whole or not at all."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from flowengine.errors import UsageError


def rewrite(path: Path, old: bytes, new: bytes) -> None:
    """Put ``new`` in the place of ``old``: whoever reads the file meanwhile has one or the other.

    A link stays a link, and permissions stay. Raises UsageError where the file cannot be written, or is no longer
    ``old``: what somebody else has saved meanwhile is not lost.
    """
    target = Path(os.path.realpath(path))
    try:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    except OSError as fault:
        raise UsageError(f"{path}: the file cannot be written: {fault.strerror}") from None
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(new)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(target.stat().st_mode & 0o7777)
        if target.read_bytes() != old:
            raise UsageError(f"{path}: the file has changed meanwhile, and was left alone: try again")
        Path(name).replace(target)
    except OSError as fault:
        raise UsageError(f"{path}: the file cannot be written: {fault.strerror}") from None
    finally:
        with suppress(FileNotFoundError):
            Path(name).unlink()
