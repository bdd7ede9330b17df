from __future__ import annotations

from pathlib import Path

import flowengine
from flowengine.check.reach import possible_edges
from flowengine.project import catalogue_near
from flowengine.recording.coverage import Coverage, Share, shares_json, total
from flowengine.recording.format import Recording

FLOW = """
flow: walk
variables: {count: 1, word: ""}
defaults: {edges: {onInvalidData: failed, onInvalidChoice: failed}}
start: often
nodes:
  often:
    type: branch@1.0
    inputs: {rows: [{name: Again, when: {value: $(count), greaterThan: 1}}, {name: Never, when: {value: 1, equals: 2}}]}
    edges: {Again: say, None of the above: done}
  say:
    type: evaluate@1.0
    inputs: {script: word}
    edges: {yes: done}
  done: {end: success}
  failed: {end: error}
  island: {end: error}
"""


def coverage(folder: Path, *started: dict[str, object]) -> Coverage:
    path = folder / "walk.yaml"
    path.write_text(FLOW, "utf-8")
    flow = flowengine.load(path)
    found = Coverage("walk", possible_edges(flow, catalogue_near(path)))
    for variables in started:
        found.add(flowengine.dry_run(path, Recording("r", "walk", {}, variables)).run)
    return found


def test_nothing_is_covered_before_a_run(tmp_path: Path) -> None:
    shares = coverage(tmp_path).shares()

    assert {name: share.covered for name, share in shares.items()} == dict.fromkeys(shares, 0)
    assert shares["nodes"].total == 5


def test_a_run_covers_what_it_comes_by(tmp_path: Path) -> None:
    found = coverage(tmp_path, {"count": 2, "word": "yes"})

    assert dict(found.visits) == {"often": 1, "say": 1, "done": 1}
    walked = {(edge.node, edge.label, edge.to) for edge in found.all_edges() if edge.times}
    assert walked == {("often", "Again", "say"), ("say", "yes", "done")}
    assert found.shares()["own"] == Share(2, 3)


def test_edges_of_defaults_are_edges_of_each_node_that_may_follow_them(tmp_path: Path) -> None:
    edges = {(edge.node, edge.label): (edge.to, edge.default) for edge in coverage(tmp_path).all_edges()}

    assert edges["often", "onInvalidData"] == ("failed", True)
    assert edges["often", "onInvalidChoice"] == ("failed", True)
    assert edges["often", "Again"] == ("say", False)


def test_what_falls_through_covers_the_edge_and_counts_by_itself(tmp_path: Path) -> None:
    before = coverage(tmp_path).shares()["fall-through"]
    found = coverage(tmp_path, {"count": 2, "word": "odd"}, {"count": 2, "word": "odder"})

    [edge] = [one for one in found.all_edges() if (one.node, one.label) == ("say", "onInvalidChoice")]
    assert edge.times == 2
    assert "" in edge.outcomes, "the outcomes of a script that nobody names"
    assert (found.shares()["fall-through"].covered, before.covered) == (1, 0)
    assert "Never" in {outcome for outcome, target, _ in found.of("often") if target.fall_through}


def test_an_outcome_that_leads_nowhere_is_an_outcome_and_no_edge(tmp_path: Path) -> None:
    outcomes = {outcome: target.to for outcome, target, _ in coverage(tmp_path).of("say")}

    assert outcomes["onError"] == "failed", "it falls through"
    assert all(edge.to for edge in coverage(tmp_path).all_edges())


def test_runs_add_up(tmp_path: Path) -> None:
    found = coverage(tmp_path, {"count": 1}, {"count": 2, "word": "yes"}, {"count": 1})

    assert (found.runs, found.visits["often"], found.visits["done"]) == (3, 3, 3)
    assert {edge.label: edge.times for edge in found.all_edges() if edge.node == "often"}["None of the above"] == 2


def test_flows_add_up(tmp_path: Path) -> None:
    one, other = coverage(tmp_path, {"count": 1}), coverage(tmp_path)

    assert total([one, other])["nodes"] == Share(2, 10)
    assert total([])["edges"] == Share(0, 0)


def test_percent_is_cut_so_that_100_is_all_of_it() -> None:
    assert [Share(*pair).percent for pair in [(0, 0), (2, 3), (999, 1000), (1999, 2000), (7, 7)]] == [
        100.0,
        66.6,
        99.9,
        99.9,
        100.0,
    ]


def test_the_json_of_coverage(tmp_path: Path) -> None:
    found = coverage(tmp_path, {"count": 2, "word": "yes"}).to_json()

    assert (found["flow"], found["cases"]) == ("walk", 1)
    assert found["ownEdges"] == {"covered": 2, "total": 3, "percent": 66.6}
    often = found["walked"][0]
    assert (often["node"], often["visits"]) == ("often", 1)
    assert often["outcomes"][0] == {
        "outcome": "Again",
        "count": 1,
        "edge": {"label": "Again", "to": "say", "fallThrough": False, "default": False},
    }
    assert set(shares_json({"fall-through": Share(1, 2)})) == {"fallThrough"}
