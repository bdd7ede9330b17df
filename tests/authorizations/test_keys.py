"""Where keys come from, how they are changed, and what is said when one is missing."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import keyring
import keyring.backend
import keyring.errors
import pytest
from keyring.backends.null import Keyring as NullKeyring

from flowengine.authorizations.keys import SERVICE, VARIABLE, Key
from flowengine.authorizations.record import BEARER, Authorization
from flowengine.authorizations.secret import Secret
from flowengine.authorizations.store import FileStore, StoreFault
from flowengine.redaction import LIVE, PLACEHOLDER

FIRST, SECOND = (base64.b64encode(bytes([number]) * 32).decode() for number in (251, 2))
TOKEN = Authorization(
    "engage", BEARER, None, ("engage.example.com",), secrets={"access_token": Secret("token-under-a-key")}
)


class MemoryKeyring(keyring.backend.KeyringBackend):
    """A keyring that ends with the test. It may be locked, and may lose what it is given."""

    priority = 1  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()
        self.entries: dict[tuple[str, str], str] = {}
        self.locked = False

    def get_password(self, service: str, username: str) -> str | None:
        self._check()
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._check()
        self.entries[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._check()
        del self.entries[service, username]

    def _check(self) -> None:
        if self.locked:
            raise keyring.errors.KeyringLocked("the user said no")


@pytest.fixture
def ring() -> Iterator[MemoryKeyring]:
    ring = MemoryKeyring()
    before = keyring.get_keyring()
    keyring.set_keyring(ring)
    yield ring
    keyring.set_keyring(before)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "authorizations.json"


def filled(path: Path) -> FileStore:
    store = FileStore(path)
    store.change("engage", lambda _: TOKEN)
    return store


def key_id(path: Path) -> str:
    found: str = json.loads(path.read_bytes())["keyId"]
    return found


def key_file(path: Path) -> Path:
    return path.with_name(f"{path.name}.key")


def opens(path: Path) -> bool:
    return FileStore(path).read() == {"engage": TOKEN}


# Where the key of a new store is


def test_the_environment_comes_first(path: Path, ring: MemoryKeyring, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, FIRST)
    assert filled(path).key_source == "environment"
    assert opens(path)
    assert not ring.entries
    assert not key_file(path).exists()


def test_then_the_keyring(path: Path, ring: MemoryKeyring) -> None:
    assert filled(path).key_source == "keyring"
    assert set(ring.entries) == {(SERVICE, key_id(path))}
    assert opens(path)
    assert not key_file(path).exists()


def forgetful(ring: MemoryKeyring) -> None:
    ring.set_password = lambda *_: None  # type: ignore[method-assign]


def locked(ring: MemoryKeyring) -> None:
    ring.locked = True


def plain(ring: MemoryKeyring) -> None:
    ring.priority = 0.5  # type: ignore[assignment]


@pytest.mark.parametrize("unusable", [forgetful, locked, plain])
def test_then_a_file(path: Path, ring: MemoryKeyring, unusable: Callable[[MemoryKeyring], None]) -> None:
    unusable(ring)
    assert filled(path).key_source == "file"
    assert opens(path)
    assert not ring.entries


def test_without_a_keyring_it_is_a_file(path: Path) -> None:
    assert filled(path).key_source == "file"
    assert key_file(path).stat().st_mode & 0o777 == 0o600


def test_a_key_file_that_was_left_is_used_again(path: Path) -> None:
    filled(path)
    key = key_file(path).read_bytes()
    path.unlink()
    filled(path)
    assert key_file(path).read_bytes() == key


def test_a_store_stays_with_the_source_that_it_names(
    path: Path, ring: MemoryKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(path)
    monkeypatch.setenv(VARIABLE, FIRST)
    assert opens(path)
    FileStore(path).change("other", lambda _: None)
    assert FileStore(path).key_source == "keyring"
    assert len(ring.entries) == 1


# What is said when the key is missing


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (
            None,
            "which is not set: set it to the right key. If that key is lost, so are the secrets: move the store away",
        ),
        (SECOND, f"which holds {Key(SECOND).id}: set it to the right key"),
        ("canary-password", f"{VARIABLE} holds something else than keys: a key is 32 bytes in base64, as `openssl"),
        ("Y2FuYXJ5", "a key is 32 bytes in base64"),
    ],
)
def test_the_wrong_key_in_the_environment(
    path: Path, monkeypatch: pytest.MonkeyPatch, value: str | None, said: str
) -> None:
    monkeypatch.setenv(VARIABLE, FIRST)
    filled(path)
    before = path.read_bytes()
    monkeypatch.delenv(VARIABLE) if value is None else monkeypatch.setenv(VARIABLE, value)
    for use in (FileStore(path).read, FileStore(path).rekey, lambda: FileStore(path).change("engage", lambda _: None)):
        with pytest.raises(StoreFault) as caught:
            use()
        assert said in str(caught.value)
        assert "canary" not in str(caught.value)
    assert path.read_bytes() == before


def test_a_new_store_does_not_start_with_half_a_key(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, FIRST[:20])
    with pytest.raises(StoreFault, match="holds something else than keys"):
        filled(path)
    assert not path.exists()


def without_entry(ring: MemoryKeyring) -> None:
    ring.entries.clear()


def with_damaged_entry(ring: MemoryKeyring) -> None:
    ring.entries = dict.fromkeys(ring.entries, "x")


def gone(ring: MemoryKeyring) -> None:
    del ring
    keyring.set_keyring(NullKeyring())


@pytest.mark.parametrize(
    ("happens", "said"),
    [
        (without_entry, "where it is not. If that key is lost"),
        (with_damaged_entry, "where it is damaged. If that key is lost"),
        (
            locked,
            r"the keyring does not answer \(KeyringLocked: the user said no\). Open it, or, where it is open, move",
        ),
        (gone, "there is no keyring here that keeps keys safely. Open it, or, where it is open, move the key with"),
    ],
)
def test_a_keyring_without_the_key(
    path: Path, ring: MemoryKeyring, happens: Callable[[MemoryKeyring], None], said: str
) -> None:
    filled(path)
    before = path.read_bytes()
    happens(ring)
    for use in (FileStore(path).read, FileStore(path).rekey, lambda: FileStore(path).change("engage", lambda _: None)):
        with pytest.raises(StoreFault, match=said):
            use()
    assert path.read_bytes() == before


# New keys


def test_a_new_key_in_the_file_takes_the_place_of_the_old(path: Path) -> None:
    store = filled(path)
    old, old_id, old_content = key_file(path).read_text(), key_id(path), path.read_bytes()
    assert store.rekey() == "file"
    assert opens(path)
    assert key_id(path) != old_id
    assert len(key_file(path).read_text().split()) == 1
    assert old not in key_file(path).read_text()
    path.write_bytes(old_content)
    with pytest.raises(StoreFault, match=f"needs key {old_id} out of"):
        FileStore(path).read()


def test_a_new_key_in_the_keyring_takes_the_place_of_the_old(path: Path, ring: MemoryKeyring) -> None:
    store = filled(path)
    old = set(ring.entries)
    assert store.rekey() == "keyring"
    assert opens(path)
    assert len(ring.entries) == 1
    assert set(ring.entries) != old


def test_a_new_key_in_the_environment_stands_before_the_old(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, FIRST)
    store = filled(path)
    with pytest.raises(StoreFault, match="no new key in FLOWENGINE_AUTH_KEY: set it to `NEW,OLD`"):
        store.rekey()
    monkeypatch.setenv(VARIABLE, f"{SECOND}, {FIRST}")
    assert opens(path)
    assert store.rekey() == "environment"
    monkeypatch.setenv(VARIABLE, SECOND)
    assert opens(path)


@pytest.mark.parametrize("start", ["environment", "keyring", "file"])
@pytest.mark.parametrize("end", ["environment", "keyring", "file"])
def test_a_key_moves_from_anywhere_to_anywhere(
    path: Path, ring: MemoryKeyring, monkeypatch: pytest.MonkeyPatch, start: str, end: str
) -> None:
    filled(path)
    monkeypatch.setenv(VARIABLE, FIRST)
    FileStore(path).rekey(start)
    monkeypatch.setenv(VARIABLE, f"{SECOND} {FIRST}")
    assert FileStore(path).rekey(end) == end
    monkeypatch.setenv(VARIABLE, SECOND)
    assert opens(path)
    assert FileStore(path).key_source == end
    assert len(ring.entries) == (end == "keyring")
    assert key_file(path).exists() == (end == "file")


def test_a_move_that_fails_changes_nothing(path: Path) -> None:
    store = filled(path)
    before = path.read_bytes(), key_file(path).read_bytes()
    for source, said in (
        ("keyring", "no keyring here that keeps keys safely"),
        ("environment", "no new key in FLOWENGINE_AUTH_KEY"),
        ("cloud", "keys come from environment, keyring, file, and not from 'cloud'"),
    ):
        with pytest.raises(StoreFault, match=said):
            store.rekey(source)
    assert (path.read_bytes(), key_file(path).read_bytes()) == before


def test_an_old_key_that_stays_is_said(path: Path, ring: MemoryKeyring) -> None:
    store = filled(path)
    old = key_id(path)
    ring.delete_password = lambda *_: locked(ring) or ring._check()  # type: ignore[method-assign]
    with pytest.raises(
        StoreFault, match="has a new key, but the old one cannot be dropped: the keyring does not answer"
    ):
        store.rekey()
    ring.locked = False
    assert opens(path)
    assert key_id(path) != old


def test_without_a_store_there_is_nothing_to_rekey(path: Path) -> None:
    with pytest.raises(StoreFault, match="there is no store at"):
        FileStore(path).rekey()


def test_keys_are_redacted_as_well(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    monkeypatch.setenv(VARIABLE, FIRST)
    filled(path)
    assert LIVE.redact(f"<{FIRST}>") == f"<{PLACEHOLDER}>"
    assert LIVE.redact(f"<{Key(FIRST).secret.reveal()}>") == f"<{PLACEHOLDER}>"


def test_both_alphabets_write_the_same_key() -> None:
    assert "/" in FIRST or "+" in FIRST
    assert Key(FIRST).id == Key(FIRST.replace("+", "-").replace("/", "_")).id != Key(SECOND).id
