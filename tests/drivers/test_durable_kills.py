"""Killed at any moment, and at any call, what was begun is finished: nothing lost, nothing answered asked again."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).with_name("killed_walks.py")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no fork")


@pytest.mark.parametrize("at_once", [1, 20])
def test_runs_survive_whoever_walks_them(tmp_path: Path, at_once: int) -> None:
    command = [sys.executable, str(SCRIPT), str(tmp_path / "killed"), "60", str(at_once), "50"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["failures"] == []
    assert found["kills"] >= 10, "else nothing was seen"
    assert (found["runs"], found["events"]) == (100, 100)
    assert found["sent"] >= 50 * 7 - found["interrupted"]
