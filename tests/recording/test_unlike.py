from __future__ import annotations

from typing import Any

import pytest

from flowengine.recording.unlike import ABSENT, Difference, differences, shown


@pytest.mark.parametrize(
    ("left", "right", "found"),
    [
        ({"a": [1, {"b": None}]}, {"a": [1.0, {"b": None}]}, []),
        ({"a": 1}, {"a": "1"}, [("$.a", 1, "1")]),
        ({"a": 1}, {"a": True}, [("$.a", 1, True)]),
        ({"a": None}, {}, [("$.a", None, ABSENT)]),
        ({"value": {"status": "active"}}, {"value": {"status": "closed"}}, [("$.value.status", "active", "closed")]),
        ([1, 2], [1], [("$[1]", 2, ABSENT)]),
        ({"any name": [1]}, {"any name": {}}, [('$["any name"]', [1], {})]),
        ("a", None, [("$", "a", None)]),
        (ABSENT, ABSENT, []),
    ],
)
def test_values_differ_at_places(left: Any, right: Any, found: list[tuple[str, Any, Any]]) -> None:
    came = list(differences("body", left, right))
    assert [(one.to_json()["path"], one.left, one.right) for one in came] == found
    assert [(one.right, one.left) for one in came] == [one[:0:-1] for one in found]


def test_what_is_not_there_is_shown_as_such_and_left_out_of_the_json() -> None:
    difference = Difference("body", ("a",), ABSENT, None)
    assert (shown(difference.left), shown(difference.right)) == ("(nothing)", "null")
    assert difference.to_json() == {"what": "body", "path": "$.a", "right": None}
    assert (difference.place, Difference("input", (), 1, 2).place) == ("body $.a", "input")
