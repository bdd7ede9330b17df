"""The pictures of graphs of real flows, in the page: each has exactly the edges that are walked."""

from __future__ import annotations

import json
import runpy
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

import flowengine
from flowengine.flowfile.yaml_tree import read_yaml, to_value

CORPUS = Path(__file__).resolve().parents[1] / "corpus"
DRAWN = "Array.from(document.querySelectorAll('[data-from]'), (e) => [e.dataset.from, e.dataset.outcome, e.dataset.to])"


@pytest.fixture(scope="module")
def corpus(started: Callable[[Path], Any], tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A studio of all graphs, as flows of ours, with the node types that they need besides."""
    folder = tmp_path_factory.mktemp("corpus")
    (folder / "flows").mkdir()
    shutil.copytree(CORPUS / "nodes", folder / "nodes")
    (folder / "flowengine.yaml").write_text("nodes: [nodes]\n")
    converted = runpy.run_path(str(CORPUS / "conftest.py"))["converted"]
    for path in (CORPUS / "graphs").glob("*.yaml"):
        flow = converted(to_value(read_yaml(path)))
        (folder / "flows" / f"{path.stem}.yaml").write_text(json.dumps({**flow, "flow": path.stem}, indent=1))
    return started(folder)


@pytest.mark.parametrize("name", sorted(path.stem for path in (CORPUS / "graphs").glob("*.yaml")))
def test_the_picture_has_the_edges_of_the_plan(corpus: Any, browse: Callable[..., Page], name: str) -> None:
    file = corpus.file(f"{name}.yaml")
    before = file.read_bytes()
    plan = flowengine.compile(flowengine.load(file), flowengine.Catalogue([CORPUS / "nodes"]))
    page = browse(corpus, f"flows/{name}")

    expect(page.locator(f'[data-node="{plan.start}"]')).to_be_visible()
    own = {(node.id, outcome, edge.to) for node in plan.nodes.values() for outcome, edge in node.edges.items()}
    assert own
    assert {tuple(edge) for edge in page.evaluate(DRAWN)} == own
    assert file.read_bytes() == before
