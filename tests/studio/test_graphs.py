from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from flowengine.catalogue.catalogue import Catalogue
from flowengine.check.compile import compile
from flowengine.check.validate import load
from flowengine.picture.flow_picture import to_svg
from flowengine.picture.graph import graph_of
from flowengine.studio.flow_text import read_text
from flowengine.studio.graphs import corner_of, draw_up, folded, graph_json, placed

FLOWS = sorted((Path(__file__).parents[2] / "flows").glob("*.yaml"))


def graph(text: str, catalogue: Catalogue, shown: Any = None, path: Path = Path("flow.yaml")) -> dict[str, Any]:
    read = read_text(text)
    drawn = draw_up(read.data, path, catalogue)
    assert drawn is not None
    return graph_json(read, drawn, placed(drawn, shown), frozenset())


def places(found: dict[str, Any]) -> dict[str, tuple[float, float]]:
    cards = [*found["nodes"], found["trigger"], *([found["defaults"]] if found["defaults"] else [])]
    return {one["id"]: (one["x"], one["y"]) for one in cards}


@pytest.mark.parametrize("path", FLOWS, ids=lambda path: str(path.stem))
def test_edges_are_those_of_the_plan(path: Path, catalogue: Catalogue) -> None:
    found = graph(path.read_text("utf-8"), catalogue, path=path)

    nodes = compile(load(path), catalogue).nodes.values()
    own = {(node.id, outcome, edge.label, edge.to) for node in nodes for outcome, edge in node.edges.items()}
    shared = {
        (node.id, outcome, edge.label, edge.to)
        for node in nodes
        for outcome, edge in node.default_edges.items()
        if outcome in node.kinds and outcome not in node.edges
    }
    drawn = {
        default: {edge_of(one) for one in found["edges"] if one["default"] is default} for default in (True, False)
    }
    assert drawn == {True: shared, False: own}
    assert len(found["edges"]) == len(own) + len(shared)


@pytest.mark.parametrize("path", FLOWS, ids=lambda path: str(path.stem))
def test_places_are_those_of_the_picture_on_the_command_line(path: Path, catalogue: Catalogue) -> None:
    found = graph(path.read_text("utf-8"), catalogue, path=path)

    svg = to_svg(graph_of(load(path), catalogue))
    faces = re.findall(r'<rect class="face" x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"', svg)
    cards = [*found["nodes"], found["trigger"], *([found["defaults"]] if found["defaults"] else [])]
    sides = ("x", "y", "width", "height")
    # The card of a call has another one inside; that of a node that waits is no rectangle.
    boxes = {tuple(card[side] for side in sides) for card in cards if card.get("kind") != "wait"}
    assert {tuple(map(float, face)) for face in faces} >= boxes
    assert svg.count('<g class="card') == len(cards)
    drawn_from = {(float(x), float(y)) for x, y in re.findall(r'class="line \w+" d="M([\d.]+) ([\d.]+)', svg)}
    starts = {tuple(one["points"][0]) for one in found["edges"] if one.get("points")}
    assert starts <= drawn_from


@pytest.mark.parametrize("path", FLOWS, ids=lambda path: str(path.stem))
def test_a_new_node_moves_no_other(path: Path, catalogue: Catalogue) -> None:
    text = path.read_text("utf-8")
    before = places(graph(text, catalogue))

    more = text.replace(
        "\nnodes:\n", "\nnodes:\n  brand-new:\n    type: delay@1.0\n    edges: {onTimeout: brand-new-end}\n\n"
    )
    found = graph(f"{more}\n  brand-new-end: {{end: success}}\n", catalogue, before)

    after = places(found)
    assert {name: after[name] for name in before} == before
    assert after.keys() - before.keys() == {"brand-new", "brand-new-end"}


def test_lines_are_those_of_the_text(sms: str, catalogue: Catalogue) -> None:
    found, lines = graph(sms, catalogue), sms.split("\n")

    assert all(lines[one["line"] - 1].strip().startswith(f"{one['id']}:") for one in found["nodes"])
    for edge in found["edges"]:
        assert f"{edge['label']}: {edge['to']}" in lines[edge["line"] - 1]


