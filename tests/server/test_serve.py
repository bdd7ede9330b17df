"""The command: how it begins, what it says, and how it ends. Real processes, real signals."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from flowengine.server.tokens import TokenFile

WITHIN = 30.0
ANYWHERE = "0.0.0.0"  # noqa: S104 - this is what is refused
Start = Callable[..., subprocess.Popen[str]]
ASKS = """
flow: asks
start: ask
nodes:
  ask: {type: http-request@1.0, inputs: {method: GET, url: "URL"}, edges: {onSuccess: done, onError: failed}}
  done: {end: success}
  failed: {end: error}
"""


class Slow(ThreadingHTTPServer):
    """A service that answers when it is told to."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.asked, self.answers = threading.Semaphore(0), threading.Event()
        threading.Thread(target=self.serve_forever, daemon=True).start()


class _Answer(BaseHTTPRequestHandler):
    server: Slow

    def do_GET(self) -> None:
        self.server.asked.release()
        self.server.answers.wait(WITHIN)
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def slow() -> Iterator[Slow]:
    with Slow() as server:
        yield server
        server.answers.set()
        server.shutdown()


@pytest.fixture
def start(folder: Path) -> Iterator[Start]:
    """Start the command as a process of its own, which does not outlive the test."""
    with ExitStack() as stack:

        def start(*arguments: str, where: Path = folder) -> subprocess.Popen[str]:
            command = [sys.executable, "-m", "flowengine", "serve", str(where), "--port", "0", *arguments]
            pipe = subprocess.PIPE
            running = subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=os.environ, cwd=where.parent)
            stack.enter_context(running)
            stack.callback(running.kill)
            return running

        yield start


def serving(running: subprocess.Popen[str]) -> dict[str, Any]:
    """Read the first line of `--format json`."""
    assert running.stdout is not None
    line = running.stdout.readline()
    assert line, running.communicate(timeout=WITHIN)[1]
    said: dict[str, Any] = json.loads(line)["serving"]
    return said


def test_the_first_line_is_for_programs_and_sigterm_ends_it_well(start: Start, folder: Path) -> None:
    running = start("--format", "json", "--log-format", "json")
    said = serving(running)
    assert said["url"] == f"http://127.0.0.1:{said['port']}"
    assert (said["folder"], said["pid"]) == (str(folder), running.pid)
    assert said["database"] == str(folder / ".flowengine" / "runs.db")
    assert Path(said["database"]).stat().st_mode & 0o077 == 0
    assert httpx.get(f"{said['url']}/readyz").json()["ready"] is True
    running.send_signal(signal.SIGTERM)
    out, err = running.communicate(timeout=WITHIN)
    assert (running.returncode, out) == (0, "")
    assert [json.loads(line)["message"] for line in err.splitlines()][-1] == "draining"


def test_people_are_told_where_it_is_and_how_it_ends(start: Start) -> None:
    running = start()
    assert running.stdout is not None
    lines = [running.stdout.readline() for _ in range(5)]
    assert "http://127.0.0.1:" in lines[1]
    assert "whoever is on this machine may do everything" in lines[3]
    running.send_signal(signal.SIGINT)
    out, _ = running.communicate(timeout=WITHIN)
    assert (running.returncode, out) == (0, "stopped by Ctrl-C\n")


