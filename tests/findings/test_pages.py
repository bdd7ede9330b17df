"""Every code has a page, which tells the truth: what it calls wrong gives the code, what it calls right does not."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

import flowengine
from flowengine.check.codes import CODES
from flowengine.check.validate import report
from flowengine.cli.events import read_event
from flowengine.errors import InvalidFile
from flowengine.findings import Finding
from flowengine.project import find_project, load_project
from flowengine.recording.answer_check import check_answers
from flowengine.recording.format import load_recording
from flowengine.recording.strangers import strangers

PACKAGE = Path(flowengine.__file__).parent
FOLDER = Path(__file__).resolve().parents[2] / "docs" / "findings"
PAGES = {page.stem: page.read_text("utf-8") for page in sorted(FOLDER.glob("FE*.md"))}
USED = {code for module in PACKAGE.rglob("*.py") for code in re.findall(r'"(FE\d{3})"', module.read_text("utf-8"))}

BESIDE = {"node": "nodes/{}.yaml", "flow": "flow.yaml", "recording": "recording.yaml"}
"""Where a file goes, by its first key; every other one is a project file. Further flows are called by the first."""

IN_LIVE = ("FE211", "FE212")
"""Pages about the environment `live`; they show the project file, beside a flow such as this one."""

FLOW = """
flow: reopen
defaults: {authorization: engage, edges: {onInvalidChoice: failed}}
start: reopen
nodes:
  reopen:
    type: reopen-conversation@1.0
    inputs: {conversationId: $(trigger.id)}
    edges: {ConversationReopened: done, ConversationReopenFailed: failed}
  done: {end: success}
  failed: {end: error}
"""

SHOWN = {"FE001", "FE803"}
"""Pages that show what is not a file of flows."""


def section(page: str, name: str) -> str:
    found = re.search(rf"^## {name}\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
    assert found, f"there is no section {name!r}"
    return found[1].strip()


def blocks(page: str, name: str) -> list[tuple[str, str]]:
    """Return the blocks of a section, each with its language. ``<U+2028>`` stands for the character."""
    found = re.findall(r"^```(\w+)\n(.*?)^```$", section(page, name), re.MULTILINE | re.DOTALL)
    return [
        (language, re.sub(r"<U\+([0-9A-F]{4})>", lambda code: chr(int(code[1], 16)), text)) for language, text in found
    ]


def write(text: str, folder: Path) -> Path:
    """Write a file where its kind belongs."""
    key, _, rest = text.partition(":")
    other = "flow.yaml" if key.startswith("#") else "flowengine.yaml"
    path = folder / (BESIDE[key].format(rest.split("\n")[0].strip()) if key in BESIDE else other)
    if key == "flow" and path.exists():
        path = folder / f"called-{len(list(folder.iterdir()))}.yaml"
    path.write_text(text, "utf-8")
    return path


def findings(code: str, name: str, folder: Path) -> list[Finding]:
    """Return everything there is to say about the files of a section."""
    written = blocks(PAGES[code], name)
    (folder / "nodes").mkdir()
    if written[0][0] == "json":
        event = folder / "event.json"
        event.write_text(written[0][1])
        return raised(lambda: read_event(str(event)))
    paths = {path.name: path for path in (write(text, folder) for _, text in written)}
    if code in IN_LIVE:
        flow = folder / "flow.yaml"
        flow.write_text(FLOW)
        return report(flow, environment=find_project(folder).environment("live")).findings
    if "flow.yaml" not in paths:
        return raised(lambda: load_project(paths["flowengine.yaml"]))
    catalogue = flowengine.Catalogue([folder / "nodes"])
    found = flowengine.validate(paths["flow.yaml"], catalogue)
    if "recording.yaml" in paths:
        plan = flowengine.compile(flowengine.load(paths["flow.yaml"]), catalogue)
        recording = load_recording(paths["recording.yaml"])
        found += strangers(recording, plan) or check_answers(recording, plan, catalogue).findings
    return found


def raised(read: Callable[[], object]) -> list[Finding]:
    try:
        read()
    except InvalidFile as invalid:
        return invalid.findings
    return []


def test_every_code_has_a_page_and_every_page_a_code() -> None:
    assert set(PAGES) == set(CODES)
    assert set(CODES) >= USED


@pytest.mark.parametrize("code", PAGES)
def test_a_page_has_the_sections_that_all_have(code: str) -> None:
    page = PAGES[code]
    assert page.startswith(f"# {code}: {CODES[code].title}\n\n## What\n")
    assert re.findall(r"^## (.*)$", page, re.MULTILINE) == ["What", "Why", "Wrong", "Right"]
    assert all(section(page, name) for name in ("What", "Why"))


@pytest.mark.parametrize("code", [code for code in PAGES if code not in SHOWN])
def test_what_is_wrong_gives_the_code(code: str, tmp_path: Path) -> None:
    assert code in {one.code for one in findings(code, "Wrong", tmp_path)}


@pytest.mark.parametrize("code", [code for code in PAGES if code not in SHOWN])
def test_what_is_right_has_no_error_and_not_the_code(code: str, tmp_path: Path) -> None:
    found = findings(code, "Right", tmp_path)
    assert [str(one) for one in found if one.code == code or one.severity == "error"] == []


def test_a_file_that_is_not_there_gives_what_its_page_shows(tmp_path: Path) -> None:
    (found,) = flowengine.validate(tmp_path / "remind.yml")
    assert f"error[{found.code}]: {found.message}" in section(PAGES["FE001"], "Wrong")
