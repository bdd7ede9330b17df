from __future__ import annotations

import html
import re
from collections.abc import Callable

import pytest

from flowengine.picture.graph import Edge, Graph, Node
from flowengine.picture.mermaid import to_mermaid

HOSTILE = [
    '"] --> x["',
    '"| --> z',
    "line\nclick n_a href javascript:alert(1)",
    "<img src=x onerror=alert(1)>",
    "%% comment",
    '%%{init: {"securityLevel": "loose"}}%%',
    "`**markdown**`",
    "$$x^2$$",
    "#quot; &quot; &#34;",
    "ﬂ°°34¶ß",
    "style a:#35;",
    "1. list",
    "- list",
    "} ] ) end",
    "subgraph end",
    "\x1b[31m\u202ertl\u2028",
    "---\ntitle: x",
    ";",
    "\\",
    "日本語 ü",
]
NODE = re.compile(r'  n_\w+(?:\["[^"]*"\]|\{"[^"]*"\}|\(\["[^"]*"\]\)|\(\(\("[^"]*"\)\)\))')
EDGE = re.compile(r'  (?:n_\w+|every) (?:-->|-\.->)\|"([^"]*)"\| n_\w+')
OTHER = re.compile(
    r'flowchart TD|  start\(\("[^"]*"\)\) --> n_\w+|  every\["[^"]*"\]'
    r"|  style every [\w:. -]+|  linkStyle [\d,]+ [\w:#,. -]+"
)


def graph(text: str = "x", *ids: str) -> Graph:
    nodes = [Node(one, "work", (text, one, "t@1.0")) for one in ids or ("a", "b")]
    return Graph("f", text, (text,), nodes[0].id, tuple(nodes), (Edge(nodes[0].id, nodes[-1].id, "success", (text,)),))


def read_text(written: str) -> str:
    """Read a text between quotes as Mermaid shows it."""
    return html.unescape(re.sub(r"#(\d+);", r"&#\1;", written))


def test_the_picture() -> None:
    drawn = Graph(
        "f",
        "A flow",
        ("sms", "incoming-message"),
        "a",
        (
            Node("a", "work", ("Ask", "a", "search-conversation@1.3")),
            Node("b", "branch", ("b", "branch@1.0")),
            Node("done", "success", ("done",)),
            Node("failed", "error", ("failed",)),
        ),
        (
            Edge("a", "b", "success", ("x", "y")),
            Edge("a", "failed", "error", ("onError",)),
            Edge("b", "done", "success", ("None of the above",)),
            Edge(None, "failed", "default", ("onTimeout",)),
        ),
    )
    assert (
        to_mermaid(drawn)
        == """\
---
title: "A flow"
---
flowchart TD
  start(("sms<br/>incoming-message")) --> n_a
  n_a["Ask<br/>a<br/>search-conversation@1.3"]
  n_b{"b<br/>branch@1.0"}
  n_done(["done"])
  n_failed((("failed")))
  every["any node, otherwise"]
  style every stroke-dasharray:1 4
  n_a -->|"x<br/>y"| n_b
  n_a -.->|"onError"| n_failed
  n_b -->|"None of the above"| n_done
  every -.->|"onTimeout"| n_failed
  linkStyle 2 stroke:#c0392b,stroke-dasharray:6 4
  linkStyle 4 stroke:#888888,stroke-width:1px,stroke-dasharray:1 4
"""
    )


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_breaks_out_of_its_quotes(text: str) -> None:
    opening, title, closing, *lines = to_mermaid(graph(text)).splitlines()
    assert (opening, closing) == ("---", "---")
    assert re.fullmatch(r'title: "(?:[^"\\%<]|\\.)*"', title)
    for line in lines:
        assert NODE.fullmatch(line) or EDGE.fullmatch(line) or OTHER.fullmatch(line), line
        assert "%" not in line
        assert "`" not in line
        assert "$" not in line
        assert not re.search(r"<(?!br/>)", line)
        assert line.isprintable()


@pytest.mark.parametrize("text", ["a & b", '"quoted"', "100 %", "a#b;c", "<b>", "1. x", "日本語 ü", "x: {y} [z] | `w`"])
def test_a_text_stands_for_itself(text: str) -> None:
    label = next(found[1] for line in to_mermaid(graph(text)).splitlines() if (found := EDGE.fullmatch(line)))
    assert read_text(label) == text


def test_lists_are_no_lists() -> None:
    assert '"1#46; x' in to_mermaid(graph("1. x"))
    assert '"#45; x' in to_mermaid(graph("- x"))


@pytest.mark.parametrize("ids", [("end", "click", "style"), ("a-b", "a_b", "a--b"), ("o", "x", "x-", "x_", "x__")])
def test_ids_are_no_words_of_mermaid_s_and_each_is_its_own(ids: tuple[str, ...]) -> None:
    found = [line.split("[")[0].strip() for line in to_mermaid(graph("t", *ids)).splitlines() if NODE.fullmatch(line)]
    assert len(set(found)) == len(ids)
    assert all(re.fullmatch(r"n_[A-Za-z0-9_]+", one) for one in found)


def test_long_texts_are_cut() -> None:
    assert max(map(len, to_mermaid(graph("x" * 60_000)).splitlines())) < 300


@pytest.mark.parametrize("make", [lambda: graph("", "a"), lambda: graph("\u202e", "a")])
def test_a_text_of_nothing_is_still_a_text(make: Callable[[], Graph]) -> None:
    assert '|" "|' in to_mermaid(make())
