"""The whole life of an authorization: added by a login in a real browser, used, lost, authorized again, deleted."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from flowengine.authorizations.store import FileStore
from flowengine.sandbox.server import Sandbox

if TYPE_CHECKING:
    from conftest import Browser

    Open = Callable[[], AbstractAsyncContextManager[Browser]]

FLOW = """
flow: search
defaults: {authorization: engage}
start: search
nodes:
  search:
    type: search-conversation@1.3
    inputs: {channel: sms, businessNumber: "+447700900001", customerNumber: "+447700900123"}
    edges: {noConversationFound: done, onAuthorizationFailure: failed, onInvalidChoice: done}
  done: {end: success}
  failed: {end: error}
"""


class Ended:
    """How a command ended."""

    def __init__(self, code: int, out: bytes, err: bytes) -> None:
        self.code = code
        self.out = out.decode()
        self.err = err.decode()


class Person:
    """Somebody at a terminal and a browser. ``seen`` is everything that any command has written."""

    def __init__(self, folder: Path, tab: Browser, sandbox: Sandbox) -> None:
        self.seen = ""
        self._folder = folder
        self._tab = tab
        self._sandbox = sandbox

    async def call(self, *arguments: str) -> Ended:
        running = await self._start(*arguments)
        out, err = await running.communicate()
        return self._note(running.returncode, out, err)

    async def run(self) -> dict[str, Any]:
        """Run the flow, and return its only step."""
        done = await self.call("run", "search.yaml", "--format", "json")
        step: dict[str, Any] = json.loads(done.out)["run"]["steps"][0]
        assert done.code == (0 if step["edge"]["to"] == "done" else 1), done.err
        return step

    async def log_in(self, *arguments: str) -> Ended:
        """Call a command that opens a browser, log in and allow it there."""
        running = await self._start(*arguments)
        assert running.stderr is not None
        shown = b""
        while b"http" not in (line := await running.stderr.readline()):
            assert line, shown.decode()
            shown += line
        await self._tab.go(line.decode().strip())
        await self._tab.type("[name=login]", self._sandbox.login)
        await self._tab.type("[name=password]", self._sandbox.password)
        async with self._tab.leaving():
            await self._tab.press_enter()
        async with self._tab.leaving():
            await self._tab.click("button[value=allow]")
        assert await self._tab.read("document.querySelector('h1').textContent") == "engage-local: Authorized"
        out, err = await running.communicate()
        return self._note(running.returncode, out, shown + line + err)

    async def _start(self, *arguments: str) -> asyncio.subprocess.Process:
        pipe = asyncio.subprocess.PIPE
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "flowengine",
            *arguments,
            cwd=self._folder,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=pipe,
            stderr=pipe,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "BROWSER": "true"},
        )

    def _note(self, code: int | None, out: bytes, err: bytes) -> Ended:
        assert code is not None
        ended = Ended(code, out, err)
        self.seen += ended.out + ended.err
        return ended


@asynccontextmanager
async def started(folder: Path, browser: Open) -> AsyncIterator[tuple[Person, Sandbox]]:
    async with Sandbox() as sandbox, browser() as tab:
        bound = {"webex-engage": {"baseUrl": sandbox.base_url, "oauth": sandbox.oauth}}
        local = {"integrations": bound, "authorizations": {"engage": "engage-local"}}
        (folder / "flowengine.yaml").write_text(json.dumps({"default": "local", "environments": {"local": local}}))
        (folder / "search.yaml").write_text(FLOW)
        yield Person(folder, tab, sandbox), sandbox


async def admin(sandbox: Sandbox, path: str, body: dict[str, Any]) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        (await client.post(f"{sandbox.url}/admin/{path}", json=body)).raise_for_status()


def test_the_whole_life(tmp_path: Path, browser: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLOWENGINE_AUTH_STORE", str(tmp_path / "data" / "authorizations.json"))
    folder = tmp_path / "project"
    folder.mkdir()
    secrets: set[str] = set()

    def remember() -> str:
        kept = FileStore().read()["engage-local"]
        secrets.update(secret.reveal() for secret in kept.secrets.values())
        return kept.state

    async def life() -> str:
        async with started(folder, browser) as (person, sandbox):
            before = await person.run()
            assert before["outcome"] == "onAuthorizationFailure"
            assert "flowengine auth add engage-local" in before["reason"]

            added = await person.log_in("auth", "add", "engage-local", "--integration", "webex-engage")
            assert (added.code, remember()) == (0, "authorized"), added.err
            assert (await person.run())["outcome"] == "noConversationFound"

            await admin(sandbox, "tokens", {"revoke": True})
            for _ in range(2):
                lost = await person.run()
                assert lost["outcome"] == "onAuthorizationFailure"
                assert "flowengine auth authorize engage-local" in lost["reason"]
            assert FileStore().read()["engage-local"].state == "needs re-authorization"

            await admin(sandbox, "credentials", {"change": True})
            again = await person.log_in("auth", "authorize", "engage-local")
            assert (again.code, remember()) == (0, "authorized"), again.err
            assert (await person.run())["outcome"] == "noConversationFound"

            asked = await person.call("auth", "delete", "engage-local")
            assert asked.code == 2
            assert "search.yaml: search, node search  (local)" in asked.err
            assert (await person.call("auth", "delete", "engage-local", "--yes")).code == 0
            gone = await person.run()
            assert gone["outcome"] == "onAuthorizationFailure"
            assert "was deleted" in gone["reason"]
            secrets.add(sandbox.password)
            return person.seen

    seen = asyncio.run(life())
    assert len(secrets) == 5  # two logins, each with an access and a refresh token, and the password
    assert not [secret for secret in secrets if secret in seen]
