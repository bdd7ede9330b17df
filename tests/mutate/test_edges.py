from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from flowengine.catalogue.catalogue import Catalogue
from flowengine.check.validate import read_flow
from flowengine.mutate.edges import edge_mutations, leads_alike

Told = Callable[..., list[tuple[int | None, str | None, str]]]

FLOW = """\
flow: edges
variables: {count: 1}
defaults:
  edges:
    onInvalidData: bad
    onTimeout: bad
start: often
nodes:
  often:
    type: branch@1.0
    inputs: {rows: [{name: Again, when: {value: $(count), greaterThan: 1}}]}
    edges:
      Again: more
      None of the above: good
  more:
    type: set-variables@1.0
    inputs: {values: {count: 2}}
    edges: {onSuccess: good}
  lost:
    type: delay@1.0
    inputs: {duration: 1s}
    edges: {onTimeout: good}
  good: {end: success}
  bad: {end: error}
"""


def test_each_edge_leads_elsewhere_changes_places_and_is_taken_away(told: Told) -> None:
    assert told(edge_mutations, FLOW) == [
        (5, None, "onInvalidData leads to good instead of bad"),
        (5, None, "onInvalidData leads to often instead of bad"),
        (5, None, "the edge onInvalidData to bad is not there"),
        (13, "often", "Again leads to good instead of more"),
        (13, "often", "Again leads to bad instead of more"),
        (13, "often", "the edge Again to more is not there"),
        (14, "often", "None of the above leads to bad instead of good"),
        (14, "often", "None of the above leads to often instead of good"),
        (14, "often", "the edge None of the above to good is not there"),
        (13, "often", "Again leads to good, and None of the above to more, instead of the other way round"),
        (18, "more", "onSuccess leads to bad instead of good"),
        (18, "more", "onSuccess leads to often instead of good"),
        (18, "more", "the edge onSuccess to good is not there"),
    ]


def test_an_edge_that_nothing_follows_stays(told: Told) -> None:
    never = FLOW.replace("onSuccess: good", "onSuccess: good, onTimeout: good")

    assert not [said for _, _, said in told(edge_mutations, never) if "onTimeout" in said]


def test_a_flow_of_one_node_has_nowhere_else_to_lead(told: Told) -> None:
    alone = """
        flow: alone
        start: wait
        nodes:
          wait: {type: delay@1.0, inputs: {duration: 1s}, edges: {onTimeout: wait}}
        """

    assert [said for _, _, said in told(edge_mutations, alone)] == ["the edge onTimeout to wait is not there"]


def test_a_change_is_one_of_the_data_alone_and_leaves_the_flow_as_it_is(catalogue: Catalogue) -> None:
    flow = read_flow(FLOW, Path("flow.yaml"))
    swap = next(one for one in edge_mutations(flow, catalogue) if one.kind == "swap")

    changed = swap.applied(flow)

    assert changed.nodes["often"]["edges"] == {"Again": "good", "None of the above": "more"}
    assert flow.nodes["often"]["edges"] == {"Again": "more", "None of the above": "good"}
    assert changed.nodes["more"] is flow.nodes["more"]


@pytest.mark.parametrize(
    ("default", "alike"),
    [("good", True), ("bad", False)],
)
def test_an_edge_is_not_missed_where_a_default_leads_the_same_way(
    catalogue: Catalogue, default: str, *, alike: bool
) -> None:
    text = FLOW.replace("onTimeout: bad", f"onInvalidChoice: {default}")
    flow = read_flow(text, Path("flow.yaml"))
    gone = next(one for one in edge_mutations(flow, catalogue) if one.at[-1] == "onSuccess" and one.new is None)

    assert leads_alike(flow, gone.applied(flow), catalogue) is alike
