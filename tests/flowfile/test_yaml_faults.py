"""Each mistake is told at the place an author would look for it, whichever scanner found it."""

from __future__ import annotations

import pytest
import yaml

from flowengine.errors import InvalidFile
from flowengine.findings import Finding
from flowengine.flowfile import yaml_tree
from flowengine.flowfile.yaml_faults import explain
from flowengine.flowfile.yaml_tree import parse_yaml


@pytest.fixture(params=[yaml.CSafeLoader, yaml.SafeLoader], ids=["libyaml", "python"])
def _each_scanner(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml_tree, "_LOADER", request.param)


def findings_in(text: str) -> list[Finding]:
    with pytest.raises(InvalidFile) as caught:
        parse_yaml(text, "flow.yaml")
    return caught.value.findings


def marked(text: str, finding: Finding) -> str:
    """Return the stretch of a line that the finding points at."""
    span = finding.span
    assert span
    assert span.line == span.end_line
    return text.splitlines()[span.line - 1][span.column - 1 : span.end_column - 1]


FAULTS: list[tuple[str, str, str, str]] = [
    # text, line:column, what is marked, message
    # tabs
    ("a:\n\tb: 1\n", "2:1", "\t", "a tab stands where YAML wants spaces"),
    ("a:\n  b: 1\n\tc: 2\n", "3:1", "\t", "a tab stands where YAML wants spaces"),
    ("\ta: 1\n", "1:1", "\t", "a tab stands where YAML wants spaces"),
    ("-\ta: 1\n", "1:2", "\t", "a tab stands where YAML wants spaces"),
    # quotes
    ("a: 'x\nb: 1\n", "1:4", "'", "the quote ' opened here is never closed"),
    ('a: 1\nb: "x\n\nc: 1\n', "2:4", '"', 'the quote " opened here is never closed'),
    ("a: 'x\nb: 1\n---\n", "1:4", "'", "the quote ' opened here is never closed"),
    ('a: "x\nb: "y"\n', "2:5", "y", "the text in quotes that began on line 1 ends before this"),
    ('a: "x\nb": y\nc: "z"', "2:3", ":", "the text in quotes that began on line 1 ends before this"),
    ("a: 'it's'\n", "1:8", "s", "the value ended with the quote before this"),
    ('a: "Hi" $(name)\n', "1:9", "$", "the value ended with the quote before this"),
    ('a: {b: "x" y}\n', "1:12", "y", "the value ended with the quote before this"),
    ("a: ['it's', b]\n", "1:9", "s", "the value ended with the quote before this"),
    ('a: "\\d+"\n', "1:5", "\\d", "\\d means nothing inside double quotes"),
    ('a: "\\x1"\n', "1:7", "1", "this escape is cut short: \\x takes 2, \\u 4 and \\U 8 hexadecimal digits"),
    # colons
    ("a: Hello: world\n", "1:9", ":", "a colon and a blank cannot stand inside a value"),
    ('a: "b": c\n', "1:7", ":", "a colon and a blank cannot stand inside a value"),
    ("a: {b: c: d}\n", "1:9", ":", "a colon and a blank cannot stand inside a value"),
    ("a: {b: 1 c: 2}\n", "1:11", ":", "a colon and a blank cannot stand inside a value"),
    ("a: [b]: c\n", "1:7", ":", "a colon makes no sense here"),
    ("a b\nc: 1\n", "1:1", "a b", "`a b` has no colon"),
    ("a:1\nb: 2\n", "1:1", "a:1", "`a:1` has no colon"),
    ("a: 1\nb  # c\n", "2:1", "b  # c", "`b  # c` has no colon"),
    ("a:\n  b\n  c: 1\n", "2:3", "b", "`b` has no colon"),
    ("a: 1\nb\n\nc: 2\n", "2:1", "b", "`b` has no colon"),
    # indentation
    ("a: 1\n b: 2\n", "2:2", "b", "`b` is indented deeper than the key above, which has a value already"),
    ("- a: 1\n   b: 2\n", "2:4", "b", "`b` is indented deeper than the key above, which has a value already"),
    ("a:\n    b: 1\n  c: 2\n", "3:3", "c: 2", "the indentation of this line fits nothing above"),
    ('a: "x"\n  b: 1\n', "2:3", "b: 1", "the indentation of this line fits nothing above"),
    ("a: |\n  x\n y\nb: 1\n", "3:2", "y", "the indentation of this line fits nothing above"),
    ("  a: 1\nb: 2\n", "2:1", "b: 2", "this line does not belong to what is above: the document was complete"),
    # lists
    ("a: - b\n", "1:4", "-", "a list cannot begin here: `- ` has to be the first on its line"),
    ("a: 1\n  - b: 2\n", "2:3", "- b", "a list begins here, but the key above has a value already"),
    ("a:\n  b: 1\n  - c\n", "3:3", "- c", "a list item stands among the keys of the mapping that begins on line 2"),
    ("- a\nb: c\n", "2:1", "b: c", "this stands among the items of the list that begins on line 1"),
    ("a:\n  - b\n - c\n", "3:2", "- c", "the indentation of this line fits nothing above"),
    ("a:\n  - b: 1\n   c: 2\n", "3:4", "c: 2", "the indentation of this line fits nothing above"),
    # brackets
    ("a: [1, 2\n", "1:4", "[", "the `[` opened here is not closed"),
    ("a: {\n\n", "1:4", "{", "the `{` opened here is not closed"),
    ("a: [1, 2\nb: 3\nc: 4\n", "1:4", "[", "the `[` opened here is not closed before line 2"),
    ("a: {b: 1\nc: 2\n", "1:4", "{", "the `{` opened here is not closed before line 2"),
    ("a: {b: 1\n    c: 2}\n", "2:5", "c", "a comma is missing before `c`"),
    ("a: {b: [1, 2}\n", "1:13", "}", "`}` cannot close the `[` of line 1"),
    ("a: [}\n", "1:5", "}", "`}` cannot close the `[` of line 1"),
    ('a: [[b] "c"]\n', "1:9", '"', "a comma or `]` is missing before this"),
    ("a: [1,, 2]\n", "1:7", ",", "an entry is missing before this comma"),
    ("a: {b: 1}}\n", "1:10", "}", "nothing is open that `}` could close"),
    ("a: [1] 2\n", "1:8", "2", "the value ended with the bracket before this"),
    # values that cannot begin so
    ("a: @b\n", "1:4", "@", "a value without quotes cannot begin with `@`"),
    ("a: `b`\n", "1:4", "`", "a value without quotes cannot begin with ```"),
    ("a: %b\n", "1:4", "%", "a value without quotes cannot begin with `%`"),
    ("a: ]\n", "1:4", "]", "a value without quotes cannot begin with `]`"),
    ("a: ? b\n", "1:4", "?", "a value without quotes cannot begin with `? `"),
    ("a: | b\n", "1:6", "b", "nothing but an indentation digit, + or - can follow `|` or `>` on its line"),
]


