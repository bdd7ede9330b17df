"""Dry-runs and coverage: step, choose, answer, begin elsewhere, keep as a recording, see what recordings take."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

CALLED = "find-or-open-conversation"
HOSTILE = '<img src=x onerror="document.title=1">\u202egnp.exe'
HOSTILE_FLOW = """\
flow: hostile
title: Hostile
variables:
  said: {type: string}
  __proto__: {type: string}
start: ask
nodes:
  ask:
    type: search-conversation@1.3
    authorization: engage
    inputs: {channel: sms, businessNumber: "+447700900900", customerNumber: "+447700900901"}
    set: {said: $(ask.description), __proto__: $(ask.teamId)}
    edges: {noConversationFound: done, onInvalidChoice: failed}
  done: {end: success}
  failed: {end: error}
"""


def node(page: Page, name: str) -> Locator:
    return page.locator(f'[data-node="{name}"]')


def pane(page: Page) -> Locator:
    return page.get_by_label("The step", exact=True)


def outcome(page: Page, name: str) -> Locator:
    return pane(page).get_by_role("button", name=re.compile(rf"^\S* ?{re.escape(name)} ?→"))


def dry_run(browse: Callable[..., Page], studio: Any, flow: str, recording: str, step: int, **options: Any) -> Page:
    return browse(studio, f"flows/{flow}/dry-run?recording={recording}&step={step}", **options)


def proven(file: Path) -> subprocess.CompletedProcess[str]:
    """Run the real command on a recording."""
    return subprocess.run(
        [sys.executable, "-m", "flowengine", "test", str(file)],
        capture_output=True,
        text=True,
        check=False,
        cwd=file.parents[2],
    )


def as_yaml(recording: dict[str, Any]) -> str:
    return "".join(f"{name}: {json.dumps(value)}\n" for name, value in recording.items())


def test_a_walk_is_stepped_with_keys_and_slider(studio: Any, browse: Callable[..., Page]) -> None:
    page = dry_run(browse, studio, "sms-inbound", "sms-inbound-busy", 0)
    slider = page.get_by_role("slider", name="Steps")
    expect(slider).to_have_attribute("max", "3")

    page.keyboard.press(".")
    expect(slider).to_have_attribute("aria-valuetext", "1 of 3: read, ready")
    page.keyboard.press("]")
    expect(slider).to_have_attribute("aria-valuetext", "3 of 3: append, onAppendMessageSuccess")
    expect(pane(page).get_by_text("Ended with success")).to_be_visible()
    expect(pane(page).get_by_text("Attempt 1: Failure")).to_be_visible()
    expect(pane(page).get_by_text("Answer: 429")).to_be_visible()
    page.keyboard.press(",")
    slider.focus()
    page.keyboard.press("ArrowLeft")
    expect(slider).to_have_attribute("aria-valuetext", "1 of 3: read, ready")
    changed = pane(page).locator(".variable", has_text="text").first
    expect(changed.locator("del")).to_have_text('""')
    expect(changed.locator("ins")).to_have_text('"Where is my parcel?"')

    page.get_by_label("Speed").select_option("4")
    slider.evaluate("e => e.blur()")
    page.keyboard.press(" ")
    expect(slider).to_have_attribute("aria-valuetext", "3 of 3: append, onAppendMessageSuccess")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Play or pause")


def test_another_outcome_is_walked_saved_and_tested(studio: Any, browse: Callable[..., Page]) -> None:
    page = dry_run(browse, studio, "sms-inbound", "sms-inbound-busy", 2)
    pane(page).get_by_text("As a curl line").click()
    curl = pane(page).locator("pre")
    expect(curl).to_contain_text('-H "Authorization: Bearer $TOKEN"')
    expect(curl).to_contain_text('"customeraddress":"+447700900901"')

    pane(page).get_by_text("Choose another outcome here").click()
    outcome(page, "noConversationFound").click()
    expect(pane(page).get_by_text("chosen", exact=True)).to_be_visible()
    expect(pane(page).get_by_text("Answer: 200")).to_be_visible()
    expect(pane(page).locator(".rule").first).to_contain_text("$.value.chatExist")
    expect(page.get_by_text("What does “Open a new one” come back with?")).to_be_visible()
    outcome(page, "onConversationCreated").click()
    expect(pane(page).get_by_text("Ended with success")).to_be_visible()

    page.get_by_role("button", name="Save as recording").click()
    dialog = page.get_by_role("dialog")
    name = dialog.get_by_label("Name of the recording")
    name.fill("../Bad")
    expect(dialog.get_by_text("Lower-case letters, digits and hyphens.")).to_be_visible()
    expect(dialog.get_by_role("button", name="Save")).to_be_disabled()
    name.fill("sms-inbound-made-here")
    dialog.get_by_label("Title").fill("Made in the page: yes")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_role("status")).to_contain_text("sms-inbound.made-here.recording.yaml")
    dialog.get_by_role("button", name="Close").last.click()

    file = studio.file("recordings/sms-inbound.made-here.recording.yaml")
    done = proven(file)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout
    assert "path: [read, search, create, created]" in file.read_text("utf-8")

    page.get_by_role("button", name="Save as recording").click()
    name.fill("sms-inbound-made-here")
    expect(dialog.get_by_text("There is a recording sms-inbound-made-here already.")).to_be_visible()
    dialog.get_by_label("Title").fill("Written over")
    dialog.get_by_role("button", name="Overwrite it").click()
    expect(dialog.get_by_role("status")).to_contain_text("Saved as")
    assert "title: Written over" in file.read_text("utf-8")
    assert proven(file).returncode == 0
    file.unlink()


def test_what_is_computed_says_what_it_takes_and_can_be_set_aside(studio: Any, browse: Callable[..., Page]) -> None:
    page = dry_run(browse, studio, "sms-inbound", "sms-inbound-closed-meanwhile", 4)
    pane(page).get_by_text("Choose another outcome here").click()
    expect(outcome(page, "None of the above")).to_contain_text("takes: not $(searchedAgain) equals false")

    outcome(page, "None of the above").click()
    expect(pane(page).get_by_text("Ended with an error")).to_be_visible()
    page.get_by_role("button", name="Save as recording").click()
    expect(page.get_by_role("dialog")).to_contain_text("it will go the way that is computed")
    page.keyboard.press("Escape")
    pane(page).get_by_role("button", name="Forget the choice").click()
    expect(page.get_by_role("slider", name="Steps")).to_have_attribute("aria-valuetext", "4 of 7: changed, Look again")


def test_a_walk_begins_where_one_stands_with_other_variables(studio: Any, browse: Callable[..., Page]) -> None:
    page = dry_run(browse, studio, "sms-inbound", "sms-inbound-closed-meanwhile", 4)
    pane(page).get_by_role("button", name="Begin here, with these variables").click()
    expect(page.get_by_label("Begins at")).to_have_value("changed")
    variables = page.get_by_label("Variables at the beginning")
    now = json.loads(variables.input_value())
    assert now["conversationId"] == "CSR-1001"

    variables.fill('{"searchedAgain": ')
    expect(page.get_by_text("A JSON object is expected")).to_be_visible()
    variables.fill(json.dumps({**now, "conversationId": 5}))
    expect(page.get_by_role("alert")).to_contain_text("declared as")
    variables.fill(json.dumps({**now, "searchedAgain": True}))
    expect(page.get_by_role("alert")).to_have_count(0)
    page.get_by_role("slider", name="Steps").focus()
    page.keyboard.press("End")
    expect(page.get_by_role("slider", name="Steps")).to_have_attribute(
        "aria-valuetext", "1 of 1: changed, None of the above"
    )
    page.get_by_role("button", name="Save as recording").click()
    expect(page.get_by_role("dialog")).to_contain_text("cannot be saved as a recording")


def test_answers_after_a_step_are_asked_for_again(studio: Any, browse: Callable[..., Page]) -> None:
    page = dry_run(browse, studio, "web-form", "web-form-closed", 3)
    expect(pane(page).get_by_text("step 3 of 3")).to_be_visible()

    pane(page).get_by_role("button", name="Run from here with other answers").click()

    expect(page.get_by_text("What does “Append the question” come back with?")).to_be_visible()
    expect(pane(page).get_by_text("Inside find-or-open-conversation")).to_be_visible()
    outcome(page, "onAppendMessageFailure").click()
    expect(pane(page).get_by_text("Ended with an error")).to_be_visible()


def test_a_wait_says_which_events_may_come_and_takes_one(studio: Any, browse: Callable[..., Page]) -> None:
    page = browse(studio, "flows/sms-gather/dry-run", width=390)
    page.get_by_text("Choose each answer").click()
    expect(pane(page).get_by_text("It waits 20 s at most for one of these:")).to_be_visible()
    expect(pane(page).get_by_text("event:gather-now:+447700900955")).to_be_visible()

    pane(page).get_by_text("Write the answer").click()
    answer = pane(page).get_by_label("Answer, as recordings have it")
    event = json.loads(answer.input_value())
    event["event"]["body"]["sms"]["message"] = HOSTILE
    answer.fill(json.dumps(event))
    pane(page).get_by_role("button", name="Go on with this").click()
    expect(pane(page).get_by_text("“Does more come?” waits. What comes?")).to_be_visible()
    outcome(page, "onTimeout").click()

    expect(page.get_by_text("What does “Conversation known?” come back with?")).to_be_visible()
    expect(pane(page).locator("img")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_called_flow_is_answered_inside(studio: Any, browse: Callable[..., Page]) -> None:
    page = browse(studio, "flows/web-form/dry-run")
    page.get_by_text("Choose each answer").click()
    expect(pane(page).get_by_text(f"In the flow {CALLED}, which conversation calls:")).to_be_visible()
    outcome(page, "conversationClosed").click()
    expect(pane(page).get_by_text("Which conversation? \u203a reopen")).to_be_visible()
    outcome(page, "ConversationReopened").click()
    expect(page.get_by_text("What does “Append the question” come back with?")).to_be_visible()
    inside = pane(page).locator(".called-steps > li")
    expect(inside).to_have_count(2)
    expect(inside.first).to_contain_text("conversationClosed")
    expect(node(page, "append")).to_have_accessible_name(re.compile("the run is here"))


def test_a_flow_that_is_being_edited_is_walked_as_it_is(studio: Any, browse: Callable[..., Page]) -> None:
    page = browse(studio, "flows/sms-inbound")
    node(page, "search").click()
    page.keyboard.press("Delete")
    expect(node(page, "search")).to_have_count(0)
    page.get_by_role("navigation", name="Views of the flow").get_by_role("link", name="Dry-run").click()

    expect(page.get_by_text("with changes that are not saved")).to_be_visible()
    alert = page.get_by_role("alert")
    expect(alert.locator(".finding").first).to_contain_text("search")


def test_hostile_answers_stay_text(browse: Callable[..., Page], started: Callable[[Path], Any], tmp_path: Path) -> None:
    (tmp_path / "flows" / "recordings").mkdir(parents=True)
    (tmp_path / "flows" / "hostile.yaml").write_text(HOSTILE_FLOW, "utf-8")
    value = {"teamId": "polluted", "chatExist": False, HOSTILE: HOSTILE, "__proto__": {"polluted": True}}
    recording = {
        "recording": "hostile-one",
        "flow": "hostile",
        "title": HOSTILE,
        "responses": {"ask": {"status": 200, "body": {"status": "success", "description": HOSTILE, "value": value}}},
    }
    file = tmp_path / "flows" / "recordings" / "hostile.one.recording.yaml"
    file.write_text(as_yaml(recording), "utf-8")
    strange = {**recording, "recording": "hostile-two", "responses": {"nobody": {"status": 200}}}
    file.with_name("hostile.two.recording.yaml").write_text(as_yaml(strange), "utf-8")
    page = dry_run(browse, started(tmp_path), "hostile", "hostile-one", 1)

    expect(pane(page).get_by_text("⟨202e⟩").first).to_be_visible()
    expect(pane(page).locator(".variable", has_text="__proto__").locator("ins")).to_have_text('"polluted"')
    expect(page.locator("img")).to_have_count(0)
    assert page.evaluate("({}).polluted === undefined && document.title !== '1'")
    page.get_by_text("hostile-two").click()
    expect(page.get_by_role("alert")).to_contain_text("the flow has no node 'nobody'")


@pytest.mark.parametrize("width", [1280, 390])
def test_coverage_shows_who_takes_an_edge_and_makes_what_is_missing(
    studio: Any, browse: Callable[..., Page], width: int
) -> None:
    page = browse(studio, "flows/task-modified/coverage", width=width)
    side = page.get_by_label("Coverage", exact=True)
    edge = page.locator("button.edge-chip").first
    expect(edge).to_be_visible()
    edge.evaluate("e => e.click()")
    taken = side.locator(".edge-row").first
    expect(taken).to_contain_text(re.compile(r"in \d+ recording"))
    expect(taken.get_by_role("link").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    if width < 1000:
        return

    side.get_by_text(re.compile("edges of the defaults are not exercised")).click()
    missing = side.get_by_role("button", name=re.compile("^add · onTimeout"))
    missing.click()
    side.get_by_role("button", name="Make a recording with onTimeout").click()
    made = side.get_by_role("status").filter(has_text="Made and saved:")
    expect(made).to_be_visible()
    expect(side.get_by_role("button", name="Make a recording with onTimeout")).to_have_count(0)
    expect(missing).to_have_count(0)
    name = made.get_by_role("link").inner_text()
    file = studio.file(f"recordings/task-modified.{name.removeprefix('task-modified-')}.recording.yaml")
    assert proven(file).returncode == 0
    made.get_by_role("link").click()
    expect(page.get_by_role("radio", checked=True)).to_be_attached()
    expect(page.locator(".recording", has_text=name)).to_be_visible()
    file.unlink()
