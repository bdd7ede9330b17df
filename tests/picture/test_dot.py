from __future__ import annotations

import re

import pytest

from flowengine.picture.dot import to_dot
from flowengine.picture.graph import Edge, Graph, Node

HOSTILE = [
    '"]; } digraph x {"',
    '" -> "b',
    "trailing backslash \\",
    '\\"',
    "\\N \\G \\l \\r \\n",
    "<b>html</b>",
    "&lt;b&gt; &#34;",
    "line\n// comment",
    "/* comment */",
    "\x1b[31m\u202ertl\u2028",
    "日本語 ü",
]
TEXT = r'"(?:[^"\\]|\\.)*"'
LINE = re.compile(
    rf"digraph {TEXT} \{{|  (?:graph|{TEXT}|{TEXT} -> {TEXT})(?: \[(?:\w+=(?:{TEXT}|\w+)(?:, )?)+\])?;|\}}"
)


def graph(text: str) -> Graph:
    nodes = (Node("a-b", "work", (text, "a-b")), Node("end", "error", (text,)))
    edges = (Edge("a-b", "end", "error", (text, "x")), Edge(None, "end", "default", (text,)))
    return Graph("f", text, (text,), "a-b", nodes, edges)


def test_the_picture() -> None:
    drawn = Graph(
        "f",
        "A flow",
        ("start",),
        "a",
        (
            Node("a", "work", ("a", "t@1.0")),
            Node("b", "branch", ("b",)),
            Node("done", "success", ("done",)),
            Node("failed", "error", ("failed",)),
        ),
        (
            Edge("a", "b", "success", ("x", "y")),
            Edge("b", "failed", "error", ("onError",)),
            Edge(None, "failed", "default", ("z",)),
        ),
    )
    assert (
        to_dot(drawn)
        == """\
digraph "f" {
  graph [label="A flow", labelloc=t, rankdir=TB];
  "#start" [label="start", shape=circle];
  "a" [label="a\\nt@1.0", shape=box, style=rounded];
  "b" [label="b", shape=diamond];
  "done" [label="done", shape=box, style=rounded, peripheries=2];
  "failed" [label="failed", shape=doublecircle];
  "#every" [label="any node, otherwise", shape=box, style=dotted];
  "#start" -> "a";
  "a" -> "b" [label="x\\ny", style=solid];
  "b" -> "failed" [label="onError", style=dashed, color="#c0392b"];
  "#every" -> "failed" [label="z", style=dotted, color="#888888"];
}
"""
    )


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_breaks_out_of_its_quotes(text: str) -> None:
    for line in to_dot(graph(text)).splitlines():
        assert LINE.fullmatch(line), line
        assert line.isprintable()


@pytest.mark.parametrize("text", ["\\N", '"', "&amp;", "a\\"])
def test_a_text_stands_for_itself(text: str) -> None:
    label = re.search(rf"label=({TEXT}), labelloc", to_dot(graph(text)))
    assert label
    assert label[1][1:-1].replace("&amp;", "&").replace('\\"', '"').replace("\\\\", "\\") == text


def test_long_texts_are_cut() -> None:
    assert max(map(len, to_dot(graph("x" * 60_000)).splitlines())) < 400
