"""What a command costs before it does anything: a cold start beside the bare imports it cannot do without.

Each is a process of its own, the best of many, with compiled bytecode. Run it: python benchmarks/startup.py
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

ROUNDS = 15
FLOWS = Path(__file__).resolve().parents[1] / "flows"
FLOW = str(FLOWS / "sms-inbound.yaml")
RECORDING = str(FLOWS / "recordings" / "sms-inbound.closed.recording.yaml")

CLICK = "import click"
READING = "import jsonschema, yaml, click"
GRAPHS = "import networkx, jsonschema, yaml, click"

COMMANDS = {
    "flowengine --version": ["--version"],
    "flowengine validate FLOW": ["validate", FLOW],
    "flowengine show FLOW": ["show", FLOW],
    "flowengine dry-run FLOW": ["dry-run", FLOW, "--recording", RECORDING],
}
TARGETS = (
    # command, the imports it is measured by, the most it may cost as a multiple of them
    ("flowengine --version", CLICK, 1.5),
    ("flowengine validate FLOW", GRAPHS, 1.3),
)


def main() -> int:
    """Measure, print, and return 1 where a target is missed."""
    imports = [code for code in (CLICK, READING, GRAPHS) if code != GRAPHS or find_spec("networkx")]
    timed = {code: [sys.executable, "-c", code] for code in imports}
    timed |= {name: [sys.executable, "-m", "flowengine", *arguments] for name, arguments in COMMANDS.items()}
    best = measure(timed)
    for name, seconds in best.items():
        ratios = ", ".join(f"{seconds / best[code]:.2f} x ({code})" for code in imports if name in COMMANDS)
        print(f"{name:42} {seconds * 1000:6.0f} ms  {ratios}")
    verdicts = [verdict(best, *target) for target in TARGETS]
    return 0 if all(verdicts) else 1


def measure(timed: dict[str, list[str]]) -> dict[str, float]:
    """Return the best time of each command in seconds; they take turns, so that all see the same machine."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    best = dict.fromkeys(timed, float("inf"))
    for _ in range(ROUNDS + 1):
        for name, command in timed.items():
            began = time.perf_counter()
            subprocess.run(command, check=True, capture_output=True, env=environment)  # noqa: S603 - our own commands
            best[name] = min(best[name], time.perf_counter() - began)
    return best


def verdict(best: dict[str, float], name: str, code: str, most: float) -> bool:
    """Print whether a target is met; one whose imports are not installed is skipped, which is not the same."""
    if code not in best:
        print(f"SKIP  {name}: `{code}` cannot be measured here")
        return True
    ratio = best[name] / best[code]
    met = ratio <= most
    print(f"{'PASS' if met else 'MISS'}  {name}: {ratio:.2f} x `{code}`, at most {most}")
    return met


if __name__ == "__main__":
    sys.exit(main())
