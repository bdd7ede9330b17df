from __future__ import annotations

from typing import Any

import pytest

from flowengine.check.patterns import MAX_PATTERN, pattern
from flowengine.core.branching import compile_rows, decide
from flowengine.core.conditions import OPERATORS, WrongType, compile_condition, holds, matches
from flowengine.core.references import BadReference, Missing

SCOPE: dict[str, Any] = {
    "text": "Stop Now",
    "n": 12,
    "f": 12.0,
    "yes": True,
    "no": None,
    "list": ["a", 1],
    "map": {"k": 1},
}


def judge(**condition: Any) -> bool:
    named = {"in" if key == "in_" else key: value for key, value in condition.items()}
    return holds(compile_condition(named, pattern), SCOPE)


HOLDS: list[tuple[str, Any, Any, bool]] = [
    ("equals", "$(n)", 12, True),
    ("equals", "$(n)", "$(f)", True),
    ("equals", "$(n)", "12", False),
    ("equals", "$(yes)", 1, False),
    ("equals", "$(no)", None, True),
    ("equals", "$(map)", {"k": 1.0}, True),
    ("notEquals", "$(n)", "12", True),
    ("notEquals", "$(list)", ["a", 1], False),
    ("equalsIgnoreCase", "$(text)", "sTOP nOW", True),
    ("equalsIgnoreCase", "$(text)", "stop", False),
    ("contains", "$(text)", "op N", True),
    ("contains", "$(text)", "OP", False),
    ("contains", "$(text)", "", True),
    ("containsIgnoreCase", "$(text)", "OP", True),
    ("containsIgnoreCase", "$(text)", "x", False),
    ("startsWith", "$(text)", "Stop", True),
    ("startsWith", "$(text)", "stop", False),
    ("endsWith", "$(text)", "Now", True),
    ("endsWith", "$(text)", "now", False),
    ("in", "$(n)", [1, 12.0], True),
    ("in", "$(n)", ["12"], False),
    ("in", "$(n)", [], False),
    ("in", "a", "$(list)", True),
    ("notIn", "$(n)", ["12"], True),
    ("notIn", "$(n)", [12], False),
    ("regex", "$(text)", "p.*N", True),
    ("regex", "$(text)", "^now$", False),
    ("regex", "$(text)", "(?i)^stop", True),
    ("greaterThan", "$(n)", 11.9, True),
    ("greaterThan", "$(n)", "$(f)", False),
    ("lessThan", "$(n)", 12.1, True),
    ("lessThan", "$(n)", 12, False),
    ("atLeast", "$(n)", 12, True),
    ("atLeast", "$(n)", 13, False),
    ("atMost", "$(n)", 12, True),
    ("atMost", "$(n)", 11, False),
    ("exists", "$(text)", True, True),
    ("exists", "$(no)", True, False),
    ("exists", "$(no)", False, True),
    ("exists", "$(nobody.at.all)", False, True),
    ("exists", "$(nobody)", True, False),
    ("exists", "a text without a reference", True, True),
]


@pytest.mark.parametrize(("operator", "value", "operand", "expected"), HOLDS)
def test_a_condition_holds_or_not(operator: str, value: Any, operand: Any, expected: bool) -> None:  # noqa: FBT001
    assert holds(compile_condition({"value": value, operator: operand}, pattern), SCOPE) is expected


TEXT = ("equalsIgnoreCase", "contains", "containsIgnoreCase", "startsWith", "endsWith", "regex")
NUMBERS = ("greaterThan", "lessThan", "atLeast", "atMost")


@pytest.mark.parametrize("operator", TEXT)
@pytest.mark.parametrize(("value", "operand"), [(12, "1"), (None, "n"), (True, "t"), (["a"], "a"), ("12", "$(n)")])
def test_text_operators_take_text(operator: str, value: Any, operand: Any) -> None:
    with pytest.raises(WrongType, match=f"{operator} compares text, not"):
        judge(value=value, **{operator: operand})


@pytest.mark.parametrize("operator", NUMBERS)
@pytest.mark.parametrize(("value", "operand"), [("12", 1), (True, 0), (None, 0), ([1], 0), (1, "$(yes)"), (1, "2")])
def test_number_operators_take_numbers(operator: str, value: Any, operand: Any) -> None:
    with pytest.raises(WrongType, match=f"{operator} compares numbers, not"):
        judge(value=value, **{operator: operand})


