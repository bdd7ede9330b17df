"""Authorizations, data streams, events and node types, as somebody uses them in the browser."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from flowengine.flowfile.yaml_tree import read_yaml, to_value
from flowengine.sandbox.server import Sandbox

FLOWS = Path(__file__).resolve().parents[2] / "flows"
CANARY = "canary-of-a-secret-4712"
PROJECT = """\
default: local
environments:
  local:
    integrations: {webex-engage: {baseUrl: %s, oauth: %s}}
    authorizations: {webex-engage-streaming: engage}
"""


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """A service of its own, with a login and a consent page."""
    loop, ready = asyncio.new_event_loop(), threading.Event()
    sandbox = Sandbox()
    stopping = asyncio.Event()

    async def serve() -> None:
        async with sandbox:
            ready.set()
            await stopping.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    assert ready.wait(20)
    yield sandbox
    loop.call_soon_threadsafe(stopping.set)
    thread.join(20)
    loop.close()


@pytest.fixture(scope="module")
def real(started: Callable[[Path], Any], sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A studio whose flows work with that service."""
    folder = tmp_path_factory.mktemp("real")
    shutil.copytree(FLOWS, folder / "flows")
    said = PROJECT % (json.dumps(sandbox.base_url), json.dumps(sandbox.oauth))
    (folder / "flowengine.yaml").write_text(said, "utf-8")
    return started(folder)


def watch(page: Page) -> list[str]:
    """Keep all that is sent to the page, and every address that is asked for."""
    seen: list[str] = []

    def look(response: Any) -> None:
        seen.append(response.url)
        if "/api/" in response.url:
            seen.append(response.text())

    page.on("response", look)
    return seen


def record(page: Page, name: str) -> Any:
    return page.get_by_role("listitem").filter(has=page.get_by_role("heading", name=name, exact=True))


def test_somebody_logs_in_in_another_tab_and_a_real_run_works(
    real: Any, sandbox: Sandbox, browse: Callable[..., Page]
) -> None:
    page = browse(real, "integrations")
    needed = page.get_by_role("list", name="Needed, and not there")
    expect(needed).to_contain_text("Nobody has added it")
    needed.get_by_text(re.compile("flows, .* nodes")).click()
    expect(needed.get_by_role("link", name="append", exact=True).first).to_have_attribute(
        "href", re.compile(r"#/flows/.*node=append")
    )

    page.get_by_role("button", name="Add engage").click()
    dialog = page.get_by_role("dialog", name="Add engage")
    dialog.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("link", name=re.compile("Log in at 127"))).to_be_visible()
    editor = page.context.new_page()
    editor.goto(real.address("flows/sms-inbound?node=append"))
    node = editor.locator('.react-flow__node[data-id="append"]')
    expect(node).to_contain_text("authorization engage, pending")
    expect(editor.locator('[data-field="authorization"]')).to_contain_text("local: engage, pending")
    with page.context.expect_page() as opened:
        page.get_by_role("link", name=re.compile("Log in at 127")).click()
    login = opened.value
    login.locator('[name="login"]').fill("agent@example.com")
    login.locator('[name="password"]').fill(sandbox.password)
    login.locator("form button").first.click()
    login.locator('button[value="allow"]').click()
    expect(login.get_by_text("go back to the studio")).to_be_visible()
    login.close()

    expect(page.get_by_text("engage is authorized.")).to_be_visible()
    editor.evaluate("window.dispatchEvent(new Event('focus'))")  # coming back to its tab
    expect(node).to_contain_text("authorization engage")
    expect(node).not_to_contain_text("pending")
    expect(editor.locator('[data-field="authorization"]')).to_contain_text("local: engage, authorized")
    editor.close()
    page.get_by_role("dialog").get_by_role("button", name="Close").last.click()
    expect(record(page, "engage")).to_contain_text("authorized")
    expect(record(page, "engage")).to_contain_text("renewed by itself")

    page.get_by_role("button", name="Test engage").click()
    page.get_by_role("dialog").get_by_role("button", name="Test", exact=True).click()
    expect(page.get_by_text("It works:")).to_be_visible()
    page.keyboard.press("Escape")

    event = to_value(read_yaml(FLOWS / "triggers" / "sms-inbound.yaml"))
    body = {"flow": "sms-inbound", "trigger": event}
    run = page.request.post(f"{real.base}/api/runs", data=body, headers={"Origin": real.base}).json()["id"]
    page.goto(real.address(f"runs/{run}"))
    expect(page.get_by_text("succeeded").first).to_be_visible()


def test_a_secret_goes_in_and_never_comes_out(studio: Any, browse: Callable[..., Page]) -> None:
    page = browse(studio, "integrations", width=390)
    seen = watch(page)
    page.get_by_role("button", name="Add an authorization").click()
    dialog = page.get_by_role("dialog")
    add = dialog.get_by_role("button", name="Add", exact=True)
    for bad in ("<img src=x onerror=alert(1)>", "__proto__", "\u202eevil", "a b"):
        dialog.get_by_label("Name").first.fill(bad)
        expect(dialog.get_by_text("1 to 64 letters")).to_be_visible()
    dialog.get_by_label("Name").first.fill("key")
    dialog.get_by_label("How it proves who asks").select_option("header")
    expect(add).to_be_disabled()
    dialog.get_by_label("Hosts it may be sent to").fill("https://a.example.com/path")
    dialog.get_by_label("Name of the header").fill("X-Api-Key")
    dialog.get_by_label("Value of the header").fill(CANARY)
    assert CANARY not in page.content()
    add.click()
    expect(dialog.get_by_role("alert")).to_contain_text("is no host")
    dialog.get_by_label("Hosts it may be sent to").fill("a.example.com")
    add.click()
    expect(record(page, "key")).to_contain_text("a.example.com")

    page.get_by_role("button", name="Add an authorization").click()
    dialog.get_by_label("Name").first.fill("key")
    expect(dialog.get_by_text("There is an authorization key already.")).to_be_visible()
    page.keyboard.press("Escape")

    page.get_by_role("button", name="Edit key").click()
    save = dialog.get_by_role("button", name="Save")
    expect(save).to_be_disabled()
    dialog.get_by_label("Hosts it may be sent to").fill("b.example.com")
    expect(dialog.get_by_text("It would be sent elsewhere: give it again.")).to_be_visible()
    expect(save).to_be_disabled()
    dialog.get_by_label("Value of the header").fill(f"{CANARY}-2")
    save.click()
    expect(record(page, "key")).to_contain_text("b.example.com")

    page.reload()
    expect(record(page, "key")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert CANARY not in page.content()
    assert not [one for one in seen if CANARY in one]
    page.get_by_role("button", name="Delete key").click()
    expect(dialog.get_by_text("No flow uses it.")).to_be_visible()
    dialog.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_text("key is deleted.")).to_be_visible()


