"""Going away from a flow that is being changed, and coming back to it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Dialog, Page, expect

FLOW = """\
flow: {name}
title: As it was
start: wait
nodes:
  wait: {{type: delay@1.0, inputs: {{duration: 1s}}, edges: {{onSuccess: done, onTimeout: done}}}}
  done: {{end: success}}
"""
LOOK_AT_THE_DISK = "() => void window.dispatchEvent(new Event('focus'))"


@pytest.fixture
def flow(studio: Any, request: pytest.FixtureRequest) -> Path:
    """A flow of this test alone."""
    name = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower()).strip("-")
    file: Path = studio.file(f"{name}.yaml")
    file.write_text(FLOW.format(name=name))
    return file


def retitle(page: Page, title: str) -> None:
    field = page.locator(".pane-form").get_by_label("Title", exact=True)
    field.fill(title)
    field.press("Enter")
    expect(page.locator(".save-state")).to_have_text("not saved")


def selected(page: Page, name: str) -> Any:
    return page.locator(f'[data-node="{name}"][aria-pressed="true"]')


def test_changes_wait_while_one_looks_at_other_pages(studio: Any, browse: Callable[..., Page], flow: Path) -> None:
    page = browse(studio, f"flows/{flow.stem}")
    retitle(page, "As it will be")
    page.get_by_role("link", name="Runs", exact=True).first.click()
    expect(page).to_have_title(re.compile("^Runs"))
    page.go_back()

    expect(page.get_by_role("heading", name="As it will be")).to_be_visible()
    expect(page.locator(".save-state")).to_have_text("not saved")
    assert "As it was" in flow.read_text()
    page.keyboard.press("Control+s")
    expect(page.locator(".save-state")).to_have_text("saved")
    assert "title: As it will be\n" in flow.read_text()


def test_closing_a_page_asks_only_where_something_is_not_saved(
    studio: Any, browse: Callable[..., Page], flow: Path
) -> None:
    asked: list[str] = []

    def answer(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    context = browse(studio, "flows").context
    for changes, expected in ((False, []), (True, ["beforeunload"])):
        page = context.new_page()
        page.on("dialog", answer)
        page.goto(studio.address(f"flows/{flow.stem}"))
        page.locator('[data-node="wait"]').click()
        expect(selected(page, "wait")).to_be_visible()
        if changes:
            retitle(page, "Lost")
        with page.expect_event("close"):
            page.close(run_before_unload=True)
        assert asked == expected
    assert "As it was" in flow.read_text()


def test_a_file_that_is_gone_is_written_again(studio: Any, browse: Callable[..., Page], flow: Path) -> None:
    text = flow.read_bytes()
    page = browse(studio, f"flows/{flow.stem}")
    expect(page.get_by_role("heading", name="As it was")).to_be_visible()
    flow.unlink()
    page.evaluate(LOOK_AT_THE_DISK)

    notice = page.get_by_role("alert")
    expect(notice).to_contain_text(f"{flow.name} is not there any more")
    expect(page.locator(".save-state")).to_have_text("not saved")
    notice.get_by_role("button", name="Write it again").click()
    expect(page.locator(".save-state")).to_have_text("saved")
    expect(notice).to_have_count(0)
    assert flow.read_bytes() == text


def test_the_address_has_the_node_and_the_way_back_keeps_it(
    studio: Any, browse: Callable[..., Page], flow: Path
) -> None:
    page = browse(studio, f"flows/{flow.stem}?node=done")
    expect(selected(page, "done")).to_be_visible()
    page.locator('[data-node="wait"]').click()
    expect(page).to_have_url(re.compile(r"\?node=wait$"))

    page.get_by_role("link", name="Dry-run").click()
    expect(page).to_have_url(re.compile(r"/dry-run"))
    page.go_back()
    expect(selected(page, "wait")).to_be_visible()
    page.go_forward()
    expect(page).to_have_url(re.compile(r"/dry-run"))
    page.go_back()
    page.reload()
    expect(selected(page, "wait")).to_be_visible()
    page.goto(studio.address(f"flows/{flow.stem}?node=done"))
    expect(selected(page, "done")).to_be_visible()
    selected(page, "done").press("Escape")
    expect(page).to_have_url(re.compile(rf"/flows/{flow.stem}$"))
