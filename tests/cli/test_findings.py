from __future__ import annotations

import io
from pathlib import Path

import pytest

from flowengine.cli.findings import show_findings
from flowengine.cli.screen import Screen
from flowengine.findings import Finding, Span


def shown(text: str, span: Span | None) -> list[str]:
    stream = io.StringIO()
    show_findings(Screen(stream), [Finding("FE000", "wrong", "x.yaml", span)], text)
    return stream.getvalue().splitlines()[1:]


@pytest.mark.parametrize(
    ("text", "span", "underlined"),
    [
        ("key: value", Span(1, 6, 1, 11), "     ^~~~~"),
        ("key: value", Span(1, 6, 1, 6), "     ^"),
        ("key: value", Span(1, 11, 1, 11), "          ^"),
        ("key: value", Span(1, 99, 1, 120), "          ^"),
        ("key:\n  a: 1\n  b: 2", Span(2, 3, 3, 7), "  ^~~~"),
        ("キー: 値 x", Span(1, 5, 1, 6), "      ^~"),
        ("e\u0301: x", Span(1, 5, 1, 6), "   ^"),
        ("\tx: 1", Span(1, 2, 1, 3), "    ^"),
        ("a\x07b: 1", Span(1, 3, 1, 4), "       ^"),
        ("a\r\nbc: 1\r\n", Span(2, 1, 2, 3), "^~"),
    ],
)
def test_the_caret_stands_under_the_stretch(text: str, span: Span, underlined: str) -> None:
    line, caret = shown(text, span)
    assert line.startswith(f"    {span.line}  | ")
    assert caret == f"       | {underlined}"


def test_a_long_line_is_cut_around_the_place() -> None:
    line, caret = shown("x" * 500 + "HERE" + "y" * 60_000, Span(1, 501, 1, 505))
    assert len(line) <= 160
    assert line[caret.index("^") :].startswith("HERE")
    assert caret.endswith(" ^~~~")


def test_a_long_stretch_is_underlined_as_far_as_it_is_shown() -> None:
    line, caret = shown("a: " + "x" * 10_000, Span(1, 4, 1, 10_004))
    assert len(caret) <= len(line) <= 160


@pytest.mark.parametrize("span", [None, Span(9, 1, 9, 2)])
def test_without_a_place_there_is_no_line(span: Span | None) -> None:
    assert shown("one line", span) == []


def test_a_file_that_is_gone_leaves_the_message(tmp_path: Path) -> None:
    stream = io.StringIO()
    show_findings(Screen(stream), [Finding("FE000", "wrong", str(tmp_path / "gone.yaml"), Span(1, 1, 1, 2))])
    assert stream.getvalue().endswith("gone.yaml:1:1: error[FE000]: wrong\n")
