"""Conditions are solved: what they read is given the values with which each row of a branch is taken."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from flowengine.generate.generate import Generated

ASK = """
ask:
  type: ask@1.0
  inputs: {question: hello}
  set: {heard: $(ask.answer)}
  edges: {answered: choose, undecided: failed, unknown: failed, onInvalidData: failed}
"""
HEARD = "{heard: {type: string}}"


def chosen(generated: Generated) -> set[str]:
    return {step.outcome for case in generated.cases for step in case.run.steps if step.node == "choose"}


def why(generated: Generated, node: str = "choose") -> dict[str, str]:
    return {one.outcome: one.why for one in generated.unreached if one.node == node}


@pytest.mark.parametrize(
    "condition",
    [
        "equals: STOP",
        "equals: 12",
        "equals: true",
        "equals: {a: [1]}",
        "notEquals: STOP",
        "equalsIgnoreCase: Stop",
        "contains: stop",
        "containsIgnoreCase: stop",
        "startsWith: stop",
        "endsWith: stop",
        "in: [a, b]",
        "in: [1, 2]",
        "notIn: [a, b]",
        "regex: '^[A-Z]{2}\\d+(-x)?$'",
        "regex: '(stop|halt) now'",
        "greaterThan: 3",
        "lessThan: -1.5",
        "atLeast: 0",
        "atMost: 100",
        "exists: true",
        "exists: false",
    ],
)
def test_every_operator(condition: str, branch: Callable[..., Generated]) -> None:
    operator = condition.partition(":")[0]

    generated = branch(f"{{name: Row, when: {{value: $(trigger.sms.word), {condition}}}}}")

    wanted = {"Row", "None of the above", *(() if operator == "exists" else ["onInvalidData"])}
    assert chosen(generated) == wanted


@pytest.mark.parametrize(
    "when",
    [
        "[{value: $(trigger.n), atLeast: 1}, {value: $(trigger.n), lessThan: 3}]",
        "[{value: $(trigger.n), greaterThan: 1}, {value: $(trigger.n), lessThan: 2}]",
        "[{value: $(trigger.a), equals: 1}, {value: $(trigger.b), equals: 2}]",
        "{any: [{value: $(trigger.a), equals: 1}, {value: $(trigger.b), equals: 2}]}",
        "{all: [{value: $(trigger.a), exists: true}, {value: $(trigger.a), notEquals: 1}]}",
        "[{value: $(trigger.a), startsWith: ab}, {value: $(trigger.a), notEquals: ab}]",
        "[{value: $(trigger.a), contains: ab}, {value: $(trigger.a), regex: x$}]",
        "{value: '$(trigger.list[0].name)', equals: x}",
        '{value: "$(trigger[\\"any name\\"])", equals: x}',
        "{value: $(trigger.a), equals: $(trigger.b)}",
        "{value: $(trigger.a), atLeast: $(trigger.b)}",
        "{value: fixed, equals: $(trigger.b)}",
        "{value: order-$(trigger.a), equals: order-7}",
    ],
)
def test_conditions_together_and_what_they_read(when: str, branch: Callable[..., Generated]) -> None:
    assert chosen(branch(f"{{name: Row, when: {when}}}")) >= {"Row", "None of the above"}


def test_a_row_behind_others_is_taken_when_they_are_not(branch: Callable[..., Generated]) -> None:
    generated = branch(
        "{name: A, when: {value: $(trigger.n), atMost: 10}}",
        "{name: B, when: {value: $(trigger.n), atMost: 20}}",
        "{name: C, when: [{value: $(trigger.n), atMost: 30}, {value: $(trigger.word), equals: yes}]}",
    )

    assert chosen(generated) == {"A", "B", "C", "None of the above", "onInvalidData"}


@pytest.mark.parametrize(
    "read",
    ["$(heard)", "$(ask.answer)", "$(ask.ticketId)", "$(copy)"],
)
def test_values_come_from_the_answer_that_gave_them(read: str, branch: Callable[..., Generated]) -> None:
    before = ASK.replace("answered: choose", "answered: keep")
    before += "keep: {type: set-variables@1.0, inputs: {values: {copy: $(ask.answer)}}, edges: {onSuccess: choose}}\n"

    generated = branch(
        f"{{name: Long, when: {{value: {read}, regex: ^x+$}}}}",
        before=before,
        start="ask",
        variables="{heard: {type: string}, copy: {type: string}}",
    )

    assert chosen(generated) >= {"Long", "None of the above"}
    case = next(one for one in generated.cases if "Long" in one.recording.expect["outcomes"])  # type: ignore[index] # made with one
    answers = [one for one in case.recording.responses["ask"] if "body" in one]
    assert any(str(value).startswith("x") for one in answers for value in one["body"].values())


def test_parts_of_what_is_copied(branch: Callable[..., Generated]) -> None:
    before = """
    keep:
      type: set-variables@1.0
      inputs: {values: {all: {inner: $(trigger.sms), other: 1}}}
      edges: {onSuccess: choose, onInvalidData: failed}
    """

    generated = branch(
        "{name: Deep, when: {value: $(all.inner.flags.pci), equals: no}}",
        before=before,
        start="keep",
        variables="{all: {type: object}}",
    )

    assert chosen(generated) == {"Deep", "None of the above", "onInvalidData"}


def test_a_start_value_is_the_last_resort(branch: Callable[..., Generated]) -> None:
    generated = branch("{name: Test, when: {value: $(mode), equals: test}}", variables="{mode: live}")

    assert chosen(generated) == {"Test", "None of the above"}
    assert [case.recording.variables for case in generated.cases] == [{"mode": "test"}, {}]
    assert why(generated) == {
        "onInvalidData": "it takes $(mode) equals 'test' to be impossible to judge, but $(mode) has a default, so it is"
        " always there"
    }


def test_what_a_script_writes_is_found_by_trying(branch: Callable[..., Generated]) -> None:
    before = """
    read:
      type: evaluate@1.0
      inputs:
        values: {text: $(trigger.sms.message)}
        script: |
          words = text.split("+").length;
          1
        branches: {read: 1}
      edges: {read: choose, onError: failed, onInvalidData: failed}
    """

    generated = branch(
        "{name: Two, when: {value: $(words), greaterThan: 1}}", before=before, start="read", variables="{words: 0}"
    )

    assert chosen(generated) == {"Two", "None of the above"}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (
            "{name: Row, when: [{value: $(trigger.n), lessThan: 1}, {value: $(trigger.n), greaterThan: 2}]}",
            "no value was found that $(trigger.n) could have for all of that",
        ),
        (
            "{name: Row, when: {value: $(run.flow), equals: another}}",
            "it takes $(run.flow) equals 'another', but $(run.flow) is what the run says of itself",
        ),
        (
            "{name: Row, when: {value: $(trigger.word), regex: '^(a|b){2}(?i:c)[[:alpha:]]$'}}",
            "no value was found that $(trigger.word) could have for all of that",
        ),
    ],
)
def test_what_cannot_be_is_said_with_its_reason(row: str, reason: str, branch: Callable[..., Generated]) -> None:
    assert reason in why(branch(row))["Row"]


def test_a_row_that_an_earlier_one_hides(branch: Callable[..., Generated]) -> None:
    generated = branch(
        "{name: First, when: {value: $(trigger.n), atLeast: 1}}",
        "{name: Hidden, when: {value: $(trigger.n), atLeast: 2}}",
    )

    assert chosen(generated) == {"First", "None of the above", "onInvalidData"}
    assert "no value was found that $(trigger.n) could have" in why(generated)["Hidden"]


def test_a_value_that_leads_elsewhere_before(made: Callable[..., Generated]) -> None:
    generated = made("""
        flow: sample
        start: first
        nodes:
          first:
            type: branch@1.0
            inputs: {rows: [{name: Stop, when: {value: $(trigger.word), contains: stop}}]}
            edges: {Stop: done, None of the above: choose, onInvalidData: done}
          choose:
            type: branch@1.0
            inputs: {rows: [{name: Never, when: {value: $(trigger.word), equals: stop}}]}
            edges: {Never: done, None of the above: done, onInvalidData: done}
          done: {end: success}
    """)

    reasons = why(generated)
    assert reasons["Never"].endswith("but with $(trigger.word) being 'stop' the run does not come here")
    assert reasons["onInvalidData"].endswith("but with $(trigger.word) being missing the run does not come here")


def test_two_branches_on_one_value(made: Callable[..., Generated]) -> None:
    generated = made("""
        flow: sample
        start: first
        nodes:
          first:
            type: branch@1.0
            inputs: {rows: [{name: Stop, when: {value: $(trigger.word), contains: stop}}]}
            edges: {Stop: choose, None of the above: done, onInvalidData: done}
          choose:
            type: branch@1.0
            inputs: {rows: [{name: Begins, when: {value: $(trigger.word), startsWith: stop}}]}
            edges: {Begins: done, None of the above: done, onInvalidData: done}
          done: {end: success}
    """)

    assert chosen(generated) == {"Begins", "None of the above"}


def test_what_starts_the_flow(made: Callable[..., Generated]) -> None:
    text = """
        flow: sample
        trigger:
          channel: sms
          event: incoming-message
          when:
            - {value: $(trigger.sms.keyword), notIn: [STOP, Stop]}
            - {value: $(trigger.sms.count), atLeast: 3}
            - {value: $(trigger.sms.count), lessThan: 5}
            - {value: $(trigger.sms.test), exists: false}
        start: done
        nodes: {done: {end: success}}
    """
    events: list[Any] = [case.recording.trigger for case in made(text).cases]

    assert events == []
    starting = (
        made(
            text.replace("start: done", "start: wait").replace(
                "nodes: {", "nodes: {wait: {type: delay@1.0, inputs: {duration: 1s}, edges: {onTimeout: done}}, "
            )
        )
        .cases[0]
        .recording.trigger
    )
    assert 3 <= starting["sms"]["count"] < 5
    assert "test" not in starting["sms"]


def test_an_event_that_nobody_can_make(made: Callable[..., Generated]) -> None:
    generated = made("""
        flow: sample
        trigger: {channel: sms, event: x, when: [{value: $(trigger.n), lessThan: 1}, {value: $(trigger.n), atLeast: 1}]}
        start: wait
        nodes:
          wait: {type: delay@1.0, inputs: {duration: 1s}, edges: {onTimeout: done}}
          done: {end: success}
    """)

    assert generated.cases == []
    assert why(generated, "wait") == {"onTimeout": "no event was found that starts the flow"}
