"""What nobody catches is written as Python would, but harmless and without secrets."""

from __future__ import annotations

import subprocess
import sys

import pytest

BEGIN = """
import threading
from flowengine.cli.crashes import redact_crashes
from flowengine.redaction import LIVE
redact_crashes()
LIVE.learn("canary-4711")

class Dying:
    def __del__(self):
        raise ValueError("canary-4711")

def crash():
    raise ValueError("canary-4711\\x1b[2J")
"""


@pytest.mark.parametrize("code", ["crash()", "threading.Thread(target=crash).start()", "Dying()"])
def test_a_crash_shows_no_secret(code: str) -> None:
    ran = subprocess.run([sys.executable, "-c", BEGIN + code], capture_output=True, text=True, check=False, timeout=30)
    assert "Traceback (most recent call last):\n" in ran.stderr
    assert "ValueError: [secret]" in ran.stderr
    assert "\x1b" not in ran.stderr
    assert "canary" not in ran.stderr + ran.stdout
