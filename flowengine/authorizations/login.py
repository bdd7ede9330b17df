"""A login in the browser: OAuth 2.0 authorization code with PKCE, the answer on a loopback redirect (RFC 8252).

``log_in`` opens the browser and waits for its redirect; ``log_in_by_hand`` shows the address and takes what the person
pastes, for machines without a browser. Both return the authorization as it is after the login, and store nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import html
import logging
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable
from typing import Final
from urllib.parse import parse_qs, urlsplit

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from flowengine.authorizations.faults import OAuthRefused, OAuthUnreachable
from flowengine.authorizations.keys import VARIABLE
from flowengine.authorizations.oauth import LoginRequest, authorize_address, describe_error, exchange_code, new_login
from flowengine.authorizations.record import Authorization
from flowengine.authorizations.secret import Secret
from flowengine.effects.http import shared_client

LOGIN_TIME: Final = 300.0
"""Seconds that a person has to log in."""
_HOST: Final = "127.0.0.1"
_PATH: Final = "/callback"
_STOP_WITHIN: Final = 2.0
_CODE: Final = re.compile(r"[!-~]{1,8192}")
_PAGE: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>\
</head>
<body><h1>{title}</h1><p>{text}</p></body></html>
"""
_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Connection": "close",
}
_CLOSE: Final = "You can close this window and go back to {back}."
_LOGGER: Final = logging.getLogger("flowengine.authorizations.login")
# aiohttp logs a traceback for each request that is not HTTP. It has been answered with 400; only faults of ours matter.
_LOGGER.addFilter(lambda record: not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError)))


def open_in_browser(address: str) -> None:
    """Open the user's browser; wait for one that runs in the terminal."""
    # By way of a process, as `webbrowser` gives browsers the environment it finds, with the key of the store in it.
    environment = {name: value for name, value in os.environ.items() if name != VARIABLE}
    command = [sys.executable, "-I", "-c", "import sys, webbrowser; webbrowser.open(sys.argv[1])", address]
    with contextlib.suppress(OSError):  # the address was shown, too
        subprocess.run(command, env=environment, stderr=subprocess.DEVNULL, check=False)  # noqa: S603 - our own


async def log_in(  # noqa: PLR0913 - all but the first by name
    authorization: Authorization,
    *,
    show: Callable[[str], None],
    open_browser: Callable[[str], object] = open_in_browser,
    seconds: float = LOGIN_TIME,
    clock: Callable[[], float] = time.time,
    back: str = "the terminal",
) -> Authorization:
    """Open the browser, wait for the person to log in, and return the authorization with its tokens.

    ``show`` gets the address to open, for where no browser comes up; ``back``: where the person came from. Raises
    OAuthRefused where the person or the server says no, OAuthUnreachable where the server cannot be asked or nobody
    logs in within ``seconds``.
    """
    with socket.socket() as listener:
        login = _new_login(listener)
        address = authorize_address(authorization, login)
        answer = _Answer(authorization.name, login, back)
        try:
            async with asyncio.timeout(seconds) as limit, _listen(listener, answer):
                show(address)
                # A browser that runs in the terminal keeps this call until it ends.
                threading.Thread(target=open_browser, args=(address,), daemon=True).start()
                code = await answer.code
                limit.reschedule(None)  # the token request has a limit of its own
                granted = await exchange_code(shared_client(), authorization, clock(), login, code)
                answer.end("Authorized", f"flowengine may now use {authorization.name}.")
                return granted
        except TimeoutError:
            raise OAuthUnreachable(f"nobody logged in within {seconds:g} s") from None


async def log_in_by_hand(
    authorization: Authorization,
    *,
    show: Callable[[str], None],
    ask: Callable[[], str],
    explain: Callable[[str], None],
    clock: Callable[[], float] = time.time,
) -> Authorization:
    """Show the address to open anywhere, take the pasted answer, and return the authorization with its tokens.

    ``ask`` reads one answer, and may block: the address that the browser ended at, or the code in it. ``explain`` gets
    why an answer is none, before the next ``ask``. Raises as ``log_in``.
    """
    # Bound, and deaf: a browser on this machine cannot connect, and nobody else gets the code.
    with socket.socket() as holder:
        login = _new_login(holder)
        address = authorize_address(authorization, login)
        show(address)
        while True:
            try:
                code = _pasted(ask().strip(), login.state, address)
                break
            except ValueError as fault:
                explain(str(fault))
        return await exchange_code(shared_client(), authorization, clock(), login, code)


