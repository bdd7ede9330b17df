from __future__ import annotations

from collections.abc import Callable

import pytest

import flowengine

Validated = Callable[..., list[flowengine.Finding]]
FLOW = """flow: case
HEADstart: a
nodes:
  a: {type: http-request@1.0, inputs: {method: METHOD, url: $(trigger.url)}, RETRYedges: {onSuccess: done}}
  done: {end: success}
  failed: {end: error}
"""


def told(validated: Validated, method: str, retry: str, head: str = "") -> list[tuple[int, int]]:
    head = f"defaults: {{{head}edges: {{onInvalidChoice: failed}}}}\n"
    text = FLOW.replace("HEAD", head).replace("METHOD", method).replace("RETRY", retry)
    return [one.span[:2] for one in validated(text) if one.code == "FE815" and one.span]


@pytest.mark.parametrize(
    ("method", "retry", "places"),
    [
        ("POST", "retry: {attempts: 2, on: [onTimeout]}, ", [(5, 76)]),
        ("PATCH", "retry: {attempts: 2, on: [onerror]}, ", [(5, 77)]),
        ("POST", "retry: {attempts: 1, on: [onTimeout]}, ", []),
        ("POST", "retry: {attempts: 2, on: [onAuthorizationFailure]}, ", []),
        ("GET", "retry: {attempts: 2, on: [onTimeout]}, ", []),
        ("PUT", "retry: {attempts: 2, on: [onTimeout]}, ", []),
        ("$(trigger.method)", "retry: {attempts: 2, on: [onTimeout]}, ", []),
        ("POST", "", []),
    ],
)
def test_a_write_that_may_be_done_twice(
    validated: Validated, method: str, retry: str, places: list[tuple[int, int]]
) -> None:
    assert told(validated, method, retry) == places


def test_the_retry_of_the_defaults_counts_and_is_told_at_the_node(validated: Validated) -> None:
    assert told(validated, "POST", "", "retry: {attempts: 2, on: [onTimeout]}, ") == [(5, 3)]


def test_a_node_type_that_is_idempotent_may_be_sent_again(validated: Validated) -> None:
    text = FLOW.replace("http-request", "ask").replace("{method: METHOD, url: $(trigger.url)}", "{}")
    text = text.replace("HEAD", "defaults: {edges: {onInvalidChoice: failed}}\n").replace("onSuccess", "answered")
    found = validated(text.replace("RETRY", "retry: {attempts: 2, on: [onTimeout]}, "))
    assert [one.code for one in found] == []
