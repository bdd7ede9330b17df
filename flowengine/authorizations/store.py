"""Where authorizations are kept: one protocol, in an encrypted file of the user or in memory."""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from flowengine.authorizations import keys, private_files
from flowengine.authorizations.faults import StoreFault
from flowengine.authorizations.keys import Key
from flowengine.authorizations.record import Authorization

__all__ = ["AuthorizationStore", "FileStore", "MemoryStore", "StoreFault", "Update"]

Update = Callable[[Authorization | None], Authorization | None]
"""Gets what is stored under a name, and returns what shall be there; None is nothing, before and after."""

REFRESH_TIMEOUT: Final = 60.0
_CHANGE_TIMEOUT: Final = 30.0
_TICK_NS: Final = 100_000_000  # far above what file systems tell times apart by


class AuthorizationStore(Protocol):
    """Authorizations by name, for several threads and processes at once. Whatever cannot be done raises StoreFault."""

    def read(self) -> dict[str, Authorization]:
        """Return all of them. Cheap enough to ask before every request."""

    def change(self, name: str, update: Update) -> Authorization | None:
        """Change one, with no other change in between, and return what is stored now. ``update`` calls no store."""

    def lock(self, name: str, timeout: float = REFRESH_TIMEOUT) -> AbstractContextManager[None]:
        """Keep everybody else from holding this lock: for the refresh of one authorization. Hinders no change.

        ``timeout``: seconds until TimeoutError; 0 tries once. It may be entered in one thread and left in another.
        """


class MemoryStore:
    """A store that ends with the process: for the sandbox, and for tests."""

    def __init__(self, records: Iterable[Authorization] = ()) -> None:
        self._records = {record.name: record for record in records}
        self._changing = threading.Lock()
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def read(self) -> dict[str, Authorization]:
        """See AuthorizationStore."""
        return dict(self._records)

    def change(self, name: str, update: Update) -> Authorization | None:
        """See AuthorizationStore."""
        with self._changing:
            records = _changed(self._records, name, update)
            self._records = records
            return records.get(name)

    @contextmanager
    def lock(self, name: str, timeout: float = REFRESH_TIMEOUT) -> Iterator[None]:
        """See AuthorizationStore."""
        with self._changing:
            one = self._locks[name]
        if not one.acquire(timeout=timeout):
            raise TimeoutError(f"authorization {name!r} is locked elsewhere for more than {timeout:g} s")
        try:
            yield
        finally:
            one.release()