def test_what_is_in_flight_may_end_while_it_drains(start: Start, folder: Path, slow: Slow) -> None:
    (folder / "asks.yaml").write_text(ASKS.replace("URL", f"http://127.0.0.1:{slow.server_port}/"))
    (folder / "flowengine.yaml").write_text(
        f"default: here\nenvironments:\n  here:\n    egress: {{allow: ['127.0.0.1:{slow.server_port}']}}\n"
    )
    running = start("--format", "json", "--log-format", "json", "--grace", "20")
    url = serving(running)["url"]
    run = httpx.post(f"{url}/api/runs", json={"flow": "asks"}).json()["id"]
    waits = httpx.post(f"{url}/api/runs", json={"flow": "waits"}).json()["id"]
    assert slow.asked.acquire(timeout=WITHIN)
    running.send_signal(signal.SIGTERM)
    assert running.stderr is not None
    while "draining" not in (line := running.stderr.readline()):
        assert line
    assert httpx.get(f"{url}/readyz").status_code == 503
    assert httpx.post(f"{url}/api/runs", json={"flow": "waits"}).status_code == 503
    assert httpx.get(f"{url}/api/runs/{run}").json()["run"]["underWay"]["node"] == "ask"
    slow.answers.set()
    _, err = running.communicate(timeout=WITHIN)
    assert running.returncode == 0, err
    assert '"outcome": "onSuccess"' in err
    again = start("--format", "json")
    url = serving(again)["url"]
    assert httpx.get(f"{url}/api/runs/{run}").json()["run"]["steps"][0]["outcome"] == "onSuccess"
    assert httpx.get(f"{url}/api/runs/{waits}").json()["run"]["status"] in {"running", "waiting"}


def test_a_second_signal_cuts_it_short(start: Start, folder: Path, slow: Slow) -> None:
    (folder / "asks.yaml").write_text(ASKS.replace("URL", f"http://127.0.0.1:{slow.server_port}/"))
    (folder / "flowengine.yaml").write_text(
        f"default: here\nenvironments:\n  here:\n    egress: {{allow: ['127.0.0.1:{slow.server_port}']}}\n"
    )
    running = start("--format", "json", "--log-format", "json", "--grace", "1000")
    url = serving(running)["url"]
    assert httpx.post(f"{url}/api/runs", json={"flow": "asks"}).status_code == 202
    assert slow.asked.acquire(timeout=WITHIN)
    running.send_signal(signal.SIGTERM)
    assert running.stderr is not None
    while "draining" not in (line := running.stderr.readline()):
        assert line
    running.send_signal(signal.SIGTERM)
    running.communicate(timeout=WITHIN)
    assert running.returncode == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--host", ANYWHERE), "no token is kept: make one with `flowengine tokens add"),
        (("--host", "192.0.2.1"), "no token is kept"),
        (("--env", "nowhere"), "there is no environment 'nowhere'"),
        (("--name", "https://x"), "not a host name"),
        (("--grace", "nan"), "not a number of seconds"),
        (("--db", "/proc/nothing/runs.db"), "/proc/nothing"),
    ],
)
def test_what_keeps_it_from_beginning_is_told(start: Start, arguments: tuple[str, ...], said: str) -> None:
    running = start(*arguments)
    out, err = running.communicate(timeout=WITHIN)
    assert (running.returncode, out) == (2, "")
    assert said in err
    assert "Traceback" not in err


def test_a_folder_that_is_none_is_told(start: Start, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for where in (tmp_path / "nothing", tmp_path / "file"):
        _, err = start(where=where).communicate(timeout=WITHIN)
        assert "is no folder: name the one that the flows are in" in err


def test_a_port_that_is_taken_is_told(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        running = start("--port", str(taken.getsockname()[1]))
        _, err = running.communicate(timeout=WITHIN)
    assert running.returncode == 2
    assert "cannot be used" in err
    assert "--port" in err


def test_beyond_loopback_a_token_is_demanded_and_a_warning_given(start: Start) -> None:
    secret = TokenFile().add("ada", "read", 0.0)
    running = start("--host", ANYWHERE)
    assert running.stdout is not None
    lines = [running.stdout.readline() for _ in range(4)]
    assert "speaks no TLS: put a proxy before it" in lines[3]
    url = lines[1].split()[-1].replace(ANYWHERE, "127.0.0.1")
    assert httpx.get(f"{url}/api/flows").status_code == 401
    assert httpx.get(f"{url}/api/flows", headers={"Authorization": f"Bearer {secret}"}).status_code == 200
    assert httpx.get(f"{url}/healthz").status_code == 200
