from __future__ import annotations

from typing import Any

import pytest

from flowengine.catalogue.catalogue import Catalogue
from flowengine.catalogue.input_rules import requirements


def when(name: str, *values: str) -> dict[str, Any]:
    return {"properties": {name: {"const": values[0]} if len(values) == 1 else {"enum": list(values)}}}


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({}, {}),
        ({"required": ["a"]}, {"a": []}),
        ({"if": when("c", "x"), "then": {"required": ["a"]}}, {"a": ["c is x"]}),
        ({"if": when("c", "x", "y", "z"), "then": {"required": ["a"]}}, {"a": ["c is x, y or z"]}),
        ({"if": when("c", "x"), "else": {"required": ["a"]}}, {"a": ["c is not x"]}),
        ({"if": {"required": ["b"]}, "then": {"required": ["a"]}}, {"a": ["b is given"]}),
        ({"if": {"not": {"required": ["b"]}}, "then": {"required": ["a"]}}, {"a": ["b is not given"]}),
        (
            {"required": ["c"], "if": {"required": ["c"], **when("c", "x")}, "then": {"required": ["a"]}},
            {"c": [], "a": ["c is x"]},
        ),
        (
            {"allOf": [{"if": when("c", one), "then": {"required": ["a"]}} for one in "xy"]},
            {"a": ["c is x or y"]},
        ),
        (
            {
                "properties": {"c": {"enum": ["x", "y"]}},
                "allOf": [
                    {"if": when("c", one), "then": {"if": when("d", "1"), "then": {"required": ["a"]}}} for one in "xy"
                ],
            },
            {"a": ["d is 1"]},
        ),
        (
            {
                "if": when("c", "x"),
                "then": {"$ref": "#/$defs/one"},
                "$defs": {"one": {"$ref": "#/$defs/two"}, "two": {"required": ["a"]}},
            },
            {"a": ["c is x"]},
        ),
        ({"$ref": "#/$defs/loop", "$defs": {"loop": {"required": ["a"], "$ref": "#/$defs/loop"}}}, {"a": []}),
        (
            {
                "required": "a",
                "properties": [],
                "allOf": {"if": 1},
                "if": {"properties": None, "required": [1], "not": 3},
                "then": {"required": [None, "b"], "$ref": 7},
            },
            {"b": []},
        ),
        ({"allOf": [{"$ref": "#/nowhere"}, {"$ref": "https://example.com"}, True]}, {}),
    ],
)
def test_what_is_required_when(schema: dict[str, Any], expected: dict[str, list[str]]) -> None:
    assert requirements(schema) == expected


def test_a_schema_that_doubles_at_each_reference_is_walked_once() -> None:
    definitions = {f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(50)}
    schema = {"$ref": "#/$defs/d0", "$defs": {**definitions, "d50": {"required": ["a"]}}}
    assert requirements(schema) == {"a": []}


def test_the_addresses_of_each_channel() -> None:
    found = requirements(Catalogue().find("search-conversation").spec["inputs"])
    assert found["channel"] == []
    assert found["businessNumber"] == found["customerNumber"] == ["channel is sms"]
    assert found["businessId"] == ["channel is whatsapp or api"]
    assert "subject" not in found
