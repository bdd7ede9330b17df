"""Changing a flow in the page: what is written, and what is not."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

SOURCE = Path(__file__).resolve().parents[2] / "flows" / "sms-inbound.yaml"
LOOK_AT_THE_DISK = "() => void window.dispatchEvent(new Event('focus'))"


@pytest.fixture
def flow(studio: Any, request: pytest.FixtureRequest) -> Path:
    """A flow of this test alone: sms-inbound under another name."""
    name = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower()).strip("-")
    file: Path = studio.file(f"{name}.yaml")
    file.write_text(SOURCE.read_text().replace("flow: sms-inbound", f"flow: {name}"))
    return file


def node(page: Page, name: str) -> Any:
    return page.locator(f'[data-node="{name}"]')


def drag(page: Page, start: Any, end: tuple[float, float]) -> None:
    box = start.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(*end, steps=8)
    page.mouse.up()


def retitle(page: Page, title: str) -> None:
    field = page.locator(".pane-form").get_by_label("Title", exact=True)
    field.fill(title)
    field.press("Enter")
    expect(page.locator(".save-state")).to_have_text("not saved")


def save(page: Page) -> None:
    page.keyboard.press("Control+s")
    expect(page.locator(".save-state")).to_have_text("saved")


def test_moving_a_node_changes_no_byte_of_the_flow(studio: Any, browse: Callable[..., Page], flow: Path) -> None:
    before = flow.read_bytes()
    layout = flow.with_name(f"{flow.stem}.layout.json")
    page = browse(studio, f"flows/{flow.stem}")
    expect(node(page, "create")).to_be_visible()
    box = node(page, "create").bounding_box()
    with page.expect_response(re.compile("positions")):
        drag(page, node(page, "create"), (box["x"] + 150, box["y"] + 70))
    moved = node(page, "create").bounding_box()
    assert moved["x"] > box["x"] + 50
    assert layout.exists()
    save(page)
    assert flow.read_bytes() == before

    page.get_by_role("button", name="Tidy").click()
    expect(page.get_by_text("Laid out afresh.")).to_be_visible()
    assert not layout.exists()
    assert flow.read_bytes() == before


def test_saving_what_was_undone_changes_no_byte(studio: Any, browse: Callable[..., Page], flow: Path) -> None:
    before, written_at = flow.read_bytes(), flow.stat().st_mtime_ns
    page = browse(studio, f"flows/{flow.stem}")
    node(page, "append").click()
    page.keyboard.press("Delete")
    expect(node(page, "append")).to_have_count(0)
    page.keyboard.press("Control+z")
    expect(node(page, "append")).to_be_visible()
    page.keyboard.press("Control+Shift+z")
    expect(node(page, "append")).to_have_count(0)
    page.keyboard.press("Control+z")
    expect(page.locator(".save-state")).to_have_text("saved")
    page.keyboard.press("Control+s")

    assert flow.read_bytes() == before
    assert flow.stat().st_mtime_ns == written_at


def test_renaming_a_node_changes_its_references_and_nothing_else(
    studio: Any, browse: Callable[..., Page], flow: Path
) -> None:
    before = flow.read_text().splitlines()
    page = browse(studio, f"flows/{flow.stem}?node=search")
    field = page.locator(".pane-form").get_by_label("Id", exact=True)
    field.fill("lookup")
    field.press("Enter")
    expect(node(page, "lookup")).to_be_visible()
    save(page)

    after = flow.read_text().splitlines()
    changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    assert changed
    assert all(re.sub(r"\bsearch\b(?!-)", "lookup", old) == new for old, new in changed)


def test_an_outcome_is_connected_by_dragging(studio: Any, browse: Callable[..., Page], flow: Path) -> None:
    flow.write_text(re.sub(r"^  edges:\n(    \w+: failed\n)+", "", flow.read_text(), flags=re.MULTILINE))
    page = browse(studio, f"flows/{flow.stem}?node=read")
    handle = page.locator('.tray [data-handleid="outcome:onError"]')
    expect(handle).to_be_visible()
    box = node(page, "ignored").bounding_box()
    drag(page, handle, (box["x"] + box["width"] / 2, box["y"] + 3))
    expect(page.locator('[data-from="read"][data-outcome="onError"][data-to="ignored"]')).to_be_visible()
    save(page)

    assert re.search(r"read:.*?onError: ignored", flow.read_text(), re.DOTALL)


def test_a_change_on_the_disk_is_shown_at_once(studio: Any, browse: Callable[..., Page], flow: Path) -> None:
    page = browse(studio, f"flows/{flow.stem}")
    expect(page.get_by_role("heading", name="Inbound SMS")).to_be_visible()
    flow.write_text(flow.read_text().replace("title: Inbound SMS", "title: From elsewhere"))
    page.evaluate(LOOK_AT_THE_DISK)

    expect(page.get_by_role("heading", name="From elsewhere")).to_be_visible()
    expect(page.locator(".save-state")).to_have_text("saved")


def test_changes_of_two_are_merged(studio: Any, browse: Callable[..., Page], flow: Path) -> None:
    page = browse(studio, f"flows/{flow.stem}")
    retitle(page, "Mine")
    flow.write_text(flow.read_text() + "# theirs\n")
    page.evaluate(LOOK_AT_THE_DISK)
    page.get_by_role("button", name="Look at both").click()
    page.get_by_role("button", name="Save the merged text").click()

    expect(page.locator(".save-state")).to_have_text("saved")
    assert "title: Mine\n" in flow.read_text()
    assert flow.read_text().endswith("# theirs\n")


@pytest.mark.parametrize(("choice", "kept"), [("Overwrite with mine", "Mine"), ("Take the disk's", "Theirs")])
def test_changes_of_the_same_line_are_chosen_from(
    studio: Any, browse: Callable[..., Page], flow: Path, choice: str, kept: str
) -> None:
    page = browse(studio, f"flows/{flow.stem}")
    retitle(page, "Mine")
    theirs = flow.read_text().replace("title: Inbound SMS", "title: Theirs")
    flow.write_text(theirs)
    page.keyboard.press("Control+s")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("touch the same lines")
    assert flow.read_text() == theirs
    dialog.get_by_role("button", name=choice).click()

    expect(page.get_by_role("heading", name=kept, exact=True)).to_be_visible()
    expect(page.locator(".save-state")).to_have_text("saved")
    assert f"title: {kept}\n" in flow.read_text()


def test_rows_of_a_branch_are_edited_in_the_form(studio: Any, browse: Callable[..., Page], flow: Path) -> None:
    page = browse(studio, f"flows/{flow.stem}?node=changed")
    form = page.locator(".pane-form")
    name = form.get_by_role("textbox", name="Name of the row")
    name.fill("Once more")
    name.press("Enter")
    expect(page.locator('[data-from="changed"][data-outcome="Once more"][data-to="search"]')).to_be_visible()
    form.get_by_role("combobox", name="Operator").select_option("notEquals")
    form.get_by_role("button", name="Add a row").click()
    expect(form.get_by_role("textbox", name="Name of the row")).to_have_count(2)
    save(page)

    written = flow.read_text()
    assert "- {name: Once more, when: {value: $(searchedAgain), notEquals: false}}" in written
    assert "edges: {Once more: search, None of the above: failed}" in written


def test_a_text_that_cannot_be_read_keeps_the_picture(studio: Any, browse: Callable[..., Page], flow: Path) -> None:
    page = browse(studio, f"flows/{flow.stem}?yaml=1")
    page.locator(".cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.type("[")
    expect(page.locator(".yaml-stale")).to_be_visible()
    expect(node(page, "search")).to_be_visible()
    page.locator(".cm-content").click()
    page.keyboard.press("Control+z")
    expect(page.locator(".yaml-stale")).to_have_count(0)


def test_the_edges_of_defaults_are_shown_once(studio: Any, browse: Callable[..., Page], flow: Path) -> None:
    page = browse(studio, f"flows/{flow.stem}")
    expect(node(page, "search")).to_be_visible()
    expect(page.locator("[data-default]")).to_have_count(0)
    page.keyboard.press("d")
    expect(page.locator('[data-default="onError"][data-to="failed"]')).to_be_visible()
    assert page.locator("[data-default]").count() == len(
        re.findall(r"^    \w+: failed$", flow.read_text().partition("\nstart:")[0], re.MULTILINE)
    )


def test_problems_come_with_their_repairs(studio: Any, browse: Callable[..., Page], flow: Path) -> None:
    flow.write_text(flow.read_text().replace("search-conversation@1.3", "search-conversation"))
    page = browse(studio, f"flows/{flow.stem}?node=search")
    page.locator(".pane-form").get_by_role("button", name=re.compile("search-conversation@1.3")).click()
    expect(page.locator(".problems-toggle")).to_contain_text("none")
    save(page)

    assert "type: search-conversation@1.3" in flow.read_text()


def test_the_picture_is_exported(studio: Any, browse: Callable[..., Page], flow: Path, tmp_path: Path) -> None:
    page = browse(studio, f"flows/{flow.stem}")
    page.get_by_text("Export", exact=True).click()
    for kind, begins in (("SVG", b"<svg"), ("PNG", b"\x89PNG")):
        with page.expect_download() as download:
            page.get_by_role("button", name=kind, exact=True).click()
        download.value.save_as(tmp_path / kind)
        assert (tmp_path / kind).read_bytes().startswith(begins)


def test_the_end_of_an_edge_is_dragged_and_cut(studio: Any, browse: Callable[..., Page], flow: Path) -> None:
    page = browse(studio, f"flows/{flow.stem}")
    chip = page.locator('[data-from="search"][data-outcome="conversationOnHold"]')
    expect(chip).to_have_attribute("data-to", "append")
    box = node(page, "create").bounding_box()
    drag(page, chip, (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2))
    expect(chip).to_have_attribute("data-to", "create")
    chip.click()
    expect(chip).to_be_focused()
    page.keyboard.press("Delete")
    expect(chip).to_have_count(0)
    expect(node(page, "search")).to_be_focused()

    page.goto(studio.address(f"flows/{flow.stem}?node=append"))
    expect(node(page, "append")).to_have_attribute("aria-pressed", "true")
    node(page, "append").focus()
    page.keyboard.press("Control+c")
    page.keyboard.press("Control+v")
    expect(node(page, "append-2")).to_be_focused()
    for _ in range(3):
        page.keyboard.press("Control+z")
    expect(page.locator(".save-state")).to_have_text("saved")
