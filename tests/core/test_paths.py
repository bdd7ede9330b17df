from __future__ import annotations

from typing import Any

import pytest

from flowengine.core.paths import find, parse_path, path_text

BODY: dict[str, Any] = {"value": {"status": "active", "n": None}, "list": [1, [2, 3]], "any name": {"ü": 4}, "": 5}


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("$", ()),
        ("$.value.status", ("value", "status")),
        ("$.list[1][0]", ("list", 1, 0)),
        ("$.list[-1]", ("list", -1)),
        ('$["any name"].ü', ("any name", "ü")),
        ("$['any name']", ("any name",)),
        ("$['']", ("",)),
        ('$["a\\"b"]', ('a"b',)),
        ("$.a-b_c9", ("a-b_c9",)),
    ],
)
def test_a_path_is_parsed(text: str, path: tuple[str | int, ...]) -> None:
    assert parse_path(text) == path
    assert parse_path(path_text(path)) == path


@pytest.mark.parametrize(
    "text",
    [
        *("", "value", ".value", "$value", "$.", "$..value", "$.*", "$[*]", "$[?@.a]", "$[0:1]", "$[0,1]", "$[a]"),
        *("$[01]", "$[-0]", "$[-01]", '$["a]', '$["\\x"]', '$["\\ud800"]', "$.1a", "$.a b", "$ .a", "$[٣]"),
        "$[" + "9" * 5000 + "]",
    ],
    ids=lambda text: text[:20],
)
def test_what_leads_to_no_single_place_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a path"):
        parse_path(text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("$", (True, BODY)),
        ("$.value.status", (True, "active")),
        ("$.value.n", (True, None)),
        ("$.list[-1][0]", (True, 2)),
        ("$['']", (True, 5)),
        ("$.value.none", (False, None)),
        ("$.value[0]", (False, None)),
        ("$.list.value", (False, None)),
        ("$.list[2]", (False, None)),
        ("$.list[-3]", (False, None)),
        ("$.value.status.length", (False, None)),
        ("$.value.n.a", (False, None)),
    ],
)
def test_one_place_or_none_is_found(text: str, found: tuple[bool, Any]) -> None:
    assert find(BODY, parse_path(text)) == found
