from __future__ import annotations

from collections.abc import Callable

from flowengine.mutate.retries import retry_mutations

Told = Callable[..., list[tuple[int | None, str | None, str]]]

FLOW = """\
flow: retries
defaults:
  authorization: engage
  retry: {attempts: 3, on: [onTimeout, onError]}
  edges: {onInvalidChoice: done}
start: search
nodes:
  search:
    type: search-conversation@1.3
    inputs: {channel: sms, businessNumber: "+447700900001", customerNumber: $(trigger.number)}
    edges: {noConversationFound: again}
  again:
    type: search-conversation@1.3
    inputs: {channel: sms, businessNumber: "+447700900001", customerNumber: $(trigger.number)}
    retry: {attempts: 2, on: [onTimeout]}
    edges: {noConversationFound: done}
  done: {end: success}
"""


def test_a_retry_is_taken_away_and_made_smaller(told: Told) -> None:
    assert told(retry_mutations, FLOW) == [
        (4, None, "nothing is tried again"),
        (4, None, "2 attempts instead of 3"),
        (4, None, "not tried again after onTimeout"),
        (4, None, "not tried again after onError"),
        (15, "again", "nothing is tried again"),
    ]


def test_a_retry_that_nobody_has_stays(told: Told) -> None:
    edges = "    edges: {noConversationFound: again}"
    own = FLOW.replace(edges, f"    retry: {{attempts: 1, on: [onTimeout]}}\n{edges}")

    assert {node for _, node, _ in told(retry_mutations, own)} == {"again"}
