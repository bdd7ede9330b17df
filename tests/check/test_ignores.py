from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import flowengine
from flowengine.check.reports import Report
from flowengine.check.validate import report

FLOW = """flow: case
start: a
nodes:
  a:
COMMENT
    type: delay
    inputs: {duration: 1s}
    edges: {onTimeout: done}
  done: {end: success}
"""


@pytest.fixture
def judged(tmp_path: Path) -> Callable[[str], Report]:
    def judge(text: str) -> Report:
        path = tmp_path / "flow.yaml"
        path.write_bytes(text.encode())
        return report(path)

    return judge


def places(found: Report) -> list[Any]:
    return [(one.code, one.severity, *one.span) for one in found.findings if one.span]


@pytest.mark.parametrize(
    "comment",
    [
        "    # flowengine: ignore FE203 because",
        "#flowengine:ignore FE203: because",
        "    # flowengine: ignore FE203 - because",
        "    # flowengine: ignore FE203 because\n    # and another comment",
        "    # flowengine: ignore FE203 because\r",
    ],
)
def test_a_finding_below_the_comment_is_ignored_with_its_reason(judged: Callable[[str], Report], comment: str) -> None:
    found = judged(FLOW.replace("COMMENT", comment))
    assert found.findings == []
    assert [(one.finding.code, one.reason) for one in found.ignored] == [("FE203", "because")]


def test_several_codes_in_one_comment_and_several_comments(judged: Callable[[str], Report]) -> None:
    text = FLOW.replace("COMMENT", "    # flowengine: ignore FE203 one").replace(
        "    edges: {onTimeout: done}", "    # flowengine: ignore FE502, FE203 two\n    edges: {onSuccess: done}"
    )
    found = judged(text)
    assert [(one.finding.code, one.reason) for one in found.ignored] == [("FE203", "one"), ("FE502", "two")]
    assert places(found) == [("FE021", "warning", 8, 33, 8, 38)]


@pytest.mark.parametrize(
    ("comment", "expected"),
    [
        ("    # flowengine: ignore FE203", [("FE020", "warning", 5, 5, 5, 31), ("FE203", "hint", 6, 11, 6, 16)]),
        ("    # flowengine: ignore", [("FE020", "warning", 5, 5, 5, 25), ("FE203", "hint", 6, 11, 6, 16)]),
        ("    # flowengine: ignore all of it", [("FE020", "warning", 5, 5, 5, 35), ("FE203", "hint", 6, 11, 6, 16)]),
        ("    # flowengine: ignore FE204 x", [("FE021", "warning", 5, 26, 5, 31), ("FE203", "hint", 6, 11, 6, 16)]),
        ("    # flowengine: ignore FE999 x", [("FE021", "warning", 5, 26, 5, 31), ("FE203", "hint", 6, 11, 6, 16)]),
        ("    # flowengine: ignore-all FE203 x", [("FE203", "hint", 6, 11, 6, 16)]),
        ("    # flowengine: ignore FE203 x\n", [("FE021", "warning", 5, 26, 5, 31), ("FE203", "hint", 7, 11, 7, 16)]),
    ],
)
def test_a_comment_that_ignores_nothing_is_a_finding(
    judged: Callable[[str], Report], comment: str, expected: list[Any]
) -> None:
    assert places(judged(FLOW.replace("COMMENT", comment))) == expected


def test_an_error_cannot_be_ignored(judged: Callable[[str], Report]) -> None:
    text = FLOW.replace("COMMENT", "").replace("    edges", "    # flowengine: ignore FE206 x\n    edges")
    found = judged(text.replace("onTimeout: done", "onTimeout: dnoe"))
    assert [one.code for one in found.findings] == ["FE203", "FE021", "FE206"]
    assert "is an error here" in found.findings[1].message


@pytest.mark.parametrize(
    "title",
    [
        '    title: "a\n      # flowengine: ignore FE203 no comment"',
        "    title: 'a\n      # flowengine: ignore FE203 no comment\n      '",
        "    title: |\n      # flowengine: ignore FE203 no comment",
        "    title: >-\n      a\n      # flowengine: ignore FE203 no comment",
    ],
)
def test_a_text_is_no_comment(judged: Callable[[str], Report], title: str) -> None:
    found = judged(FLOW.replace("COMMENT", title))
    assert [one.code for one in found.findings] == ["FE203"]


def test_a_comment_right_after_a_block_is_one(judged: Callable[[str], Report]) -> None:
    found = judged(FLOW.replace("COMMENT", "    title: |\n      a\n\n    # flowengine: ignore FE203 because"))
    assert found.findings == []


def test_a_comment_about_what_was_not_judged_is_left_alone(judged: Callable[[str], Report]) -> None:
    unknown = "  b: {type: nowhere@1.0, edges: {x: done}}\n  done"
    text = FLOW.replace("COMMENT", "    # flowengine: ignore FE505 because").replace("  done", unknown, 1)
    assert "FE021" not in [one.code for one in judged(text).findings]
    text = FLOW.replace("COMMENT", "    # flowengine: ignore FE203, FE211 because")
    assert judged(text).findings == []


def test_the_public_function_knows_ignore_comments(tmp_path: Path) -> None:
    path = tmp_path / "flow.yaml"
    path.write_text(FLOW.replace("COMMENT", "    # flowengine: ignore FE203 because"))
    assert flowengine.validate(path) == []
    assert flowengine.validate(flowengine.load(path)) == []
