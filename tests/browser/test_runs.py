"""Real runs on the sandbox: started, followed, woken and walked again from the page; history; what runs did."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from flowengine.flowfile.yaml_tree import read_yaml, to_value

FLOWS = Path(__file__).resolve().parents[2] / "flows"
Browse = Callable[..., Page]
HOSTILE = "<img src=x onerror=alert(1)> __proto__ \u202egnp"
SEEN_WITHIN_MS = 1000
TIMES = "\N{MULTIPLICATION SIGN}"
OF_THE_KEPT = re.compile(r"/runs/([0-9a-f]{32})$")


@pytest.fixture
def server(studio: Any) -> Iterator[httpx.Client]:
    """Who asks the same server as the page does."""
    with httpx.Client(base_url=studio.base, timeout=20, headers={"Origin": studio.base}) as client:
        for one in studio.session:
            client.cookies.set(one["name"], one["value"])
        yield client


def trigger(studio: Any, flow: str, **changes: str) -> dict[str, Any]:
    found: Any = to_value(read_yaml(studio.folder / "flows" / "triggers" / f"{flow}.yaml"))
    return found | ({"sms": {**found["sms"], **changes}} if changes else {})


def start(server: httpx.Client, flow: str, event: dict[str, Any], until: str = "end") -> str:
    """Start a run, and follow it until it ends, or waits."""
    run: str = server.post("/api/runs", json={"flow": flow, "trigger": event}).raise_for_status().json()["id"]
    with server.stream("GET", f"/api/runs/{run}/steps") as answer:
        for line in answer.iter_lines():
            if line == f"event: {until}":
                break
    return run


def status_of(page: Page) -> Any:
    return page.get_by_role("complementary", name="Run", exact=True).locator(".status-pill").first


def test_a_run_is_started_followed_woken_saved_and_walked_again(studio: Any, browse: Browse) -> None:
    page = browse(studio, "runs?start=sms-gather")
    page.get_by_role("button", name="Start", exact=True).click()
    expect(status_of(page)).to_have_text("waiting")
    first = OF_THE_KEPT.search(page.url)
    assert first is not None
    card = page.locator('[data-node="more"] .card')
    expect(card).to_have_class(re.compile("tone-waiting"))

    page.get_by_label("Message", exact=True).fill(HOSTILE)
    page.get_by_role("button", name="Send the event").click()
    expect(page.get_by_text("4 of 4: count, more")).to_be_visible()
    expect(page.get_by_label("Message", exact=True)).to_have_value("")
    page.get_by_text("Variables now").click()
    expect(page.get_by_text("<img src=x onerror=alert(1)> __proto__").first).to_be_visible()
    assert page.locator("main img").count() == 0

    page.get_by_label("Which event").select_option(index=1)
    page.get_by_role("button", name="Send the event").click()
    expect(status_of(page)).to_have_text("succeeded")
    page.get_by_role("button", name="Save as recording").click()
    page.get_by_label("Name of the recording").fill("sms-gather-live")
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(page.get_by_role("dialog").get_by_role("status")).to_contain_text("sms-gather.live.recording.yaml")
    page.get_by_role("dialog").get_by_role("button", name="Close").last.click()
    tested = [sys.executable, "-m", "flowengine", "test", str(studio.file("recordings/sms-gather.live.recording.yaml"))]
    done = subprocess.run(tested, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr

    page.get_by_label("From which node").select_option("search")
    page.get_by_role("button", name="Retry from here").click()
    expect(page.get_by_text("from search")).to_be_visible()
    expect(status_of(page)).to_have_text("succeeded")
    page.get_by_role("link", name=first[1][:8], exact=True).click()
    expect(page.get_by_role("region", name="Walked again")).to_contain_text("from search")


def test_a_step_is_seen_within_a_second_of_its_entry(
    studio: Any, browse: Browse, server: httpx.Client, record_property: Callable[[str, object], None]
) -> None:
    run = start(server, "sms-gather", trigger(studio, "sms-gather", senderNumber="+447700900956"), "waiting")
    page = browse(studio, f"runs/{run}")
    expect(page.get_by_text("1 of 1: first, onSuccess")).to_be_visible()
    page.evaluate(
        """() => new Promise((ready) => {
            new MutationObserver(() => {
                if (!window.seenAt && document.body.innerText.includes("4 of 4")) window.seenAt = Date.now();
            }).observe(document.body, { subtree: true, childList: true, characterData: true });
            ready();
        })"""
    )
    (key,) = [one for one in server.get(f"/api/runs/{run}").json()["run"]["awaits"] if one.startswith("channel:")]
    body = {"sms": {"message": "more"}}
    server.post(f"/api/studio/runs/{run}/event", json={"key": key, "body": body}).raise_for_status()
    expect(page.get_by_text("4 of 4: count, more")).to_be_visible()

    kept = server.get(f"/api/runs/{run}").json()["run"]["steps"][-1]
    after = page.evaluate(
        "([at, ms]) => window.seenAt - (Date.parse(at) + ms)", [kept["startedAt"], kept["durationMs"]]
    )
    record_property("seen_after_ms", after)
    assert after < SEEN_WITHIN_MS
    page.get_by_role("button", name="Cancel the run").click()
    expect(status_of(page)).to_have_text("cancelled")


def test_a_page_goes_on_where_the_studio_is_started_again(
    started: Callable[..., Any], browse: Browse, tmp_path: Path
) -> None:
    shutil.copytree(FLOWS, tmp_path / "flows")
    flow = tmp_path / "flows" / "sms-gather.yaml"
    flow.write_text(flow.read_text("utf-8").replace("timeout: 20s", "timeout: 1h"), "utf-8")
    with socket.socket() as held:  # nobody else is given the port between the two
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", 0))
        port = ("--port", str(held.getsockname()[1]))
        before = started(tmp_path, *port)
        page = browse(before, "runs?start=sms-gather")
        page.get_by_role("button", name="Start", exact=True).click()
        expect(status_of(page)).to_have_text("waiting")
        before.process.kill()
        before.process.wait()
        expect(page.get_by_text("The studio does not answer")).to_be_visible()
        expect(status_of(page)).to_have_text("waiting")

        after = started(tmp_path, *port)
        expect(page.get_by_role("alert")).to_contain_text("not signed in")
        page.context.add_cookies(after.session)  # its address was opened in another tab
        expect(page.get_by_role("alert")).to_have_count(0)
        page.get_by_role("button", name="Cancel the run").click()
        expect(status_of(page)).to_have_text("cancelled")


def test_a_called_flow_is_gone_into_and_out_of(studio: Any, browse: Browse, server: httpx.Client) -> None:
    run = start(server, "web-form", trigger(studio, "web-form"))
    page = browse(studio, f"runs/{run}?step=2")

    page.get_by_text("This node ran").get_by_role("link", name="find-or-open-conversation").click()
    expect(page.locator('[data-node="search"]')).to_be_visible()
    expect(page.get_by_role("heading", name="conversation.1")).to_be_visible()
    page.get_by_role("navigation", name="Where you are").get_by_role("link", name=run[:8]).click()
    expect(page.locator('[data-node="conversation"]')).to_be_visible()


def test_history_is_filtered_in_the_address_and_the_way_back_leads_back(
    studio: Any, browse: Browse, server: httpx.Client
) -> None:
    known = start(server, "sms-inbound", trigger(studio, "sms-inbound", message="Where is order A-4711?"))
    other = start(server, "sms-gather", trigger(studio, "sms-gather", senderNumber="+447700900957"), "waiting")
    page = browse(studio, "runs")
    rows = page.get_by_role("list", name="Runs").get_by_role("listitem")
    expect(rows.filter(has_text=other[:8])).to_be_visible()

    page.get_by_role("button", name="succeeded").click()
    expect(rows.filter(has_text=other[:8])).to_have_count(0)
    page.get_by_label("Flow", exact=True).select_option("sms-inbound")
    expect(page).to_have_url(re.compile(r"status=succeeded&flow=sms-inbound"))
    page.get_by_label("Find in id, reason, trigger").fill("a-4711")
    expect(page).to_have_url(re.compile("text=a-4711"))
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text(known[:8])
    page.reload()
    expect(rows).to_have_count(1)
    expect(page.get_by_label("Find in id, reason, trigger")).to_have_value("a-4711")
    rows.get_by_role("link").click()
    expect(page.get_by_role("heading", name=known[:8])).to_be_visible()
    page.go_back()
    expect(rows).to_have_count(1)
    page.go_back()
    expect(page.get_by_role("button", name="succeeded")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_label("Flow", exact=True)).to_have_value("")
    page.go_back()
    expect(page.get_by_role("button", name="succeeded")).to_have_attribute("aria-pressed", "false")
    fresh = start(server, "sms-inbound", trigger(studio, "sms-inbound"))
    expect(rows.filter(has_text=fresh[:8])).to_be_visible()


def test_heat_says_what_the_journal_says(studio: Any, browse: Browse, server: httpx.Client) -> None:
    for _ in range(2):
        start(server, "web-form", trigger(studio, "web-form"))
    kept = server.get("/api/runs", params={"flow": "web-form"}).json()["runs"]
    steps = [step for one in kept for step in server.get(f"/api/runs/{one['id']}").json()["run"]["steps"]]
    page = browse(studio, "flows/web-form/heat?by=visits")

    expect(page.get_by_text(f"{len(kept)} runs, the newest")).to_be_visible()
    rows = page.get_by_role("table").get_by_role("row")
    for node, title in (("word", "Word it"), ("conversation", "Which conversation?")):
        visits = sum(step["node"] == node for step in steps)
        expect(rows.filter(has_text=title).get_by_role("cell").first).to_have_text(str(visits))
        expect(page.locator(f'[data-node="{node}"] .card-badge')).to_have_text(f"{TIMES}{visits}")
    listed = page.locator(".heat-edges li")
    taken = {(step["node"], step["outcome"], step["edge"]["to"]) for step in steps}
    expect(listed).to_have_count(len(taken))
    for node, outcome, to in taken:
        times = sum((one["node"], one["outcome"], one["edge"]["to"]) == (node, outcome, to) for one in steps)
        row = listed.filter(has_text=re.compile(rf"^{node} · {outcome} → {to}"))
        expect(row.locator("strong")).to_have_text(f"{TIMES}{times}")
    expect(page.get_by_role("img", name=re.compile("The warmer a node"))).to_be_visible()


def test_a_run_of_a_flow_that_is_gone_is_drawn_as_it_was(studio: Any, browse: Browse, server: httpx.Client) -> None:
    file: Path = studio.file("passing.yaml")
    nodes = "  a: {type: set-variables@1.0, inputs: {values: {x: 1}}, edges: {onSuccess: b}}\n  b: {end: success}\n"
    file.write_text(f"flow: passing\nstart: a\nvariables: {{x: 0}}\nnodes:\n{nodes}", "utf-8")
    run = start(server, "passing", {})
    file.unlink()
    page = browse(studio, f"runs/{run}", width=390)

    expect(page.locator('[data-node="a"]')).to_be_visible()
    expect(page.get_by_text("The flow has been changed since", exact=False)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
