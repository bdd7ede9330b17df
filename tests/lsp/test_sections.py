from __future__ import annotations

from flowengine.findings import Span
from flowengine.lsp.sections import section_at, sections


def test_keys_of_the_document_and_nodes_are_sections(flow: str) -> None:
    paths = [one.path for one in sections(flow)]

    assert paths[:3] == [("flow",), ("variables",), ("defaults",)]
    assert paths[-4:] == [("nodes", name) for name in ("search", "greet", "done", "failed")]


def test_sections_hold_every_line_once(flow: str) -> None:
    text = f"# a comment\n{flow}"

    assert [line for one in sections(text) for line in one.lines] == text.split("\n")


def test_text_that_is_no_yaml_has_sections_too(flow: str) -> None:
    broken = flow.replace("inputs: {values", 'inputs: "{values').replace("flow: greet", "flow: [")

    assert [one.path for one in sections(broken)] == [one.path for one in sections(flow)]


def test_scripts_and_continued_lines_begin_no_section() -> None:
    text = "nodes:\n  a:\n    script: |\n      b: 1\n    edges: {x: y,\n      c: d\n    }\n  e: {end: success}\n"

    assert [one.path for one in sections(text)] == [("nodes",), ("nodes", "a"), ("nodes", "e")]


def test_a_quoted_key_is_pointed_at_without_its_quotes() -> None:
    assert sections('nodes:\n  "a": {end: success}\n')[1].key == Span(2, 4, 2, 5)


def test_a_document_in_braces_is_one_section() -> None:
    assert [one.path for one in sections("{flow: a,\n start: b}")] == [()]


def test_a_text_beyond_the_limit_is_not_looked_into(flow: str) -> None:
    assert [one.path for one in sections(flow + "#" * 2**20)] == [()]


def test_a_line_is_in_the_last_section_that_begins_above_it(flow: str) -> None:
    assert section_at(flow, 8).path == ("nodes", "search")
    assert section_at(flow, 10_000).path == ("nodes", "failed")
    assert section_at("", 0).path == ()
