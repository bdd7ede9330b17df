"""Journeys in a real browser, against the real server. Left out of plain ``pytest``: `make test-browser` runs them."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

HERE = Path(__file__).parent
FLOWS = HERE.parents[1] / "flows"
HOW_TO_GET_IT = "no Chromium was found: `apt-get install chromium`, or say where it is with CHROMIUM=/path/to/chromium"
NO_PLAYWRIGHT = 'Playwright is not installed: `pip install -e ".[browser]"`'
FLAGS = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-dev-shm-usage",
    "--disable-sync",
    "--no-first-run",
)
PATIENCE_MS = 15_000
COPIED = ("*.yaml", "*.json")


def is_asked_for(config: pytest.Config) -> bool:
    return any(Path(arg.partition("::")[0]).resolve().is_relative_to(HERE) for arg in config.invocation_params.args)


def pytest_ignore_collect(config: pytest.Config) -> bool | None:
    return None if is_asked_for(config) else True


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if not is_asked_for(config):
        terminalreporter.write_line("left out: tests/browser, which needs a Chromium (`make test-browser` runs it)")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    try:
        from playwright.sync_api import expect, sync_playwright  # noqa: PLC0415 - plain pytest runs without it
    except ImportError:
        pytest.exit(NO_PLAYWRIGHT, returncode=3)
    expect.set_options(timeout=PATIENCE_MS)
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        pytest.exit(HOW_TO_GET_IT, returncode=3)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(FLAGS), headless=True)
        yield browser
        browser.close()


class Studio(NamedTuple):
    """A studio that runs, on a folder of its own."""

    folder: Path
    base: str
    session: list[dict[str, str]]
    process: subprocess.Popen[str]

    def file(self, name: str) -> Path:
        return self.folder / "flows" / name

    def address(self, path: str) -> str:
        return f"{self.base}/#/{path}"


@pytest.fixture(scope="session")
def started(chromium: Browser) -> Iterator[Callable[..., Studio]]:
    """Start studios that run until the session ends."""
    running: list[subprocess.Popen[str]] = []

    def start(folder: Path, *more: str) -> Studio:
        environment = {**os.environ, "XDG_CONFIG_HOME": str(folder / ".config"), "XDG_DATA_HOME": str(folder / ".data")}
        environment["FLOWENGINE_AUTH_STORE"] = str(folder / ".data" / "authorizations.json")
        process = subprocess.Popen(
            [sys.executable, "-m", "flowengine", "studio", str(folder), "--no-open", *more],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=folder,
            env=environment,
        )
        running.append(process)
        assert process.stdout is not None
        for line in process.stdout:
            if address := re.search(r"http://127\.0\.0\.1:\d+/enter\?ticket=[\w-]+", line):
                return opened(chromium, folder, address[0], process)
        raise AssertionError(f"the studio of {folder} did not start")

    yield start
    for process in running:
        process.send_signal(signal.SIGTERM)
    for process in running:
        process.communicate(timeout=60)


def opened(chromium: Browser, folder: Path, ticket: str, process: subprocess.Popen[str]) -> Studio:
    """Open a studio with its ticket, which works once, and keep the session."""
    context = chromium.new_context()
    context.new_page().goto(ticket)
    session = [dict(one) for one in context.cookies()]
    context.close()
    return Studio(folder, ticket.partition("/enter")[0], session, process)


@pytest.fixture(scope="session")
def studio(started: Callable[[Path], Studio], tmp_path_factory: pytest.TempPathFactory) -> Studio:
    """A studio of the example flows."""
    folder = tmp_path_factory.mktemp("studio")
    shutil.copytree(FLOWS, folder / "flows")
    return started(folder)


OpenPage = Callable[..., "Page"]


@pytest.fixture
def browse(chromium: Browser) -> Iterator[OpenPage]:
    """Open pages. At the end none of them may have failed, asked, or reported what the policy forbids."""
    faults: list[str] = []
    contexts = []

    def browse(studio: Studio, path: str = "flows", *, width: int = 1280, height: int = 800, **options: object) -> Page:
        context = chromium.new_context(
            viewport={"width": width, "height": height}, reduced_motion="reduce", accept_downloads=True, **options
        )
        context.add_cookies(studio.session)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: faults.append(f"fault: {error}"))
        page.on("dialog", lambda dialog: (faults.append(f"dialog: {dialog.message}"), dialog.accept()))
        page.on("console", lambda said: faults.append(said.text) if "Content Security Policy" in said.text else None)
        page.goto(studio.address(path))
        return page

    yield browse
    for context in contexts:
        context.close()
    assert faults == []