def test_wrong_types_are_shown_shortly() -> None:
    with pytest.raises(WrongType) as caught:
        judge(value=["x" * 1000], contains="x")
    assert len(str(caught.value)) < 120


def test_exists_takes_a_truth_value() -> None:
    with pytest.raises(WrongType, match="exists takes true or false, not string"):
        judge(value="$(nobody)", exists="$(text)")
    assert judge(value="$(text)", exists="$(yes)")


def test_in_takes_a_list() -> None:
    with pytest.raises(WrongType, match="in takes a list, not string"):
        judge(value=1, in_="$(text)")


def test_a_pattern_that_is_only_known_later_may_be_none() -> None:
    with pytest.raises(WrongType, match=r"regex: .* is not a regular expression"):
        holds(compile_condition({"value": "a", "regex": "$(text)("}, pattern), SCOPE)


@pytest.mark.parametrize("expression", ["(", r"(a)\1", "(?=a)", "(?<!a)b", "a" * (MAX_PATTERN + 1)])
def test_a_pattern_is_one_of_re2(expression: str) -> None:
    with pytest.raises(ValueError, match=r"regular expression|longer than"):
        compile_condition({"value": "a", "regex": expression}, pattern)


def test_no_pattern_takes_long() -> None:
    assert not pattern("(a+)+$")("a" * 100_000 + "b")


@pytest.mark.parametrize(
    "raw",
    [
        {},
        {"value": 1},
        {"equals": 1},
        {"value": 1, "equals": 1, "notEquals": 2},
        {"value": 1, "is": 1},
        {"value": 1, "__class__": 1},
    ],
)
def test_a_condition_has_one_value_and_one_operator(raw: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="a value and one operator of equals, notEquals"):
        compile_condition(raw, pattern)


def test_a_bad_reference_in_a_condition_is_one() -> None:
    with pytest.raises(BadReference):
        compile_condition({"value": "$(1)", "equals": 1}, pattern)


def test_missing_references_are_told() -> None:
    for condition in ({"value": "$(nobody)", "equals": 1}, {"value": 1, "equals": "$(nobody)"}):
        with pytest.raises(Missing):
            judge(**condition)


def test_all_operators_are_tried_here() -> None:
    assert {operator for operator, *_ in HOLDS} == set(OPERATORS)


@pytest.mark.parametrize("operator", OPERATORS)
def test_what_a_rule_does_not_find_meets_exists_false_only(operator: str) -> None:
    operand: Any = {"exists": True, "in": [None], "notIn": [1], "regex": "", "notEquals": 1}.get(operator)
    assert matches((False, None), operator, operand, pattern) is False
    assert matches((False, None), "exists", False, pattern) is True


@pytest.mark.parametrize(
    ("found", "operator", "operand", "expected"),
    [
        (None, "exists", True, False),
        (0, "exists", True, True),
        (None, "equals", None, True),
        ("abc", "regex", "b", True),
        (12, "regex", "1", False),
        ("12", "greaterThan", 1, False),
        (12, "greaterThan", 1, True),
        ("a", "notIn", ["b"], True),
    ],
)
def test_a_rule_judges_what_it_finds(found: Any, operator: str, operand: Any, expected: bool) -> None:  # noqa: FBT001
    assert matches((True, found), operator, operand, pattern) is expected


def test_a_row_says_its_name_where_it_cannot_be_compiled() -> None:
    with pytest.raises(ValueError, match="row 'big': a condition has"):
        compile_rows({"rows": [{"name": "big", "when": [{"value": 1}]}]}, pattern)


def test_rows_are_judged_in_order_and_no_further_than_needed() -> None:
    rows = [
        {"name": "any", "when": {"any": [{"value": "$(n)", "equals": 1}, {"value": "$(text)", "contains": "x"}]}},
        {"name": "all", "when": {"all": [{"value": "$(n)", "equals": 12}, {"value": "$(yes)", "equals": False}]}},
        {"name": "first", "when": {"value": "$(n)", "equals": 12}},
        {"name": "never", "when": {"value": "$(nobody)", "equals": 12}},
    ]
    assert decide(compile_rows({"rows": rows}, pattern), SCOPE)[:2] == ("first", {"output": "first"})
    assert decide(compile_rows({"rows": rows[:2], "default": "rest"}, pattern), SCOPE)[:2] == (
        "rest",
        {"output": "rest"},
    )
    assert "row 'never': $(nobody)" in str(decide(compile_rows({"rows": rows[3:]}, pattern), SCOPE))