@pytest.mark.usefixtures("_each_scanner")
@pytest.mark.parametrize(("text", "place", "mark", "message"), FAULTS)
def test_a_mistake_is_told_in_plain_words(text: str, place: str, mark: str, message: str) -> None:
    [finding] = findings_in(text)
    assert (finding.code, finding.message) == ("FE002", message)
    assert str(finding).startswith(f"flow.yaml:{place}: ")
    assert marked(text, finding) == mark
    assert finding.hint


@pytest.mark.parametrize(
    ("text", "place", "code", "message"),
    [
        ("a: *bold* text\n", "1:4", "FE005", "`*` at the beginning of a value means an anchor or alias"),
        ("a: * b\n", "1:4", "FE005", "`*` at the beginning of a value means an anchor or alias"),
        ("a: & b\n", "1:4", "FE005", "`&` at the beginning of a value means an anchor or alias"),
        ("a: !b!c d\n", "1:4", "FE004", "`!` at the beginning of a value means a tag"),
        ("a: !<b c\n", "1:4", "FE004", "`!` at the beginning of a value means a tag"),
        ("%FOO\n---\na: 1\n", "1:1", "FE002", "a line that begins with % is a YAML directive"),
        ("%YAML 2.0\n---\na: 1\n", "1:1", "FE002", "a line that begins with % is a YAML directive"),
        (": a\n", "1:1", "FE002", "a key is missing before the colon"),
        ("- - : a\n", "1:5", "FE002", "a key is missing before the colon"),
        ("[:", "1:2", "FE002", "a key is missing before the colon"),
        ("{a: 1, : b}\n", "1:8", "FE002", "a key is missing before the colon"),
        (f"'{'k' * 1024}': a\n", "1:1", "FE002", "a key here has more than 1,024 characters"),
        (f"a: 1\n'{'k' * 1024}': a\n", "2:1", "FE002", "a key here has more than 1,024 characters"),
        (f"{'k' * 1025}: a\n", "1:1", "FE002", "a key here has more than 1,024 characters"),
        (f"{{a: 1, '{'k' * 1024}': a}}\n", "1:8", "FE002", "a key here has more than 1,024 characters"),
        ("a: [b:]\n", "1:6", "FE002", "between brackets a value cannot end with a colon"),
        ("a: [b: :c]\n", "1:8", "FE002", "a value without quotes cannot begin with `:`"),
        ('a: "\\ud800"\n', "1:5", "FE010", "\\ud800 is no character"),
        ('a: "\\U00110000"\n', "1:5", "FE010", "\\U00110000 is no character"),
        ('a: "\\ud83d\\ude00"\n', "1:5", "FE010", "YAML does not join \\ud83d\\ude00"),
    ],
)
def test_a_mistake_only_libyaml_finds(text: str, place: str, code: str, message: str) -> None:
    [finding] = findings_in(text)
    assert finding.code == code
    assert finding.message.startswith(message)
    assert str(finding).startswith(f"flow.yaml:{place}: ")
    assert finding.hint


