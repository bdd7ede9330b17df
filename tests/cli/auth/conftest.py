from __future__ import annotations

import asyncio
import fcntl
import os
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from flowengine.authorizations.record import Authorization
from flowengine.authorizations.secret import Secret
from flowengine.authorizations.store import FileStore
from flowengine.sandbox.server import Sandbox

TOKEN = "token-canary-1234567890"  # noqa: S105 - what must not be seen anywhere


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in an empty folder, with a store of one's own elsewhere."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("FLOWENGINE_AUTH_STORE", str(tmp_path / "data" / "authorizations.json"))
    return folder


@pytest.fixture
def keep() -> Callable[..., Authorization]:
    """Put an authorization into the store."""

    def keep(name: str = "crm", kind: str = "bearer", **given: object) -> Authorization:
        plain: dict[str, object] = {"integration": None, "hosts": ("crm.example.com",), "state": "authorized"}
        secrets = {"access_token": Secret(TOKEN)}
        one = Authorization(**{"name": name, "kind": kind, "secrets": secrets, **plain, **given})  # type: ignore[arg-type]  # given by keyword
        FileStore().change(name, lambda _: one)
        return one

    return keep


@pytest.fixture
def typing(here: Path, terminal: Callable[[], Any]) -> Callable[..., tuple[int, str]]:
    """Run a command in a terminal of 80 columns, and type an answer; return the exit code and what was shown."""

    def typing(
        arguments: list[str], question: str = "", answer: str = "", meanwhile: Callable[[], object] = int
    ) -> tuple[int, str]:
        with terminal() as screen:
            fcntl.ioctl(screen.theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
            ends: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), screen.theirs)
            environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "NO_COLOR": "1", "TERM": "xterm"}
            command = [sys.executable, "-m", "flowengine", *arguments]
            with subprocess.Popen(command, **ends, cwd=here, start_new_session=True, env=environment) as running:
                shown = ""
                if question:
                    shown = screen.until(question)
                    meanwhile()
                    os.write(screen.ours, f"{answer}\n".encode())
                code = running.wait(20)
            os.write(screen.theirs, b"<end>")
            return code, (shown + screen.until("<end>")).replace("\r\n", "\n")

    return typing


class Served:
    """A sandbox in a thread, so that commands of this process can call it."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.sandbox = asyncio.run_coroutine_threadsafe(self._start(), self._loop).result()

    async def _start(self) -> Sandbox:
        sandbox = Sandbox()
        await sandbox.start()
        return sandbox

    def project(self) -> str:
        """Return a project file that binds the sandbox as a service of its own."""
        oauth = "".join(f"          {name}: {value}\n" for name, value in self.sandbox.oauth.items())
        return (
            "default: local\nenvironments:\n  local:\n    integrations:\n      webex-engage:\n"
            f"        baseUrl: {self.sandbox.base_url}\n        oauth:\n{oauth}"
            "    authorizations: {engage: engage-local}\n"
        )

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self.sandbox.stop(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


@pytest.fixture
def served(here: Path) -> Iterator[Served]:
    """Serve a sandbox, and bind it in the project file of this folder."""
    one = Served()
    try:
        (here / "flowengine.yaml").write_text(one.project())
        yield one
    finally:
        one.stop()
