"""Files that a command writes because it is asked to."""

from __future__ import annotations

import secrets
from contextlib import suppress
from pathlib import Path

from flowengine.errors import UsageError


def write_file(path: Path, text: str) -> None:
    """Write a file whole or not at all: beside it first, then in its place. Raises UsageError."""
    try:
        if path.exists() and not path.is_file():
            raise UsageError(f"{path}: this is not a file, and cannot be replaced by one")
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
