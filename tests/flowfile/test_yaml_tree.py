from __future__ import annotations

import itertools
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from flowengine.errors import InvalidFile
from flowengine.findings import Finding, Span
from flowengine.flowfile import yaml_tree
from flowengine.flowfile.yaml_source import Limits
from flowengine.flowfile.yaml_tree import (
    Mapping,
    Scalar,
    Sequence,
    Tree,
    key_at,
    locate,
    parse_yaml,
    read_yaml,
    to_value,
)

Place = tuple[int, int, int, int]


def findings_in(source: str | bytes, limits: Limits | None = None) -> list[Finding]:
    with pytest.raises(InvalidFile) as caught:
        parse_yaml(source, "flow.yaml", limits or Limits())
    return caught.value.findings


def told(findings: list[Finding]) -> list[tuple[str, int, int]]:
    """Return code and place of each finding."""
    return [(finding.code, *finding.span[:2]) if finding.span else (finding.code, 0, 0) for finding in findings]


def value_of(source: str | bytes) -> Any:
    return to_value(parse_yaml(source, "flow.yaml"))


def scalars(tree: Tree) -> Iterator[Scalar]:
    if isinstance(tree, Scalar):
        yield tree
    elif isinstance(tree, Sequence):
        for item in tree.items:
            yield from scalars(item)
    else:
        for key, value in tree.entries:
            yield key
            yield from scalars(value)


POSITIONS: list[tuple[str, list[tuple[str, Place]]]] = [
    ("a: b", [("a", (1, 1, 1, 2)), ("b", (1, 4, 1, 5))]),
    ("a:   b  # c\n", [("a", (1, 1, 1, 2)), ("b", (1, 6, 1, 7))]),
    ("# c\n\n  a: b\n", [("a", (3, 3, 3, 4)), ("b", (3, 6, 3, 7))]),
    ("\ufeffa: b\n", [("a", (1, 1, 1, 2)), ("b", (1, 4, 1, 5))]),
    ("---\na: b\n...\n", [("a", (2, 1, 2, 2)), ("b", (2, 4, 2, 5))]),
    ("a: b\r\nc: d\r\n", [("a", (1, 1, 1, 2)), ("b", (1, 4, 1, 5)), ("c", (2, 1, 2, 2)), ("d", (2, 4, 2, 5))]),
    ("a: b\rc: d\r", [("a", (1, 1, 1, 2)), ("b", (1, 4, 1, 5)), ("c", (2, 1, 2, 2)), ("d", (2, 4, 2, 5))]),
    ("a:\tb\n", [("a", (1, 1, 1, 2)), ("b", (1, 4, 1, 5))]),
    # nothing where a value could be
    ("a:\nb: c", [("a", (1, 1, 1, 2)), ("", (1, 3, 1, 3)), ("b", (2, 1, 2, 2)), ("c", (2, 4, 2, 5))]),
    ("a: # c\n\n\n", [("a", (1, 1, 1, 2)), ("", (1, 3, 1, 3))]),
    ("- \n- a", [("", (1, 2, 1, 2)), ("a", (2, 3, 2, 4))]),
    ("? a\n\n", [("a", (1, 3, 1, 4)), ("", (1, 4, 1, 4))]),
    # quotes count, escapes count as written
    ("'a''b': \"\\t\\u00e9\"", [("a'b", (1, 1, 1, 7)), ("\té", (1, 9, 1, 19))]),
    # characters, not bytes and not UTF-16 units
    ("é: ü", [("é", (1, 1, 1, 2)), ("ü", (1, 4, 1, 5))]),
    ("😀😀: '😀' # 😀\n", [("😀😀", (1, 1, 1, 3)), ("😀", (1, 5, 1, 8))]),
    ("[😀, é, x]", [("😀", (1, 2, 1, 3)), ("é", (1, 5, 1, 6)), ("x", (1, 8, 1, 9))]),
    # flow style
    (
        "{a: 1,\n  b: [x, {c: y}]}",
        [
            ("a", (1, 2, 1, 3)),
            ("1", (1, 5, 1, 6)),
            ("b", (2, 3, 2, 4)),
            ("x", (2, 7, 2, 8)),
            ("c", (2, 11, 2, 12)),
            ("y", (2, 14, 2, 15)),
        ],
    ),
    ('{"a":"b"}', [("a", (1, 2, 1, 5)), ("b", (1, 6, 1, 9))]),
    ("[a: b]", [("a", (1, 2, 1, 3)), ("b", (1, 5, 1, 6))]),
    # over several lines
    ("a: b\n  c\n\n# d\n", [("a", (1, 1, 1, 2)), ("b c", (1, 4, 2, 4))]),
    ('a: "b\n\n  c"  \n', [("a", (1, 1, 1, 2)), ("b\nc", (1, 4, 3, 5))]),
    # block scalars end with their last written line
    (
        "a: |\n  x\n  y z  \n\n\nb: 1",
        [("a", (1, 1, 1, 2)), ("x\ny z  \n", (1, 4, 3, 6)), ("b", (6, 1, 6, 2)), ("1", (6, 4, 6, 5))],
    ),
    ("a: >-\r\n  x\r\n  y\r\n\r\n# c\r\n", [("a", (1, 1, 1, 2)), ("x y", (1, 4, 3, 4))]),
    ("a: |+\n  x\n\n", [("a", (1, 1, 1, 2)), ("x\n\n", (1, 4, 2, 4))]),
    ("a: |2-\n   😀", [("a", (1, 1, 1, 2)), (" 😀", (1, 4, 2, 5))]),
    ("- |\n  x\n- >", [("x\n", (1, 3, 2, 4)), ("", (3, 3, 3, 4))]),
]


