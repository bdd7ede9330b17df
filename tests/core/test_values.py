from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowengine.core.values import (
    MAX_DEPTH,
    MAX_ITEMS,
    MAX_TEXT,
    TooLarge,
    as_text,
    canonical,
    has_type,
    is_number,
    measure,
    parse_json,
    same,
    type_of,
)

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def nested(depth: int) -> Any:
    value: Any = 0
    for level in range(depth):
        value = [value] if level % 2 else {"a": value}
    return value


@given(JSON)
def test_json_reads_as_it_is_written(value: Any) -> None:
    assert same(parse_json(canonical(value)), value)
    assert same(parse_json(json.dumps(value)), value)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "line 1"),
        ("{", "line 1, column 2"),
        ("{'a': 1}", "column"),
        ("[1,]", "column"),
        ("1 2", "Extra data"),
        ("\ufeff1", "line 1"),
        (b"\xef\xbb\xbf1", "column"),
        (b"\xff", "UTF-8"),
        ("NaN", "NaN is not JSON"),
        ("[Infinity]", "Infinity is not JSON"),
        ("-Infinity", "is not JSON"),
        ("1e999", "too large"),
        ("-1e999", "too large"),
        ('{"a": 1, "b": 2, "a": 3}', "'a' is there twice"),
        ('["\\ud800"]', "surrogate"),
        ('{"\\udfff": 1}', "surrogate"),
        ('"\ud800"', "surrogate"),
        ("1" * 5000, "digits"),
        ("[" * 100_000, "nested|column"),
        ("[" * 65 + "]" * 65, "nested deeper than 64"),
        (json.dumps([0] * (MAX_ITEMS + 1) + [[[]]] * 70), "larger than"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_json_is_read_strictly(text: str | bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse_json(text)


def test_pairs_of_surrogates_and_other_scripts_are_read() -> None:
    assert parse_json('["\\ud83d\\ude00", "é", "\\u0000"]') == ["😀", "é", "\0"]
    assert parse_json("[1e2, -0.0, 1E-400]") == [100.0, 0.0, 0.0]
    assert parse_json(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH) is not None
    assert parse_json("[[1]]", max_depth=2) == [[1]]
    with pytest.raises(TooLarge):
        parse_json("[[[1]]]", max_depth=2)


def test_values_are_measured() -> None:
    measure(nested(MAX_DEPTH))
    measure(["x" * MAX_TEXT])
    measure([0] * MAX_ITEMS)
    measure(None)
    for value in (
        nested(MAX_DEPTH + 1),
        ["x" * MAX_TEXT, "x"],
        [0] * (MAX_ITEMS + 1),
        {"a": [0] * MAX_ITEMS, "b": [0]},
    ):
        with pytest.raises(TooLarge):
            measure(value)


def test_what_is_shared_counts_each_time() -> None:
    value: list[Any] = ["x" * 1000]
    for _ in range(30):
        value = [value, value]
    with pytest.raises(TooLarge):
        measure(value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("ä", "ä"),
        (1, "1"),
        (1.0, "1.0"),
        (True, "true"),
        (None, "null"),
        ([1, "ä"], '[1,"ä"]'),
        ({"a": {}}, '{"a":{}}'),
    ],
)
def test_values_as_text(value: Any, text: str) -> None:
    assert as_text(value) == text


def test_canonical_bytes_do_not_depend_on_the_order_of_keys() -> None:
    assert (
        canonical({"b": 1, "a": ["ü", None]})
        == canonical({"a": ["ü", None], "b": 1})
        == '{"a":["ü",null],"b":1}'.encode()
    )
    with pytest.raises(ValueError, match="JSON compliant"):
        canonical(float("nan"))


@pytest.mark.parametrize(
    ("left", "right", "alike"),
    [
        (1, 1.0, True),
        (1, True, False),
        (0, False, False),
        (True, True, True),
        (1, "1", False),
        (None, None, True),
        (None, False, False),
        (None, "", False),
        ("a", "A", False),
        ([1, [True]], [1.0, [True]], True),
        ([1], [True], False),
        ([1], [1, 2], False),
        ([], {}, False),
        ({"a": 1, "b": [None]}, {"b": [None], "a": 1.0}, True),
        ({"a": 1}, {"a": True}, False),
        ({"a": None}, {}, False),
    ],
)
def test_equality_knows_types(left: Any, right: Any, alike: bool) -> None:  # noqa: FBT001 - a parameter
    assert same(left, right) is alike
    assert same(right, left) is alike


TYPES: list[tuple[Any, str, set[str]]] = [
    (None, "null", {"string", "number", "integer", "boolean", "array", "object"}),
    (True, "boolean", {"boolean"}),
    (1, "integer", {"integer", "number"}),
    (1.5, "number", {"number"}),
    (1.0, "number", {"number", "integer"}),
    ("", "string", {"string"}),
    ([], "array", {"array"}),
    ({}, "object", {"object"}),
]


@pytest.mark.parametrize(("value", "name", "fits"), TYPES)
def test_types_have_the_names_of_flow_files(value: Any, name: str, fits: set[str]) -> None:
    assert type_of(value) == name
    assert {
        one for one in ("string", "number", "integer", "boolean", "array", "object") if has_type(value, one)
    } == fits
    assert is_number(value) is (name in ("integer", "number"))