class _Answer:
    """The answer of one login: its code, and what the browser is told once it is known what became of that."""

    def __init__(self, name: str, login: LoginRequest, back: str) -> None:
        loop = asyncio.get_running_loop()
        self.code: asyncio.Future[str] = loop.create_future()
        self._name = name
        self._login = login
        self._close = _CLOSE.format(back=back)
        self._told: asyncio.Future[tuple[str, str]] = loop.create_future()

    def end(self, title: str, text: str) -> None:
        """Say in the browser how the login ended; the first word stands."""
        if not self._told.done():
            self._told.set_result((title, text))

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer the browser."""
        if request.host != urlsplit(self._login.redirect).netloc or request.method != "GET" or request.path != _PATH:
            return self._page(404, "Nothing here", "This address only takes the answer of a login.")
        if self.code.done():
            return self._page(409, "Answered already", "The answer of this login has been here before.")
        try:
            code = _code_in(request.query_string, self._login.state)
        except ValueError as fault:
            return self._page(400, "Not the answer of this login", f"The login is still open, as {fault}.")
        except OAuthRefused as fault:
            self.code.set_exception(fault)
        else:
            self.code.set_result(code)
        title, text = await self._told
        return self._page(200, title, text)

    def _page(self, status: int, title: str, text: str) -> web.Response:
        filled = _PAGE.format(title=html.escape(f"{self._name}: {title}"), text=html.escape(f"{text} {self._close}"))
        return web.Response(status=status, text=filled, content_type="text/html", headers=_HEADERS)


def _new_login(listener: socket.socket) -> LoginRequest:
    listener.bind((_HOST, 0))
    return new_login(f"http://{_HOST}:{listener.getsockname()[1]}{_PATH}")


@contextlib.asynccontextmanager
async def _listen(listener: socket.socket, answer: _Answer) -> AsyncIterator[None]:
    """Serve the redirect. At the end the browser gets its page before the port is closed."""
    runner = web.ServerRunner(web.Server(answer.handle, access_log=None, logger=_LOGGER), shutdown_timeout=_STOP_WITHIN)
    await runner.setup()
    try:
        await web.SockSite(runner, listener).start()
        yield
    except (OAuthRefused, OAuthUnreachable) as fault:
        answer.end("Not authorized", f"{fault}.")
        raise
    finally:
        answer.end("Not authorized", "The login was broken off.")
        await runner.cleanup()


def _code_in(query: str, state: str) -> str:
    """Take the code out of a redirect's query. ValueError: it is not the answer of this login."""
    fields = parse_qs(query, keep_blank_values=True, max_num_fields=20)
    if any(len(fields.get(name, ())) > 1 for name in ("state", "code", "error")):
        raise ValueError("it says something twice")
    given, error, code = (fields.get(name, [""])[0] for name in ("state", "error", "code"))
    if not hmac.compare_digest(given.encode("utf-8", "replace"), state.encode()):
        raise ValueError("it belongs to another login, as its state is another one")
    if error:
        raise OAuthRefused(describe_error(error, fields.get("error_description", [None])[0]))
    if not _CODE.fullmatch(code):
        raise ValueError("it has no code")
    return Secret(code).reveal()


def _pasted(text: str, state: str, address: str) -> str:
    """Take the code out of what a person pasted: the address that the browser ended at, or the code alone."""
    if not text:
        raise ValueError("nothing was pasted")
    if text == address or "code_challenge=" in text:
        raise ValueError("this is the address to open: log in there, then paste the address that the browser ends at")
    if not _CODE.fullmatch(text):
        raise ValueError("this is neither an address nor a code")
    if "=" in text.rstrip("=") or "://" in text:
        return _code_in(text.partition("#")[0].rpartition("?")[2], state)
    return Secret(text).reveal()
