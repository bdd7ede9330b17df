"""Names and texts of others stay texts: in the picture, the form, the YAML, the problems and the dialogs."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

MARKUP = "<img src=x onerror=alert(1)>"
TURNED = "\u202egnp.exe"
LONG = "long " * 1000
TEXTS = (MARKUP, TURNED, LONG)

FLOW = f"""\
flow: hostile
format: 1
title: {json.dumps(MARKUP + TURNED)}
description: {json.dumps(MARKUP)}
trigger: {{channel: sms, event: {json.dumps(TURNED)}}}
variables:
  __proto__: {json.dumps(MARKUP)}
  constructor: {{type: string, description: {json.dumps(MARKUP)}}}
defaults:
  edges: {{onError: toString}}
start: __proto__
nodes:
  __proto__:
    type: branch@1.0
    title: {json.dumps(MARKUP)}
    description: {json.dumps(LONG)}
    inputs:
      rows:
        - {{name: {json.dumps(MARKUP)}, when: {{value: $(constructor), equals: {json.dumps(MARKUP)}}}}}
        - {{name: __proto__, when: {{value: $(constructor), equals: {json.dumps(TURNED)}}}}}
    edges:
      {json.dumps(MARKUP)}: constructor
      __proto__: valueOf
      None of the above: hasOwnProperty
  constructor:
    type: http-request@1.0
    title: {json.dumps(TURNED)}
    inputs: {{method: GET, url: {json.dumps(MARKUP)}, {json.dumps(MARKUP)}: {json.dumps(LONG)}}}
    set: {{__proto__: {json.dumps(MARKUP)}}}
    edges: {{onSuccess: toString}}
  hasOwnProperty:
    type: no-such-type@1.0
    title: {json.dumps(LONG)}
  valueOf: {{end: success, title: {json.dumps("a" * 5000)}}}
  toString: {{end: error, title: {json.dumps(MARKUP)}}}
"""

NODES = ("__proto__", "constructor", "hasOwnProperty", "valueOf", "toString")


def holds(page: Page) -> None:
    """Nothing of the texts became markup, ran, turned what stands beside it, or made the page wider."""
    assert page.locator("img[src]").count() == 0
    assert page.evaluate("({}).polluted === undefined && Object.keys(Object.prototype).length === 0")
    assert "\u202e" not in page.locator("body").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def node(page: Page, name: str) -> Any:
    return page.locator(f'[data-node="{name}"]')


def test_texts_of_others_stay_texts(studio: Any, browse: Callable[..., Page]) -> None:
    file = studio.file("hostile.yaml")
    file.write_text(FLOW)
    page = browse(studio)
    expect(page.get_by_role("link", name=MARKUP).first).to_be_visible()
    holds(page)

    page.goto(studio.address("flows/hostile?yaml=1"))
    expect(page.locator(".cm-content")).to_contain_text(MARKUP)
    for name in NODES:
        node(page, name).focus()
        page.keyboard.press("Enter")
        expect(node(page, name)).to_have_attribute("aria-pressed", "true")
        expect(page.locator(".pane-form").get_by_label("Id", exact=True)).to_have_value(name)
        holds(page)

    node(page, "__proto__").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    page.locator(".problems-toggle").click()
    expect(page.locator(".problems-list")).to_contain_text(MARKUP)
    page.keyboard.press("/")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("option")).to_have_count(len(NODES))
    holds(page)
    page.keyboard.type("toString")
    page.keyboard.press("Enter")
    expect(node(page, "toString")).to_have_attribute("aria-pressed", "true")

    page.get_by_role("button", name=f"{MARKUP}, from __proto__ to constructor").focus()
    page.keyboard.press("Enter")
    expect(dialog).to_contain_text(f"Where does {MARKUP} lead?")
    holds(page)
    page.keyboard.type("valueOf")
    page.keyboard.press("Enter")
    moved = page.locator('[data-from="__proto__"][data-to="valueOf"]')
    expect(moved).to_have_count(2)
    page.keyboard.press("Control+s")
    expect(page.locator(".save-state")).to_have_text("saved")
    assert file.read_text() == FLOW.replace(f"{json.dumps(MARKUP)}: constructor", f"{json.dumps(MARKUP)}: valueOf")


def test_hostile_names_are_refused_or_kept_as_texts(studio: Any, browse: Callable[..., Page]) -> None:
    file = studio.file("hostile-edits.yaml")
    file.write_text("flow: hostile-edits\nstart: wait\nnodes:\n  wait: {type: delay@1.0}\n  done: {end: success}\n")
    page = browse(studio, "flows/hostile-edits?node=wait")
    form = page.locator(".pane-form")
    name = form.get_by_label("Id", exact=True)
    name.fill(MARKUP)
    name.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text(f"'{MARKUP}' cannot be the id of a node")
    holds(page)
    name.fill("__proto__")
    name.press("Enter")
    expect(node(page, "__proto__")).to_be_visible()
    title = form.get_by_label("Title", exact=True)
    for written in TEXTS:
        title.fill(written)
        title.press("Enter")
        expect(page.locator(".save-state")).to_have_text("not saved")
        holds(page)
    title.fill(MARKUP)
    title.press("Enter")
    expect(node(page, "__proto__")).to_contain_text(MARKUP)

    file.write_text(file.read_text().replace("delay@1.0", f"delay@1.0, title: {json.dumps(MARKUP + TURNED)}"))
    page.keyboard.press("Control+s")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(MARKUP)
    assert dialog.locator("img[src]").count() == 0
    dialog.get_by_role("button", name="Overwrite with mine").click()
    expect(page.locator(".save-state")).to_have_text("saved")
    assert "__proto__:" in file.read_text()
    assert MARKUP in file.read_text()
