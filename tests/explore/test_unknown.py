from __future__ import annotations

import pytest

from flowengine.core.answers import Json
from flowengine.explore.unknown import UNKNOWN, Path, filled, holds_unknown, unknown


@pytest.mark.parametrize(
    ("value", "path", "expected"),
    [
        ({}, ("a", "b"), {"a": {"b": UNKNOWN}}),
        ({"a": 1}, ("b",), {"a": 1, "b": UNKNOWN}),
        ({"a": {"b": 1}}, ("a", "b"), {"a": {"b": 1}}),
        ({"a": None}, ("a", "b"), {"a": None}),
        ({"a": "text"}, ("a", "b"), {"a": {"b": UNKNOWN}}),
        ({"a": [1]}, ("a", 2, "b"), {"a": [1, UNKNOWN, {"b": UNKNOWN}]}),
        ({"a": {"b": 1}}, ("a", 0), {"a": [UNKNOWN]}),
        ({"a": [1]}, ("a", 10**9), {"a": [1]}),
    ],
)
def test_a_path_is_filled_where_there_is_nothing(value: Json, path: Path, expected: Json) -> None:
    assert filled(value, path) == expected


def test_what_is_filled_has_the_type_that_is_wanted() -> None:
    assert filled({}, ("a",), "integer") == {"a": 1}
    assert filled({"a": "x"}, ("a",), "integer") == {"a": "x"}


@pytest.mark.parametrize("kind", [None, "string", "object", "array"])
def test_what_is_made_up_can_be_told(kind: str | None) -> None:
    assert holds_unknown([{"deep": unknown(kind)}])
    assert holds_unknown(f"a text with {UNKNOWN} in it")
    assert not holds_unknown([{"deep": ["x", 1, None]}])
