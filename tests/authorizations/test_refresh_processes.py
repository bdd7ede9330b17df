"""Refreshes of real processes that share a store in a file, as two runs of one user do."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flowengine.authorizations.record import AUTHORIZED, NEEDS_REAUTHORIZATION, Authorization
from flowengine.authorizations.store import FileStore

Make = Callable[..., Authorization]

# Says that it is ready, waits for a line, then has many tasks ask at the same moment, and says that.
ASKING = """
import asyncio, json, os, sys
from pathlib import Path
from flowengine.authorizations.faults import NotAuthorized
from flowengine.authorizations.life import Keeper
from flowengine.authorizations.store import FileStore

store = FileStore(Path(sys.argv[1]))
keeper = Keeper(store)
store.read()
if sys.argv[2] == "killed":
    # The first write shows that there can be one, before the server is asked; the second has its answer.
    change = store.change
    store.change = lambda *given: (change(*given), setattr(store, "change", lambda *_: os._exit(9)))[0]

async def ask():
    try:
        headers = await keeper.headers("engage", url="https://engage.example.com/")
        return headers["Authorization"].removeprefix("Bearer ")
    except NotAuthorized as fault:
        return str(fault)

async def run():
    asking = [asyncio.create_task(ask()) for _ in range(int(sys.argv[3]))]
    await asyncio.sleep(0)
    print("asked", flush=True)
    answers = await asyncio.gather(*asking)
    await keeper.aclose()
    return sorted(set(answers))

print("ready", flush=True)
sys.stdin.readline()
print(json.dumps(asyncio.run(run())))
"""


@pytest.fixture
def environment() -> dict[str, str]:
    key = base64.urlsafe_b64encode(bytes(range(32))).decode()
    return os.environ | {"FLOWENGINE_AUTH_KEY": key}


@pytest.fixture
def stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]
) -> Callable[[Authorization], FileStore]:
    def put(authorization: Authorization) -> FileStore:
        monkeypatch.setenv("FLOWENGINE_AUTH_KEY", environment["FLOWENGINE_AUTH_KEY"])
        store = FileStore(tmp_path / "store" / "authorizations.json")
        store.change(authorization.name, lambda _: authorization)
        return store

    return put


@pytest.fixture
def ask(authority: Any, environment: dict[str, str]) -> Callable[..., Any]:
    """Have processes ask at once; gives what each was told, or its exit code where it ended without a word.

    No refresh ends before all have asked.
    """

    def asking(store: FileStore, processes: int, tasks: int = 1, how: str = "well") -> Any:
        command = [sys.executable, "-P", "-c", ASKING, str(store.path), how, str(tasks)]
        running = [
            subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for _ in range(processes)
        ]
        authority.gate.clear()
        for process in running:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in running:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        for process in running:
            assert process.stdout is not None
            assert process.stdout.readline() == "asked\n"
        authority.gate.set()
        ended = [(process.communicate(timeout=60)[0], process.returncode) for process in running]
        return [json.loads(said) if said else code for said, code in ended]

    return asking


def test_processes_share_one_refresh(authority: Any, logged_in: Make, stored: Any, ask: Any) -> None:
    store = stored(logged_in(expires_at=1.0))
    answers = ask(store, processes=4, tasks=50)
    [token] = answers[0]
    assert answers == [[token]] * 4
    assert token in authority.access
    assert len(authority.asked) == 1
    record = store.read()["engage"]
    assert (record.state, record.secrets["access_token"].reveal()) == (AUTHORIZED, token)


def test_processes_share_one_refusal(authority: Any, logged_in: Make, stored: Any, ask: Any) -> None:
    store = stored(logged_in(expires_at=1.0))
    authority.refresh.clear()
    answers = ask(store, processes=3, tasks=50)
    assert all("needs re-authorization" in sentence for [sentence] in answers)
    assert len(authority.asked) == 1
    assert store.read()["engage"].state == NEEDS_REAUTHORIZATION


def test_killed_between_the_answer_and_the_write(authority: Any, logged_in: Make, stored: Any, ask: Any) -> None:
    old = logged_in(expires_at=1.0)
    store = stored(old)
    assert ask(store, processes=1, how="killed") == [9]
    assert len(authority.asked) == 1
    assert store.read()["engage"].secrets == old.secrets
    [[sentence]] = ask(store, processes=1)
    assert "needs re-authorization" in sentence
    assert "invalid_grant" in sentence
    assert len(authority.asked) == 2


def test_killed_at_that_moment_where_refresh_tokens_are_not_replaced(
    authority: Any, logged_in: Make, stored: Any, ask: Any
) -> None:
    authority.rotates = False
    store = stored(logged_in(expires_at=1.0))
    assert ask(store, processes=1, how="killed") == [9]
    [[token]] = ask(store, processes=1)
    assert token in authority.access
