from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

Cli = Callable[..., Result]

WRONG = "recording: r\nflow: search\nresponses: {search: {outcome: conversationOpen}}\n"


@pytest.fixture
def recording(write: Any, search: Path) -> Path:
    assert search.exists()
    path: Path = write("recordings/r.recording.yaml", WRONG)
    return path


def test_a_recording_that_is_named_is_held_to_its_flow(cli: Cli, recording: Path) -> None:
    result = cli("validate", recording)
    assert result.exit_code == 0
    assert "recordings/r.recording.yaml:3:31: warning[FE605]" in result.stdout
    assert "1 recording: 0 errors, 1 warning, 0 hints" in result.stdout
    assert cli("validate", recording, "--strict").exit_code == 1


def test_flows_and_recordings_are_counted_apart(cli: Cli, recording: Path, search: Path) -> None:
    assert "1 flow and 1 recording: 0 errors, 1 warning" in cli("validate", search, recording).stdout


def test_recordings_in_folders_are_passed_over(cli: Cli, recording: Path) -> None:
    assert recording.exists()
    assert "1 flow (1 other file skipped): 0 errors, 0 warnings" in cli("validate", ".").stdout


def test_a_recording_without_a_flow_is_an_error(cli: Cli, write: Any) -> None:
    result = cli("validate", write("r.yaml", WRONG))
    assert result.exit_code == 1
    assert "error[FE601]: there is no flow 'search' beside this recording" in result.stdout


def test_the_json_has_recordings_too(cli: Cli, recording: Path) -> None:
    (file,) = json.loads(cli("validate", recording, "--format", "json").stdout)["files"]
    assert (file["path"], file["findings"][0]["code"]) == (str(recording), "FE605")


def test_fix_leaves_a_recording_alone(cli: Cli, recording: Path) -> None:
    assert cli("validate", recording, "--fix").exit_code == 0
    assert recording.read_text() == WRONG