@pytest.mark.parametrize("scanner", [yaml.CSafeLoader, yaml.SafeLoader], ids=["libyaml", "python"])
@pytest.mark.parametrize(("text", "places"), POSITIONS)
def test_every_scalar_knows_its_place(
    text: str, places: list[tuple[str, Place]], scanner: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    if scanner is yaml.SafeLoader and ":\t" in text:
        pytest.skip("PyYAML's own scanner refuses a tab after a colon")
    monkeypatch.setattr(yaml_tree, "_LOADER", scanner)
    tree = parse_yaml(text, "flow.yaml")
    assert [(scalar.text, tuple(scalar.span)) for scalar in scalars(tree)] == places


@pytest.mark.parametrize(
    ("text", "path", "place"),
    [
        ("a:\n  b: 1\n  c: 2\n\nd: 3\n", ["a"], (2, 3, 3, 7)),
        ("a:\n  b: 1\n  c: 2\n\nd: 3\n", [], (1, 1, 5, 5)),
        ("a:\n- b\n-  c\n# d\n", ["a"], (2, 1, 3, 5)),
        ("a: {b: 1,\n c: 2 }  # d\n", ["a"], (1, 4, 2, 8)),
        ("a: [ ]\nb: {}", ["a"], (1, 4, 1, 7)),
        ("a: [ ]\nb: {}", ["b"], (2, 4, 2, 6)),
        ("a: [b: 1, c: 2]", ["a", 1], (1, 11, 1, 15)),
        ("a:\n  b: |\n    x\n\n", ["a"], (2, 3, 3, 6)),
        ("a:\n  - b:\n  - c: [d]\n", ["a", 0], (2, 5, 2, 7)),
    ],
)
def test_a_collection_ends_with_its_last_entry(text: str, path: list[str | int], place: Place) -> None:
    found = locate(parse_yaml(text, "flow.yaml"), path)
    assert found
    assert tuple(found.span) == place


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: 1", {"a": 1}),
        ("a: '1'", {"a": "1"}),
        ('a: "true"', {"a": "true"}),
        ("a: |\n  12", {"a": "12"}),
        ("a: ''", {"a": ""}),
        ("a:", {"a": None}),
        ("a: on", {"a": "on"}),
        ("a: +447700900001", {"a": "+447700900001"}),
        ("a: 1.10", {"a": "1.10"}),
        ("a: 12:30", {"a": "12:30"}),
        ("a: {b: 12:30, c: http://example.com/x}", {"a": {"b": "12:30", "c": "http://example.com/x"}}),
        ("a: $(search.conversationId)", {"a": "$(search.conversationId)"}),
        ("a: 1\n  - b", {"a": "1 - b"}),
        ("a: '<<'", {"a": "<<"}),
        ("'<<': 1", {"<<": 1}),
        ("%YAML 1.2\n---\na: 1\n", {"a": 1}),
        ('a: "\\0\\x07\\u2028\\uFEFF\\U0001F600"', {"a": "\0\x07\u2028\ufeff😀"}),
        ("- [1, 2.5, [true, ~]]\n- {}\n- []", [[1, 2.5, [True, None]], {}, []]),
        ("12", 12),
        ("null", None),
        ("''", ""),
        (b"a: \xc3\xa9", {"a": "é"}),
    ],
)
def test_values(text: str | bytes, value: object) -> None:
    found = value_of(text)
    assert json.dumps(found) == json.dumps(value)  # tells 1 from True


