from __future__ import annotations

from typing import Any

import pytest

import flowengine
from flowengine.cli.variables import read_variables
from flowengine.core.answers import Json
from flowengine.errors import UsageError

FLOW = """
flow: f
variables:
  text: {type: string}
  number: {type: number}
  whole: {type: integer, default: 7}
  flag: {type: boolean}
  list: {type: array}
  map: {type: object}
  free: null
start: done
nodes: {done: {end: success}}
"""


@pytest.fixture
def plan(write: Any) -> flowengine.Plan:
    return flowengine.compile(flowengine.load(write("f.yaml", FLOW)))


@pytest.mark.parametrize(
    ("written", "name", "value"),
    [
        ("text=12", "text", "12"),
        ("text=", "text", ""),
        ("text=a=b", "text", "a=b"),
        ("text=[1]", "text", "[1]"),
        ('text="x"', "text", '"x"'),
        ("number=1.5", "number", 1.5),
        ("number=3", "number", 3),
        ("whole=-3", "whole", -3),
        ("flag=true", "flag", True),
        ("flag=null", "flag", None),
        ('list=[1, "a", {"b": null}]', "list", [1, "a", {"b": None}]),
        ('map={"a": {"b": []}}', "map", {"a": {"b": []}}),
        ("free=12", "free", 12),
        ("free=+447700900001", "free", "+447700900001"),
        ('free="12"', "free", "12"),
        ("free=no", "free", "no"),
    ],
)
def test_values_are_read_as_flow_files_read_them(plan: flowengine.Plan, written: str, name: str, value: Json) -> None:
    values = read_variables(plan, [written])
    assert values[name] == value
    assert type(values[name]) is type(value)


def test_the_last_value_wins_and_defaults_stay(plan: flowengine.Plan) -> None:
    assert read_variables(plan, ["text=a", "text=b"]) == {"whole": 7, "free": None, "text": "b"}


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("text", "expected NAME=VALUE"),
        ("=x", "expected NAME=VALUE"),
        ("txet=x", "did you mean 'text'"),
        ("whole=1.5", "declared as integer"),
        ("flag=yes", "declared as boolean"),
        ("list=1", "declared as array"),
        ("list=[1", "line 1"),
        ('map={"a": 1, "a": 2}', "twice"),
        ("text =x", "did you mean 'text'"),
    ],
)
def test_what_is_wrong_is_said(plan: flowengine.Plan, written: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        read_variables(plan, [written])
