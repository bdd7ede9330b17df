from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest

from flowengine.authorizations.faults import NotAuthorized, OAuthRefused, OAuthUnreachable
from flowengine.authorizations.life import Keeper, Refusal
from flowengine.authorizations.login import log_in, log_in_by_hand, open_in_browser
from flowengine.authorizations.oauth import revoke
from flowengine.authorizations.record import AUTHORIZED, PENDING, Authorization
from flowengine.authorizations.store import MemoryStore
from flowengine.effects.http import shared_client
from flowengine.sandbox.server import Sandbox

# Whoever starts the tests in the background of a shell has Ctrl-C ignored, and commands would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)

Make = Callable[..., Authorization]


class Browser:
    """Acts on the address it is given in a thread of its own, as a browser does, and keeps what it was shown."""

    def __init__(self, act: Callable[[Browser, str], None]) -> None:
        self.act = act
        self.pages: list[httpx.Response] = []
        self.ended = threading.Event()

    def open(self, address: str) -> bool:
        try:
            self.act(self, address)
        finally:
            self.ended.set()
        return True

    def get(self, address: str, **options: Any) -> httpx.Response:
        page = httpx.get(address, trust_env=False, follow_redirects=True, **options)
        self.pages.append(page)
        return page

    def back(self, address: str, **fields: str) -> httpx.Response:
        """Come back from the login to the address that it names."""
        return self.get(f"{query(address)['redirect_uri']}?{urlencode(fields)}")


def query(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def consent(browser: Browser, address: str) -> None:
    browser.get(address)


def login(authorization: Authorization, act: Callable[[Browser, str], None], **options: Any) -> Any:
    browser = Browser(act)
    shown: list[str] = []
    granted: Any = None
    try:
        granted = asyncio.run(log_in(authorization, show=shown.append, open_browser=browser.open, **options))
    except (OAuthRefused, OAuthUnreachable) as fault:
        granted = fault
    browser.ended.wait()
    assert len(shown) == 1
    return granted, browser.pages


@pytest.fixture
def fresh(logged_in: Make) -> Authorization:
    return logged_in(state=PENDING, secrets={}, expires_at=None)


def test_a_login(authority: Any, fresh: Authorization, clock: Any) -> None:
    granted, pages = login(fresh, consent, clock=clock)
    assert granted.state == AUTHORIZED
    assert granted.authorized_at == clock()
    assert granted.secrets["access_token"].reveal() in authority.access
    assert granted.secrets["refresh_token"].reveal() in authority.refresh
    [page] = pages
    assert page.status_code == 200
    assert "<h1>engage: Authorized</h1>" in page.text
    assert "You can close this window and go back to the terminal." in page.text


def test_the_page_can_do_nothing(authority: Any, fresh: Authorization) -> None:
    _, [page] = login(fresh, consent)
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'; ")
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "<script" not in page.text
    assert authority.asked[0]["code"] not in page.text


def test_the_server_verifies_pkce(authority: Any, fresh: Authorization) -> None:
    def with_another_code(browser: Browser, address: str) -> None:
        asked = query(address)
        authority.codes["stolen"] = {**asked, "code_challenge": "x" * 43}
        browser.back(address, code="stolen", state=asked["state"])

    fault, [page] = login(fresh, with_another_code)
    assert isinstance(fault, OAuthRefused)
    assert "refused it: invalid_grant (no longer valid)" in str(fault)
    assert "<h1>engage: Not authorized</h1>" in page.text
    assert "invalid_grant (no longer valid)" in page.text


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ("code=c&state=another", "it belongs to another login"),
        ("code=c", "it belongs to another login"),
        ("state=", "it belongs to another login"),
        ("error=access_denied&state=another", "it belongs to another login"),
        ("state={state}", "it has no code"),
        ("state={state}&code=", "it has no code"),
        ("state={state}&code=a%20b", "it has no code"),
        ("state={state}&code=a&code=b", "it says something twice"),
        ("state={state}&state=x&code=a", "it says something twice"),
        ("state=%ff%00&code=a", "it belongs to another login"),
    ],
)
def test_an_answer_that_is_not_ours_leaves_the_login_open(
    authority: Any, fresh: Authorization, fields: str, sentence: str
) -> None:
    def wrong_then_right(browser: Browser, address: str) -> None:
        asked = query(address)
        browser.get(f"{asked['redirect_uri']}?{fields.replace('{state}', asked['state'])}")
        browser.get(address)

    granted, [wrong, right] = login(fresh, wrong_then_right)
    assert wrong.status_code == 400
    assert f"The login is still open, as {sentence}" in wrong.text
    assert right.status_code == 200
    assert granted.state == AUTHORIZED
    assert len(authority.asked) == 1


