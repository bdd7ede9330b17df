"""The sandbox over real HTTP on loopback: ``Sandbox`` in the caller's event loop, ``serve`` until it is told to stop.

Built on aiohttp's low-level server: routing and answers are pure (``service``), so that nothing but HTTP is left here.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import signal
import socket
import struct
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from importlib.resources import files
from types import TracebackType
from typing import Final, Self
from uuid import uuid4

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from flowengine.core.answers import Json
from flowengine.errors import UsageError
from flowengine.sandbox.admin import Admin
from flowengine.sandbox.callbacks.deliveries import Deliveries
from flowengine.sandbox.callbacks.options import CallbackOptions
from flowengine.sandbox.callbacks.poster import Poster, Sleep
from flowengine.sandbox.callbacks.targets import Targets
from flowengine.sandbox.engage import Clock, Engage, NewId
from flowengine.sandbox.faults import Fault, Faults
from flowengine.sandbox.intake import Intake
from flowengine.sandbox.oauth.authority import AUTHORIZE, REVOKE, TOKEN, Authority
from flowengine.sandbox.oauth.clients import PUBLIC
from flowengine.sandbox.oauth.pages import TEMPLATES
from flowengine.sandbox.oauth.scopes import SCOPES
from flowengine.sandbox.oauth.tokens import LIFETIME
from flowengine.sandbox.oauth.user import LOGIN
from flowengine.sandbox.replies import Refusal, Reply, refused
from flowengine.sandbox.routes import API
from flowengine.sandbox.service import Call, Service
from flowengine.sandbox.tenant import Account, Tenant
from flowengine.sandbox.world import World

HOST: Final = "127.0.0.1"
_MAX_PORT: Final = 65_535
_BACKLOG: Final = 1024
_STOP_WITHIN: Final = 0.2
_RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)
_ASSETS: Final = (
    "index.html",
    "colours.css",
    "page.css",
    "page.js",
    "panels.js",
    "elements.js",
    "oauth.css",
    *TEMPLATES,
)
_SERVER: Final = {"Server": "flowengine-sandbox"}
_LOGGER: Final = logging.getLogger("flowengine.sandbox.http")
# aiohttp logs a traceback for each request that is not HTTP. It has been answered with 400; only faults of ours matter.
_LOGGER.addFilter(lambda record: not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError)))


def utc_now() -> datetime:
    """Tell the time."""
    return datetime.now(UTC)


def random_id(kind: str) -> str:
    """Make an id: a UUID for a transaction, else the kind and random digits."""
    return str(uuid4()) if kind == "tid" else f"{kind}{uuid4().hex[:16].upper()}"


def new_secret() -> str:
    """Make a text of 43 characters that nobody guesses."""
    return secrets.token_urlsafe(32)


class Sandbox:
    """A local Engage on a loopback port, and the authorization server that goes with it.

    Use it as an async context manager, or call ``start`` and ``stop``. ``port`` 0 takes a free one. ``seed`` has the
    conversations it starts with, in the form that ``POST /admin/conversations`` takes; ``token_lifetime`` is in whole
    seconds. ``callbacks`` says how results are posted to a caller's ``webhookurl``, ``tenant`` what it is entitled to;
    ``sleep`` lets every delay pass. Raises UsageError where the port is taken, or a seed or a callback host is wrong.
    """

    def __init__(  # noqa: PLR0913 - by name only, and each is its own thing
        self,
        *,
        port: int = 0,
        seed: Sequence[Mapping[str, Json]] = (),
        faults: Sequence[Fault] = (),
        clock: Clock = utc_now,
        new_id: NewId = random_id,
        token_lifetime: int = LIFETIME,
        callbacks: CallbackOptions = CallbackOptions(),  # noqa: B008 - frozen
        tenant: Tenant = Tenant(),  # noqa: B008 - a tuple
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self.port = port
        self.callback_secret = callbacks.secret or new_secret()
        """What callbacks are signed with."""
        assets = _read_assets()
        self._sleep = sleep
        self._targets = Targets(callbacks.to)
        self._authority = Authority(clock=clock, new_secret=new_secret, assets=assets, lifetime=token_lifetime)
        self._engage = Engage(clock=clock, new_id=new_id, targets=self._targets, tenant_id=tenant.id)
        world = World(
            engage=self._engage,
            authority=self._authority,
            faults=Faults(),
            deliveries=Deliveries(self.callback_secret),
            intake=Intake(self._engage.now),
            account=Account(tenant),
        )
        self._admin = Admin(world, seed=seed, start_faults=faults)
        self._service = Service(world, admin=self._admin, assets=assets)
        self._poster = Poster(callbacks, deliveries=world.deliveries, clock=clock, sleep=sleep)
        self._runner: web.ServerRunner | None = None

    @property
    def url(self) -> str:
        """The root: the page, the token endpoint and the admin calls are below it."""
        return f"http://{HOST}:{self.port}"

    @property
    def base_url(self) -> str:
        """The root of the API: what an environment's ``baseUrl`` is."""
        return self.url + API

    @property
    def login(self) -> str:
        """The login of the one user, on the page that asks for consent."""
        return LOGIN

    @property
    def password(self) -> str:
        """The user's password; made at start, and anew when the credentials are changed."""
        return self._authority.user.password

    @property
    def public_client_id(self) -> str:
        """The client for authorization codes; it has no secret."""
        return PUBLIC

    @property
    def client_id(self) -> str:
        """The client that has a secret, for client credentials too; its id is made at start."""
        return self._authority.clients.confidential.client_id

    @property
    def client_secret(self) -> str:
        """The secret that goes with it; made at start, and anew when the credentials are changed."""
        return self._authority.clients.confidential.secret or ""

    @property
    def oauth(self) -> dict[str, Json]:
        """What an integration's ``oauth`` is in flowengine.yaml."""
        addresses = {"authorizeUrl": AUTHORIZE, "tokenUrl": TOKEN, "revokeUrl": REVOKE}
        return {**{name: self.url + path for name, path in addresses.items()}, "scopes": list(SCOPES)}

    @property
    def token(self) -> str:
        """An access token that is valid now; a new one when the last has ended, so read it again to refresh."""
        return self._authority.own

    async def start(self) -> None:
        """Bind the port and serve."""
        self._admin.start_over()
        listener = _bind(self.port)
        self.port = listener.getsockname()[1]
        self._service.listens_on(self.port)
        self._targets.listens_on(self.port)
        server = web.Server(self._handle, access_log=None, logger=_LOGGER, auto_decompress=False)
        self._runner = web.ServerRunner(server, shutdown_timeout=_STOP_WITHIN)
        await self._runner.setup()
        await web.SockSite(self._runner, listener, backlog=_BACKLOG).start()

    async def stop(self) -> None:
        """Stop serving and close the connections; calls under way have a moment to end."""
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()
        await self._poster.stop()

    async def settled(self) -> None:
        """Wait until every callback has been posted or given up; one that is held for a later one is not waited for."""
        await self._poster.settled()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        try:
            call = await _read_call(request)
        except Refusal as refusal:
            return _response(refused(refusal))
        fault = self._service.fault_for(call)
        if fault is not None and fault.delay:
            await self._sleep(fault.delay)
        reply = self._service.answer(call, fault)
        if reply.callback is None:
            return await _answer(request, fault, reply)
        async with self._poster.around(reply.callback, fault or Fault(), self._engage.now()):
            response = await _answer(request, fault, reply)
            # Sent here, so that the result is not on its way before it. Whose connection is gone gets the result alone.
            with suppress(ConnectionError):
                await response.prepare(request)
                await response.write_eof()
            return response