@pytest.mark.parametrize("key", ["1", "1.0", "1.10", "true", "null", "~", "on", "2026-11-23", "None of the above"])
def test_a_key_is_the_text_that_was_written(key: str) -> None:
    tree = parse_yaml(f"{key}: x", "flow.yaml")
    assert isinstance(tree, Mapping)
    assert tree.entries[0][0] == Scalar(key, key, quoted=False, span=Span(1, 1, 1, 1 + len(key)))


def test_block_scalars_count_as_quoted() -> None:
    assert [scalar.quoted for scalar in scalars(parse_yaml("[a, 'b', \"c\"]", "f"))] == [False, True, True]
    assert [scalar.quoted for scalar in scalars(parse_yaml("- |\n  a\n- >\n  b\n", "f"))] == [True, True]


REFUSED: list[tuple[str, list[tuple[str, int, int]]]] = [
    ("", [("FE011", 1, 1)]),
    ("\ufeff", [("FE011", 1, 1)]),
    ("# c\n\n", [("FE011", 1, 1)]),
    ("---\n", [("FE011", 1, 1)]),
    ("--- # c\n...\n", [("FE011", 1, 1)]),
    # duplicate keys
    ("a: 1\nb: 2\na: 3\n", [("FE003", 3, 1)]),
    ("a: {b: 1, 'b': 2, \"b\": 3}\n", [("FE003", 1, 11), ("FE003", 1, 19)]),
    ("- 1: x\n  '1': y\n", [("FE003", 2, 3)]),
    # tags
    ("a: !!str 1\n", [("FE004", 1, 4)]),
    ("a: !b [1]\nc: ! d\n", [("FE004", 1, 4), ("FE004", 2, 4)]),
    ("!!python/object/apply:os.system ['id']\n", [("FE004", 1, 1)]),
    ("a: !!binary aGk=\n", [("FE004", 1, 4)]),
    ("%TAG ! tag:example.com,2000:\n---\na: 1\n", [("FE004", 1, 1)]),
    # anchors, aliases, merge keys
    ("a: &b 1\nc: *b\n", [("FE005", 1, 4), ("FE005", 2, 4)]),
    ("a: *b\n", [("FE005", 1, 4)]),
    ("&a [*a]\n", [("FE005", 1, 1), ("FE005", 1, 5)]),
    ("*a : b\n", [("FE005", 1, 1)]),
    ("a: *b,\n", [("FE005", 1, 4), ("FE002", 1, 6)]),
    ("a: &b !c d\n", [("FE004", 1, 4), ("FE005", 1, 4)]),
    ("<<: {a: 1}\n", [("FE006", 1, 1)]),
    ("a: &x {b: 1}\nc: {<<: *x}\n", [("FE005", 1, 4), ("FE006", 2, 5), ("FE005", 2, 9)]),
    # documents
    ("a: 1\n---\nb: 2\n", [("FE007", 2, 1)]),
    ("---\n---\n", [("FE007", 2, 1)]),
    ("a: 1\n...\n---\n!x b\n", [("FE007", 3, 1)]),
    # keys
    ("? [a]\n: b\n", [("FE009", 1, 3)]),
    ("{a: 1}: b\n", [("FE009", 1, 1)]),
    ("a: {{name}}\n", [("FE009", 1, 5)]),
    ("{: a}\n", [("FE002", 1, 2)]),
    ("[? : a]\n", [("FE009", 1, 5), ("FE002", 1, 6)]),
    ("? \n: a\n", [("FE009", 1, 2)]),
    # characters
    ("a: \x07b\n", [("FE010", 1, 4)]),
    ("a: b\u2028c: d\n", [("FE002", 1, 7), ("FE010", 1, 5)]),
    # several at once, and what comes before a syntax fault
    ("a: 1\na: 2\nb: &x 1\nb: *x\n", [("FE003", 2, 1), ("FE005", 3, 4), ("FE003", 4, 1), ("FE005", 4, 4)]),
    ("a: 1\na: 2\nb: 'c\n", [("FE003", 2, 1), ("FE002", 3, 4)]),
    ("a: \0\na: [\n", [("FE010", 1, 4), ("FE003", 2, 1), ("FE002", 2, 4)]),
]


