from __future__ import annotations

from pathlib import Path

import pytest

from flowengine.check.validate import read_flow
from flowengine.errors import InvalidFile
from flowengine.flowfile.yaml_source import Limits


def defaults(edges: int) -> str:
    labels = "".join(f"    Row {number}: done\n" for number in range(edges))
    return f"flow: case\nstart: done\ndefaults:\n  edges:\n{labels}nodes:\n  done: {{end: success}}\n"


def test_each_node_has_the_edges_of_the_defaults_so_that_they_are_few() -> None:
    assert len(read_flow(defaults(64), Path("case.yaml")).defaults["edges"]) == 64
    with pytest.raises(InvalidFile, match="expected at most 64 entries; found a map of 65"):
        read_flow(defaults(65), Path("case.yaml"))


def test_limits_can_be_lifted() -> None:
    nodes = "".join(f"  n{number}: {{end: success}}\n" for number in range(30_000))
    text = f"flow: case\nstart: n0\nnodes:\n{nodes}"
    with pytest.raises(InvalidFile, match="more than 100,000 keys and values"):
        read_flow(text, Path("case.yaml"))
    flow = read_flow(text, Path("case.yaml"), Limits(nodes=200_000))
    assert len(flow.nodes) == 30_000
