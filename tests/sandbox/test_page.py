from __future__ import annotations

import asyncio
import html
import json
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import httpx

    from flowengine.sandbox.server import Sandbox

    Live = Callable[..., Any]

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
HOSTILE = "<img src=x onerror=\"document.title='taken'\"><script>document.title='taken'</script>\u202egnp.exe"
SHOWN = HOSTILE.replace("\u202e", "\\u202e")
SEED = [
    {"channel": "sms", "customeraddress": "+447700900124", "bizaddress": "+447700900001", "state": "onhold"},
    {
        "channel": "livechat",
        "conversationId": HOSTILE,
        "customeraddress": HOSTILE,
        "bizaddress": HOSTILE,
        "customerName": HOSTILE,
        "aliasId": HOSTILE,
        "threadid": HOSTILE,
        "participants": [HOSTILE],
        "customFields": [{"scope": "profile", "key": "__proto__", "value": HOSTILE}],
        "messages": [
            {"direction": "inbound", "messagetype": "text", "text": HOSTILE, "extras": {"__proto__": HOSTILE}},
            {"direction": "outbound", "messagetype": "text", "text": "javascript:alert(1)"},
        ],
    },
]


class Inline(HTMLParser):
    """Collects what a strict Content-Security-Policy forbids."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._inside: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag if tag in ("script", "style") else None
        self.found += [f"<{tag} {name}>" for name, _ in attrs if name.startswith("on") or name == "style"]
        self.found += [value for _, value in attrs if value and value.strip().lower().startswith("javascript:")]

    def handle_data(self, data: str) -> None:
        if self._inside and data.strip():
            self.found.append(data)

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002 - the name is the parser's
        self._inside = None


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "text/html"),
        ("/page.css", "text/css"),
        ("/page.js", "text/javascript"),
        ("/admin/conversations", "application/json"),
        ("/nowhere", "application/json"),
    ],
)
def test_what_a_browser_may_show_is_guarded(live: Live, path: str, kind: str) -> None:
    async def scenario(sandbox: Sandbox, client: httpx.AsyncClient) -> httpx.Response:
        return await client.get(sandbox.url + path)

    answer = live(scenario)

    assert answer.headers["Content-Type"] == f"{kind}; charset=utf-8"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    policy = answer.headers["Content-Security-Policy"].split("; ")
    assert policy[0] == "default-src 'none'"
    assert {"script-src 'self'", "style-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"} <= set(policy)
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert not [name for name in answer.headers if name.lower().startswith("access-control")]


def test_the_page_has_nothing_inline_and_fetches_nothing_from_elsewhere(live: Live) -> None:
    async def scenario(sandbox: Sandbox, client: httpx.AsyncClient) -> list[str]:
        paths = ("/", "/page.css", "/page.js", "/panels.js", "/elements.js")
        return [(await client.get(sandbox.url + path)).text for path in paths]

    page, style, *scripts = live(scenario, seed=SEED)
    script = "".join(scripts)

    inline = Inline()
    inline.feed(page)
    assert inline.found == []
    assert HOSTILE not in page
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|srcdoc", script)
    namespaces = {"http://www.w3.org/2000/svg"}
    assert set(re.findall(r"https?://[^\s'\"`]+", page + style + script)) <= namespaces


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium, chromium-browser or google-chrome on the PATH")
@pytest.mark.parametrize("size", ["1280,800", "500,844"])
def test_a_browser_shows_hostile_texts_as_texts(live: Live, tmp_path: Path, size: str) -> None:
    async def scenario(sandbox: Sandbox, client: httpx.AsyncClient) -> tuple[str, str]:
        event = {"tid": HOSTILE, "ts": HOSTILE, "channel": HOSTILE, "event": HOSTILE, "userId": HOSTILE}
        assert (await client.post("/streams/events", json=event)).status_code == 202
        close = {"webhookurl": "http://127.0.0.1:9/callbacks", "aliasId": HOSTILE}
        assert (await client.patch(f"/conversations/{quote(HOSTILE, safe='')}", json=close)).status_code == 202
        asset = {"id": HOSTILE, "channel": "sms", "address": HOSTILE, "name": HOSTILE}
        changes = {"assets": [asset], "integrations": [HOSTILE]}
        assert (await client.patch(f"{sandbox.url}/admin/tenant", json=changes)).status_code == 200
        command = [str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
        command += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
        command += [f"--user-data-dir={tmp_path}", f"--window-size={size}", "--virtual-time-budget=3000"]
        command += ["--enable-logging=stderr", "--dump-dom", sandbox.url]
        done = await asyncio.to_thread(subprocess.run, command, capture_output=True, timeout=60, check=True)
        return done.stdout.decode(), done.stderr.decode()

    dom, log = live(scenario, seed=SEED)

    assert "CONSOLE" not in log, log
    assert "<title>Sandbox: flowengine</title>" in dom
    assert '<p id="link" class="link up"' in dom
    shown = Shown()
    shown.feed(dom)
    assert shown.tags.isdisjoint({"img", "iframe", "object"})
    assert shown.scripts == 1
    # Name in list and head, both addresses, id, alias, thread, agent's badge and event, custom field, preview's text.
    assert shown.text.count(SHOWN) >= 9
    # The asset's name, the integration; the event's name, id and time beside each other, and their conversation.
    for panel, count in (("tenant", 4), ("streams", 5)):
        assert shown.inside[panel].count(SHOWN) >= count, panel
    assert json.dumps(HOSTILE[:-8])[1:-1] in shown.inside["callbacks"]
    assert "not entitled" in shown.inside["tenant"]
    for expected in ("On hold", "+447700900124", "javascript:alert(1)", "joined", "__proto__ (profile)"):
        assert expected in shown.text
    assert "\u202e" not in html.unescape(dom)


class Shown(HTMLParser):
    """The elements and the text of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.scripts = 0
        self.text = ""
        self.inside: defaultdict[str, str] = defaultdict(str)
        self._panel = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if ("class", "panel") in attrs:
            self._panel = str(dict(attrs)["id"])
        elif tag == "main":
            self._panel = ""
        assert not [name for name, _ in attrs if name.startswith("on")]
        self.tags.add(tag)
        self.scripts += tag == "script"

    def handle_data(self, data: str) -> None:
        self.text += data
        self.inside[self._panel] += data


def test_the_model_is_imported_without_a_web_server() -> None:
    code = (
        "import sys, flowengine.sandbox.service, flowengine.sandbox.fault_files; "
        "sys.exit(any(name.split('.')[0] in ('aiohttp', 'httpx', 'asyncio') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