class FileStore:
    """A store in an encrypted file: by default FLOWENGINE_AUTH_STORE, or one in the user's own data folder."""

    def __init__(self, path: Path | None = None) -> None:
        self.path: Final = Path(os.path.realpath(path or _default_path()))
        self._seen: _Seen | None = None

    @property
    def key_source(self) -> str | None:
        """Where the key is (``environment``, ``keyring`` or ``file``), if there is a store."""
        seen = self._look()
        return seen.source if seen else None

    def read(self) -> dict[str, Authorization]:
        """See AuthorizationStore."""
        seen = self._look()
        return dict(seen.records) if seen else {}

    def change(self, name: str, update: Update) -> Authorization | None:
        """See AuthorizationStore."""
        with self._changing():
            seen = self._look(again=True)
            found = seen.records if seen else {}
            records = _changed(found, name, update)
            if records is not found:
                source, key = (seen.source, seen.key) if seen else keys.for_new_store(self.path)
                self._write(records, source, key)
            return records.get(name)

    def rekey(self, source: str | None = None) -> str:
        """Encrypt everything with a new key, drop the old one, and return where the new one is.

        ``source``: where it shall be, if not where the old one was.
        """
        with self._changing():
            seen = self._look(again=True)
            if seen is None:
                raise StoreFault(f"there is no store at {self.path} yet")
            old = keys.source(seen.source, self.path)
            new = keys.source(source or seen.source, self.path)
            self._write(seen.records, new.name, new.add(beside=seen.key.id))
            try:
                old.drop(seen.key.id)
            except StoreFault as fault:
                raise StoreFault(f"{self.path} has a new key, but the old one cannot be dropped: {fault}") from None
            return new.name

    @contextmanager
    def lock(self, name: str, timeout: float = REFRESH_TIMEOUT) -> Iterator[None]:
        """See AuthorizationStore."""
        private_files.make_folder(self.path.parent)
        with self._locked(f".{hashlib.sha256(name.encode()).hexdigest()[:16]}.lock", timeout):
            yield

    @contextmanager
    def _changing(self) -> Iterator[None]:
        private_files.make_folder(self.path.parent)
        try:
            with self._locked(".lock", _CHANGE_TIMEOUT):
                yield
        except _Locked as late:
            raise StoreFault(f"{late}: look for a flowengine that hangs, and end it") from None

    @contextmanager
    def _locked(self, suffix: str, timeout: float) -> Iterator[None]:
        from filelock import FileLock, Timeout  # noqa: PLC0415 - with asyncio, and only changes need it

        lock = FileLock(f"{self.path}{suffix}", mode=0o600, thread_local=False, poll_interval=0.01)
        try:
            lock.acquire(timeout=timeout)
        except Timeout:
            raise _Locked(f"{lock.lock_file} is locked elsewhere for more than {timeout:g} s") from None
        except OSError as fault:
            raise StoreFault(f"{lock.lock_file} cannot be locked: {fault.strerror}; make its folder writable") from None
        try:
            yield
        finally:
            lock.release()

    def _look(self, *, again: bool = False) -> _Seen | None:
        """Return what is in the file; read it only if it may have changed, or ``again``."""
        asked_ns = time.time_ns()
        stamp = private_files.stamp(self.path)
        seen = self._seen
        if stamp is not None and seen is not None and seen.stamp == stamp and seen.settled and not again:
            return seen
        content = private_files.read(self.path)
        if stamp is None or content is None:
            return None
        seen = seen if seen is not None and seen.content == content else self._open(content)
        self._seen = seen._replace(stamp=stamp, settled=asked_ns - stamp.modified_ns > _TICK_NS)
        return self._seen

    def _open(self, content: bytes) -> _Seen:
        while True:
            try:
                return self._decrypt(content)
            except StoreFault as fault:
                newer = private_files.read(self.path)
                if newer is None or newer == content:
                    raise StoreFault(f"{self.path}: {fault}") from None
                content = newer  # another key took the place of this one in the meantime

    def _decrypt(self, content: bytes) -> _Seen:
        from flowengine.authorizations.envelope import read_envelope, unseal  # noqa: PLC0415 - cryptography

        envelope = read_envelope(content)
        seen = self._seen
        if seen is not None and (seen.source, seen.key.id) == (envelope.source, envelope.key_id):
            key = seen.key  # not asked for again: a keyring may have been locked since
        else:
            key = keys.source(envelope.source, self.path).find(envelope.key_id)
        return _Seen(content, envelope.source, key, unseal(envelope, key))

    def _write(self, records: dict[str, Authorization], source: str, key: Key) -> None:
        from flowengine.authorizations.envelope import seal  # noqa: PLC0415 - cryptography

        private_files.write(self.path, seal(records.values(), source, key))


class _Locked(TimeoutError):
    """Somebody else holds the lock."""


class _Seen(NamedTuple):
    """What was found in the file."""

    content: bytes
    source: str
    key: Key
    records: dict[str, Authorization]
    stamp: private_files.Stamp | None = None
    settled: bool = False
    """Whether the file had not changed for so long that another content has another stamp."""


def _changed(records: dict[str, Authorization], name: str, update: Update) -> dict[str, Authorization]:
    """Return the records with one updated; the very same ones where the update changes nothing."""
    found = records.get(name)
    wanted = update(found)
    if wanted == found:
        return records
    if wanted is None:
        return {other: record for other, record in records.items() if other != name}
    if wanted.name != name:
        raise ValueError(f"the update of {name!r} returned {wanted.name!r}")
    return records | {name: wanted}


def _default_path() -> Path:
    named = os.environ.get("FLOWENGINE_AUTH_STORE")
    if named:
        return Path(named)
    from platformdirs import user_data_path  # noqa: PLC0415 - not where the path is named

    return user_data_path("flowengine", appauthor=False) / "authorizations.json"