def test_the_person_says_no(authority: Any, fresh: Authorization) -> None:
    def deny(browser: Browser, address: str) -> None:
        said = "<img src=x onerror=alert(1)> \x1b[31m\u202e no"
        browser.back(address, error="access_denied", error_description=said, state=query(address)["state"])

    fault, [page] = login(fresh, deny)
    assert isinstance(fault, OAuthRefused)
    assert str(fault) == "access_denied (<img src=x onerror=alert(1)>  [31m  no)"
    assert "access_denied (&lt;img src=x onerror=alert(1)&gt;  [31m  no)." in page.text
    assert "<img" not in page.text
    assert authority.asked == []


def test_a_second_visit_does_nothing(authority: Any, fresh: Authorization) -> None:
    authority.gate.clear()

    def twice(browser: Browser, address: str) -> None:
        first = threading.Thread(target=browser.get, args=(address,))
        first.start()
        authority.came.wait()
        browser.back(address, code="again", state=query(address)["state"])
        authority.gate.set()
        first.join()

    granted, [second, first] = login(fresh, twice)
    assert (second.status_code, first.status_code) == (409, 200)
    assert "has been here before" in second.text
    assert granted.state == AUTHORIZED
    assert len(authority.asked) == 1


@pytest.mark.parametrize("path", ["/favicon.ico", "/", "/callback/", "/callback/../callback"])
def test_other_addresses_have_nothing(fresh: Authorization, path: str) -> None:
    def look_around(browser: Browser, address: str) -> None:
        place = urlsplit(query(address)["redirect_uri"])
        with socket.create_connection((place.hostname, place.port)) as connection:
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {place.netloc}\r\nConnection: close\r\n\r\n".encode())
            assert connection.makefile("rb").read().startswith(b"HTTP/1.1 404 ")
        browser.get(address)

    granted, _ = login(fresh, look_around)
    assert granted.state == AUTHORIZED


def test_other_methods_and_hosts_have_nothing(fresh: Authorization) -> None:
    def look_around(browser: Browser, address: str) -> None:
        asked = query(address)
        answer = f"{asked['redirect_uri']}?{urlencode({'code': 'c', 'state': asked['state']})}"
        assert browser.get(answer, headers={"Host": "evil.example"}).status_code == 404
        for method in ("HEAD", "POST", "OPTIONS"):
            assert httpx.request(method, answer, trust_env=False).status_code == 404
        browser.get(address)

    granted, _ = login(fresh, look_around)
    assert granted.state == AUTHORIZED


def test_what_is_not_http_does_not_end_the_login(fresh: Authorization, caplog: pytest.LogCaptureFixture) -> None:
    def babble(browser: Browser, address: str) -> None:
        place = urlsplit(query(address)["redirect_uri"])
        with socket.create_connection((place.hostname, place.port)) as connection:
            connection.sendall(b"\x16\x03\x01\x02\x00 this is TLS\r\n\r\n")
            assert b"400" in connection.makefile("rb").read()
        browser.get(address)

    with caplog.at_level(logging.DEBUG):
        granted, _ = login(fresh, babble)
    assert granted.state == AUTHORIZED
    assert "Traceback" not in caplog.text


def test_nothing_of_the_answer_is_logged(
    authority: Any, fresh: Authorization, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, logger="flowengine"), caplog.at_level(logging.DEBUG, logger="aiohttp"):
        login(fresh, consent)
    ours = "".join(record.getMessage() for record in caplog.records if not record.name.startswith("http"))
    assert authority.asked[0]["code"] not in ours


