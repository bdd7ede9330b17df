"""Two versions of a flow, and two runs, as one picture."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Page, expect

FIRST = """\
flow: steps
title: Steps
start: one
variables: {x: 0}
nodes:
  one: {type: set-variables@1.0, title: One, inputs: {values: {x: 1}}, edges: {onSuccess: gone}}
  gone: {type: set-variables@1.0, title: Gone, inputs: {values: {x: 2}}, edges: {onSuccess: done}}
  done: {end: success}
"""
SECOND = """\
flow: steps
title: Steps
start: one
variables: {x: 0}
nodes:
  one: {type: set-variables@1.0, title: One, inputs: {values: {x: 7}}, edges: {onSuccess: fresh}}
  fresh: {type: set-variables@1.0, title: Fresh, inputs: {values: {x: 2}}, edges: {onSuccess: done}}
  done: {end: success}
"""
HOSTILE = "<img src=x onerror=alert(1)> first"


def git(folder: Path, *arguments: str) -> None:
    who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")
    found = shutil.which("git")
    assert found is not None
    subprocess.run([found, *who, *arguments], cwd=folder, check=True, capture_output=True, timeout=20)


def run(studio: Any, flow: str) -> str:
    with httpx.Client(base_url=studio.base, timeout=20, headers={"Origin": studio.base}) as server:
        for one in studio.session:
            server.cookies.set(one["name"], one["value"])
        started: str = server.post("/api/runs", json={"flow": flow}).raise_for_status().json()["id"]
        server.get(f"/api/runs/{started}/steps").raise_for_status()  # until it ends
        return started


def test_revisions_and_runs_of_two_versions_are_one_picture(
    started: Callable[[Path], Any], browse: Callable[..., Page], tmp_path: Path
) -> None:
    flow = tmp_path / "steps.yaml"
    flow.write_text(FIRST, "utf-8")
    studio = started(tmp_path)
    page = browse(studio, "flows/steps/compare")
    expect(page.get_by_text("No older versions to choose from")).to_be_visible()

    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "steps.yaml")
    git(tmp_path, "commit", "-qm", HOSTILE)
    before = run(studio, "steps")
    flow.write_text("flow: [steps\n", "utf-8")
    git(tmp_path, "commit", "-qam", "Broken")
    flow.write_text(SECOND, "utf-8")
    git(tmp_path, "commit", "-qam", "Second")
    page.reload()

    # The last commit is what the file says, so that the one before is taken.
    expect(page.get_by_text("“From” is compared as far as it can be read")).to_be_visible()
    expect(page.get_by_label("From").locator("option", has_text="<img src=x onerror=alert(1)>")).to_have_count(1)
    first = page.get_by_label("From").locator("option", has_text="first").get_attribute("value")
    page.get_by_label("From").select_option(first)
    for node, state in (("gone", "removed"), ("fresh", "added"), ("one", "changed")):
        expect(page.locator(f'[data-node="{node}"] .card')).to_have_class(re.compile(f"tone-{state}"))
        expect(page.locator(f'[data-node="{node}"] .card-badge')).to_contain_text(state)
    change = page.get_by_role("button", name="one: inputs values x: 1 → 7")
    change.click()
    expect(change).to_have_attribute("aria-pressed", "true")
    expect(page.locator('[data-node="one"] .card')).to_be_in_viewport()
    assert page.locator("main img").count() == 0

    after = run(studio, "steps")
    page.goto(studio.address(f"runs/{before}/compare?with={after}"))
    expect(page.get_by_text("They part at step 1.")).to_be_visible()
    expect(page.get_by_text("The flow was changed between these runs")).to_be_visible()
    expect(page.locator('[data-node="gone"] .card-badge')).to_have_text("A")
    expect(page.locator('[data-node="fresh"] .card-badge')).to_have_text("B")
    expect(page.locator('[data-node="done"] .card-badge')).to_have_text("A B")
