"""What test cases cost: 400 of them, from their files, in one process.

The cases are generated for the example flows first, which does not count; then each is read, walked and compared with
what it expects. Run it: python benchmarks/dryrun.py
"""

from __future__ import annotations

import contextlib
import io
import sys
import tempfile
import time
from itertools import cycle, islice
from pathlib import Path

from flowengine.cli.test_generate import GenerateOptions, generate
from flowengine.recording.suite import Suite, find_cases, read_case

FLOWS = Path(__file__).resolve().parents[1] / "flows"
CASES = 400
TARGET_SECONDS = 10.0


def written_cases(folder: Path) -> list[Path]:
    """Write the cases of all flows into a folder, and return the files, in order."""
    for flow in sorted(FLOWS.glob("*.yaml")):
        (folder / flow.name).write_bytes(flow.read_bytes())
        trigger = str(FLOWS / "triggers" / flow.name)
        with contextlib.redirect_stdout(io.StringIO()):
            generate(folder / flow.name, GenerateOptions(into=folder, trigger=trigger))
    return [case.path for case in find_cases([folder])[0]]


def run_cases(paths: list[Path], folder: Path) -> float:
    """Read and run the cases, and return the seconds that took."""
    began = time.perf_counter()
    suite = Suite(tops=[folder])
    failed = [path.name for path in paths if not suite.run(read_case(path)).passed]
    seconds = time.perf_counter() - began
    if failed:
        raise RuntimeError(f"{len(failed)} cases failed: {', '.join(failed[:5])}")
    return seconds


def main() -> int:
    """Measure, print, and return 1 where the target is missed."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = written_cases(folder)
        print(f"{len(paths)} cases generated for {len(list(FLOWS.glob('*.yaml')))} flows, of which {CASES} are run")
        seconds = min(run_cases(list(islice(cycle(paths), CASES)), folder) for _ in range(3))
    verdict = "PASS" if seconds <= TARGET_SECONDS else "MISS"
    took = f"{seconds:5.2f} s (at most {TARGET_SECONDS:g})"
    print(f"{CASES} cases   {took}   {seconds / CASES * 1000:.1f} ms a case   {verdict}")
    return 0 if verdict == "PASS" else 1


if __name__ == "__main__":
    sys.exit(main())
