from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from flowengine.cli.test_coverage import measure
from flowengine.picture.coverage_page import coverage_page
from flowengine.picture.coverage_picture import coverage_picture
from flowengine.recording.suite import Suite, find_cases

HOSTILE = "</title></style><script>alert(1)</script>\\u202e & \\\"'"
FLOW = f"""
flow: walk
title: "{HOSTILE}"
description: "<img src=x onerror=alert(1)>"
trigger: {{channel: sms, event: incoming-message}}
variables: {{count: 1}}
defaults: {{edges: {{onInvalidData: failed, onInvalidChoice: failed}}}}
start: often
nodes:
  often:
    type: branch@1.0
    title: "{HOSTILE}"
    inputs: {{rows: [{{name: "<b onclick='x'>", when: {{value: $(count), greaterThan: 1}}}}]}}
    edges: {{"<b onclick='x'>": say, None of the above: done}}
  say:
    type: evaluate@1.0
    inputs: {{script: "1"}}
    edges: {{yes: done, again: say, back: often}}
  done: {{end: success}}
  failed: {{end: error}}
"""
CASE = """
recording: case
title: "</li><script>alert(2)</script>"
flow: walk
expect: {result: success, path: [often, say, done]}
"""


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    Path("walk.yaml").write_text(FLOW, "utf-8")
    Path("case.recording.yaml").write_text(CASE, "utf-8")
    suite = Suite()
    results = [suite.run(case) for case in find_cases([Path()])[0]]
    return coverage_page(measure(suite, results, []).flows.values(), results)


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, Any]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def tags(page: str) -> list[tuple[str, dict[str, Any]]]:
    parser = Tags()
    parser.feed(page)
    return parser.tags


def test_the_page_needs_nothing_and_allows_only_its_style(page: str) -> None:
    [policy] = [one["content"] for tag, one in tags(page) if one.get("http-equiv") == "Content-Security-Policy"]
    [style] = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()

    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert "url(" not in style
    assert "@import" not in style
    assert not {tag for tag, _ in tags(page)} & {"script", "link", "img", "iframe", "object", "form", "base"}
    assert not [one for _, one in tags(page) if {"style", "onclick", "onerror", "onload", "src"} & set(one)]
    assert [one["href"] for tag, one in tags(page) if tag == "a" and not one["href"].startswith("#")] == []


def test_texts_of_flows_and_recordings_stay_texts(page: str) -> None:
    assert "&lt;script&gt;alert(1)" in page
    assert "&lt;script&gt;alert(2)" in page
    assert "&lt;img src=x" in page
    assert "\u202e" not in page


def test_pictures_are_well_formed_and_say_what_they_are(page: str) -> None:
    [picture] = re.findall(r'<svg class="flow.*?</svg>', page, re.DOTALL)
    root = ET.fromstring(picture)  # noqa: S314 - our own

    assert root.get("role") == "img"
    assert "which edges were followed" in root.get("aria-label", "")


def test_covered_and_uncovered_differ_by_more_than_colour(page: str) -> None:
    [picture] = re.findall(r'<svg class="flow.*?</svg>', page, re.DOTALL)
    style = page[page.index("<style>") : page.index("</style>")]

    assert 'class="line covered"' in picture
    assert 'class="line uncovered"' in picture
    assert re.search(r"\.line\.uncovered \{[^}]*stroke-dasharray", style)
    assert '<path class="mark covered"' in picture
    assert '<circle class="mark uncovered"' in picture


def test_a_case_that_failed_shows_its_walks(page: str) -> None:
    assert "<details open><summary>1 case, 1 failed</summary>" in page
    assert "+- expected" in page


def test_it_is_made_for_light_dark_and_narrow(page: str) -> None:
    assert "prefers-color-scheme: dark" in page
    assert "max-width: 640px" in page
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in page


def flow(nodes: int, edges: Callable[[int], str]) -> str:
    listed = [
        f"  n{number}: {{type: branch@1.0, inputs: {{rows: [{{name: A, when: {{value: 1, equals: 2}}}}]}}, "
        f"edges: {{A: {edges(number)}, None of the above: {f'n{number + 1}' if number < nodes - 1 else 'done'}}}}}"
        for number in range(nodes)
    ]
    return "\n".join(["flow: big", "start: n0", "nodes:", *listed, "  done: {end: success}", "  failed: {end: error}"])


def picture_of(folder: Path, text: str) -> str:
    path = folder / "big.yaml"
    path.write_text(text, "utf-8")
    ready = Suite().ready(path)
    covered = measure(Suite(), [], [folder])
    return coverage_picture(ready, covered.flows[path][1])


def test_an_end_that_many_nodes_lead_to_is_named_in_them(tmp_path: Path) -> None:
    few = picture_of(tmp_path, flow(6, lambda _: "failed"))
    many = picture_of(tmp_path, flow(7, lambda _: "failed"))

    assert "→ failed" not in few
    assert many.count("→ failed") == 7


def test_lines_that_would_run_too_far_are_named_in_their_nodes(tmp_path: Path) -> None:
    text = flow(30, lambda number: "n29" if number == 0 else "done")

    assert "→ n29" in picture_of(tmp_path, text)


def test_a_flow_that_no_case_walks_is_drawn_as_never_visited(tmp_path: Path) -> None:
    assert picture_of(tmp_path, flow(2, lambda _: "done")).count(" quiet") == 4