def test_a_node_says_what_it_is(sms: str, catalogue: Catalogue) -> None:
    nodes = {one["id"]: one for one in graph(sms, catalogue)["nodes"]}

    search = nodes["search"]
    assert (search["kind"], search["type"], search["version"], search["pinned"]) == (
        "work",
        "search-conversation",
        "1.3",
        True,
    )
    assert (search["title"], search["integration"], search["authorization"]) == (
        "Known customer?",
        "webex-engage",
        "engage",
    )
    assert (nodes["failed"]["kind"], nodes["failed"]["end"], nodes["failed"]["type"]) == ("end", "error", None)
    assert nodes["changed"]["kind"] == "branch"


@pytest.mark.parametrize(
    ("node", "kind"),
    [
        ("type: delay@1.0", "wait"),
        ("type: receive@1.0", "wait"),
        ("type: call-flow@1.0", "call"),
        ("type: nowhere@9", "work"),
    ],
)
def test_kinds_follow_from_types(node: str, kind: str, catalogue: Catalogue) -> None:
    assert graph(f"flow: x\nstart: a\nnodes:\n  a:\n    {node}\n", catalogue)["nodes"][0]["kind"] == kind


def test_an_edge_for_every_other_outcome_is_told_apart(sms: str, catalogue: Catalogue) -> None:
    kinds = {one["outcome"]: one["kind"] for one in graph(sms, catalogue)["edges"]}

    assert kinds["onInvalidChoice"] == "fall-through"
    assert kinds["onError"] == "error"
    assert kinds["conversationActive"] == "success"


@pytest.mark.parametrize(
    "text",
    [
        "flow: [1]\nnodes: {a: 1, b: {end: 7}, c: {type: [x], edges: {x: nowhere, y: 3, z: a}}, d: {end: success}}",
        "nodes:\n  a:\n    type: delay@1.0\n    title: [\n  b: {end: success}\n",
        "start: 1\ndefaults: []\ntrigger: {channel: 1}\nnodes:\n  a:\n",
        "nodes:\n  <img src=x onerror=alert(1)>: {end: success}\n  __proto__: {end: error}\n",
    ],
)
def test_texts_with_errors_are_drawn_as_far_as_they_can_be_read(text: str, catalogue: Catalogue) -> None:
    found = graph(text, catalogue)

    ids = {one["id"] for one in found["nodes"]}
    assert ids == set(read_text(text).draft.nodes)
    assert {one["to"] for one in found["edges"]} <= ids


@pytest.mark.parametrize("text", ["", "nodes: 7", "- a", "[", "flow: x\nnodes: {}"])
def test_without_a_node_there_is_no_picture(text: str, catalogue: Catalogue) -> None:
    assert draw_up(read_text(text).data, Path("flow.yaml"), catalogue) is None


@pytest.mark.parametrize(
    "value",
    [None, 3, {}, {"x": 1}, {"x": "1", "y": 2}, {"x": True, "y": 2}, {"x": 1e9, "y": 0}, {"x": float("nan"), "y": 0}],
)
def test_what_is_no_place_is_none(value: Any) -> None:
    assert corner_of(value) is None


def edge_of(one: dict[str, Any]) -> tuple[str, str, str, str]:
    return one["from"], one["outcome"], one["label"], one["to"]


@pytest.mark.parametrize("path", FLOWS, ids=lambda path: str(path.stem))
def test_folding_loses_no_edge_and_no_route(path: Path, catalogue: Catalogue) -> None:
    found = graph(path.read_text("utf-8"), catalogue, path=path)

    sent = folded(found)

    shared = [(node, one["outcome"], one["label"], one["to"]) for one in sent["defaultEdges"] for node in one["from"]]
    assert sorted([*map(edge_of, sent["edges"]), *shared]) == sorted(map(edge_of, found["edges"]))
    routes = {(one["from"], one["to"], one["kind"], str(one["points"])) for one in sent["edges"] if one.get("points")}
    assert routes == {
        (one["from"], one["to"], one["kind"], str(one["points"])) for one in found["edges"] if one.get("points")
    }
