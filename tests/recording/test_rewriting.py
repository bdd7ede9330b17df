from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import flowengine
from flowengine.core.trace import Run
from flowengine.flowfile.yaml_tree import parse_yaml, to_value
from flowengine.recording.format import Recording, parse_recording
from flowengine.recording.rewriting import expectation_of, updated_text
from flowengine.recording.writing import recording_text

HEAD = "# above\nrecording: case   # its name\nflow: walk\n\n"


def read(text: str) -> Recording:
    return parse_recording(text.encode(), Path("case.recording.yaml"))


def run(path: list[str], result: str = "error", outcomes: tuple[str, ...] = (), **variables: Any) -> Run:
    class Left:
        def __init__(self, outcome: str) -> None:
            self.outcome = outcome

    steps: Any = [Left(one) for one in outcomes]
    return Run("r", "walk", "failed", result, None, path, steps, variables, [])


def updated(expect: str, came: Run) -> str:
    text = updated_text(read(HEAD + expect), came)
    assert text.startswith(HEAD)
    return text.removeprefix(HEAD)


def test_only_what_differs_is_written_anew() -> None:
    expect = "expect:   # what must come\n  result: success   # well\n  path: [a,  b]  # the way\n# below\n"

    assert updated(expect, run(["a", "c", "d"])) == (
        "expect:   # what must come\n  result: error   # well\n  path: [a, c, d]  # the way\n# below\n"
    )
    assert updated(expect, run(["a", "b"], "success")) == expect


def test_what_is_not_expected_is_not_added() -> None:
    assert updated("expect: {result: success}\n", run(["a"], n=1)) == "expect: {result: error}\n"


@pytest.mark.parametrize(
    ("came", "lines"),
    [
        (["a", "x", "c"], ["    - a   # first", "    - x   # second", "    - c"]),
        (["a", "c"], ["    - a   # first", "    - c"]),
        (["a", "b", "c", "d", "e"], ["    - a   # first", "    - b   # second", "    - c", "    - d", "    - e"]),
        (["z", "a", "b", "c"], ["    - z", "    - a   # first", "    - b   # second", "    - c"]),
        (["c"], ["    - c"]),
        (["q", "r"], ["    - q   # first", "    - r   # second"]),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("end", [True, False])
def test_a_list_of_lines_stays_one_with_its_comments(
    came: list[str], lines: list[str], newline: str, *, end: bool
) -> None:
    before = ["expect:", "  path:", "    - a   # first", "    - b   # second", "    - c"]
    text = newline.join([*HEAD.split("\n")[:-1], *before]) + (newline if end else "")

    after = updated_text(read(text), run(came)).split(newline)

    assert after[:4] == HEAD.split("\n")[:-1]
    assert [line for line in after[4:] if line] == ["expect:", "  path:", *lines]


def test_a_long_path_is_wrapped_as_recordings_are() -> None:
    path = [f"a_node_with_a_long_name_{number}" for number in range(9)]

    text = updated("expect:\n  path: [a]\n  result: error\n", run(path))

    assert max(map(len, text.split("\n"))) <= 120
    assert to_value(parse_yaml(HEAD + text, "x"))["expect"] == {"path": path, "result": "error"}


def test_variables_are_written_anew_one_by_one() -> None:
    expect = 'expect:\n  variables:\n    a: 1   # one\n    b: "2"\n    # a map\n    c: {x: 1}\n    d: old\n'

    assert updated(expect, run([], a=1, b=2, c={"x": [1, "y z"]}, d="+447700900123")) == (
        'expect:\n  variables:\n    a: 1   # one\n    b: 2\n    # a map\n    c: {x: [1, y z]}\n    d: "+447700900123"\n'
    )


def test_a_variable_without_a_value_is_no_longer_expected() -> None:
    lines = "expect:\n  variables:\n    a: 1\n    b: 2  # gone with it\n    c: 3\n  result: error\n"

    assert updated(lines, run([], a=1, c=3)) == "expect:\n  variables:\n    a: 1\n    c: 3\n  result: error\n"
    assert updated("expect: {variables: {a: 1, b: x}}\n", run([], b="x")) == "expect: {variables: {b: x}}\n"
    assert updated("expect:\n  variables:\n    a: 1\n", run([])) == "expect:\n  variables:\n    {}\n"


def test_outcomes_are_those_of_the_steps() -> None:
    assert updated("expect: {outcomes: [a]}\n", run([], outcomes=("None of the above", "on"))) == (
        'expect: {outcomes: [None of the above, "on"]}\n'
    )


@pytest.mark.parametrize(
    "expect",
    [
        "expect:\n  path: [a,  # a comment in the middle\n    b]\n",
        "expect: {variables: {a: 1,  # a comment\n    b: 2}}\n",
    ],
)
def test_what_would_lose_a_comment_is_left_to_a_person(expect: str) -> None:
    with pytest.raises(flowengine.UsageError, match="do it by hand"):
        updated(expect, run(["c"], a=1))


def test_a_recording_that_was_not_read_has_no_text() -> None:
    with pytest.raises(flowengine.UsageError, match="not read from a file"):
        updated_text(Recording("r", "walk", expect={"result": "error"}), run([]))


NAMES = st.sampled_from(["a", "b", "node-1", "on", "None of the above", "it's: odd", "+4477", "é"])
VALUES = st.recursive(st.none() | st.booleans() | st.integers(-99, 99) | NAMES, lambda one: st.lists(one, max_size=3))


@given(
    before=st.lists(NAMES, min_size=1, max_size=5),
    after=st.lists(NAMES, min_size=1, max_size=5),
    had=st.dictionaries(st.sampled_from("xyz"), VALUES, min_size=1),
    has=st.dictionaries(st.sampled_from("xyz"), VALUES),
    flow=st.booleans(),
)
def test_the_text_then_expects_what_came(
    *, before: list[str], after: list[str], had: dict[str, Any], has: dict[str, Any], flow: bool
) -> None:
    expect = {"result": "success", "outcomes": before, "variables": had}
    text = recording_text(Recording("r", "walk", expect=expect))
    if not flow:
        listed = "".join(f"    - {part}\n" for part in map(_quoted, before))
        text = (
            text[: text.index("  outcomes:")]
            + f"  outcomes:\n{listed}  variables:\n"
            + "".join(f"    {name}: {_quoted(value)}\n" for name, value in had.items())
        )
    recording = read(text)
    came = run([], outcomes=tuple(after), **has)

    written = read(updated_text(recording, came))

    assert written.expect == expectation_of(expect, came)


def _quoted(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
