from __future__ import annotations

from pathlib import Path

import pytest

from flowengine.catalogue.catalogue import Catalogue
from flowengine.check.validate import validate
from flowengine.errors import InvalidFile
from flowengine.lsp.judging import Catalogues, is_flow, judge

ROOT = Path(__file__).resolve().parents[2]
NODE = "node: ours\nversions:\n  '1.0': {request: {method: GET, path: /x}, outcomes: {found: {kind: success}}}\n"
GOLDEN = [one for one in sorted((ROOT / "tests/findings").rglob("*.yaml")) if "utf16" not in one.stem]
"""An editor has characters, however they were encoded."""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("flow: a", True),
        ("# x\nflow: a", True),
        ('{"flow": a}', True),
        ("flow: a\nnodes: {", True),
        ("recording: r\nflow: a", False),
        ("node: x", False),
        ("x:\n  flow: a", False),
        ("", False),
    ],
)
def test_a_flow_is_what_validate_takes_for_one(text: str, expected: bool) -> None:  # noqa: FBT001 - a case
    assert is_flow(text) is expected


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_findings_are_those_of_validate(path: Path) -> None:
    text = path.read_bytes().decode()
    catalogues = Catalogues()

    assert judge(text, path, catalogues.near(path)).findings == validate(path)


def test_repairs_are_what_fix_would_write(tmp_path: Path, flow: str, catalogue: Catalogue) -> None:
    text = flow.replace("set-variables@1.0", "'set-variables' # 👋").replace("onInvalidChoice", "oninvalidchoice")

    fixes = judge(text, tmp_path / "greet.yaml", catalogue).fixes

    assert [(one.code, one.text) for one in fixes] == [("FE502", "onInvalidChoice"), ("FE203", "'set-variables@1.0'")]


def test_node_types_are_read_again_when_they_are_saved(tmp_path: Path) -> None:
    path = tmp_path / "greet.yaml"
    catalogues = Catalogues()
    before = catalogues.near(path)
    assert catalogues.near(path) is before

    (tmp_path / "types").mkdir()
    (tmp_path / "types" / "ours.yaml").write_text(NODE)
    (tmp_path / "flowengine.yaml").write_text(
        "nodes: [types]\nenvironments: {live: {integrations: {}, authorizations: {crm: crm-live}}}\n"
    )
    after = catalogues.near(path)

    assert isinstance(after, Catalogue)
    assert "ours" in after.names()
    assert catalogues.latest(path) is after
    assert catalogues.authorizations(path) == ("crm",)


def test_a_wrong_project_file_is_a_finding_and_takes_no_node_types_away(tmp_path: Path, flow: str) -> None:
    path = tmp_path / "greet.yaml"
    (tmp_path / "flowengine.yaml").write_text("default: nowhere\n")
    catalogues = Catalogues()

    found = catalogues.near(path)

    assert isinstance(found, InvalidFile)
    assert [one.code for one in judge(flow, path, found).findings] == ["FE701"]
    assert "delay" in catalogues.latest(path).names()
    assert catalogues.authorizations(path) == ()
