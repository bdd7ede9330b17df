"""A flow as an SVG file: everything in it once, readable as XML, and nothing that acts."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from flowengine.catalogue.catalogue import Catalogue
from flowengine.check.validate import load
from flowengine.picture.flow_picture import to_svg
from flowengine.picture.graph import graph_of

FLOWS = sorted((Path(__file__).parents[2] / "flows").glob("*.yaml"))
HOSTILE = '<script>alert(1)</script>"&\u202e]]>'
SMALL = """
flow: small
title: TITLE
defaults: {edges: {onError: failed, onTimeout: failed}}
start: ask
nodes:
  ask: {type: search-conversation@1.3, title: TITLE, edges: {noConversationFound: done, onAuthorizationFailure: failed}}
  done: {end: success}
  failed: {end: error}
"""
SVG = "{http://www.w3.org/2000/svg}"


def texts(svg: str) -> list[str]:
    return ["".join(one.itertext()) for one in ET.fromstring(svg).iter(f"{SVG}text")]  # noqa: S314 - our own text


def small(tmp_path: Path, title: str = "Small", *, everything: bool = False) -> str:
    path = tmp_path / "small.yaml"
    path.write_text(SMALL.replace("TITLE", "'" + title.replace("'", "''") + "'"))
    return to_svg(graph_of(load(path), Catalogue(), everything=everything))


@pytest.mark.parametrize("path", FLOWS, ids=lambda path: path.stem)
def test_every_node_and_outcome_is_there(path: Path) -> None:
    flow = load(path)
    shown = texts(to_svg(graph_of(flow, Catalogue())))
    for name, node in flow.nodes.items():
        assert name in shown
        assert all(label in shown for label in node.get("edges", {}))


def test_what_holds_for_every_node_is_drawn_once_or_at_each(tmp_path: Path) -> None:
    once, each = texts(small(tmp_path)), texts(small(tmp_path, everything=True))
    assert (once.count("any node, otherwise"), once.count("onTimeout")) == (1, 1)
    assert (each.count("any node, otherwise"), each.count("by default → failed")) == (0, 1)


def test_success_and_error_differ_by_more_than_colour(tmp_path: Path) -> None:
    root = ET.fromstring(small(tmp_path))  # noqa: S314 - our own text
    marks = {one.get("class"): one.tag for one in root.iter() if (one.get("class") or "").startswith("mark")}
    assert marks == {"mark success": f"{SVG}circle", "mark error": f"{SVG}path"}


def test_texts_of_a_flow_stay_texts(tmp_path: Path) -> None:
    svg = small(tmp_path, HOSTILE)
    assert "<script" not in svg
    assert "\u202e" not in svg
    root = ET.fromstring(svg)  # noqa: S314 - our own text
    known = ("svg", "style", "g", "rect", "path", "circle", "text", "tspan")
    assert {one.tag for one in root.iter()} <= {f"{SVG}{name}" for name in known}
