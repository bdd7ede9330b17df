"""A real browser logs in, allows, and ends at the client's loopback server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from aiohttp import web
from authlib.integrations.httpx_client import AsyncOAuth2Client

from flowengine.sandbox.server import Sandbox

if TYPE_CHECKING:
    from conftest import Browser

    Open = Callable[[], AbstractAsyncContextManager[Browser]]
    Live = Callable[..., Any]

VERIFIER = "v" * 64
STATE = "a state <b>&amp;\"'=+ %41"


class Loopback:
    """The client's side: keeps the answer that the browser brings."""

    def __init__(self) -> None:
        self.answers: list[dict[str, str]] = []
        self.cookies: list[str] = []
        self.url = ""

    async def handle(self, request: web.BaseRequest) -> web.Response:
        if request.path == "/callback":
            self.answers.append(dict(request.query))
            self.cookies += request.headers.getall("Cookie", [])
        return web.Response(text="<title>back</title>", content_type="text/html")


@asynccontextmanager
async def listening(host: str = "127.0.0.1") -> AsyncIterator[Loopback]:
    loopback = Loopback()
    runner = web.ServerRunner(web.Server(loopback.handle))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    loopback.url = f"http://{host}:{runner.addresses[0][1]}/callback"
    try:
        yield loopback
    finally:
        await runner.cleanup()


def client_of(sandbox: Sandbox, loopback: Loopback) -> AsyncOAuth2Client:
    return AsyncOAuth2Client(
        sandbox.public_client_id,
        scope="conversations:read conversations-messages:write",
        redirect_uri=loopback.url,
        code_challenge_method="S256",
        token_endpoint_auth_method="none",  # noqa: S106 - the name of a method
        trust_env=False,
    )


def address(sandbox: Sandbox, client: AsyncOAuth2Client, state: str = STATE) -> str:
    url, _ = client.create_authorization_url(f"{sandbox.url}/oauth/authorize", state=state, code_verifier=VERIFIER)
    return str(url)


async def log_in(tab: Browser, sandbox: Sandbox, password: str | None = None) -> None:
    await tab.type("[name=login]", sandbox.login)
    await tab.type("[name=password]", sandbox.password if password is None else password)
    async with tab.leaving():
        await tab.press_enter()


async def heading(tab: Browser) -> str:
    return str(await tab.read("document.querySelector('h1')?.textContent"))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_login_and_consent_lead_back_with_a_code_that_is_good_for_tokens(live: Live, browser: Open, host: str) -> None:
    async def scenario(sandbox: Sandbox, _: httpx.AsyncClient) -> None:
        async with listening(host) as loopback, browser() as tab, client_of(sandbox, loopback) as client:
            await tab.go(address(sandbox, client))
            assert await heading(tab) == "Log in"
            await log_in(tab, sandbox)
            assert await heading(tab) == "Allow access?"
            shown = await tab.read("document.body.innerText")
            for expected in ("flowengine", sandbox.login, "Find conversations", "conversations-messages:write", host):
                assert expected in shown
            assert "participants" not in shown
            async with tab.leaving():
                await tab.click("[value=allow]")
            assert await tab.read("document.title") == "back"
            [answer] = loopback.answers
            assert set(answer) == {"code", "state", "iss"}
            assert (answer["state"], answer["iss"]) == (STATE, sandbox.url)
            assert loopback.cookies == []
            token = await client.fetch_token(f"{sandbox.url}/oauth/token", code=answer["code"], code_verifier=VERIFIER)
            assert token["scope"] == "conversations:read conversations-messages:write"
            assert tab.complaints == []

    live(scenario)


