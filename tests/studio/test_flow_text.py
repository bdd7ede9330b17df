from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowengine.errors import InvalidFile
from flowengine.flowfile.text_lines import CannotEdit
from flowengine.flowfile.yaml_tree import parse_yaml, to_value
from flowengine.studio.flow_text import FlowText, read_text

FLOWS = sorted((Path(__file__).parents[2] / "flows").glob("*.yaml"))
PIECES = [
    "flow: x",
    "start: a",
    "nodes:",
    "  a:",
    "    end: success",
    "  b: {",
    "  }",
    "  end: success",
    "# said",
    "",
    "---",
    "...",
    "  c: {end: error}",
    "title: one",
    "  two",
    "'q': >-",
    "    folded",
    "\tb: 1",
    "nodes: {}",
    "  é: {end: error}",
]


@pytest.mark.parametrize("path", FLOWS, ids=lambda path: str(path.stem))
def test_sections_put_together_are_the_document(path: Path) -> None:
    text = path.read_text("utf-8")
    read = FlowText(text)

    assert read.is_sound
    assert read.data == to_value(parse_yaml(text, ""))
    assert list(read.data) == list(to_value(parse_yaml(text, "")))
    assert list(read.data["nodes"]) == list(to_value(parse_yaml(text, ""))["nodes"])


@given(st.lists(st.sampled_from(PIECES), max_size=9))
def test_a_text_that_is_sound_reads_as_the_whole_of_it_does(lines: list[str]) -> None:
    read = FlowText("\n".join(lines))
    try:
        whole = to_value(parse_yaml(read.text, ""))
    except InvalidFile:
        whole = {} if not read.text.replace("# said", "").strip() else None

    assert not read.is_sound or read.data == whole


def test_places_are_those_of_the_text(sms: str) -> None:
    read = read_text(sms)
    lines = sms.split("\n")

    span = read.span("nodes", "search", key=True)
    assert span is not None
    assert lines[span.line - 1][span.column - 1 : span.end_column - 1] == "search"
    below = read.lines_below("nodes", "search", "edges")
    assert [lines[line - 1].split(":")[0].strip() for line in below.values()] == list(below)
    assert read.span("nodes", "nowhere") is None


def test_what_is_wrong_in_one_node_hides_no_other(sms: str) -> None:
    broken = sms.replace("title: Open it again", "title: [Open it again")
    read = read_text(broken)

    assert not read.is_readable
    assert list(read.data["nodes"]) == list(read_text(sms).data["nodes"])
    with pytest.raises(CannotEdit, match=r"nodes\.reopen cannot be read: line 78"):
        read.source(("nodes", "reopen", "title"))


def test_a_text_in_braces_is_read_as_a_whole() -> None:
    read = read_text('{"flow": "x", "nodes": {"a": {"end": "success"}}}')

    assert not read.is_sound
    assert read.is_readable
    assert read.data["nodes"] == {"a": {"end": "success"}}