def test_a_surrogate_pair_is_told_with_what_to_write() -> None:
    [finding] = findings_in('a: "\\ud83d\\ude00"\n')
    assert finding.hint == "write the character itself, 😀, or \\U0001F600"


def test_half_a_character_is_found_by_the_python_scanner_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml_tree, "_LOADER", yaml.SafeLoader)
    [finding] = findings_in('a: 1\nb: "x\\ud800"\n')
    assert str(finding).startswith("flow.yaml:2:4: an escape in this text is no character")


@pytest.mark.parametrize("text", ['a: "\\U00110000"', 'a: "\\UFFFFFFFF"', f"%YAML 1.{'9' * 5000}\n---\na"])
def test_an_error_of_the_python_scanner_itself_is_a_finding(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml_tree, "_LOADER", yaml.SafeLoader)
    assert [finding.code for finding in findings_in(text)] == ["FE002"]


def test_a_fault_after_an_indented_opening_bracket_is_not_blamed_on_the_bracket() -> None:
    text = "edges: {onError: failed,\n        onTimeout: failed\n        onInvalidData: failed}\n"
    [finding] = findings_in(text)
    assert str(finding).startswith("flow.yaml:3:9: a comma is missing before `onInvalidData` (add it)")


def test_a_long_line_is_cut_in_the_message() -> None:
    [finding] = findings_in("a: 1\n" + "b" * 5000 + "\n")
    assert finding.message == f"`{'b' * 60}…` has no colon"


def test_an_unknown_phrase_is_handed_on() -> None:
    mark = yaml.Mark("f", 3, 0, 3, None, 0)
    finding = explain(yaml.MarkedYAMLError("while reading", mark, "found something new", mark), "a: b\n", "f")
    assert str(finding).startswith("f:1:4: the YAML cannot be read here (while reading: found something new)")
