"""What every store of authorizations does."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from flowengine.authorizations.record import AUTHORIZED, BEARER, Authorization
from flowengine.authorizations.secret import Secret
from flowengine.authorizations.store import AuthorizationStore, FileStore, MemoryStore


def token(name: str = "engage", text: str = "token-1") -> Authorization:
    secrets = {"access_token": Secret(text)}
    return Authorization(name, BEARER, None, ("engage.example.com",), state=AUTHORIZED, secrets=secrets)


@pytest.fixture(params=["memory", "file"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> AuthorizationStore:
    return MemoryStore() if request.param == "memory" else FileStore(tmp_path / "store" / "authorizations.json")


def test_a_new_one_is_empty(store: AuthorizationStore) -> None:
    assert store.read() == {}


def test_what_was_stored_is_read(store: AuthorizationStore) -> None:
    assert store.change("engage", lambda _: token()) == token()
    assert store.change("other", lambda _: token("other", "token-2")) == token("other", "token-2")
    assert store.read() == {"engage": token(), "other": token("other", "token-2")}


def test_an_update_sees_what_is_there(store: AuthorizationStore) -> None:
    seen: list[Authorization | None] = []
    for text in ("token-1", "token-2", "token-2", "token-3"):
        store.change("engage", lambda old, text=text: seen.append(old) or token(text=text))
    assert seen == [None, token(), token(text="token-2"), token(text="token-2")]
    assert store.read() == {"engage": token(text="token-3")}


def test_none_removes(store: AuthorizationStore) -> None:
    store.change("engage", lambda _: token())
    store.change("other", lambda _: token("other"))
    assert store.change("engage", lambda _: None) is None
    assert store.change("nobody", lambda _: None) is None
    assert store.read() == {"other": token("other")}


def test_an_update_that_fails_changes_nothing(store: AuthorizationStore) -> None:
    store.change("engage", lambda _: token())
    with pytest.raises(ZeroDivisionError):
        store.change("engage", lambda _: token(text=str(1 / 0)))
    with pytest.raises(ValueError, match="'engage' returned 'other'"):
        store.change("engage", lambda _: token("other"))
    assert store.change("engage", lambda old: old) == token()


def test_what_was_read_does_not_change(store: AuthorizationStore) -> None:
    store.change("engage", lambda _: token())
    before = store.read()
    store.change("engage", lambda _: token(text="token-2"))
    assert before == {"engage": token()}
    before.clear()
    assert store.read() == {"engage": token(text="token-2")}


def test_threads_lose_nothing(store: AuthorizationStore) -> None:
    store.change("shared", lambda _: token("shared"))

    def add_one(old: Authorization | None) -> Authorization:
        assert old is not None
        return replace(old, scopes=(*old.scopes, "x"))

    def work(number: int) -> None:
        for turn in range(5):
            store.change("shared", add_one)
            store.change(f"own-{number}", lambda _: token(f"own-{number}", f"token-{turn}"))  # noqa: B023 - called at once

    in_threads([lambda number=number: work(number) for number in range(4)])
    records = store.read()
    assert len(records["shared"].scopes) == 20
    assert all(records[f"own-{number}"] == token(f"own-{number}", "token-4") for number in range(4))


def test_one_holds_the_lock_of_a_name(store: AuthorizationStore) -> None:
    with store.lock("engage"):
        refused(store, "engage", 0.05)
        in_threads([lambda: refused(store, "engage", 0), lambda: refused(store, "engage", 0.05)])
        with store.lock("other", timeout=0):
            store.change("engage", lambda _: token())
    with store.lock("engage", timeout=0):
        pass


def test_who_waits_for_a_lock_gets_it(store: AuthorizationStore) -> None:
    held, waiting, order = threading.Event(), threading.Event(), []

    def hold() -> None:
        with store.lock("engage"):
            held.set()
            assert waiting.wait(10)
            order.append("first")

    def wait() -> None:
        assert held.wait(10)
        waiting.set()
        with store.lock("engage"):
            order.append("second")

    in_threads([hold, wait])
    assert order == ["first", "second"]


def test_a_lock_goes_with_whatever_happens_under_it(store: AuthorizationStore) -> None:
    with pytest.raises(ZeroDivisionError), store.lock("engage"):
        raise ZeroDivisionError
    with store.lock("engage", timeout=0):
        pass


def test_a_lock_may_be_left_in_another_thread(store: AuthorizationStore) -> None:
    lock = store.lock("engage")
    in_threads([lock.__enter__])
    refused(store, "engage", 0)
    in_threads([lambda: lock.__exit__(None, None, None)])
    with store.lock("engage", timeout=0):
        pass


def refused(store: AuthorizationStore, name: str, timeout: float) -> None:
    with pytest.raises(TimeoutError, match="locked elsewhere"), store.lock(name, timeout=timeout):
        pass


def in_threads(work: list[Callable[[], object]]) -> None:
    """Do all at once, and fail if one fails."""
    faults: list[BaseException] = []

    def catch(one: Callable[[], object]) -> None:
        try:
            one()
        except BaseException as fault:  # noqa: BLE001 - is raised below
            faults.append(fault)

    threads = [threading.Thread(target=catch, args=(one,)) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for fault in faults:
        raise fault
