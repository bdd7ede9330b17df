"""The plugin, in a pytest of its own, loaded by the entry point that the package declares."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import flowengine

ROOT = Path(flowengine.__file__).parents[1]
FLOW = """
flow: walk
variables: {count: 1}
start: often
nodes:
  often:
    type: branch@1.0
    inputs: {rows: [{name: Again, when: {value: $(count), greaterThan: 1}}]}
    edges: {Again: done, None of the above: failed}
  done: {end: success}
  failed: {end: error}
"""
CASE = "recording: {}\nflow: walk\nvariables: {{count: {}}}\nexpect: {{path: [often, done]}}\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a folder with a flow, a case that passes, one that fails, and recordings that are no cases."""
    files = {
        "flows/walk.yaml": FLOW,
        "flows/recordings/good.recording.yaml": CASE.format("good", 2),
        "flows/recordings/bad.recording.yaml": CASE.format("bad", 1),
        "flows/recordings/none.recording.yaml": "recording: none\nflow: walk\n",
        "flows/recordings/broken.recording.yaml": "recording: [",
        "test_own.py": "def test_own(): pass\n",
        "installed/x-1.dist-info/entry_points.txt": "[pytest11]\nflowengine = flowengine.pytest_plugin\n",
        "installed/x-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: x\nVersion: 1\n",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return tmp_path


def run(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("PYTEST") and name != "COLUMNS"
    }
    environment["PYTHONPATH"] = os.pathsep.join([str(ROOT), str(project / "installed")])
    command = [sys.executable, "-P", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *arguments]
    return subprocess.run(
        command, cwd=project, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def test_a_case_is_a_test_and_one_that_fails_is_drawn(project: Path) -> None:
    ran = run(project, "flows")

    assert ran.returncode == 1
    assert "2 failed, 1 passed" in ran.stdout
    assert "FAILED flows/recordings/bad.recording.yaml::bad" in ran.stdout
    assert "    +- expected ------+- came\n    | Again           | None of the above\n" in ran.stdout
    assert "flows/recordings/broken.recording.yaml:1:12" in ran.stdout
    assert "Traceback" not in ran.stdout
    assert "pytest_plugin.py" not in ran.stdout


def test_cases_are_chosen_as_tests_are(project: Path) -> None:
    assert "1 passed" in run(project, "flows", "-k", "good").stdout
    assert "1 passed" in run(project, "flows/recordings/good.recording.yaml::good").stdout


def test_it_stands_beside_other_tests(project: Path) -> None:
    assert "2 failed, 2 passed" in run(project).stdout


def test_it_can_be_left_out(project: Path) -> None:
    assert "1 passed" in run(project, "-p", "no:flowengine").stdout
    assert run(project, "-p", "no:flowengine", "flows").returncode == 5, "nothing is collected"


def test_who_has_no_recordings_pays_next_to_nothing(project: Path) -> None:
    code = (
        "import pytest, sys; before = set(sys.modules); import flowengine.pytest_plugin; "
        "print(*sorted(set(sys.modules) - before))"
    )
    ran = subprocess.run(
        [sys.executable, "-P", "-c", code],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=project,
        capture_output=True,
        text=True,
        check=True,
    )

    assert ran.stdout.split() == ["flowengine", "flowengine.pytest_plugin"]
