from __future__ import annotations

import time
from typing import Any

import pytest

from flowengine.catalogue.handlers.evaluate import evaluate
from flowengine.core.answers import Answer, Broken, Invalid, Outcome, TimedOut
from flowengine.core.wants import Compute


def call(script: str, variables: dict[str, Any] | None = None, timeout: float = 10.0, **inputs: Any) -> Answer:
    return evaluate(Compute("node", 1, 1, "evaluate", {"script": script, **inputs}, variables or {}, timeout))


def outcome(script: str, variables: dict[str, Any] | None = None, **inputs: Any) -> Outcome:
    answer = call(script, variables, **inputs)
    assert isinstance(answer, Outcome), answer
    return answer


@pytest.mark.parametrize(
    ("script", "label", "result"),
    [
        ("'urgent'", "urgent", "urgent"),
        ("'None of the above'", "None of the above", "None of the above"),
        ("1", "1", 1),
        ("1.0", "1", 1),
        ("-0", "0", 0),
        ("0.5", "0.5", 0.5),
        ("1e-7", "1e-7", 1e-7),
        ("1e21", "1e+21", 1e21),
        ("true", "true", True),
        ("1 > 2", "false", False),
        ("'x'.repeat(64)", "x" * 64, "x" * 64),
        ("'ü😀'", "ü😀", "ü😀"),
        ("if (1) { 'then' } else { 'else' }", "then", "then"),
        ("const a = 'const'; a", "const", "const"),
    ],
)
def test_the_last_value_is_the_outcome_as_text(script: str, label: str, result: Any) -> None:
    assert outcome(script) == Outcome(label, {"result": result}, {})


@pytest.mark.parametrize(
    ("script", "shown", "outputs"),
    [
        ("", "undefined", {}),
        ("undefined", "undefined", {}),
        ("let a = 1", "undefined", {}),
        ("null", "null", {"result": None}),
        ("({a: 1})", '{"a":1}', {"result": {"a": 1}}),
        ("[1, 'a']", '[1,"a"]', {"result": [1, "a"]}),
        ("''", "''", {"result": ""}),
        ("'x'.repeat(65)", "'" + "x" * 56 + "...", {"result": "x" * 65}),
        ("NaN", "NaN", {}),
        ("5n", "a bigint", {}),
        ("() => 1", "a function", {}),
        ("Promise.resolve('x')", "an object of type Promise", {}),
    ],
)
def test_a_value_that_is_no_label_is_an_invalid_choice(script: str, shown: str, outputs: dict[str, Any]) -> None:
    expected = "expected a text of 1 to 64 characters, a number or a boolean"
    reason = f"evaluate: the value of the last expression is {shown}; {expected}"
    assert outcome(script) == Outcome("onInvalidChoice", outputs, {}, reason)


BRANCHES = {"text": "1", "first": 1, "again": 1.0, "yes": True, "none": None, "half": 0.5, "list": [1, {"a": 2}]}


@pytest.mark.parametrize(
    ("script", "label"),
    [
        ("1", "first"),
        ("'1'", "text"),
        ("true", "yes"),
        ("null", "none"),
        ("1 / 2", "half"),
        ("[1, {a: 2}]", "list"),
    ],
)
def test_branches_select_by_value_and_type_and_the_first_wins(script: str, label: str) -> None:
    assert outcome(script, branches=BRANCHES).outcome == label


@pytest.mark.parametrize("script", ["0", "'true'", "false", "undefined", "'first'", "[1, {a: '2'}]", "NaN"])
def test_a_value_in_no_branch_is_an_invalid_choice(script: str) -> None:
    assert outcome(script, branches=BRANCHES).outcome == "onInvalidChoice"


def test_the_reason_names_the_branches() -> None:
    reason = outcome("7", branches={"usable": 1, "empty": "none"}).reason
    expected = "expected one of the branches 1 (usable), 'none' (empty)"
    assert reason == f"evaluate: the value of the last expression is 7; {expected}"
    many = outcome("-1", branches={f"b{n}": n for n in range(20)}).reason
    assert many is not None
    assert many.endswith("6 (b6), 7 (b7) and 12 more")


def test_variables_are_read_and_written_back() -> None:
    variables = {"count": 1, "name": "Ann", "note": None, "list": [1]}
    answer = outcome("count = count + 1; list.push(name); name", variables)
    assert answer == Outcome("Ann", {"result": "Ann"}, {"count": 2, "list": [1, "Ann"]})
    assert variables == {"count": 1, "name": "Ann", "note": None, "list": [1]}


def test_a_variable_without_a_value_can_be_assigned_to() -> None:
    inputs = {"script": "found = found === undefined ? 'first' : 'again'; found"}
    answer = evaluate(Compute("node", 1, 1, "evaluate", inputs, {}, 10.0, ("found", "other")))
    assert answer == Outcome("first", {"result": "first"}, {"found": "first"})


def test_what_was_written_stays_written_where_nothing_is_chosen() -> None:
    assert outcome("count = 2; undefined", {"count": 1}).variables == {"count": 2}


def test_values_are_beside_the_variables() -> None:
    assert outcome("text.length + count", {"count": 1}, values={"text": "abc"}).outcome == "4"


def test_a_value_is_not_called_like_a_variable() -> None:
    assert call("1", {"count": 1}, values={"count": 2}) == Invalid(
        "input 'values.count': 'count' is a flow variable, which the script can read without it"
    )


def test_values_never_become_code() -> None:
    nasty = "'; throw 1; '`${x}`\\u2028\n$(name)</script>"
    assert outcome("v === w && v.length > 10 && 'same'", {"v": nasty}, values={"w": nasty}).outcome == "same"


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("\n\norder.total", "evaluate: ReferenceError: order is not defined (line 3)"),
        ("a b", "evaluate: SyntaxError: expecting ';' (line 1)"),
        ("count = () => 1", "evaluate: variable 'count' is not a JSON value: a function"),
        ("const a = []; for (;;) a.push({})", "evaluate: the script needs more than 16 MiB of memory"),
        ("'\ud800'", "evaluate: the script has half a character (a lone surrogate)"),
    ],
)
def test_faults_of_the_script_are_broken(script: str, reason: str) -> None:
    assert call(script, {"count": 1}) == Broken(reason)


def test_the_time_limit_is_a_second_or_the_timeout_of_the_node() -> None:
    call("1")
    started = time.monotonic()
    assert call("for (;;) {}", timeout=0.1) == TimedOut("evaluate: the script took longer than 0.1 s")
    assert time.monotonic() - started < 0.9
    assert call("for (;;) {}") == TimedOut("evaluate: the script took longer than 1 s")
