"""How versions extend each other."""

from __future__ import annotations

from typing import Any

import pytest

from flowengine.catalogue.manifest import ExtendsCycle, merged_versions


def merged(**versions: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return merged_versions({"versions": versions})


def test_maps_merge_lists_and_scalars_replace_null_deletes() -> None:
    versions = merged(
        a={"outcomes": {"x": {"kind": "success"}, "y": {"kind": "error"}}, "responses": [1, 2], "title": "A"},
        b={"extends": "a", "outcomes": {"x": {"description": "X"}, "y": None}, "responses": [3]},
    )

    assert versions["b"] == {
        "outcomes": {"x": {"kind": "success", "description": "X"}},
        "responses": [3],
        "title": "A",
    }


def test_a_null_deletes_where_nothing_is_extended_too() -> None:
    assert merged(a={"outcomes": {"x": None}, "inputs": None}) == {"a": {"outcomes": {}}}


def test_the_answers_of_an_example_are_data() -> None:
    first = {"status": 200, "body": {"value": {"status": "active", "userId": "agent-1"}}}
    second = {"status": 200, "body": {"value": {"status": "queued", "userId": None}}}
    versions = merged(
        a={"example": {"responses": {"x": first, "y": first}}},
        b={"extends": "a", "example": {"responses": {"x": second, "y": None}}},
    )

    assert versions["b"]["example"]["responses"] == {"x": second}


def test_recommended_and_deprecated_are_not_inherited() -> None:
    versions = merged(a={"recommended": True, "deprecated": "old"}, b={"extends": "a"})

    assert versions["b"] == {}


@pytest.mark.parametrize("parent", ["a", "b", "c"])
def test_a_circle_is_refused(parent: str) -> None:
    with pytest.raises(ExtendsCycle):
        merged(a={"extends": "b"}, b={"extends": parent})