def test_nobody_logs_in(fresh: Authorization) -> None:
    ports: list[int] = []

    def read_only(_: Browser, address: str) -> None:
        ports.append(urlsplit(query(address)["redirect_uri"]).port or 0)

    fault, _ = login(fresh, read_only, seconds=0.05)
    assert str(fault) == "nobody logged in within 0.05 s"
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", ports[0]))


@pytest.mark.parametrize("interpreter", [sys.executable, "/nowhere/python"])
def test_a_browser_that_cannot_be_started(
    fresh: Authorization, monkeypatch: pytest.MonkeyPatch, interpreter: str
) -> None:
    monkeypatch.setenv("BROWSER", "/nowhere/browser %s")
    monkeypatch.setattr(sys, "executable", interpreter)

    def fails(browser: Browser, address: str) -> None:
        open_in_browser(address)
        browser.get(address)

    granted, _ = login(fresh, fails)
    assert granted.state == AUTHORIZED


def test_the_token_endpoint_is_away(authority: Any, fresh: Authorization) -> None:
    authority.give(503, b"")
    fault, [page] = login(fresh, consent)
    assert isinstance(fault, OAuthUnreachable)
    assert "answered with status 503" in page.text


def test_an_authorize_address_that_is_none(logged_in: Make) -> None:
    with pytest.raises(OAuthUnreachable, match="its authorize address"):
        asyncio.run(log_in(logged_in(authorize_url="http://login.example.com/"), show=pytest.fail))


@pytest.mark.skipif(os.name != "posix", reason="BROWSER is a command of the shell")
def test_the_browser_does_not_inherit_the_key_of_the_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    browser, seen = tmp_path / "browser", tmp_path / "seen"
    browser.write_text(f'#!/bin/sh\necho "$1" > {seen}\nenv >> {seen}\n')
    browser.chmod(0o700)
    monkeypatch.setenv("BROWSER", f"{browser} %s")
    monkeypatch.setenv("FLOWENGINE_AUTH_KEY", "key-canary")
    open_in_browser("https://login.example.com/?a=b&c=d")
    address, *environment = seen.read_text().splitlines()
    assert address == "https://login.example.com/?a=b&c=d"
    assert f"BROWSER={browser} %s" in environment
    assert "key-canary" not in seen.read_text()


CANCELLED = """
import asyncio, sys
from flowengine.authorizations.login import log_in
from flowengine.authorizations.record import Authorization
record = Authorization("engage", "authorization-code", None, (), client_id="c",
                       authorize_url="http://127.0.0.1:9/authorize", token_url="http://127.0.0.1:9/token")
asyncio.run(log_in(record, show=lambda address: print(address, flush=True), open_browser=lambda _: True))
"""


def test_ctrl_c_ends_it_at_once() -> None:
    command = [sys.executable, "-P", "-c", CANCELLED]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        redirect = query(process.stdout.readline())["redirect_uri"]
        assert httpx.get(redirect, trust_env=False).status_code == 400
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=10)
    assert process.returncode == -signal.SIGINT
    assert errors.rstrip().endswith("KeyboardInterrupt")
    assert "Task was destroyed" not in errors


def test_a_login_at_the_sandbox_its_refreshes_and_its_end(logged_in: Make) -> None:
    def at_the_sandbox(password: str, decision: str) -> Callable[[Browser, str], None]:
        def act(browser: Browser, address: str) -> None:
            with httpx.Client(trust_env=False, follow_redirects=True) as client:
                page = client.get(address)
                for fields in ({"login": "agent@example.com", "password": password}, {"decision": decision}):
                    [token] = re.findall('name="form_token" value="([^"]+)"', page.text)
                    page = client.post(page.url, data={"form_token": token, **fields})
            browser.pages.append(page)

        return act

    async def run() -> None:
        async with Sandbox() as sandbox:
            record = logged_in(
                state=PENDING,
                secrets={},
                expires_at=None,
                scopes=("conversations:read",),
                hosts=(f"127.0.0.1:{sandbox.port}",),
                client_id=sandbox.public_client_id,
                authorize_url=sandbox.oauth["authorizeUrl"],
                token_url=sandbox.oauth["tokenUrl"],
                revoke_url=sandbox.oauth["revokeUrl"],
            )
            refused = Browser(at_the_sandbox(sandbox.password, "deny"))
            with pytest.raises(OAuthRefused, match="access_denied"):
                await log_in(record, show=str, open_browser=refused.open)
            browser = Browser(at_the_sandbox(sandbox.password, "allow"))
            granted = await log_in(record, show=str, open_browser=browser.open)
            await asyncio.to_thread(browser.ended.wait)
            assert "<h1>engage: Authorized</h1>" in browser.pages[0].text
            assert granted.scopes == ("conversations:read",)

            store = MemoryStore([granted])
            keeper = Keeper(store)
            first = await keeper.headers("engage", url=sandbox.url)
            second = await keeper.headers("engage", url=sandbox.url, refresh=True, refused=Refusal(401, first))
            assert second not in (first, {})
            await revoke(shared_client(), store.read()["engage"])
            with pytest.raises(NotAuthorized, match=r"needs re-authorization .* invalid_grant"):
                await keeper.headers("engage", url=sandbox.url, refresh=True, refused=Refusal(401, second))
            await keeper.aclose()

    asyncio.run(run())


