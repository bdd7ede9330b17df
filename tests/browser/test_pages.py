"""Every page opens, draws what is there, and changes nothing by being looked at."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

import flowengine

FLOWS = Path(__file__).resolve().parents[2] / "flows"
DRAWN = "Array.from(document.querySelectorAll('[data-from]'), (e) => [e.dataset.from, e.dataset.outcome, e.dataset.to])"


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize(
    ("path", "seen"),
    [
        ("flows", "Inbound SMS"),
        ("flows/sms-inbound", "Known customer?"),
        ("flows/sms-inbound/dry-run", "Known customer?"),
        ("flows/sms-inbound/coverage", "Coverage"),
        ("runs", "Runs"),
        ("integrations", "Integrations"),
    ],
)
def test_a_page_opens(studio: Any, browse: Callable[..., Page], path: str, seen: str, width: int) -> None:
    page = browse(studio, path, width=width)

    expect(page.get_by_role("main").get_by_text(seen, exact=True).first).to_be_attached()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("name", sorted(path.stem for path in FLOWS.glob("*.yaml")))
def test_the_picture_has_the_edges_of_the_plan(studio: Any, browse: Callable[..., Page], name: str) -> None:
    file = studio.file(f"{name}.yaml")
    before = file.read_bytes()
    plan = flowengine.compile(flowengine.load(file))
    page = browse(studio, f"flows/{name}")

    expect(page.locator(f'[data-node="{plan.start}"]')).to_be_visible()
    drawn = {tuple(edge) for edge in page.evaluate(DRAWN)}
    own = {(node.id, outcome, edge.to) for node in plan.nodes.values() for outcome, edge in node.edges.items()}
    assert drawn == own
    assert file.read_bytes() == before
