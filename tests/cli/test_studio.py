from __future__ import annotations

import re
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

Process = Callable[..., subprocess.Popen[str]]
FLOW = "flow: hello\nstart: done\nnodes:\n  done: {end: success}\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_its_address_opens_a_session_once(process: Process, tmp_path: Path, number: signal.Signals) -> None:
    folder = tmp_path / "flows"
    folder.mkdir()
    (folder / "hello.yaml").write_text(FLOW)
    running = process("studio", str(folder), "--no-open")
    assert running.stdout is not None
    read = ""
    while "works once" not in read:
        line = running.stdout.readline()
        assert line, "it ended"
        read += line
    address = re.search(r"http://127\.0\.0\.1:\d+/enter\?ticket=[\w-]+", read)
    assert address
    base = address[0].partition("/enter")[0]
    with httpx.Client(base_url=base, trust_env=False) as client:
        assert client.get("/api/studio/flows/hello").status_code == 401
        assert client.get(address[0]).status_code == 303
        opened = client.get("/api/studio/flows/hello")
        assert client.get(address[0]).status_code == 403
    assert opened.json()["text"] == FLOW
    assert [one["id"] for one in opened.json()["graph"]["nodes"]] == ["done"]

    running.send_signal(number)
    out, _ = running.communicate(timeout=20)
    assert running.returncode == 0
    assert "stopped by" in out


def test_a_folder_that_is_not_there_is_said(process: Process, tmp_path: Path) -> None:
    running = process("studio", str(tmp_path / "nowhere"), "--no-open")
    _, err = running.communicate(timeout=20)

    assert running.returncode == 2
    assert "nowhere is no folder" in err
