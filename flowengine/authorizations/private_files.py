"""Files that only their owner may read: read with care, written whole or not at all."""

from __future__ import annotations

import os
import shlex
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

from flowengine.authorizations.faults import StoreFault

_POSIX: Final = os.name == "posix"  # elsewhere the user's own folders are closed to others by their access lists
_LARGEST: Final = 16 * 1024 * 1024
_ELSEWHERE: Final = "or name another file in FLOWENGINE_AUTH_STORE"


class Stamp(NamedTuple):
    """What tells one content of a file from the next without reading it."""

    modified_ns: int
    size: int
    inode: int
    mode: int
    owner: int


def stamp(path: Path) -> Stamp | None:
    """Return the stamp of a file that is there and closed to everybody else; None where there is none."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    except OSError as fault:
        raise _unreadable(path, fault) from None
    return Stamp(found.st_mtime_ns, found.st_size, found.st_ino, found.st_mode, found.st_uid)


def read(path: Path) -> bytes | None:
    """Return a file's content, if nobody else can have read or written it; None where there is none."""
    found = stamp(path)
    if found is None:
        return None
    _check(path, found)
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as fault:
        raise _unreadable(path, fault) from None


def write(path: Path, content: bytes) -> None:
    """Put a content in a file's place: whoever reads, now or after a crash, finds the old one or the new one.

    One writer at a time: what is left of a writer that was killed is taken away by the next.
    """
    new = path.with_name(f"{path.name}.new")
    try:
        new.unlink(missing_ok=True)
        try:
            _write_new(new, content)
            new.replace(path)
        except OSError:
            with suppress(OSError):
                new.unlink(missing_ok=True)
            raise
        _sync_folder(path.parent)
    except OSError as fault:
        raise StoreFault(
            f"{path} cannot be written: {fault.strerror}; make room and its folder writable, {_ELSEWHERE}"
        ) from None


def make_folder(folder: Path) -> None:
    """Make a folder and those above it that are missing, each closed to others."""
    try:
        for one in (*reversed(folder.parents), folder):
            with suppress(FileExistsError):
                if not one.is_dir():
                    one.mkdir(0o700)
                    one.chmod(0o700)  # a umask takes away the owner's rights, too, and an access list may add others'
    except OSError as fault:
        raise StoreFault(f"{folder} cannot be made: {fault.strerror}; make the folder yourself, {_ELSEWHERE}") from None
    if not folder.is_dir():
        raise StoreFault(f"{folder} is no folder: remove it, {_ELSEWHERE}")


def _write_new(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor has no path
        if _POSIX:
            os.fchmod(descriptor, 0o600)  # whatever the umask and the folder's access list say
        file.write(content)
        file.flush()
        os.fsync(descriptor)


def _sync_folder(folder: Path) -> None:
    if not _POSIX:
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _unreadable(path: Path, fault: OSError) -> StoreFault:
    return StoreFault(
        f"{path} cannot be read: {fault.strerror}; make it your own file in your own folder, {_ELSEWHERE}"
    )


def _check(path: Path, found: Stamp) -> None:
    if not stat.S_ISREG(found.mode) or found.size > _LARGEST:
        raise StoreFault(f"{path} is not a file that flowengine wrote: move it away, {_ELSEWHERE}")
    if not _POSIX:
        return
    if found.owner != os.geteuid():
        raise StoreFault(
            f"{path} belongs to user {found.owner}, and this is user {os.geteuid()}: run this as its owner, "
            f"change its owner, {_ELSEWHERE}"
        )
    if found.mode & 0o077:
        raise StoreFault(
            f"{path} is open to other users (mode {_mode(found.mode)}): run `chmod 600 {shlex.quote(str(path))}`"
        )
    folder = path.parent.stat().st_mode
    if folder & 0o022 and not folder & stat.S_ISVTX:
        where = shlex.quote(str(path.parent))
        raise StoreFault(
            f"other users may replace {path} (mode {_mode(folder)} of its folder): run `chmod go-w {where}`"
        )


def _mode(mode: int) -> str:
    return f"{stat.S_IMODE(mode):04o}"
