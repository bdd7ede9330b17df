"""FE402: types that cannot match are found; what could match, or is not known, is let through."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import flowengine

HEAD = """
flow: case
variables:
  text: {type: string, default: ""}
  count: {type: number, default: 0}
  list: {type: array, default: []}
  plain: 0
  written: 0
  free: {type: string}
start: ask
nodes:
  ask: {type: http-request@1.0, inputs: {method: GET, url: "https://example.com/"}, set: {%s}, edges: {onSuccess: p}}
  p:
    type: branch@1.0
    inputs: {rows: [{name: x, when: {%s}}]}
    set: {free: $(trigger.x), written: $(ask.responseBody)}
    edges: {x: b}
  b: {type: append-message@1.4, inputs: {channel: sms, direction: inbound, %s}, edges: {Failure: done}}
  done: {end: success}
"""
FINE = "value: $(trigger.x), exists: true"


@pytest.mark.parametrize(
    "when",
    [
        "value: $(count), contains: a",
        "value: $(text), atLeast: 1",
        "value: $(count), atLeast: $(text)",
        "value: $(count), atLeast: three",
        'value: $(plain), equals: "0"',
        "value: $(ask.statusCode), in: [ok, fine]",
        "value: $(text), notEquals: 1",
        "value: $(count), notIn: $(text)",
        "value: $(ask.outcome), equals: 1",
        "value: $(text.id), exists: true",
        'value: "$(list.first)", exists: true',
        "value: $(run.id), lessThan: 3",
        'value: "no $(count)", equals: 3',
        "any: [{value: $(count), startsWith: x}]",
    ],
)
def test_a_condition_that_cannot_be_judged_or_never_changes(
    when: str, validated: Callable[..., list[flowengine.Finding]]
) -> None:
    found = [one for one in validated(HEAD % ("", when, "text: x")) if one.code == "FE402"]
    assert [(one.severity, one.span.line if one.span else None, one.node) for one in found] == [("warning", 15, "p")]


@pytest.mark.parametrize(
    "when",
    [
        "value: $(count), equals: 1",
        "value: $(count), equals: null",
        "value: $(ask.statusCode), in: [ok, 200]",
        "value: $(written), contains: a",
        "value: $(ask.responseBody.id), greaterThan: 3",
        "value: $(trigger.x), equals: 3",
        "value: $(text), equals: $(trigger.x)",
        "value: $(count), atMost: $(ask.statusCode)",
        "value: $(text), in: $(list)",
        'value: "$(list[0])", equals: 3',
    ],
)
def test_a_condition_that_may_hold(when: str, validated: Callable[..., list[flowengine.Finding]]) -> None:
    assert [one for one in validated(HEAD % ("", when, "text: x")) if one.code == "FE402"] == []


@pytest.mark.parametrize(
    ("sets", "inputs", "line"),
    [
        ("text: 1", "text: x", 12),
        ("count: $(text)", "text: x", 12),
        ("text: $(ask.statusCode)", "text: x", 12),
        ('list: "a $(text)"', "text: x", 12),
        ("", "text: $(count)", 18),
        ("", "attachments: $(text)", 18),
        ("", "attachments: a $(text)", 18),
    ],
)
def test_an_input_or_a_variable_that_gets_another_type(
    sets: str, inputs: str, line: int, validated: Callable[..., list[flowengine.Finding]]
) -> None:
    found = [one for one in validated(HEAD % (sets, FINE, inputs)) if one.code == "FE402"]
    assert [one.span.line if one.span else None for one in found] == [line]


@pytest.mark.parametrize("inputs", ["text: $(text)", "attachments: $(list)", "text: $(written)", "text: a $(count)"])
def test_an_input_that_may_get_its_type(inputs: str, validated: Callable[..., list[flowengine.Finding]]) -> None:
    found = validated(HEAD % ("text: null, count: $(ask.statusCode)", FINE, inputs))
    assert [one for one in found if one.code == "FE402"] == []
