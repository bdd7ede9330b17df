"""What it takes to build a first flow, from an empty folder: done as people do it, counted, and printed."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

# Seconds of the keystroke-level model of Card, Moran and Newell: an average typist, a pointer, a thought.
KEY, POINT, CLICK, THINK = 0.28, 1.1, 0.2, 1.35
AT_MOST_SECONDS = 180


class Hands:
    """Does what a person does, and counts it. Before each action but typing on there is a thought."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.clicks = self.keys = self.thoughts = 0

    def click(self, target: Locator) -> None:
        self.clicks += 1
        self.thoughts += 1
        target.click()

    def choose(self, label: str, option: str) -> None:
        """Open a list of the form, and click an option."""
        self.clicks += 2
        self.thoughts += 1
        self.page.locator(".pane-form").get_by_role("combobox", name=re.compile(f"^{label}")).select_option(option)

    def press(self, key: str) -> None:
        self.thoughts += 1
        self.keys += key.count("+") + 1
        self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        self.keys += len(text)
        self.page.keyboard.type(text)

    def fill(self, label: str, written: str) -> None:
        """Write a value; of a reference only a part, and take the first that is offered."""
        self.click(self.page.locator(".pane-form").get_by_label(re.compile(f"^{label}")).first)
        self.type(written)
        if written.startswith("$("):
            expect(self.page.locator(".offer").first).to_be_visible()
            self.press("Enter")
            expect(self.page.locator(".offer")).to_have_count(0)

    def see(self) -> None:
        """Wait until the last change has been checked: then nothing moves any more under the pointer."""
        expect(self.page.locator(".problems-toggle .count, .problems-toggle .good").first).to_be_visible()

    def add(self, title: str, node: str) -> None:
        """Click a node type on the left: it goes after the node that is selected."""
        self.click(self.page.get_by_role("list", name="Add a node").get_by_role("button", name=title))
        expect(self.page.locator(f'[data-node="{node}"]')).to_be_focused()

    def select(self, node: str) -> None:
        self.click(self.page.locator(f'[data-node="{node}"]'))
        expect(self.page.locator(f'[data-node="{node}"][aria-pressed="true"]')).to_be_visible()

    def lead(self, outcome: str, to: str, *also: str) -> None:
        """Click an outcome below the selected node, and others that lead there as well; write where that is."""
        dialog = self.page.locator("dialog[open]")
        self.see()
        self.click(self.page.locator(".tray").get_by_text(outcome, exact=True))
        expect(dialog.get_by_role("heading")).to_contain_text(outcome)
        for one in also:
            self.click(dialog.get_by_text(one, exact=True))
        if also:
            self.click(dialog.get_by_role("combobox"))
        self.type(to)
        self.press("Enter")
        expect(dialog).to_have_count(0)

    @property
    def seconds(self) -> float:
        return self.keys * KEY + self.clicks * (POINT + CLICK) + self.thoughts * THINK


def write_addresses(hands: Hands) -> None:
    hands.choose("CHANNEL", "sms")
    hands.fill("BUSINESS LONGCODE", "$(serviceN")
    hands.fill("CUSTOMER MOBILE", "$(senderN")


def write_message(hands: Hands) -> None:
    hands.choose("DIRECTION", "inbound")
    hands.choose("MESSAGE TYPE", "text")
    expect(hands.page.locator(".pane-form").get_by_text("ATTACHMENTS", exact=True)).to_have_count(0)
    hands.fill("TIMESTAMP", "$(timest")
    hands.fill("TEXT", "$(sms.mess")


def build(hands: Hands) -> None:
    """Search, then append or create, with error handling."""
    page = hands.page
    hands.click(page.get_by_role("button", name="New flow"))
    hands.type("Inbound SMS")
    hands.press("Enter")
    expect(page.locator("[data-node]")).to_have_count(1)
    hands.choose("Channel", "sms")

    hands.add("Search Conversation", "search")
    write_addresses(hands)

    hands.add("Create Conversation", "create")
    write_addresses(hands)
    write_message(hands)
    hands.lead("onConversationCreated", "done")

    hands.select("search")
    hands.add("Append Message", "append")
    hands.choose("CHANNEL", "sms")
    hands.fill("CONVERSATION ID", "$(search.conversationId")
    write_message(hands)
    hands.lead("onAppendMessageSuccess", "done")

    hands.select("search")
    hands.lead("conversationActive", "append", "conversationOnHold")
    hands.lead("conversationClosed", "create")

    hands.press("Escape")
    hands.click(page.get_by_role("button", name="Lead all errors to an end"))
    expect(page.locator('[data-node="failed"]')).to_be_visible()
    hands.press("Control+s")
    expect(page.locator(".save-state")).to_have_text("saved")


def test_a_newcomer_builds_a_flow(
    started: Callable[[Path], Any], tmp_path: Path, browse: Callable[..., Page], capsys: pytest.CaptureFixture[str]
) -> None:
    studio = started(tmp_path)
    page = browse(studio)
    hands = Hands(page)
    build(hands)

    expect(page.locator(".problems-toggle")).to_contain_text("none")
    checked = [sys.executable, "-m", "flowengine", "validate", "--strict", str(studio.file("inbound-sms.yaml"))]
    assert subprocess.run(checked, check=False).returncode == 0
    with capsys.disabled():
        counted = f"{hands.clicks} clicks, {hands.keys} keys, {hands.thoughts} thoughts"
        print(f"\na newcomer's first flow: {counted}: {hands.seconds:.0f} s at human speed")  # noqa: T201 - the figure is for people
    assert hands.seconds < AT_MOST_SECONDS
