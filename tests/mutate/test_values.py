from __future__ import annotations

from collections.abc import Callable

from flowengine.mutate.values import input_mutations, set_mutations

Told = Callable[..., list[tuple[int | None, str | None, str]]]

FLOW = """\
flow: values
variables: {text: "", count: 1, list: []}
defaults: {authorization: engage, edges: {onInvalidChoice: done}}
start: read
nodes:
  read:
    type: data-parser@1.0
    inputs:
      source: $(trigger.variables)
      extract: {id: "$.id"}
    set:
      text: Hello $(read.id), $(text)
      count: 2
      list: [$(run.id)]
    edges: {onSuccess: write}
  write:
    type: set-variables@1.0
    inputs:
      values:
        text: "$$(no reference) $(text)"
        count: 3
    edges: {onSuccess: script}
  script:
    type: evaluate@1.0
    inputs:
      values: {one: $(text)}
      script: "$(document).ready"
      branches: {yes: true}
    edges: {yes: search}
  search:
    type: search-conversation@1.3
    inputs: {channel: sms, businessNumber: "+447700900001", customerNumber: $(trigger.number)}
    edges: {noConversationFound: done}
  done: {end: success}
"""


def test_what_is_set_is_not_is_something_else_and_is_read_elsewhere(told: Told) -> None:
    assert told(set_mutations, FLOW) == [
        (12, "read", "text is not set"),
        (12, "read", "text reads $(run.id) instead of $(read.id)"),
        (12, "read", "text reads $(run.id) instead of $(text)"),
        (13, "read", "count is not set"),
        (13, "read", "count is set to 3 instead of 2"),
        (14, "read", "list is not set"),
        (14, "read", "list reads $(run.flow) instead of $(run.id)"),
    ]


def test_nodes_that_compute_are_given_something_else_and_those_that_send_are_not(told: Told) -> None:
    assert told(input_mutations, FLOW) == [
        (9, "read", "source reads $(run.id) instead of $(trigger.variables)"),
        (20, "write", "text is not set"),
        (20, "write", "text reads $(run.id) instead of $(text)"),
        (21, "write", "count is not set"),
        (21, "write", "count is set to 4 instead of 3"),
        (26, "script", "one reads $(run.id) instead of $(text)"),
    ]


def test_values_that_are_one_reference_are_read_elsewhere(told: Told) -> None:
    whole = FLOW.replace(
        'values:\n        text: "$$(no reference) $(text)"\n        count: 3', "values: $(trigger.values)"
    )

    assert (19, "write", "values reads $(run.id) instead of $(trigger.values)") in told(input_mutations, whole)