@pytest.mark.parametrize(("text", "expected"), REFUSED)
def test_what_is_refused(text: str, expected: list[tuple[str, int, int]]) -> None:
    findings = findings_in(text)
    assert sorted(told(findings)) == sorted(expected)
    assert all(finding.hint and finding.path == "flow.yaml" for finding in findings)


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("a: 1\na: 2\n", "f:2:1: the key `a` is here a second time, the first is on line 1"),
        ("a: *b\n", "f:1:4: the alias *b is not allowed (write the value out: `defaults` is there for what repeats"),
        ("a: !!str b\n", "f:1:4: the tag tag:yaml.org,2002:str is not allowed"),
        ('"a\\nb": 1\n"a\\nb": 2\n', "f:2:1: the key `a\\u000ab` is here a second time"),
        ("a: {{b}}\n", "f:1:5: a key has to be text, not a mapping or list (write a reference as $(name)"),
    ],
)
def test_what_a_finding_says(text: str, finding: str) -> None:
    with pytest.raises(InvalidFile) as caught:
        parse_yaml(text, "f")
    assert str(caught.value).startswith(finding)


def test_an_anchor_or_tag_is_marked_alone() -> None:
    assert [finding.span for finding in findings_in("a: &bc 1\nd: !ef [1]\n")] == [Span(1, 4, 1, 7), Span(2, 4, 2, 7)]


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


def test_limits_are_inclusive() -> None:
    assert parse_yaml(nested(50), "f")
    assert parse_yaml("- " * 50 + "a", "f")
    assert parse_yaml("x" * 65_536, "f")
    assert parse_yaml("[a, b, {c: d}]", "f", Limits(nodes=6))
    assert len(findings_in("a: *b\n" * 10, Limits(findings=20))) == 19


@pytest.mark.parametrize(
    ("text", "limits", "expected"),
    [
        (nested(51), Limits(), [("FE008", 1, 51)]),
        ("- " * 51 + "a", Limits(), [("FE008", 1, 101)]),
        ("a: " + "é" * 65_537, Limits(), [("FE008", 1, 4)]),
        ("[a, b, {c: d}]", Limits(nodes=5), [("FE008", 1, 12)]),
        ("[a, &b c]", Limits(nodes=2), [("FE008", 1, 5)]),
        ("a: 1", Limits(size=3), [("FE008", 0, 0)]),
        ("[*a, *b, *c, *d]", Limits(findings=3), [*[("FE005", 1, column) for column in (2, 6, 10)], ("FE008", 1, 10)]),
    ],
)
def test_past_a_limit(text: str, limits: Limits, expected: list[tuple[str, int, int]]) -> None:
    assert told(findings_in(text, limits)) == expected


