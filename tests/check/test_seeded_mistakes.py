"""Mistakes as people make them, seeded into the example flows: each is found, at its line, and little else with it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

import flowengine
from flowengine.check.codes import CODES
from flowengine.check.validate import report
from flowengine.findings import Span
from flowengine.project import find_project

FLOWS: Final = Path(__file__).parents[2] / "flows"
DATA: Final = yaml.safe_load(Path(__file__).with_name("seeded_mistakes.yaml").read_text("utf-8"))
MISTAKES: Final = DATA["mistakes"]

ELSEWHERE: Final = {"FE001", "FE008", "FE011", "FE205", "FE816"}
"""Codes that no change of an example flow is about: see tests/findings and tests/conformance."""


def line_of(lines: list[str], at: list[str]) -> int:
    """Return the index of the line that the texts lead to."""
    index = -1
    for text in at:
        index = next(number for number in range(index + 1, len(lines)) if text in lines[number])
    return index


def seeded(text: str, mistake: dict[str, Any]) -> tuple[str, int]:
    """Return the text with a mistake in it, and the number of the line where it has to be found."""
    lines = text.splitlines()
    index = line_of(lines, mistake["at"])
    if "insert" in mistake:
        index += 1
        lines[index:index] = mistake["insert"].splitlines()
    elif "delete" in mistake:
        del lines[index : index + mistake["delete"]]
    else:
        assert mistake["replace"] in lines[index]
        lines[index] = lines[index].replace(mistake["replace"], mistake["with"], 1)
    if "line" in mistake:
        index = line_of(lines, mistake["line"])
    return "\n".join(lines) + "\n", index + 1


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "flowengine.yaml").write_text(DATA["project"], "utf-8")
    (tmp_path / "nodes").mkdir()
    for name, manifest in DATA["nodes"].items():
        (tmp_path / "nodes" / f"{name}.yaml").write_text(manifest, "utf-8")
    called = {"called": (FLOWS / "find-or-open-conversation.yaml").read_text("utf-8"), **DATA["flows"]}
    for name, flow in called.items():
        (tmp_path / f"{name}.yaml").write_text(flow, "utf-8")
    return tmp_path


def found_in(folder: Path, text: str, environment: str | None) -> list[flowengine.Finding]:
    path = folder / "flow.yaml"
    path.write_text(text, "utf-8")
    return report(path, environment=find_project(folder).environment(environment) if environment else None).findings


@pytest.mark.parametrize("name", sorted(path.stem for path in FLOWS.glob("*.yaml")))
@pytest.mark.parametrize("environment", [None, "live"])
def test_an_example_flow_has_no_finding(name: str, environment: str | None, folder: Path) -> None:
    assert found_in(folder, (FLOWS / f"{name}.yaml").read_text("utf-8"), environment) == []


@pytest.mark.parametrize("mistake", MISTAKES, ids=[one["mistake"] for one in MISTAKES])
def test_a_mistake_is_found_where_it_was_made(mistake: dict[str, Any], folder: Path) -> None:
    text, line = seeded((FLOWS / f"{mistake['flow']}.yaml").read_text("utf-8"), mistake)
    found = found_in(folder, text, mistake.get("env"))
    told = "\n".join(map(str, found))
    here = [one for one in found if one.code == mistake["finds"] and one.span and one.span.line == line]
    assert here, told
    assert Counter(one.code for one in found) == Counter([mistake["finds"], *mistake.get("also", ())]), told
    if "marks" in mistake:
        assert mistake["marks"] in [marked(text, one.span) for one in here if one.span], told


def marked(text: str, span: Span) -> str:
    line = text.splitlines()[span.line - 1]
    return line[span.column - 1 : span.end_column - 1] if span.line == span.end_line else ""


def test_every_code_about_a_flow_is_the_mistake_of_somebody() -> None:
    about_flows = {code for code in CODES if code[:3] not in {"FE6", "FE7"} and not code.startswith("FE80")}
    assert {one["finds"] for one in MISTAKES} == about_flows - ELSEWHERE


def test_mistakes_are_told_apart() -> None:
    assert max(Counter(one["mistake"] for one in MISTAKES).values()) == 1
