"""What is wrong with a value, in words: what is missing is said at once, with what asks for it."""

from __future__ import annotations

from typing import Any

import pytest

from flowengine.json_schema import JsonSchema
from flowengine.schema_problems import Guesses, Problem, did_you_mean, problems

CHANNEL = {"if": {"properties": {"channel": {"const": "email"}}}, "then": {"required": ["subject", "to"]}}
PROPERTIES = {"subject": {"description": "What it is about."}, "to": True}


def missing(schema: dict[str, Any], value: Any) -> list[tuple[tuple[str | int, ...], bool, str, str]]:
    found: list[Problem] = list(problems(JsonSchema(schema), value))
    assert {one.code for one in found} == {"FE102"}
    return [one[1:] for one in found]


def test_what_one_map_lacks_is_one_sentence() -> None:
    schema = {"required": ["a", "b", "c"], "properties": {"a": {"description": "A."}, "c": {"description": "C."}}}
    assert missing(schema, {"b": 1}) == [((), True, "the keys 'a' and 'c' are missing", "a: A. c: C.")]
    assert missing(schema, {"a": 1, "b": 1}) == [((), True, "the key 'c' is missing", "C.")]
    assert missing(schema, {}) == [((), True, "the keys 'a', 'b' and 'c' are missing", "a: A. c: C.")]


@pytest.mark.parametrize(
    "schema",
    [
        CHANNEL,
        {"allOf": [{"if": True, "then": CHANNEL}]},
        {
            "if": {"$ref": "#/$defs/given"},
            "then": {"allOf": [{}, CHANNEL]},
            "$defs": {"given": {"required": ["channel"]}},
        },
        {"allOf": [{"$ref": "#/$defs/one"}], "$defs": {"one": {"$ref": "#/$defs/two"}, "two": CHANNEL}},
    ],
)
def test_what_another_value_asks_for_is_said_there(schema: dict[str, Any]) -> None:
    value = {"channel": "email"}
    sentence = "channel 'email' needs 'subject' and 'to'"
    assert missing({"properties": PROPERTIES, **schema}, value) == [
        (("channel",), False, sentence, "subject: What it is about.")
    ]
    deeper = {"properties": {"mails": {"type": "array", "items": schema}}, "$defs": schema.get("$defs", {})}
    assert missing(deeper, {"channel": "sms", "mails": [{"channel": "email", "to": "x"}]}) == [
        (("mails", 0, "channel"), False, "channel 'email' needs 'subject'", "")
    ]


def test_two_conditions_are_one_reason() -> None:
    schema = {
        "if": {"properties": {"channel": {"enum": ["email"]}}},
        "then": {"if": {"properties": {"kind": {"const": 1}}}, "then": {"required": ["x"]}},
    }
    assert missing(schema, {"channel": "email", "kind": 1}) == [
        (("kind",), False, "channel 'email' with kind 1 needs 'x'", "")
    ]


def test_a_value_that_is_not_there_is_no_reason() -> None:
    assert missing(CHANNEL, {}) == [((), True, "the keys 'subject' and 'to' are missing", "")]


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#/$defs/a~1b", "$defs": {"a/b": {"required": ["x"]}}},
        {"$ref": "#here", "$defs": {"a": {"$anchor": "here", "required": ["x"]}}},
        {"$ref": "#/$defs/a", "$defs": {"a": {"anyOf": [{"required": ["x"]}, {"required": ["x", "x y"]}]}}},
        {"dependentSchemas": {"channel": {"required": ["x"]}}},
        {"$dynamicRef": "#/$defs/a", "$defs": {"a": {"required": ["x"]}}},
    ],
)
def test_schemas_of_any_make_are_read(schema: dict[str, Any]) -> None:
    ((_, _, sentence, _),) = missing(schema, {"channel": "email"})
    assert sentence == "the key 'x' is missing"


def test_the_nearest_names_are_guessed() -> None:
    assert did_you_mean("onEror", ["onError", "onTimeout"]) == "did you mean 'onError'?"
    assert did_you_mean("SMS", ["sms", "email"]) == "did you mean 'sms'?"
    assert did_you_mean("x", ["sms", "email"]) == "expected one of email, sms"


def test_a_name_that_is_far_too_long_is_not_compared() -> None:
    assert did_you_mean("a" * 201, ["a" * 202]) == f"expected one of {'a' * 202}"


def test_the_first_of_very_many_wrong_names_are_compared() -> None:
    known = [f"name-{number}" for number in range(1000)]
    guesses = Guesses()
    hints = [guesses.did_you_mean(f"nmae-{number}", known) for number in range(100)]
    assert hints[0].startswith("did you mean 'name-0'")
    assert hints[-1] == ""


def test_what_is_right_is_not_gone_into_again() -> None:
    """A document is explained part by part: one that a reference leads to, and that is valid, has no say."""
    parts = {"number": {"type": "integer"}, "list": {"items": {"$ref": "#/$defs/number"}}}
    schema = {"properties": {"a": {"$ref": "#/$defs/list"}, "b": {"$ref": "#/$defs/list"}}, "$defs": parts}
    found = list(problems(JsonSchema(schema), {"a": [1, 2], "b": [1, "x", 3, "y"]}))
    assert [(one.code, one.at) for one in found] == [("FE103", ("b", 1)), ("FE103", ("b", 3))]


def test_references_by_an_id_of_their_own_are_followed() -> None:
    inner = {"$id": "https://example.com/inner", "$ref": "#/$defs/text", "$defs": {"text": {"type": "string"}}}
    schema = {
        "$id": "https://example.com/outer",
        "properties": {"a": {"$ref": "inner"}},
        "$defs": {"inner": inner},
    }
    assert [one.at for one in problems(JsonSchema(schema), {"a": 1})] == [("a",)]
