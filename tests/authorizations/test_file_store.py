"""What the store on disk does beyond what every store does: who may read it, what it says when it cannot be opened."""

from __future__ import annotations

import base64
import json
import os
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from flowengine.authorizations.record import AUTHORIZED, BASIC, BEARER, Authorization
from flowengine.authorizations.secret import Secret
from flowengine.authorizations.store import FileStore, StoreFault

CANARY = "canary/+\u00fc \"quoted\" 'and' \\ %41"
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "flowengine" / "authorizations.json"


def token(name: str = "engage", text: str = "token-1") -> Authorization:
    secrets = {"access_token": Secret(text)}
    return Authorization(name, BEARER, None, ("engage.example.com",), state=AUTHORIZED, secrets=secrets)


def filled(path: Path) -> FileStore:
    store = FileStore(path)
    store.change("engage", lambda _: token())
    return store


def python(code: str, path: Path) -> subprocess.Popen[str]:
    """Start a process that uses the store."""
    start = "from flowengine.authorizations.store import FileStore; from test_file_store import token; s = FileStore();"
    return subprocess.Popen(
        [sys.executable, "-c", start + code],
        env={**os.environ, "FLOWENGINE_AUTH_STORE": str(path), "PYTHONPATH": os.pathsep.join([*sys.path, HERE])},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


HERE = str(Path(__file__).parent)


def finished(process: subprocess.Popen[str]) -> str:
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    return out


# Where it is, and who may read it


def test_the_environment_names_the_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLOWENGINE_AUTH_STORE", str(path))
    assert FileStore().path == path
    monkeypatch.chdir(path.parents[2])
    monkeypatch.setenv("FLOWENGINE_AUTH_STORE", "authorizations.json")
    assert FileStore().path == path.parents[2] / "authorizations.json"


@pytest.mark.skipif(sys.platform != "linux", reason="each system has a folder of its own")
def test_else_it_is_in_the_users_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FLOWENGINE_AUTH_STORE")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert FileStore().path == tmp_path / "flowengine" / "authorizations.json"


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o777])
def test_whatever_the_umask_only_the_owner_gets_in(path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        store = filled(path)
        store.rekey()
        with store.lock("engage"):
            pass
    finally:
        os.umask(before)
    assert {mode(one) for one in path.parent.iterdir()} <= {0o600}
    assert len(list(path.parent.iterdir())) == 4, "store, key, its lock, the lock of a name"
    assert {mode(one) for one in (path.parent, path.parent.parent)} == {0o700}


def test_the_file_holds_no_secret_and_no_name_in_any_spelling(path: Path) -> None:
    store = FileStore(path)
    secrets = {"password": Secret(CANARY), "access_token": Secret("canary-token")}
    store.change(
        "canary-name",
        lambda _: Authorization(
            "canary-name", BASIC, None, ("canary.example.com",), username="canary", secrets=secrets
        ),
    )
    with store.lock("canary-name"):
        written = b"".join(one.name.encode() + one.read_bytes() for one in path.parent.iterdir())
    envelope = json.loads(path.read_bytes())
    assert set(envelope) == {"format", "keySource", "keyId", "data"}
    written += base64.urlsafe_b64decode(envelope["data"])
    for spelled in (b"canary", b"canary".hex().encode(), b"FuYXJ5", b"Y2FuYXJ5", b"jYW5hcn"):
        assert spelled not in written.lower()
        assert spelled not in written


def test_a_link_to_the_file_stays_one(path: Path, tmp_path: Path) -> None:
    filled(path)
    link = tmp_path / "link.json"
    link.symlink_to(path)
    FileStore(link).change("other", lambda _: token("other"))
    assert link.is_symlink()
    assert set(FileStore(path).read()) == {"engage", "other"}


def test_what_a_killed_writer_left_is_taken_away(path: Path) -> None:
    store = filled(path)
    left = path.with_name(f"{path.name}.new")
    left.write_text("half of a store")
    store.change("engage", lambda _: token(text="token-2"))
    assert not left.exists()


def test_content_is_safe_on_disk_before_it_takes_the_place_of_the_old(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = filled(path)
    done: list[str] = []
    fsync, replace = os.fsync, os.replace

    def note_fsync(descriptor: int) -> None:
        done.append("folder safe" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file safe")
        fsync(descriptor)

    def note_replace(source: Any, target: Any) -> None:
        done.append("replaced")
        replace(source, target)

    monkeypatch.setattr(os, "fsync", note_fsync)
    monkeypatch.setattr(os, "replace", note_replace)
    store.change("engage", lambda _: token(text="token-2"))
    assert done == ["file safe", "replaced", "folder safe"]


# Reading is cheap, and never stale


def test_a_file_that_has_not_changed_is_not_read_again(path: Path) -> None:
    store = filled(path)
    os.utime(path, (1, 1))
    assert store.read() == {"engage": token()}
    overwrite(path, path.read_bytes()[::-1])
    assert store.read() == {"engage": token()}


def test_two_changes_within_one_tick_of_the_file_system_are_told_apart(path: Path) -> None:
    store, other = filled(path), FileStore(path)
    first = path.read_bytes()
    os.utime(path)
    store.read()
    other.change("engage", lambda _: token(text="token-2"))
    second = path.read_bytes()
    assert len(first) == len(second)
    overwrite(path, first)
    os.utime(path)
    assert store.read() == {"engage": token()}
    overwrite(path, second)
    assert store.read() == {"engage": token(text="token-2")}


def test_a_key_is_asked_for_once(path: Path) -> None:
    store, other = filled(path), FileStore(path)
    store.read()
    other.change("engage", lambda _: token(text="token-2"))
    key = path.with_name(f"{path.name}.key")
    kept = key.rename(path.with_name("elsewhere"))
    assert store.read() == {"engage": token(text="token-2")}
    kept.rename(key)
    other.rekey()
    assert store.read() == {"engage": token(text="token-2")}


def test_a_store_that_went_away_is_empty(path: Path) -> None:
    store = filled(path)
    path.unlink()
    assert store.read() == {}
    assert store.key_source is None
    store.change("new", lambda _: token("new"))
    assert set(store.read()) == {"new"}


def test_nothing_heavy_is_imported_before_it_is_needed(path: Path) -> None:
    heavy = {"cryptography", "keyring", "filelock", "platformdirs"}
    code = f"s.read(); import sys; print(sorted({heavy} & set(sys.modules)))"
    plain = subprocess.run(
        [sys.executable, "-c", f"from flowengine.authorizations.store import FileStore; s = FileStore(); {code}"],
        env={**os.environ, "FLOWENGINE_AUTH_STORE": str(path), "PYTHONPATH": os.pathsep.join(sys.path)},
        check=True,
        capture_output=True,
        text=True,
    )
    assert plain.stdout == "[]\n"


# Several processes


def test_two_processes_lose_nothing(path: Path) -> None:
    code = "[s.change(f'{name}-{n}', lambda _: token(f'{name}-{n}', f'token-{n}')) for n in range(15)]"
    processes = [python(f"name = {name!r}; {code}", path) for name in ("left", "right")]
    for one in processes:
        finished(one)
    expected = {f"{name}-{n}": token(f"{name}-{n}", f"token-{n}") for name in ("left", "right") for n in range(15)}
    assert FileStore(path).read() == expected


def test_a_reader_is_not_disturbed_by_new_keys(path: Path) -> None:
    filled(path)
    writer = python("[s.rekey() for _ in range(15)]", path)
    reads = 0
    while writer.poll() is None or reads == 0:
        assert FileStore(path).read() == {"engage": token()}
        reads += 1
    finished(writer)


def test_a_lock_holds_across_processes_and_ends_with_its_holder(path: Path) -> None:
    store = filled(path)
    holder = python("lock = s.lock('engage'); lock.__enter__(); print('held', flush=True); input()", path)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(TimeoutError), store.lock("engage", timeout=0):
        pass
    store.change("engage", lambda _: token(text="token-2"))
    holder.kill()
    holder.communicate()
    with store.lock("engage", timeout=10):
        pass


# What is said when it cannot be opened


def damage(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], None]:
    def do(path: Path) -> None:
        envelope = json.loads(path.read_bytes())
        change(envelope)
        overwrite(path, json.dumps(envelope).encode())

    return do


def other_content(path: Path, content: bytes) -> None:
    """Encrypt something else with the right key."""
    key = path.with_name(f"{path.name}.key").read_text().strip()
    damage(lambda envelope: envelope.update(data=Fernet(key).encrypt(content).decode()))(path)


FAULTS: dict[str, tuple[Callable[[Path], object], str]] = {
    "empty": (lambda path: overwrite(path, b""), "is damaged: restore it from a backup"),
    "no JSON": (lambda path: overwrite(path, b"{"), "is damaged"),
    "no text": (lambda path: overwrite(path, b"\xff\xfe\x00"), "is damaged"),
    "too deep": (lambda path: overwrite(path, b"[" * 100_000), "is damaged"),
    "no object": (lambda path: overwrite(path, b"[]"), "is damaged"),
    "no data": (damage(lambda envelope: envelope.pop("data")), "is damaged"),
    "an older format": (damage(lambda envelope: envelope.update(format=0)), "is damaged"),
    "a newer format": (damage(lambda envelope: envelope.update(format=2)), "format 2, of a newer flowengine: update"),
    "cut data": (damage(lambda envelope: envelope.update(data=envelope["data"][:-8])), "is damaged"),
    "changed data": (damage(lambda envelope: envelope.update(data="gAAA" + envelope["data"][4:][::-1])), "is damaged"),
    "data that is no text": (damage(lambda envelope: envelope.update(data="\u00fc")), "is damaged"),
    "another key": (damage(lambda envelope: envelope.update(keyId="0" * 16)), "needs key 0000000000000000 out of"),
    "an unknown source": (damage(lambda envelope: envelope.update(keySource="cloud")), "not from 'cloud'"),
    "no key file": (lambda path: path.with_name(f"{path.name}.key").unlink(), "is not there: restore that file"),
    "a damaged key file": (lambda path: overwrite(path.with_name(f"{path.name}.key"), b"x"), "key is damaged: restore"),
    "an open key file": (lambda path: path.with_name(f"{path.name}.key").chmod(0o640), "mode 0640): run `chmod 600 "),
    "something else in it": (lambda path: other_content(path, b"[]"), "is damaged"),
    "an unknown kind": (
        lambda path: other_content(path, b'{"authorizations": [{"name": "x", "kind": "y", "hosts": []}]}'),
        "authorization 'x' cannot be read: 'y' is no kind",
    ),
    "open to others": (lambda path: path.chmod(0o644), "open to other users (mode 0644): run `chmod 600 "),
    "open to a group": (lambda path: path.chmod(0o660), "open to other users (mode 0660): run `chmod 600 "),
    "an open folder": (lambda path: path.parent.chmod(0o777), "(mode 0777 of its folder): run `chmod go-w "),
    "too large": (lambda path: os.truncate(path, 17 * 1024 * 1024), "not a file that flowengine wrote: move it away"),
    "a folder in its place": (lambda path: (path.unlink(), path.mkdir()), "not a file that flowengine wrote"),
    "a pipe in its place": (lambda path: (path.unlink(), os.mkfifo(path, 0o600)), "not a file that flowengine wrote"),
}


@pytest.mark.parametrize(("spoil", "said"), FAULTS.values(), ids=FAULTS)
def test_what_cannot_be_opened_is_said_with_the_repair_and_left_as_it_is(
    path: Path, spoil: Callable[[Path], object], said: str
) -> None:
    filled(path)
    spoil(path)
    before = content(path)
    store = FileStore(path)
    for use in (store.read, lambda: store.change("engage", lambda _: token(text="token-2")), store.rekey):
        with pytest.raises(StoreFault) as caught:
            use()
        message = str(caught.value)
        assert str(path) in message
        assert said in message
        assert "\n" not in message
    assert content(path) == before


def test_who_has_read_it_before_sees_the_damage_too(path: Path) -> None:
    store = filled(path)
    os.utime(path, (1, 1))
    store.read()
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(StoreFault, match="is damaged"):
        store.read()
    path.chmod(0o644)
    with pytest.raises(StoreFault, match="chmod 600"):
        store.read()


@needs_root
def test_a_file_of_another_user_is_not_used(path: Path) -> None:
    store = filled(path)
    os.chown(path, 65_534, 65_534)
    with pytest.raises(StoreFault, match="belongs to user 65534, and this is user 0: run this as its owner"):
        store.read()


def test_a_file_in_the_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    store = FileStore(tmp_path / "data" / "authorizations.json")
    with pytest.raises(StoreFault, match="cannot be read: Not a directory"):
        store.read()
    for use in (lambda: store.change("engage", lambda _: token()), store.lock("engage").__enter__):
        with pytest.raises(StoreFault, match="FLOWENGINE_AUTH_STORE"):
            use()


@pytest.fixture
def ordinary() -> Iterator[Path]:
    """A folder of a user whom permissions stop: root is somebody else for a while."""
    with tempfile.TemporaryDirectory() as folder:
        root = os.geteuid() == 0
        if root:
            os.chown(folder, 65_534, 65_534)
            os.seteuid(65_534)
        try:
            yield Path(folder)
        finally:
            if root:
                os.seteuid(0)
            for one in (Path(folder), *Path(folder).rglob("*")):
                one.chmod(0o700)


def test_a_folder_that_cannot_be_written(ordinary: Path) -> None:
    store = filled(ordinary / "authorizations.json")
    before = content(store.path)
    store.path.with_name(f"{store.path.name}.lock").unlink()
    ordinary.chmod(0o500)
    assert FileStore(store.path).read() == {"engage": token()}, "reading takes no right to write"
    for use in (lambda: store.change("engage", lambda _: None), store.rekey, store.lock("engage").__enter__):
        with pytest.raises(StoreFault, match=r"cannot be locked: Permission denied; make its folder writable"):
            use()
    assert content(store.path) == before


def test_a_folder_that_can_be_locked_but_not_written(ordinary: Path) -> None:
    store = filled(ordinary / "authorizations.json")
    before = content(store.path)
    ordinary.chmod(0o500)
    with pytest.raises(StoreFault, match="cannot be written: Permission denied"):
        store.change("engage", lambda _: None)
    assert content(store.path) == before


def test_a_folder_that_cannot_be_made(ordinary: Path) -> None:
    ordinary.chmod(0o500)
    store = FileStore(ordinary / "data" / "authorizations.json")
    with pytest.raises(StoreFault, match="cannot be made: Permission denied; make the folder yourself"):
        store.change("engage", lambda _: token())
    assert store.read() == {}


def test_a_folder_that_cannot_be_entered(ordinary: Path) -> None:
    store = filled(ordinary / "authorizations.json")
    ordinary.chmod(0o000)
    for use in (store.read, lambda: store.change("engage", lambda _: token())):
        with pytest.raises(StoreFault, match="Permission denied"):
            use()


def test_a_disk_that_is_full_leaves_the_old_content(path: Path) -> None:
    filled(path)
    before = content(path)
    code = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (200, 200))
try:
    s.change('engage', lambda _: token(text='token-2'))
except Exception as fault:
    print(type(fault).__name__, fault)
"""
    said = finished(python(code, path))
    assert said.startswith(f"StoreFault {path} cannot be written: File too large; make room")
    assert content(path) == before


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def content(path: Path) -> dict[str, bytes | None]:
    """Everything beside a store, but for locks."""
    return {
        one.name: one.read_bytes() if one.is_file() else None for one in path.parent.iterdir() if one.suffix != ".lock"
    }


def overwrite(path: Path, content: bytes) -> None:
    """Write in place, so that nothing but the content tells the files apart."""
    before = path.stat()
    path.write_bytes(content)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
