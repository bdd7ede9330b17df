"""The documentation is held to the code: its examples run, its flows validate, every command and finding is in it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import flowengine

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(language: str) -> list[object]:
    return [
        pytest.param(block, id=f"{page.stem}-{number}")
        for page in PAGES
        for number, block in enumerate(re.findall(rf"```{language}\n(.*?)```", page.read_text(), re.DOTALL))
    ]


@pytest.mark.parametrize("code", blocks("python"))
def test_python_examples_run(code: str, tmp_path: Path) -> None:
    (tmp_path / "flows").symlink_to(ROOT / "flows")

    ran = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)

    assert ran.returncode == 0, ran.stderr


def test_the_flow_of_the_format_reference_is_a_flow(tmp_path: Path) -> None:
    text = next(one for one in re.findall(r"```yaml\n(.*?)```", (ROOT / "docs/format.md").read_text(), re.DOTALL))
    path = tmp_path / "sms-inbound.yaml"
    path.write_text(text)

    assert [finding for finding in flowengine.validate(path) if finding.severity != "hint"] == []


def test_the_flows_of_the_page_about_sub_flows_fit_together(tmp_path: Path) -> None:
    called, call, *_ = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs/sub-flows.md").read_text(), re.DOTALL)
    (tmp_path / "called.yaml").write_text(called)
    path = tmp_path / "caller.yaml"
    ends = "  append: {end: success}\n  failed: {end: error}\n"
    path.write_text(f"flow: caller\nstart: conversation\nnodes:\n{call}{ends}")

    assert [*flowengine.validate(tmp_path / "called.yaml"), *flowengine.validate(path)] == []


def test_links_lead_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", page.read_text()):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_every_public_name_is_documented() -> None:
    text = (ROOT / "docs/python.md").read_text()

    for name in ("load", "validate", "compile", "run", "run_sync", "dry_run", "connect"):
        assert f"`{name}(" in text or f"`await {name}(" in text, name
