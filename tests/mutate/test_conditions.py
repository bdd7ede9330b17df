from __future__ import annotations

from collections.abc import Callable

import pytest

from flowengine.mutate.conditions import condition_mutations

Told = Callable[..., list[tuple[int | None, str | None, str]]]

FLOW = """\
flow: conditions
variables: {{x: 1, y: ""}}
start: ask
nodes:
  ask:
    type: branch@1.0
    inputs:
      rows:
{rows}
    edges: {{A: good, B: bad, None of the above: other}}
  good: {{end: success}}
  other: {{end: success}}
  bad: {{end: error}}
"""


def flow(*rows: str) -> str:
    return FLOW.format(rows="\n".join(f"        - {row}" for row in rows))


@pytest.mark.parametrize(
    ("judgement", "others"),
    [
        ("equals: 3", ["notEquals 3", "equals 4"]),
        ("notEquals: a", ['equals "a"', 'notEquals "ax"']),
        ("equals: true", ["notEquals true"]),
        ("equals: $(y)", ["notEquals $(y)"]),
        ("equals: null", ["notEquals null"]),
        ("exists: true", ["exists false"]),
        ("greaterThan: 1", ["atMost 1", "atLeast 1", "greaterThan 2"]),
        ("atLeast: 1.5", ["lessThan 1.5", "greaterThan 1.5", "atLeast 2.5"]),
        ("lessThan: 1", ["atLeast 1", "atMost 1", "lessThan 2"]),
        ("atMost: 1", ["greaterThan 1", "lessThan 1", "atMost 2"]),
        ("in: [a, b]", ['notIn ["a","b"]', 'in ["b"]', 'in ["a"]']),
        ("notIn: [1]", ["in [1]", "notIn [2]"]),
        ("in: $(y)", ["notIn $(y)"]),
        ("equalsIgnoreCase: a", ['equals "a"', 'equalsIgnoreCase "ax"']),
        ("contains: a", ['startsWith "a"', 'contains "ax"']),
        ("containsIgnoreCase: a", ['contains "a"', 'containsIgnoreCase "ax"']),
        ("startsWith: a", ['contains "a"', 'startsWith "ax"']),
        ("endsWith: a", ['contains "a"', 'endsWith "ax"']),
        ("regex: '^a'", [r'regex "^\\b\\B"']),
    ],
)
def test_a_condition_is_judged_otherwise(told: Told, judgement: str, others: list[str]) -> None:
    *changes, last = told(condition_mutations, flow(f"{{name: A, when: {{value: $(x), {judgement}}}}}"))
    if "$(y)" in judgement:
        assert last == (9, "ask", "row A: reads $(run.id) instead of $(y)")
        *changes, last = changes

    assert [said.partition(" instead of ")[0] for _, _, said in changes] == [f"row A: $(x) {one}" for one in others]
    assert last == (9, "ask", "row A: reads $(run.id) instead of $(x)")
    assert {(line, node) for line, node, _ in changes} == {(9, "ask")}


@pytest.mark.parametrize("form", ["{all: [ONE, TWO]}", "[ONE, TWO]"])
def test_of_several_conditions_each_is_left_out_and_any_of_them_suffices(told: Told, form: str) -> None:
    when = form.replace("ONE", "{value: $(x), exists: true}").replace("TWO", "{value: $(x), equals: $(y)}")

    assert [said for _, _, said in told(condition_mutations, flow(f"{{name: A, when: {when}}}"))] == [
        "row A: $(x) exists false instead of exists true",
        "row A: reads $(run.id) instead of $(x)",
        "row A: $(x) exists true is not asked",
        "row A: $(x) notEquals $(y) instead of equals $(y)",
        "row A: reads $(run.id) instead of $(x)",
        "row A: reads $(run.id) instead of $(y)",
        "row A: $(x) equals $(y) is not asked",
        "row A: any of its conditions instead of all",
    ]


def test_of_alternatives_all_have_to_hold(told: Told) -> None:
    when = "{any: [{value: $(x), exists: true}, {value: $(y), exists: true}]}"
    changes = told(condition_mutations, flow(f"{{name: A, when: {when}}}"))

    assert changes[-1] == (9, "ask", "row A: all of its conditions instead of any")


def test_rows_are_taken_out_and_change_places(told: Told) -> None:
    one, two = "{name: A, when: {value: $(x), exists: true}}", "{name: B, when: {value: $(y), exists: true}}"

    assert [(line, said) for line, _, said in told(condition_mutations, flow(one, two)) if "$" not in said] == [
        (9, "row A is not there"),
        (10, "row B is not there"),
        (9, "row B is asked before row A"),
    ]


@pytest.mark.parametrize(
    ("one", "other", "exclude"),
    [
        ("equals: a", "equals: b", True),
        ("equals: a", "equalsIgnoreCase: B", True),
        ("equals: a", "equalsIgnoreCase: A", False),
        ("equals: a", "startsWith: b", False),
        ("equals: $(y)", "equals: b", False),
    ],
)
def test_rows_that_never_hold_both_do_not_change_places(told: Told, one: str, other: str, *, exclude: bool) -> None:
    rows = [f"{{name: {name}, when: {{value: $(x), {how}}}}}" for name, how in (("A", one), ("B", other))]
    changes = told(condition_mutations, flow(*rows))

    assert ("row B is asked before row A" not in {said for _, _, said in changes}) is exclude
