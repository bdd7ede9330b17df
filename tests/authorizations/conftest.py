"""A loopback OAuth server in a thread: correct unless a test gives it an odd answer, and it counts what it is asked."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import secrets
import socket
import threading
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from aiohttp import web

from flowengine.authorizations.record import (
    AUTHORIZATION_CODE,
    AUTHORIZED,
    CLIENT_CREDENTIALS,
    Authorization,
)
from flowengine.authorizations.secret import Secret

CLIENT_SECRET = "client-secret-canary"  # noqa: S105 - what must not be seen anywhere


class Clock:
    """Stands still until it is told."""

    def __init__(self, now: float = 1_767_225_600.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


class Authority:
    """``asked``: the forms of the token requests; ``odd``: answers to give in place of the correct one.

    ``gate`` keeps token requests waiting until it is set; ``came`` is set when one has come in.
    """

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[dict[str, str]] = []
        self.headers: list[dict[str, str]] = []
        self.revoked: list[dict[str, str]] = []
        self.called: list[str] = []
        self.odd: deque[tuple[int, bytes, dict[str, str]]] = deque()
        self.life: int | None = 3600
        self.rotates = True
        self.wants_basic = False
        self.access: set[str] = set()
        self.refresh: set[str] = set()
        self.codes: dict[str, dict[str, str]] = {}
        self.gate = threading.Event()
        self.gate.set()
        self.came = threading.Event()

    def give(self, status: int, body: Any, **headers: str) -> None:
        """Answer the next token request with this."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.odd.append((status, content, headers))

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        form = dict(parse_qsl(await request.text(), keep_blank_values=True))
        match request.path:
            case "/token":
                return await self._token(form, request)
            case "/authorize":
                return self._authorize(dict(request.query))
            case "/revoke":
                self.revoked.append(form)
                return web.Response()
            case _:
                token = request.headers.get("Authorization", "").removeprefix("Bearer ")
                self.called.append(token)
                return web.Response(status=200 if token in self.access else 401)

    async def _token(self, form: dict[str, str], request: web.BaseRequest) -> web.Response:
        self.asked.append(form)
        self.headers.append(dict(request.headers))
        self.came.set()
        await asyncio.to_thread(self.gate.wait)
        if self.odd:
            status, content, headers = self.odd.popleft()
            return web.Response(status=status, body=content, headers={"Content-Type": "application/json"} | headers)
        if self.wants_basic and "Authorization" not in request.headers:
            return _refused(401, "invalid_client", {"WWW-Authenticate": 'Basic realm="x"'})
        match form["grant_type"]:
            case "client_credentials":
                given = base64.b64encode(f"client:{CLIENT_SECRET}".encode()).decode()
                known = request.headers.get("Authorization") == f"Basic {given}"
                return self._grant() if known or form.get("client_secret") == CLIENT_SECRET else _refused(401)
            case "refresh_token":
                if form.get("refresh_token") not in self.refresh:
                    return _refused(400, "invalid_grant")
                if self.rotates:
                    self.refresh.discard(form["refresh_token"])
                return self._grant(refresh=self.rotates)
            case _:
                return self._exchange(form)

    def _exchange(self, form: dict[str, str]) -> web.Response:
        begun = self.codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if begun is None or begun["redirect_uri"] != form.get("redirect_uri") or begun["code_challenge"] != challenge:
            return _refused(400, "invalid_grant")
        return self._grant(refresh=True)

    def _authorize(self, query: dict[str, str]) -> web.Response:
        assert query["response_type"] == "code"
        assert query["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        self.codes[code] = query
        answer = urlencode({"code": code, "state": query["state"]})
        return web.Response(status=302, headers={"Location": f"{query['redirect_uri']}?{answer}"})

    def _grant(self, *, refresh: bool = False) -> web.Response:
        token: dict[str, Any] = {"access_token": self.new_access(), "token_type": "bearer"}
        if self.life is not None:
            token["expires_in"] = self.life
        if refresh:
            token["refresh_token"] = self.new_refresh()
        return web.json_response(token)

    def new_access(self) -> str:
        token = f"access-{secrets.token_hex(12)}"
        self.access.add(token)
        return token

    def new_refresh(self) -> str:
        token = f"refresh-{secrets.token_hex(12)}"
        self.refresh.add(token)
        return token


def _refused(status: int, error: str = "invalid_client", headers: dict[str, str] | None = None) -> web.Response:
    body = {"error": error, "error_description": "no longer valid"}
    return web.json_response(body, status=status, headers=headers)


@pytest.fixture
def authority() -> Iterator[Authority]:
    serving = Authority()
    loop = asyncio.new_event_loop()
    ready = threading.Event()
    ended = asyncio.Event()

    async def serve() -> None:
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        serving.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        runner = web.ServerRunner(web.Server(serving.handle), shutdown_timeout=0.1)
        await runner.setup()
        await web.SockSite(runner, listener).start()
        ready.set()
        await ended.wait()
        await runner.cleanup()

    thread = threading.Thread(target=lambda: (loop.run_until_complete(serve()), loop.close()))
    thread.start()
    ready.wait()
    yield serving
    serving.gate.set()
    loop.call_soon_threadsafe(ended.set)
    thread.join()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def client_credentials(authority: Authority) -> Callable[..., Authorization]:
    """Make a client-credentials authorization at the authority; it has no token yet."""

    def make(**changes: Any) -> Authorization:
        known: dict[str, Any] = {
            "name": "engage",
            "kind": CLIENT_CREDENTIALS,
            "integration": "webex-engage",
            "hosts": ("engage.example.com",),
            "state": AUTHORIZED,
            "client_id": "client",
            "token_url": f"{authority.url}/token",
            "secrets": {"client_secret": Secret(CLIENT_SECRET)},
        }
        return Authorization(**(known | changes))

    return make


@pytest.fixture
def logged_in(authority: Authority, clock: Clock) -> Callable[..., Authorization]:
    """Make an authorization as it is after a login at the authority, with 3,600 s to live."""

    def make(**changes: Any) -> Authorization:
        known: dict[str, Any] = {
            "name": "engage",
            "kind": AUTHORIZATION_CODE,
            "integration": "webex-engage",
            "hosts": ("engage.example.com",),
            "state": AUTHORIZED,
            "client_id": "flowengine",
            "token_url": f"{authority.url}/token",
            "authorize_url": f"{authority.url}/authorize",
            "revoke_url": f"{authority.url}/revoke",
            "secrets": {
                "access_token": Secret(authority.new_access()),
                "refresh_token": Secret(authority.new_refresh()),
            },
            "expires_at": clock() + 3600,
        }
        return Authorization(**(known | changes))

    return make


@pytest.fixture
def closed_port() -> int:
    """Give a port that nobody listens on."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        port: int = holder.getsockname()[1]
    return port