def test_what_is_used_is_deleted_by_name_only(studio: Any, browse: Callable[..., Page]) -> None:
    page = browse(studio, "integrations")
    expect(record(page, "engage")).to_contain_text("supplied by the sandbox")
    page.get_by_role("button", name="Add engage").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("How it proves who asks").select_option("bearer")
    expect(dialog.get_by_text("which needs no authorization")).to_be_visible()
    dialog.get_by_label("Hosts it may be sent to").fill("engage.example.com")
    dialog.get_by_role("textbox", name="Token").fill(CANARY)
    dialog.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("button", name="Give a new secret: engage")).to_be_visible()

    page.get_by_role("button", name="Delete engage").click()
    delete = dialog.get_by_role("button", name="Delete", exact=True)
    expect(dialog.get_by_role("link", name="sms-inbound")).to_be_visible()
    expect(delete).to_be_disabled()
    dialog.get_by_label("Type engage").fill("engag")
    expect(delete).to_be_disabled()
    dialog.get_by_label("Type engage").fill("engage")
    delete.click()
    expect(record(page, "engage")).to_contain_text("deleted")


def test_a_stream_is_managed(real: Any, sandbox: Sandbox, browse: Callable[..., Page]) -> None:
    def tenant(**facts: Any) -> None:
        httpx.patch(f"{sandbox.url}/admin/tenant", json=facts, trust_env=False).raise_for_status()

    page = browse(real, "integrations/streams")
    stream = page.get_by_role("article", name="Webex Engage Streaming")
    switch = stream.get_by_role("switch")
    expect(switch).to_be_checked()
    expect(stream.get_by_label("Incoming events & Messages")).to_be_disabled()
    expect(stream.get_by_role("link", name="sms-inbound")).to_be_visible()
    stream.get_by_label("Choose channels").check()
    stream.get_by_label("Apple Messages for Business", exact=True).uncheck()
    stream.get_by_role("button", name="Save").click()
    expect(stream.get_by_text("Apple Messages for Business is left out")).to_be_visible()
    stream.get_by_label("All channels").check()
    stream.get_by_role("button", name="Save").click()
    expect(stream.get_by_text("Apple Messages for Business is left out")).to_have_count(0)

    stream.get_by_role("button", name="Send a test event").click()
    expect(stream.get_by_text("The test event was delivered.")).to_be_visible()
    switch.click()
    expect(stream.get_by_text("The stream is off")).to_be_visible()
    tenant(contactCenterLinked=False)
    switch.click()
    expect(stream.get_by_role("alert")).to_contain_text("is not linked to Contact Center")
    expect(switch).not_to_be_checked()
    tenant(contactCenterLinked=True)
    switch.click()
    expect(switch).to_be_checked()
    page.reload()
    expect(switch).to_be_checked()


def test_an_event_that_nobody_knew_is_posted_again(studio: Any, browse: Callable[..., Page]) -> None:
    page = browse(studio, "integrations/events")
    page.get_by_role("button", name="Post an event").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("parcel")
    dialog.get_by_label("Key").fill("<img onerror=alert(1)>")
    dialog.get_by_label("Body").fill('{"__proto__": "\u202ex"}')
    dialog.get_by_role("button", name="Post", exact=True).click()
    expect(page.get_by_text("no run waits for it")).to_be_visible()
    events = page.get_by_role("list", name="Inbound events").get_by_role("listitem")
    expect(events).to_have_count(1)
    page.get_by_role("button", name=re.compile("Post it again: parcel")).click()
    expect(events.filter(has_text="parcel")).to_have_count(2)


def test_a_node_type_is_found_and_explained(studio: Any, browse: Callable[..., Page]) -> None:
    page = browse(studio, "integrations/nodes")
    expect(page.locator(".node-tile")).to_have_count(16)
    page.keyboard.press("/")
    page.keyboard.type("append-chat")
    expect(page.locator(".node-tile")).to_have_count(1)
    page.get_by_role("link", name=re.compile("Append Message")).click()
    expect(page.get_by_text("Adds a message to a conversation")).to_be_visible()
    expect(page.get_by_text("POST /conversations/$(conversationId)/messages")).to_be_visible()
    expect(page.get_by_text("What 1.4 changes of 1.3")).to_be_visible()
    expect(page.get_by_text("Our reading of the vendor's documentation")).to_be_visible()
    expect(page.get_by_role("link", name="sms-inbound")).to_be_visible()
    page.get_by_label("Version").select_option("1.3")
    expect(page.get_by_text("Version 1.4 is recommended.")).to_be_visible()
    expect(page.get_by_text("Takes now, and did not: text-with-lc-carousel")).to_be_visible()