HOSTILE = {
    "30,000 open lists": "[" * 30_000,
    "200,000 open lists": "[" * 200_000,
    "200,000 open mappings": "{" * 200_000,
    "200,000 open pairs": "{a: " * 200_000,
    "200,000 lists, one a line": "[\n" * 200_000,
    "200,000 block lists": "- " * 200_000,
    "200,000 complex keys": "? " * 200_000,
    "deep indentation": "".join(" " * depth + "a:\n" for depth in range(1_400)),
    "30,000 closed lists": nested(30_000),
    "alias bomb": "a: &a [x]\n"
    + "".join(f"{b}: &{b} [{','.join(['*' + a] * 9)}]\n" for a, b in itertools.pairwise("abcdefghi")),
    "merge bomb": "a: &a {x: 1}\n" + "b: {<<: [*a, *a, *a, *a, *a, *a, *a, *a]}\n" * 100,
    "100,000 duplicate keys": "a: 1\n" * 100_000,
    "100,000 documents": "---\n" * 100_000,
    "40,000 tag directives": "".join(f"%TAG !{number}! tag:x,2000:\n" for number in range(40_000)),
    "an endless quote": "a: '" + "x: y\n" * 200_000,
    "a long tag": "!" + "x" * 1_000_000,
    "a long line": "a: " + "x " * 500_000,
    "a binary file": "\0" * 200_000,
    "more than a mebibyte": "a: " + "x" * 2**20,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_file_is_refused_at_once(text: str) -> None:
    began = time.process_time()
    findings = findings_in(text)
    assert time.process_time() - began < 0.1
    assert 1 <= len(findings) <= 101
    assert len(str(findings[0])) < 400


def test_a_thousand_nodes_are_read_in_time() -> None:
    node = """
  n{}:
    type: append-message@1.4
    inputs:
      channel: sms
      text: $(trigger.sms.message)
    edges: {{onAppendMessageSuccess: done}}"""
    text = "flow: a\nnodes:" + "".join(node.format(number) for number in range(1_000))
    began = time.process_time()
    tree = parse_yaml(text, "f")
    assert time.process_time() - began < 1.5  # about 0.05 on a quiet machine
    assert locate(tree, ["nodes", "n999", "inputs", "channel"]) is not None


def test_a_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "flow.yaml"
    path.write_text("flow: é\n", encoding="utf-8")
    assert to_value(read_yaml(path)) == {"flow": "é"}


def test_findings_of_a_file_name_it(tmp_path: Path) -> None:
    path = tmp_path / "flow.yaml"
    path.write_text("a: 1\na: 2\n")
    with pytest.raises(InvalidFile, match=re.escape(f"{path}:2:1: ")):
        read_yaml(path)


def test_a_missing_file_is_a_finding(tmp_path: Path) -> None:
    with pytest.raises(InvalidFile, match="there is no such file"):
        read_yaml(tmp_path / "flow.yaml")


class TestLocate:
    tree = parse_yaml("a: {b: [x, {c: 1}]}\n1: y\n", "f")

    @pytest.mark.parametrize(
        ("path", "value"),
        [(["a", "b", 0], "x"), (["a", "b", 1, "c"], 1), (["a", "b"], ["x", {"c": 1}]), (["1"], "y")],
    )
    def test_what_is_there(self, path: list[str | int], value: object) -> None:
        found = locate(self.tree, path)
        assert found
        assert to_value(found) == value

    @pytest.mark.parametrize("path", [["b"], ["a", "b", 2], ["a", "b", -1], ["a", "b", "0"], ["a", 0], ["1", "x"], [1]])
    def test_what_is_not_there(self, path: list[str | int]) -> None:
        assert locate(self.tree, path) is None
        assert key_at(self.tree, path) is None

    def test_an_empty_path_is_the_tree_itself(self) -> None:
        assert locate(self.tree, []) is self.tree

    def test_a_key(self) -> None:
        key = key_at(self.tree, ["a", "b", 1, "c"])
        assert key == Scalar("c", "c", quoted=False, span=Span(1, 13, 1, 14))

    @pytest.mark.parametrize("path", [[], ["a", "b", 0]])
    def test_what_has_no_key(self, path: list[str | int]) -> None:
        assert key_at(self.tree, path) is None


PIECES = [
    *(
        "a",
        "b",
        "é",
        "😀",
        "1",
        "1.5",
        "~",
        "true",
        "<<",
        "&a",
        "*a",
        "!",
        "!!str",
        "%",
        "%TAG",
        "@",
        "`",
        "---",
        "...",
    ),
    *(":", "-", "?", "[", "]", "{", "}", ",", "'", '"', "\\", "\\u", "d83d", "#", "|", ">"),
]
BLANKS = [" ", "  ", "\n", "\n  ", "\r\n", "\t", ": ", "- ", "? ", ", ", " # ", "|-\n ", "---\n", "\n...\n"]
ODDITIES = ["\0", "\ufeff", "\u2028", "\ud800"]
YAML_LIKE = st.lists(st.sampled_from([*PIECES, *BLANKS, *ODDITIES]), max_size=40).map("".join)


def spans_of(source: str | bytes) -> list[Span]:
    """Return the places of all scalars, or of all findings; the tree has to be plain JSON that can be stored."""
    try:
        tree = parse_yaml(source, "f")
    except InvalidFile as error:
        return [finding.span for finding in error.findings if finding.span]
    json.dumps(to_value(tree), ensure_ascii=False).encode()
    return [tree.span, *(scalar.span for scalar in scalars(tree))]


def assert_tree_or_findings(source: str | bytes) -> None:
    """Any other exception than ``InvalidFile`` fails the test, and so does a place outside the text."""
    spans = spans_of(source)
    assert spans
    text = source.decode(errors="replace") if isinstance(source, bytes) else source
    lines = re.split(r"\r\n?|\n", text.removeprefix("\ufeff"))
    for span in spans:
        assert (1, 1) <= span[:2] <= span[2:] <= (len(lines), len(lines[-1]) + 1)
        assert span.column <= len(lines[span.line - 1]) + 1
        assert span.end_column <= len(lines[span.end_line - 1]) + 1


@settings(max_examples=500, deadline=None)
@given(YAML_LIKE)
def test_any_yaml_like_text_gives_a_tree_or_findings(text: str) -> None:
    assert_tree_or_findings(text)


@settings(deadline=None)
@given(st.text() | st.binary())
def test_anything_gives_a_tree_or_findings(source: str | bytes) -> None:
    assert_tree_or_findings(source)


@settings(deadline=None)
@given(st.lists(st.text(alphabet="abé😀$()", min_size=1), min_size=1))
def test_a_plain_scalar_is_where_its_span_says(words: list[str]) -> None:
    text = "".join(f"- {word}: [{word}] # é😀\n" for word in words)
    lines = text.split("\n")
    for scalar in scalars(parse_yaml(text, "f")):
        line, column, end_line, end_column = scalar.span
        assert (line, lines[line - 1][column - 1 : end_column - 1]) == (end_line, scalar.text)


RAW = st.text(
    alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\x7f\u2028\u2029\ufeff\ufffe\uffff")
    .filter(lambda letter: not "\x80" <= letter < "\xa0")
)  # fmt: skip
ESCAPED = st.text(alphabet=st.characters(exclude_categories=["Cs"], max_codepoint=0xFFFF))
NUMBERS = st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False).filter(
    lambda number: "e" not in repr(number)
)


def json_values(text: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    return st.recursive(
        st.none() | st.booleans() | NUMBERS | text,
        lambda inner: st.lists(inner) | st.dictionaries(text.filter(lambda key: len(json.dumps(key)) <= 1024), inner),
        max_leaves=20,
    )


@settings(deadline=None)
@given(json_values(RAW), st.sampled_from([None, 2]))
def test_json_text_is_yaml_for_the_same_value(value: Any, indent: int | None) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    assert json.dumps(value_of(text)) == json.dumps(value)


@settings(deadline=None)
@given(json_values(ESCAPED))
def test_escaped_json_text_is_yaml_for_the_same_value(value: Any) -> None:
    assert json.dumps(value_of(json.dumps(value))) == json.dumps(value)