# By hand


class Person:
    """Pastes one answer after the other; each may be made of the address that was shown."""

    def __init__(self, *answers: str | Callable[[str], str]) -> None:
        self.answers: Iterator[str | Callable[[str], str]] = iter(answers)
        self.address = ""
        self.told: list[str] = []

    def show(self, address: str) -> None:
        self.address = address

    def ask(self) -> str:
        answer = next(self.answers)
        return answer if isinstance(answer, str) else answer(self.address)

    def log_in(self, authorization: Authorization) -> Any:
        return asyncio.run(log_in_by_hand(authorization, show=self.show, ask=self.ask, explain=self.told.append))


def ended_at(address: str) -> str:
    return httpx.get(address, trust_env=False).headers["location"]


def code(address: str) -> str:
    return query(ended_at(address))["code"]


@pytest.mark.parametrize(
    "answer",
    [ended_at, code, lambda address: f"  {ended_at(address)}\n", lambda address: urlsplit(ended_at(address)).query],
)
def test_the_pasted_answer(authority: Any, fresh: Authorization, answer: Callable[[str], str]) -> None:
    person = Person(answer)
    granted = person.log_in(fresh)
    assert granted.state == AUTHORIZED
    assert granted.secrets["access_token"].reveal() in authority.access
    assert person.told == []


def test_wrong_pastes_are_asked_again_with_a_reason(authority: Any, fresh: Authorization) -> None:
    person = Person(
        "",
        "hello there",
        lambda address: address,
        "http://127.0.0.1:1/callback",
        "http://127.0.0.1:1/callback?code=c&state=other",
        lambda address: f"http://127.0.0.1:1/callback?state={query(address)['state']}",
        "http://[::1/callback?code=c",
        "http://[::1/callback",
        "\x00\ud800",
        ended_at,
    )
    assert person.log_in(fresh).state == AUTHORIZED
    assert person.told == [
        "nothing was pasted",
        "this is neither an address nor a code",
        "this is the address to open: log in there, then paste the address that the browser ends at",
        "it belongs to another login, as its state is another one",
        "it belongs to another login, as its state is another one",
        "it has no code",
        "it belongs to another login, as its state is another one",
        "it belongs to another login, as its state is another one",
        "this is neither an address nor a code",
    ]
    assert len(authority.asked) == 1


def test_a_pasted_refusal_ends_the_login(fresh: Authorization) -> None:
    person = Person(lambda address: f"http://127.0.0.1:1/callback?error=access_denied&state={query(address)['state']}")
    with pytest.raises(OAuthRefused, match="access_denied"):
        person.log_in(fresh)


def test_a_pasted_code_that_the_server_does_not_know(fresh: Authorization) -> None:
    with pytest.raises(OAuthRefused, match="invalid_grant"):
        Person("some-code").log_in(fresh)


def test_by_hand_nobody_listens_and_nobody_else_can(fresh: Authorization) -> None:
    def look(address: str) -> str:
        port = urlsplit(query(address)["redirect_uri"]).port or 0
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port))
        with contextlib.closing(socket.socket()) as other, pytest.raises(OSError, match="in use"):
            other.bind(("127.0.0.1", port))
        return ended_at(address)

    assert Person(look).log_in(fresh).state == AUTHORIZED
