"""Killed at any point of a write, a store opens with the old or the new content: over 500 kills."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).with_name("killed_writes.py")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no fork")


def report(folder: Path, how: str) -> dict[str, Any]:
    done = subprocess.run([sys.executable, str(SCRIPT), str(folder), how], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    read: dict[str, Any] = json.loads(done.stdout)
    return read


def test_killed_at_every_call_into_the_system(tmp_path: Path) -> None:
    found = report(tmp_path, "every")
    assert found["failures"] == []
    assert min(found["writes"].values()) >= 15, "else the calls are not seen"
    assert found["kills"] >= 200


def test_killed_at_any_moment(tmp_path: Path) -> None:
    found = report(tmp_path, "300")
    assert found["failures"] == []
    assert set(found["found"]) == {"old", "new"}
