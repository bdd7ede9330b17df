"""Servers that are killed at any moment: no event and no run is lost, and nothing that was answered is asked again."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).with_name("killed_servers.py")
KILLS = 6
EVENTS = 150


def test_events_runs_and_deliveries_survive_whoever_serves_them(tmp_path: Path) -> None:
    command = [sys.executable, str(SCRIPT), str(tmp_path / "killed"), str(KILLS), str(EVENTS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout, done.stderr
    found = json.loads(done.stdout)
    assert found["failures"] == []
    assert (found["kills"], found["events"]) == (KILLS, EVENTS)
    assert found["sent"] >= 2 * EVENTS, "each run asks twice"
