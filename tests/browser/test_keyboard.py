"""A small flow built without a pointer: new, two nodes, inputs, outcomes, an edge taken away, saved, and undone."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, expect

MOST_TABS = 40


def field(page: Page, label: str) -> Locator:
    return page.locator(".pane-form").get_by_label(re.compile(rf"^{label}\*?$"))


def write(page: Page, label: str, words: str) -> None:
    """Go to the form, on to a field of that name with Tab, and back to the node with Escape."""
    node = page.evaluate("document.activeElement.dataset.node")
    page.keyboard.press("Enter")
    expect(page.locator(".pane-form :focus")).to_have_count(1)
    target = field(page, label)
    for _ in range(MOST_TABS):
        if target.evaluate("element => element === document.activeElement"):
            break
        page.keyboard.press("Tab")
    expect(target).to_be_focused()
    page.keyboard.type(words)
    page.keyboard.press("Escape")
    expect(page.locator(f'[data-node="{node}"]')).to_be_focused()


def add(page: Page, words: str, node: str) -> None:
    page.keyboard.press("n")
    expect(page.locator("#palette-filter")).to_be_focused()
    page.keyboard.type(words)
    expect(page.locator(".palette-row")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator(f'[data-node="{node}"][aria-pressed="true"]')).to_be_focused()


def connect(page: Page, outcome: str, to: str) -> None:
    dialog = page.locator("dialog[open]")
    page.keyboard.press("c")
    for words in (outcome, to):
        expect(dialog.get_by_role("combobox")).to_be_focused()
        page.keyboard.type(words)
        expect(dialog.get_by_role("option", selected=True)).to_contain_text(words, ignore_case=True)
        page.keyboard.press("Enter")
    expect(dialog).to_have_count(0)


def edge(page: Page, start: str, outcome: str, to: str) -> Locator:
    return page.locator(f'[data-from="{start}"][data-outcome="{outcome}"][data-to="{to}"]')


def test_a_flow_is_built_with_keys_alone(
    started: Callable[[Path], Any], tmp_path: Path, browse: Callable[..., Page]
) -> None:
    studio = started(tmp_path)
    page = browse(studio)
    expect(page.get_by_role("button", name="New flow")).to_be_visible()
    page.keyboard.press("n")
    page.keyboard.type("Wait and ask")
    page.keyboard.press("Enter")
    expect(page.locator("[data-node]")).to_have_count(1)

    add(page, "delay", "delay")
    write(page, "DELAY", "10s")
    add(page, "http req", "request")
    write(page, "METHOD", "GET")
    write(page, "ENDPOINT URL", "https://example.com/hello")
    expect(edge(page, "delay", "onTimeout", "request")).to_be_visible()

    connect(page, "onSuccess", "done")
    expect(edge(page, "request", "onSuccess", "done")).to_be_visible()
    connect(page, "onError", "end with an error")
    expect(page.locator('[data-node="failed"]')).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(page.locator('[data-node="request"][aria-pressed="true"]')).to_be_focused()
    connect(page, "onSuccess", "nowhere")
    expect(edge(page, "request", "onSuccess", "done")).to_have_count(0)
    page.keyboard.press("Control+z")
    expect(edge(page, "request", "onSuccess", "done")).to_be_visible()

    page.keyboard.press("Control+d")
    expect(page.locator('[data-node="request-2"][aria-pressed="true"]')).to_be_focused()
    page.keyboard.press("F2")
    expect(field(page, "Id")).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.type("again")
    page.keyboard.press("Enter")
    expect(page.locator('[data-node="again"]')).to_be_visible()
    expect(field(page, "Id")).to_have_value("again")
    page.keyboard.press("Control+z")
    page.keyboard.press("Escape")
    expect(page.locator('[data-node="request-2"]')).to_be_focused()
    page.keyboard.press("Delete")
    expect(page.locator("[data-node]")).to_have_count(4)
    page.keyboard.press("Control+s")
    expect(page.locator(".save-state")).to_have_text("saved")

    written = studio.file("wait-and-ask.yaml").read_text()
    assert "inputs: {duration: 10s}\n    edges: {onTimeout: request}" in written
    assert re.search(r"edges: {onSuccess: done, onError: failed}", written)
    assert "request-2" not in written
