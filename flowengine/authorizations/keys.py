"""Where the key of the store comes from: the environment, the keyring of the operating system, or a file beside it.

A store names the source and the id of its key. A new key is added to its source before the store is written with it,
and the old one is dropped after that: killed in between, the store still has the key that it names.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from flowengine.authorizations import private_files
from flowengine.authorizations.faults import StoreFault
from flowengine.authorizations.secret import Secret
from flowengine.redaction import LIVE

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

VARIABLE: Final = "FLOWENGINE_AUTH_KEY"
SERVICE: Final = "flowengine"
"""Under which the keyring lists our keys; the account is the key's id."""
SOURCES: Final = ("environment", "keyring", "file")

_SIZE: Final = 32
_SAFE: Final = 1  # priority of a keyring backend from which on it is recommended
_MOVE: Final = "Open it, or, where it is open, move the key with `flowengine auth rekey --key file`"
_LOST: Final = "If that key is lost, so are the secrets: move the store away and authorize again"


class Key:
    """32 random bytes, written in base64."""

    def __init__(self, text: str) -> None:
        try:
            content = base64.b64decode(text.translate({ord("-"): "+", ord("_"): "/"}), validate=True)
        except (ValueError, binascii.Error):
            content = b""
        if len(content) != _SIZE:
            raise ValueError("a key is 32 bytes in base64, as `openssl rand -base64 32` makes them")
        LIVE.learn(text)  # as it was written; the secret may have other characters
        self.secret: Final = Secret(base64.urlsafe_b64encode(content).decode())
        self.id: Final = hashlib.sha256(b"flowengine authorizations key " + content).hexdigest()[:16]

    @classmethod
    def new(cls) -> Key:
        """Make a key."""
        return cls(base64.b64encode(os.urandom(_SIZE)).decode())


class KeySource(Protocol):
    """A place where keys are. What cannot be done raises StoreFault."""

    @property
    def name(self) -> str:
        """What a store calls it."""

    def newest(self) -> Key | None:
        """Return the key for a new store, if there is one already."""

    def find(self, key_id: str) -> Key:
        """Return the key that a store names."""

    def add(self, beside: str | None) -> Key:
        """Return a new key; ``beside``: the id of the one that is still needed."""

    def drop(self, key_id: str) -> None:
        """Forget a key that no store names any more."""


class Environment:
    """Keys in FLOWENGINE_AUTH_KEY, newest first: for servers and containers. Its owner changes it, not we."""

    name: Final = "environment"

    def newest(self) -> Key | None:
        """See KeySource."""
        return next(iter(self._keys()), None)

    def find(self, key_id: str) -> Key:
        """See KeySource."""
        return _pick(key_id, self._keys(), VARIABLE, "is not set", "set it to the right key")

    def add(self, beside: str | None) -> Key:
        """See KeySource."""
        newest = self.newest()
        if newest is None or newest.id == beside:
            raise StoreFault(f"there is no new key in {VARIABLE}: set it to `NEW,OLD`, and run this again")
        return newest

    def drop(self, key_id: str) -> None:
        """See KeySource."""

    def _keys(self) -> list[Key]:
        try:
            return [Key(one) for one in os.environ.get(VARIABLE, "").replace(",", " ").split()]
        except ValueError as wrong:
            raise StoreFault(f"{VARIABLE} holds something else than keys: {wrong}") from None


class KeyFile:
    """Keys in a file beside the store, newest first, one a line."""

    name: Final = "file"

    def __init__(self, store: Path) -> None:
        self._path = store.with_name(f"{store.name}.key")

    def newest(self) -> Key | None:
        """See KeySource."""
        return next(iter(self._keys()), None)

    def find(self, key_id: str) -> Key:
        """See KeySource."""
        return _pick(key_id, self._keys(), self._path, "is not there", "restore that file")

    def add(self, beside: str | None) -> Key:
        """See KeySource."""
        key = Key.new()
        self._write([key, *(one for one in self._keys() if one.id == beside)])
        return key

    def drop(self, key_id: str) -> None:
        """See KeySource."""
        self._write([one for one in self._keys() if one.id != key_id])

    def _keys(self) -> list[Key]:
        try:
            return [Key(line) for line in (private_files.read(self._path) or b"").decode("ascii").split()]
        except ValueError:
            raise StoreFault(f"{self._path} is damaged: restore it from a backup. {_LOST}") from None

    def _write(self, keys: list[Key]) -> None:
        if keys:
            private_files.write(self._path, "".join(f"{key.secret.reveal()}\n" for key in keys).encode())
        else:
            self._path.unlink(missing_ok=True)


class Keyring:
    """Keys in the keyring of the operating system, one entry each."""

    name: Final = "keyring"

    def newest(self) -> Key | None:
        """See KeySource: a keyring cannot be asked what is in it."""
        return None

    def find(self, key_id: str) -> Key:
        """See KeySource."""
        needed = f"the store needs key {key_id} out of the keyring (service {SERVICE!r})"
        try:
            text = self._ask(lambda backend: backend.get_password(SERVICE, key_id))
        except StoreFault as fault:
            raise StoreFault(f"{needed}, and {fault}. {_MOVE}") from None
        try:
            return Key(text or "")
        except ValueError:
            raise StoreFault(f"{needed}, where it is {'damaged' if text else 'not'}. {_LOST}") from None

    def add(self, beside: str | None) -> Key:  # noqa: ARG002 - each key is an entry of its own
        """See KeySource."""
        key = Key.new()
        self._ask(lambda backend: backend.set_password(SERVICE, key.id, key.secret.reveal()))
        return self.find(key.id)

    def drop(self, key_id: str) -> None:
        """See KeySource."""
        self._ask(lambda backend: backend.delete_password(SERVICE, key_id))

    def _ask(self, question: Callable[[KeyringBackend], str | None]) -> str | None:
        import keyring  # noqa: PLC0415 - finds its backends, which takes long, and only this needs it

        try:
            backend = keyring.get_keyring()
            if backend.priority >= _SAFE:
                return question(backend)
        except Exception as fault:  # noqa: BLE001 - backends are plugins, and raise what their systems raise
            raise StoreFault(f"the keyring does not answer ({type(fault).__name__}: {fault})") from None
        raise StoreFault("there is no keyring here that keeps keys safely")


def source(name: str, store: Path) -> KeySource:
    """Return a source of keys by its name."""
    sources: tuple[KeySource, ...] = (Environment(), Keyring(), KeyFile(store))
    for one in sources:
        if one.name == name:
            return one
    raise StoreFault(f"keys come from {', '.join(one.name for one in sources)}, and not from {name!r}")


def for_new_store(store: Path) -> tuple[str, Key]:
    """Choose where the key of a new store is: the environment if it has one, else a keyring that works, else a file."""
    environment, keyring, file = Environment(), Keyring(), KeyFile(store)
    if key := environment.newest():
        return environment.name, key
    try:
        return keyring.name, keyring.add(beside=None)
    except StoreFault:
        return file.name, file.newest() or file.add(beside=None)


def _pick(key_id: str, keys: list[Key], where: object, missing: str, repair: str) -> Key:
    for key in keys:
        if key.id == key_id:
            return key
    found = f"holds {', '.join(key.id for key in keys)}" if keys else missing
    raise StoreFault(f"the store needs key {key_id} out of {where}, which {found}: {repair}. {_LOST}")