def test_who_is_logged_in_is_asked_for_consent_only_until_the_credentials_change(live: Live, browser: Open) -> None:
    async def scenario(sandbox: Sandbox, _: httpx.AsyncClient) -> None:
        async with listening() as loopback, browser() as tab, client_of(sandbox, loopback) as client:
            await tab.go(address(sandbox, client))
            await log_in(tab, sandbox)
            await tab.go(address(sandbox, client))
            assert await heading(tab) == "Allow access?"
            old = sandbox.password
            await tab.go(sandbox.url)
            await tab.until("document.querySelector('#access-facts').textContent")
            await tab.click("#access summary")
            await tab.click("[data-order=change]")
            await tab.until("document.querySelector('#deed').textContent")
            assert sandbox.password != old
            assert sandbox.password in await tab.read("document.querySelector('#access').innerText")
            assert "credentials changed 1" in await tab.read("document.querySelector('#access-state').textContent")
            await tab.go(address(sandbox, client))
            assert await heading(tab) == "Log in"
            await log_in(tab, sandbox, old)
            assert "do not belong together" in await tab.read("document.body.innerText")
            await log_in(tab, sandbox)
            assert await heading(tab) == "Allow access?"

    live(scenario)


@pytest.mark.parametrize("with_login", [False, True])
def test_no_leads_back_as_well(live: Live, browser: Open, *, with_login: bool) -> None:
    async def scenario(sandbox: Sandbox, _: httpx.AsyncClient) -> None:
        async with listening() as loopback, browser() as tab, client_of(sandbox, loopback) as client:
            await tab.go(address(sandbox, client))
            if with_login:
                await log_in(tab, sandbox)
            async with tab.leaving():
                await tab.click("[value=deny]")
            [answer] = loopback.answers
            assert (answer["error"], answer["state"]) == ("access_denied", STATE)
            assert "code" not in answer
            assert tab.complaints == []

    live(scenario)


def test_a_wrong_password_is_said_and_too_many_are_a_pause(live: Live, browser: Open) -> None:
    async def scenario(sandbox: Sandbox, _: httpx.AsyncClient) -> None:
        async with listening() as loopback, browser() as tab, client_of(sandbox, loopback) as client:
            await tab.go(address(sandbox, client))
            for _try in range(5):
                await log_in(tab, sandbox, "wrong")
                assert "do not belong together" in await tab.read("document.querySelector('.problem').textContent")
            await log_in(tab, sandbox)
            assert "Too many wrong passwords" in await tab.read("document.querySelector('.problem').textContent")
            assert loopback.answers == []

    live(scenario)


def test_hostile_parameters_are_shown_as_text_or_not_at_all(live: Live, browser: Open) -> None:
    hostile = "</title></p><script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">"

    async def scenario(sandbox: Sandbox, _: httpx.AsyncClient) -> None:
        async with listening() as loopback, browser() as tab, client_of(sandbox, loopback) as client:
            good = address(sandbox, client)
            for name in ("client_id", "redirect_uri", "state", "scope"):
                parts = {**{key: value[0] for key, value in parse_qs(urlsplit(good).query).items()}, name: hostile}
                await tab.go(str(httpx.URL(f"{sandbox.url}/oauth/authorize", params=parts)))
                assert await tab.read("document.title") in ("This does not work: sandbox", "Log in: sandbox", "back")
                assert await tab.read("document.querySelectorAll('script, img').length") == 0
            assert [answer["error"] for answer in loopback.answers] == ["invalid_scope"]

    live(scenario)


def test_no_page_of_another_site_can_frame_it_or_send_its_forms(live: Live, browser: Open) -> None:
    async def scenario(sandbox: Sandbox, _: httpx.AsyncClient) -> None:
        async with listening() as loopback, browser() as tab, client_of(sandbox, loopback) as client:
            await tab.go(address(sandbox, client))
            await log_in(tab, sandbox)
            # The same machine, but another port: another origin of the same site, so cookies are sent along.
            await tab.go(loopback.url.replace("/callback", "/evil"))
            where = address(sandbox, client)
            await tab.read(f"void (document.body.innerHTML = `<iframe src='{where}'></iframe>`)")
            await tab.complaint("frame-ancestors")
            async with tab.leaving():
                await tab.read(
                    f"void ((form) => {{ form.method = 'post'; form.action = {where!r}; document.body.append(form); "
                    "form.submit(); })(document.createElement('form'))"
                )
            assert "Another site" in await tab.read("document.body.innerText")
            assert loopback.answers == []

    live(scenario)
