from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowengine.errors import InvalidFile
from flowengine.findings import Finding, Span
from flowengine.flowfile.yaml_source import (
    Limits,
    advance,
    excerpt,
    read_source,
    span_of,
    to_text,
    without_bad_characters,
)


def only_finding(caught: pytest.ExceptionInfo[InvalidFile]) -> Finding:
    assert len(caught.value.findings) == 1
    return caught.value.findings[0]


def test_a_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "flow.yaml"
    path.write_bytes(b"a: \xc3\xa9\r\n")
    assert read_source(path) == b"a: \xc3\xa9\r\n"


def test_a_missing_file_is_a_finding(tmp_path: Path) -> None:
    path = tmp_path / "flow.yaml"
    with pytest.raises(InvalidFile) as caught:
        read_source(path)
    finding = only_finding(caught)
    assert (finding.code, finding.path, finding.message) == ("FE001", str(path), "there is no such file")


def test_a_directory_is_a_finding(tmp_path: Path) -> None:
    with pytest.raises(InvalidFile, match=r"is a directory.*\[FE001\]"):
        read_source(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_a_finding(tmp_path: Path) -> None:
    path = tmp_path / "flow.yaml"
    path.touch(mode=0)
    with pytest.raises(InvalidFile, match=r"may not be read.*\[FE001\]"):
        read_source(path)


@pytest.mark.parametrize("name", ["a\0b", "a" * 5000])
def test_an_impossible_path_is_a_finding(name: str) -> None:
    with pytest.raises(InvalidFile, match=r"cannot be read.*\[FE001\]"):
        read_source(Path(name))


def test_a_huge_file_is_not_read_into_memory(tmp_path: Path) -> None:
    path = tmp_path / "flow.yaml"
    with path.open("wb") as file:
        file.truncate(2**36)  # sparse
    assert len(read_source(path)) == 2**20 + 1


@pytest.mark.parametrize("source", ["é" * 51, b"x" * 101])
def test_more_bytes_than_the_limit_are_a_finding(source: str | bytes) -> None:
    with pytest.raises(InvalidFile, match="larger than 100 bytes") as caught:
        to_text(source, "f", Limits(size=100))
    assert only_finding(caught).code == "FE008"


@pytest.mark.parametrize("source", ["é" * 50, b"x" * 100])
def test_as_many_bytes_as_the_limit_are_fine(source: str | bytes) -> None:
    assert to_text(source, "f", Limits(size=100))


@pytest.mark.parametrize("source", ["\ufeffa", b"\xef\xbb\xbfa"])
def test_a_byte_order_mark_is_not_part_of_the_text(source: str | bytes) -> None:
    assert to_text(source, "f") == "a"


@pytest.mark.parametrize(
    ("source", "line", "column", "message"),
    [
        (b"a: \xe9", 1, 4, "byte 0xe9 is not UTF-8"),
        ("a: 😀é\r\nb: ".encode() + b"\xff", 2, 4, "byte 0xff is not UTF-8"),
        (b"\xef\xbb\xbfa\xc3", 1, 2, "byte 0xc3 is not UTF-8"),
        (b"\xed\xa0\x80", 1, 1, "byte 0xed is not UTF-8"),
        ("a: 1".encode("utf-16"), 1, 1, "the file is UTF-16, expected UTF-8"),
    ],
)
def test_what_is_not_utf8_is_a_finding_at_its_place(source: bytes, line: int, column: int, message: str) -> None:
    with pytest.raises(InvalidFile) as caught:
        to_text(source, "f")
    finding = only_finding(caught)
    assert (finding.code, finding.message) == ("FE010", message)
    assert finding.span == Span(line, column, line, column + 1)
    assert finding.hint == "save the file as UTF-8"


def test_thousands_of_tag_directives_are_refused() -> None:
    source = "".join(f"%TAG !{number}! tag:example.com,2000:\n" for number in range(20_000))
    with pytest.raises(InvalidFile, match=r"more than 1,000 %TAG directives.*\[FE008\]"):
        to_text(source, "f")


BAD = ["\0", "\x07", "\x1b", "\x7f", "\x80", "\x85", "\x9f", "\u2028", "\u2029", "\ud800", "\udfff", "\ufeff", "\uffff"]
GOOD = ["\t", "\n", "\r", " ", "~", "\xa0", "é", "\u200f", "\u2027", "\u202a", "\ue000", "\ufffd", "😀", "\U0010ffff"]


@pytest.mark.parametrize("character", BAD)
def test_a_bad_character_is_a_finding_and_keeps_its_column(character: str) -> None:
    text, findings = without_bad_characters(f"a\né{character}b", "f")
    assert text == "a\né\ufffdb"
    [finding] = findings
    assert finding.code == "FE010"
    assert f"U+{ord(character):04X}" in finding.message
    assert finding.span == Span(2, 2, 2, 3)
    assert finding.hint
    str(finding).encode()  # can be printed


@pytest.mark.parametrize("character", GOOD)
def test_a_good_character_is_left_alone(character: str) -> None:
    assert without_bad_characters(f"a{character}b", "f") == (f"a{character}b", [])


def test_each_kind_of_bad_character_is_found_once() -> None:
    _, findings = without_bad_characters("\0" * 1500 + "\x07", "f")
    assert [finding.span for finding in findings] == [Span(1, 1, 1, 2), Span(1, 1501, 1, 1502)]
    assert "(1,500 times in this file)" in findings[0].message


@pytest.mark.parametrize(
    ("stretch", "place"),
    [
        ("", (3, 5)),
        ("ab", (3, 7)),
        ("é😀", (3, 7)),
        ("\n", (4, 1)),
        ("a\r\nb", (4, 2)),
        ("a\rb", (4, 2)),
        ("\n\r", (5, 1)),
        ("\r\n\r\nabc", (5, 4)),
        ("\x0b\x0c", (3, 7)),
    ],
)
def test_lines_and_columns_after_a_stretch(stretch: str, place: tuple[int, int]) -> None:
    assert advance(3, 5, stretch) == place


def test_the_span_of_a_slice() -> None:
    text = "ab\ncd\r\nef"
    assert span_of(text, 1, 8) == Span(1, 2, 3, 2)


@given(st.text())
def test_an_excerpt_is_short_and_printable(text: str) -> None:
    assert excerpt(text).isprintable()
    assert len(excerpt(text)) <= 60 * len("\\u10ffff") + 1


def test_an_excerpt_of_a_long_text_says_that_it_goes_on() -> None:
    assert excerpt("x" * 60) == "x" * 60
    assert excerpt("x" * 61) == "x" * 60 + "…"
    assert excerpt("a\n\x1b[31m") == "a\\u000a\\u001b[31m"
