from __future__ import annotations

from collections.abc import Callable

import pytest

import flowengine

Validated = Callable[..., list[flowengine.Finding]]
ENDS = "  done: {end: success}\n  failed: {end: error}\n"
SAFE = "defaults: {edges: {onInvalidChoice: failed}}\n"


def flow(node: str, head: str = SAFE) -> str:
    return f"flow: case\n{head}start: a\nnodes:\n  a: {node}\n{ENDS}"


def ask(edges: str, head: str = SAFE) -> str:
    return flow(f"{{type: ask@1.0, edges: {{{edges}}}}}", head)


def of(found: list[flowengine.Finding], code: str) -> list[str]:
    return [one.message for one in found if one.code == code]


def test_outcomes_without_an_edge_are_told_at_the_edges_of_their_node(validated: Validated) -> None:
    found = validated(ask("answered: done, undecided: failed, onError: failed", ""))
    (one,) = (one for one in found if one.code == "FE505")
    assert (one.severity, one.node, one.span[:2] if one.span else None) == ("warning", "a", (4, 22))
    assert "'unknown', 'onInvalidData', 'onTimeout', 'onAuthorizationFailure' and 'onInvalidChoice'" in one.message


@pytest.mark.parametrize("label", ["onInvalidChoice", "oninvalidchoice"])
def test_an_edge_to_fall_through_to_handles_everything(validated: Validated, label: str) -> None:
    assert of(validated(ask(f"answered: done, {label}: failed", "")), "FE505") == []


def test_an_error_may_fall_through_to_the_defaults_and_a_success_may_not(validated: Validated) -> None:
    (message,) = of(validated(ask("undecided: done")), "FE505")
    assert "'answered'" in message
    assert "'failed'" in message
    assert "unknown" not in message


def test_a_success_may_fall_through_to_an_edge_of_the_node(validated: Validated) -> None:
    assert of(validated(ask("undecided: failed, onInvalidChoice: done")), "FE505") == []


def test_a_misspelt_edge_is_told_once(validated: Validated) -> None:
    assert [one.code for one in validated(ask("anwsered: done", ""))] == ["FE501", "FE811"]


def test_a_default_row_is_an_outcome_too(validated: Validated) -> None:
    rows = "inputs: {rows: [{name: r, when: {value: $(trigger.a), exists: true}}]}"
    (message,) = of(validated(flow(f"{{type: branch@1.0, {rows}, edges: {{r: done}}}}")), "FE505")
    assert "'None of the above'" in message


@pytest.mark.parametrize(
    ("node", "label"),
    [
        (
            "{type: delay@1.0, inputs: {duration: 1s}, edges: {onTimeout: done, onInvalidChoice: failed}}",
            "onInvalidChoice",
        ),
        ("{type: delay@1.0, inputs: {duration: 1s}, edges: {onTimeout: done, onerror: failed}}", "onError"),
        (
            "{type: set-variables@1.0, inputs: {values: {}}, edges: {onSuccess: done, onInvalidData: failed}}",
            "onInvalidData",
        ),
    ],
)
def test_an_edge_that_is_never_followed(validated: Validated, node: str, label: str) -> None:
    (message,) = of(validated(flow(node)), "FE506")
    assert repr(label) in message


ALL_ERRORS = ["undecided", "unknown", "onError", "onInvalidData", "onTimeout", "onAuthorizationFailure"]


@pytest.mark.parametrize("errors", [[], ALL_ERRORS])
def test_a_service_may_always_answer_what_no_rule_matches(validated: Validated, errors: list[str]) -> None:
    edges = ["answered: done", *(f"{one}: failed" for one in errors), "onInvalidChoice: failed"]
    assert of(validated(ask(", ".join(edges))), "FE506") == []


CATCH_ALL = """
node: sure
versions:
  "1.0":
    request: {method: GET, path: /x}
    responses: [{outcome: fine}]
    outcomes: {fine: {kind: success, description: x}}
"""


def test_a_rule_that_matches_everything_leaves_nothing_to_fall_through(validated: Validated) -> None:
    others = ", ".join(f"{one}: failed" for one in ("onError", "onInvalidData", "onTimeout", "onAuthorizationFailure"))
    node = f"{{type: sure@1.0, edges: {{fine: done, {others}, onInvalidChoice: failed}}}}"
    (message,) = of(validated(flow(node), sure=CATCH_ALL), "FE506")
    assert "onInvalidChoice" in message


@pytest.mark.parametrize(
    ("edges", "told"),
    [
        ("answered: done, undecided: done", "undecided"),
        ("answered: failed, onError: done", "onInvalidChoice"),
        ("answered: failed, onInvalidChoice: failed", "onInvalidChoice"),
        ("answered: done, undecided: failed", None),
        ("answered: done, undecided: done, onError: done, onTimeout: done", None),
        ("answered: done, onInvalidChoice: done", None),
    ],
)
def test_success_and_error_part_ways_unless_it_is_meant(validated: Validated, edges: str, told: str | None) -> None:
    found = [one for one in validated(ask(edges)) if one.code == "FE507"]
    assert [(one.severity, f"{told!r}" in one.message) for one in found] == ([("hint", True)] if told else [])
