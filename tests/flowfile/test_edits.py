from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from flowengine.core.values import same
from flowengine.flowfile.edits import Path, Source
from flowengine.flowfile.text_lines import CannotEdit, Lines, applied
from flowengine.flowfile.yaml_text import Unwritable
from flowengine.flowfile.yaml_tree import parse_yaml, to_value

TEXT = """\
# top
a: 1   # one
b: {x: 1, y: [1, 2]}  # bb
c:
  # inside
  d: "q"  # dq
  e: |
    line
    two

  f:

g: >-
  long
  text
h:
- one  # 1
- k: v  # 2
  l: w
- three
i: [ ]
j:
  - - a
    - b
"""
PATHS: list[Path] = [
    ("a",), ("b",), ("b", "x"), ("b", "y"), ("b", "y", 1), ("b", "z"), ("c",), ("c", "d"), ("c", "e"), ("c", "f"),
    ("c", "new"), ("c", "f", "g"), ("g",), ("h",), ("h", 0), ("h", 1), ("h", 1, "k"), ("h", 1, "m"), ("h", 2), ("h", 3),
    ("i",), ("i", 0), ("j",), ("j", 0), ("j", 0, 1), ("j", 0, 2), ("new",), ("new", "deeper"),
]  # fmt: skip
scalars = st.one_of(
    st.integers(-5, 5),
    st.booleans(),
    st.none(),
    st.text(alphabet="ab :#'\"\n$(){},|>-", max_size=12),
    st.sampled_from(["$(a.b)", "x\ny\n", "yes", "+44 7700 900123", "10s", "word " * 40]),
)
keys = st.text(alphabet="abdexyk #:", min_size=1, max_size=3)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3), max_leaves=6
)


def put(text: str, path: Path, value: Any) -> str:
    return applied(text, Source(Lines(text), parse_yaml(text, "")).put(path, value))


def drop(text: str, path: Path) -> str:
    return applied(text, Source(Lines(text), parse_yaml(text, "")).drop(path))


def read(text: str) -> Any:
    return to_value(parse_yaml(text, ""))


def expected(data: Any, path: Path, value: Any) -> Any:
    data = copy.deepcopy(data)
    holder = data
    for key in path[:-1]:
        if isinstance(holder, dict) and holder.get(key) is None:
            holder[key] = {}
        holder = holder[key]
    if isinstance(holder, list) and path[-1] == len(holder):
        holder.append(value)
    else:
        holder[path[-1]] = value
    return data


@given(st.lists(st.tuples(st.sampled_from(PATHS), values), min_size=1, max_size=3), st.sampled_from(["\n", "\r\n"]))
def test_what_was_put_is_read_back_and_everything_else_stays(changes: list[tuple[Path, Any]], newline: str) -> None:
    text = TEXT.replace("\n", newline)
    for path, value in changes:
        try:
            wanted = expected(read(text), path, value)
            text = put(text, path, value)
        except (CannotEdit, Unwritable, KeyError, TypeError, IndexError, AttributeError):
            assume(condition=False)
        assert same(read(text), wanted), text


@given(st.sampled_from(PATHS), values)
def test_lines_of_other_values_are_not_touched(path: Path, value: Any) -> None:
    try:
        after = put(TEXT, path, value).split("\n")
    except (CannotEdit, Unwritable):
        assume(condition=False)
    others = {key: lines for key, lines in SECTIONS.items() if key != path[0]}

    for lines in others.values():
        at = after.index(lines[0])
        assert after[at : at + len(lines)] == lines


SECTIONS = {
    "a": ["# top", "a: 1   # one"],
    "b": ["b: {x: 1, y: [1, 2]}  # bb"],
    "c": ["c:", "  # inside", '  d: "q"  # dq', "  e: |", "    line", "    two", "", "  f:"],
    "g": ["g: >-", "  long", "  text"],
    "h": ["h:", "- one  # 1", "- k: v  # 2", "  l: w", "- three"],
    "i": ["i: [ ]"],
    "j": ["j:", "  - - a", "    - b"],
}


@pytest.mark.parametrize(
    ("path", "value", "was", "became"),
    [
        (("a",), 2, "a: 1   # one", "a: 2   # one"),
        (("b", "x"), "$(c.d)", "b: {x: 1, y: [1, 2]}  # bb", "b: {x: $(c.d), y: [1, 2]}  # bb"),
        (("b", "z"), True, "b: {x: 1, y: [1, 2]}  # bb", "b: {x: 1, y: [1, 2], z: true}  # bb"),
        (("c", "d"), 'with "quotes"', '  d: "q"  # dq', '  d: "with \\"quotes\\""  # dq'),
        (("c", "e"), "one\ntwo\nthree\n", "    line\n    two\n", "    one\n    two\n    three\n"),
        (("h", 1, "k"), "x", "- k: v  # 2", "- k: x  # 2"),
        (("a",), {"deep": ["er"]}, "a: 1   # one", "a: {deep: [er]}   # one"),
        (("a",), "first\nsecond", "a: 1   # one", "a: |-  # one\n  first\n  second"),
    ],
)
def test_values_are_written_as_authors_do(path: Path, value: Any, was: str, became: str) -> None:
    assert put(TEXT, path, value) == TEXT.replace(was, became)


@pytest.mark.parametrize(
    ("path", "was", "became"),
    [
        (("a",), "a: 1   # one\n", ""),
        (("b", "x"), "{x: 1, y: [1, 2]}", "{y: [1, 2]}"),
        (("b", "y"), "{x: 1, y: [1, 2]}", "{x: 1}"),
        (("c", "d"), '  d: "q"  # dq\n', ""),
        (("h", 1), "- k: v  # 2\n  l: w\n", ""),
        (("h", 1, "k"), "- k: v  # 2\n  l: w", "- l: w"),
        (("j",), "i: [ ]\nj:\n  - - a\n    - b\n", "i: [ ]\n"),
    ],
)
def test_what_is_dropped_goes_with_its_lines(path: Path, was: str, became: str) -> None:
    assert drop(TEXT, path) == TEXT.replace(was, became)


def test_a_new_key_comes_behind_those_that_authors_write_before_it() -> None:
    text = "x: 1\nz: 3\n"

    assert (
        applied(text, Source(Lines(text), parse_yaml(text, "")).put(("y",), 2, ("x", "y", "z"))) == "x: 1\ny: 2\nz: 3\n"
    )
    assert put(text, ("y",), 2) == "x: 1\nz: 3\ny: 2\n"


def test_a_file_without_a_last_line_break_gets_none() -> None:
    assert put("a: 1\nb: 2", ("b",), 3) == "a: 1\nb: 3"
    assert drop("a: 1\nb: 2", ("b",)) == "a: 1"
    assert put("a: 1", ("b",), 2) == "a: 1\nb: 2"


@pytest.mark.parametrize(
    ("path", "said"),
    [((), "the whole file"), (("a", "b"), "has no place for 'b'"), (("h", 9), "has no place for 9")],
)
def test_what_has_no_place_is_refused(path: Path, said: str) -> None:
    with pytest.raises(CannotEdit, match=said):
        put(TEXT, path, "x")


def test_what_is_not_there_cannot_be_dropped() -> None:
    with pytest.raises(CannotEdit, match=r"there is no c\.nothing"):
        drop(TEXT, ("c", "nothing"))