async def serve(sandbox: Sandbox, on_ready: Callable[[Sandbox], None] | None = None) -> None:
    """Run a sandbox until SIGINT or SIGTERM. ``on_ready`` is called when it listens, with its addresses and secrets."""
    loop = asyncio.get_running_loop()
    told_to_stop = asyncio.Event()
    signals = (signal.SIGINT, signal.SIGTERM)
    async with sandbox:
        for number in signals:
            # Windows has no signal handlers in an event loop; Ctrl-C cancels the task there.
            with suppress(NotImplementedError):
                loop.add_signal_handler(number, told_to_stop.set)
        try:
            if on_ready is not None:
                on_ready(sandbox)
            await told_to_stop.wait()
        finally:
            for number in signals:
                with suppress(NotImplementedError):
                    loop.remove_signal_handler(number)


def _bind(port: int) -> socket.socket:
    if not 0 <= port <= _MAX_PORT:
        raise UsageError(f"{port} is not a port: give one up to {_MAX_PORT}, or 0 for any that is free")
    try:
        return socket.create_server((HOST, port), backlog=_BACKLOG)
    except OSError as fault:
        reason = fault.strerror or str(fault)
        raise UsageError(f"Port {port} of {HOST} cannot be used ({reason}): give another one, or 0 for any") from None


def _read_assets() -> dict[str, bytes]:
    folder = files("flowengine.sandbox").joinpath("page")
    return {name: folder.joinpath(name).read_bytes() for name in _ASSETS}


async def _read_call(request: web.BaseRequest) -> Call:
    path, _, query = request.raw_path.partition("?")
    if not path.startswith("/"):
        raise Refusal(400, "The request target has to be a path")
    hosts = request.headers.getall("Host", [])
    body = await _read_body(request) if request.body_exists else b""
    return Call(request.method, path, query, hosts[0] if len(hosts) == 1 else "", request.headers, body)


async def _read_body(request: web.BaseRequest) -> bytes:
    try:
        return await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise Refusal(413, f"The body is larger than {request.client_max_size} bytes", field="body") from None
    except (web.RequestPayloadError, ConnectionError):
        raise Refusal(400, "The body is cut off", field="body") from None


def _response(reply: Reply) -> web.Response:
    response = web.Response(status=reply.status, body=reply.body or None, headers=_SERVER)
    if reply.body:
        response.headers["Content-Type"] = reply.content_type
    for name, value in reply.headers.items():
        response.headers[name] = value
    return response


async def _answer(request: web.BaseRequest, fault: Fault | None, reply: Reply) -> web.StreamResponse:
    if fault is None:
        return _response(reply)
    half = reply.body[: len(reply.body) // 2]
    if fault.reset:
        _reset(request)
    if fault.cut:
        return await _cut(request, reply, half)
    return _response(reply._replace(body=half) if fault.broken else reply)


def _reset(request: web.BaseRequest) -> None:
    transport = request.transport
    if transport is not None:
        # Closed with nothing lingering, a socket sends RST instead of FIN.
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        transport.abort()


async def _cut(request: web.BaseRequest, reply: Reply, half: bytes) -> web.StreamResponse:
    response = web.StreamResponse(status=reply.status, headers=_response(reply).headers)
    response.content_length = len(reply.body)
    await response.prepare(request)
    await response.write(half)
    if request.transport is not None:
        request.transport.close()
    return response
