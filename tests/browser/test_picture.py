"""The picture is the flow: calls open in place, files show what is shown, and nothing moves that need not."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

HOSTILE = '<img src=x onerror=alert(1)>"&\u202e'
PLACES = """() => Object.fromEntries(Array.from(document.querySelectorAll('.react-flow__node[data-id]'),
    (e) => [e.dataset.id, new DOMMatrix(getComputedStyle(e).transform)]).map(([id, m]) => [id, [m.e, m.f]]))"""
MET = """() => {
  const all = Array.from(document.querySelectorAll('.react-flow__node[data-id]'));
  const nodes = all.map((one) => [one.dataset.id, one.getBoundingClientRect()]);
  const meet = (a, b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1;
  const apart = (id, other) => id < other && !other.startsWith(id);
  return nodes.flatMap(([id, one]) => nodes.filter(([other, two]) => apart(id, other) && meet(one, two)));
}"""
CALLER = """
flow: caller
title: Caller
defaults: {edges: {onError: failed, onInvalidData: failed, onTimeout: failed, onInvalidChoice: failed}}
start: self
nodes:
  self: {type: call-flow@1.0, title: Myself, inputs: {flow: caller}, edges: {done: gone, failed: failed}}
  gone: {type: call-flow@1.0, title: Nobody, inputs: {flow: nobody}, edges: {onError: broken}}
  broken: {type: call-flow@1.0, title: Broken, inputs: {flow: in-pieces}, edges: {onError: done}}
  done: {end: success}
  failed: {end: error}
"""


@pytest.fixture(scope="module")
def callers(started: Callable[[Path], Any], tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("callers")
    (folder / "flows").mkdir()
    (folder / "flows" / "caller.yaml").write_text(CALLER)
    (folder / "flows" / "in-pieces.yaml").write_text("flow: in-pieces\nnodes: [\n")
    return started(folder)


def node(page: Page, name: str) -> Any:
    return page.locator(f'[data-node="{name}"]')


def within(page: Page, name: str) -> Any:
    return page.locator(f'[data-node$="\\1f {name}"]')


def exported(page: Page, kind: str, path: Path) -> bytes:
    page.get_by_text("Export", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("button", name=kind, exact=True).click()
    page.get_by_text("Export", exact=True).click()
    download.value.save_as(path)
    return path.read_bytes()


def texts(svg: bytes) -> list[str]:
    return ["".join(one.itertext()) for one in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]  # noqa: S314 - our own text


def test_a_called_flow_is_opened_in_place(studio: Any, browse: Callable[..., Page], tmp_path: Path) -> None:
    before = studio.file("web-form.yaml").read_bytes()
    page = browse(studio, "flows/web-form")
    expect(node(page, "conversation")).to_be_visible()
    places = page.evaluate(PLACES)

    page.get_by_title("Open find-or-open-conversation here").click()
    expect(within(page, "search")).to_be_visible()
    expect(within(page, "search")).to_contain_text("Known customer?")
    expect(page.locator(".edge-chip", has_text="noConversationFound")).to_be_visible()
    assert page.evaluate(MET) == []
    shown = texts(exported(page, "SVG", tmp_path / "open.svg"))
    assert {"Known customer?", "noConversationFound", "Append the question"} <= set(shown)

    within(page, "create").click()
    expect(page.get_by_label("Id", exact=True)).to_have_value("conversation")
    within(page, "create").press("o")
    expect(within(page, "search")).to_have_count(0)
    assert page.evaluate(PLACES) == places

    node(page, "conversation").press("o")
    within(page, "reopen").press("Enter")
    expect(page.get_by_role("heading", name="Find or open a conversation")).to_be_visible()
    expect(node(page, "reopen")).to_have_attribute("aria-pressed", "true")
    assert studio.file("web-form.yaml").read_bytes() == before


def test_calls_that_lead_nowhere_are_told_in_words(callers: Any, browse: Callable[..., Page]) -> None:
    page = browse(callers, "flows/caller")
    for name, words in (("gone", "nobody"), ("broken", "in-pieces")):
        node(page, name).press("o")
        expect(node(page, name).locator(".frame-said")).to_contain_text(words)
        node(page, name).press("o")
        expect(page.locator(".frame-said")).to_have_count(0)

    node(page, "self").press("o")
    expect(within(page, "self")).to_be_visible()
    within(page, "self").press("o")
    expect(page.locator(".frame-said")).to_contain_text("calls itself")
    assert page.evaluate(MET) == []


def test_a_file_of_the_picture_is_what_is_shown(studio: Any, browse: Callable[..., Page], tmp_path: Path) -> None:
    text = studio.file("sms-inbound.yaml").read_text()
    quoted = HOSTILE.replace('"', "'")
    studio.file("hostile.yaml").write_text(
        text.replace("flow: sms-inbound", "flow: hostile").replace("title: Open it again", f'title: "{quoted}"')
    )
    page = browse(studio, "flows/hostile")
    expect(node(page, "search")).to_be_visible()

    whole = exported(page, "SVG", tmp_path / "whole.svg")
    assert "<img" not in whole.decode()
    assert "\u202e" not in whole.decode()
    assert "onConversationFailed" in texts(whole)
    assert "any node, otherwise" not in texts(whole)

    page.get_by_role("button", name="Errors", exact=True).click()
    page.get_by_role("button", name="Defaults", exact=True).click()
    expect(page.locator(".card-defaults")).to_be_visible()
    part = texts(exported(page, "SVG", tmp_path / "part.svg"))
    assert "onConversationFailed" not in part
    assert {"any node, otherwise", "onConversationCreated"} <= set(part)
    assert exported(page, "PNG", tmp_path / "part.png").startswith(b"\x89PNG")

    picture = page.context.new_page()
    picture.goto((tmp_path / "whole.svg").as_uri())
    assert picture.evaluate("document.querySelectorAll('parsererror, script, image, foreignObject').length") == 0


def test_nodes_are_found_by_what_they_come_back_with(studio: Any, browse: Callable[..., Page]) -> None:
    page = browse(studio, "flows/sms-inbound")
    expect(node(page, "search")).to_be_visible()
    page.keyboard.press("/")
    page.get_by_role("combobox", name="Find a node").fill("onConversationFailed")
    page.keyboard.press("Enter")
    expect(node(page, "create")).to_have_attribute("aria-pressed", "true")

    page.get_by_role("button", name="What the signs mean").click()
    legend = page.get_by_role("list", name="What the signs mean")
    expect(legend).to_contain_text("calls a flow")
    expect(legend.get_by_role("listitem")).to_have_count(9)
