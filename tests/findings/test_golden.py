"""What `flowengine validate` shows of each kind of mistake, to the letter: FE501.yaml beside FE501.out.

FE602.recording.yaml is a recording of the flow in known.yaml.

`UPDATE_GOLDEN=1 pytest tests/findings` writes the .out files anew; read the difference before you keep it.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from flowengine.check.codes import CODES
from flowengine.cli import screen
from flowengine.cli.entry import flowengine

FOLDER = Path(__file__).parent
MISSING = "FE001"
"""The file of this one is not there; that is the mistake."""

NAMES = [MISSING, *sorted(path.stem for path in FOLDER.glob("FE*.yaml"))]

ELSEWHERE = {"FE701", "FE702", "FE703", "FE704", "FE705", "FE801", "FE802", "FE803"}
"""Codes of files that `validate` does not judge, and of arguments."""

IN_LIVE = ("FE211", "FE212", "FE903-live")
"""Codes that are about an environment."""


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FOLDER)
    monkeypatch.setattr(screen, "_PIPE_WIDTH", 100)


def shown(name: str) -> str:
    environment = ["--env", "live"] if name.startswith(IN_LIVE) else []
    ran = CliRunner().invoke(flowengine, ["validate", f"{name}.yaml", *environment], prog_name="flowengine")
    assert ran.exit_code in (0, 1, 2), ran.output
    # How many rules there are, and where this folder is, says nothing about the mistake.
    output = ran.output.replace(f"{FOLDER.resolve()}{os.sep}", "").replace(f"nodes{os.sep}", "nodes/")
    return re.sub(r"(?<=: skipped: )\d+(?= rules: )", "...", output)


@pytest.mark.parametrize("name", NAMES)
def test_a_mistake_is_shown_as_before(name: str) -> None:
    golden = FOLDER / f"{name}.out"
    output = shown(name)
    if os.environ.get("UPDATE_GOLDEN") == "1":
        golden.write_text(output, "utf-8")
    assert output == golden.read_text("utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_a_pair_shows_the_code_that_it_is_called_after(name: str) -> None:
    assert f"[{name[:5]}]: " in shown(name)


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("FE90")])
def test_no_message_repeats_a_secret(name: str) -> None:
    said = [line for line in shown(name).splitlines() if not re.match(r" *\d* +\|", line)]
    assert not re.search(r"hunter2|0123456789|bWU6eW91|7f3k9q|9k2j4h", "\n".join(said))


def test_every_code_of_a_flow_file_has_a_pair() -> None:
    assert {name[:5] for name in NAMES} == set(CODES) - ELSEWHERE


def test_no_output_is_left_over() -> None:
    assert {path.stem for path in FOLDER.glob("*.out")} == set(NAMES)
