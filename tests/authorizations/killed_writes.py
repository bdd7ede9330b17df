"""Kills writers of a store, and looks whether it still opens with the old or the new content.

    python tests/authorizations/killed_writes.py FOLDER every    # at every call into the system, of every kind of write
    python tests/authorizations/killed_writes.py FOLDER 500      # 500 times at any moment

Writers are forked off this process and end by SIGKILL. The report is one JSON object; `failures` has to be empty.
"""

from __future__ import annotations

import json
import mmap
import os
import random
import shutil
import signal
import struct
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import keyring
import keyring.backend
from keyring.backends.null import Keyring as NullKeyring

from flowengine.authorizations.record import BEARER, Authorization
from flowengine.authorizations.secret import Secret
from flowengine.authorizations.store import FileStore

LOOKING = {"fspath", "stat", "lstat", "fstat", "getpid", "geteuid", "read", "readall", "_path_normpath", "urandom"}
OTHERS = {f"other-{number}": f"other-token-{number}" for number in range(3)}
Writes = Callable[[FileStore], object]


class FolderKeyring(keyring.backend.KeyringBackend):
    """A keyring whose entries outlive a process: a file each."""

    priority = 1  # type: ignore[assignment]

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def get_password(self, service: str, username: str) -> str | None:
        entry = self._folder / f"{service}.{username}"
        return entry.read_text() if entry.exists() else None

    def set_password(self, service: str, username: str, password: str) -> None:
        new = self._folder / "new"
        new.write_text(password)
        new.replace(self._folder / f"{service}.{username}")

    def delete_password(self, service: str, username: str) -> None:
        (self._folder / f"{service}.{username}").unlink()


def token(name: str, text: str) -> Authorization:
    return Authorization(name, BEARER, None, ("engage.example.com",), secrets={"access_token": Secret(text)})


def set_token(text: str) -> Writes:
    return lambda store: store.change("engage", lambda _: token("engage", text))


def add_use(store: FileStore) -> None:
    store.change("engage", lambda old: replace(old or token("engage", "token-0"), last_used_at=time.time()))


WRITES: dict[str, tuple[tuple[Writes, ...], Writes, set[str | None]]] = {
    # what was done before, what is killed, and the tokens that may be there afterwards
    "the first write": ((), set_token("token-1"), {None, "token-1"}),
    "a change": ((set_token("token-0"),), set_token("token-1"), {"token-0", "token-1"}),
    "a new key": ((set_token("token-0"),), lambda store: store.rekey(), {"token-0"}),
    "the key into a file": ((set_token("token-0"),), lambda store: store.rekey("file"), {"token-0"}),
    "the key into the keyring": (
        (set_token("token-0"), lambda store: store.rekey("file")),
        lambda store: store.rekey("keyring"),
        {"token-0"},
    ),
}


def kill_everywhere(folder: Path) -> dict[str, Any]:
    """Repeat each write, killed one call into the system later each time, until it is through."""
    kills: Counter[str] = Counter()
    failures: list[str] = []
    for backend in ("keyring", "file"):
        for name, (before, write, expected) in WRITES.items():
            if backend == "file" and "into" in name:
                continue
            title = f"{name} ({backend})"
            prepared = folder / title
            (prepared / "keyring").mkdir(parents=True)
            for one in before:
                one(_store(prepared, backend))
            step, killed = 0, True
            while killed:
                step += 1
                here = folder / f"{title} {step}"
                shutil.copytree(prepared, here)
                store = _store(here, backend)
                killed = _ends_killed(lambda: write(store), step)  # noqa: B023 - is called at once
                kills[title] += killed
                failures += _wrong(store.path, expected, f"{title}, killed at call {step}")
    return {"kills": sum(kills.values()), "writes": kills, "failures": failures}


def _store(folder: Path, backend: str) -> FileStore:
    keyring.set_keyring(FolderKeyring(folder / "keyring") if backend == "keyring" else NullKeyring())
    return FileStore(folder / "store" / "authorizations.json")


def kill_anywhere(folder: Path, rounds: int) -> dict[str, Any]:
    """Let a writer write without end, and kill it at a random moment; again and again on the same store."""
    keyring.set_keyring(NullKeyring())
    store = FileStore(folder / "store" / "authorizations.json")
    for name, text in OTHERS.items():
        store.change(name, lambda _, name=name, text=text: token(name, text))
    began = time.perf_counter()
    set_token("token-0")(store)
    longest = 3 * (time.perf_counter() - began)
    shared = mmap.mmap(-1, 16)  # the number of the write that was begun, and of the one that was done
    found: Counter[str] = Counter()
    failures: list[str] = []
    done = 0
    moment = random.Random(2026)  # noqa: S311 - no secret
    for number in range(rounds):
        writer = os.fork()
        if not writer:
            _write_on(store, shared, rekeying=number % 4 == 0)
        time.sleep(moment.uniform(0, longest))
        os.kill(writer, signal.SIGKILL)
        os.waitpid(writer, 0)
        begun, done = struct.unpack("qq", shared[:16])
        failures += _wrong(store.path, {f"token-{begun}", f"token-{done}"}, f"kill {number}")
        failures += _wrong_others(store.path)
        found["old" if _token(store.path) == f"token-{done}" else "new"] += 1
    return {"kills": rounds, "found": found, "written": done, "failures": failures}


def _write_on(store: FileStore, shared: mmap.mmap, *, rekeying: bool) -> NoReturn:
    number = struct.unpack("qq", shared[:16])[1]
    while True:
        number += 1
        shared[:8] = struct.pack("q", number)
        set_token(f"token-{number}")(store)
        shared[8:16] = struct.pack("q", number)
        if rekeying:
            store.rekey()


def _ends_killed(write: Callable[[], object], step: int) -> bool:
    writer = os.fork()
    if not writer:
        calls = 0

        def count(_: FrameType, event: str, called: Any) -> None:
            nonlocal calls
            if event == "c_call" and _changes_something(called):
                calls += 1
                if calls == step:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.setprofile(count)
        write()
        os._exit(0)
    return os.WIFSIGNALED(os.waitpid(writer, 0)[1])


def _changes_something(called: Any) -> bool:
    of_the_system = called.__module__ in ("posix", "fcntl", "_io") or type(called.__self__).__module__ == "_io"
    return of_the_system and called.__name__ not in LOOKING


def _wrong(path: Path, expected: set[str | None], where: str) -> list[str]:
    """Open the store as a new process would, and write to it."""
    try:
        found = _token(path)
        add_use(FileStore(path))
    except Exception as fault:  # noqa: BLE001 - is reported
        return [f"{where}: {type(fault).__name__}: {fault}"]
    if found not in expected:
        return [f"{where}: found {found!r}, expected one of {expected}"]
    leftovers = [one.name for one in path.parent.iterdir() if one.suffix == ".new" and "key" not in one.name]
    return [f"{where}: {leftovers} were left"] if leftovers else []


def _wrong_others(path: Path) -> list[str]:
    records = FileStore(path).read()
    return [
        f"{name} is lost"
        for name, text in OTHERS.items()
        if name not in records or records[name].secrets["access_token"] != Secret(text)
    ]


def _token(path: Path) -> str | None:
    record = FileStore(path).read().get("engage")
    return record.secrets["access_token"].reveal() if record else None


if __name__ == "__main__":
    where, how = Path(sys.argv[1]), sys.argv[2]
    sys.stdout.write(json.dumps(kill_everywhere(where) if how == "every" else kill_anywhere(where, int(how))))
