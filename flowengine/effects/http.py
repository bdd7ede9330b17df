"""One HTTP exchange: a wanted request goes out, a plain fact comes back. The other side's faults are facts too."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import Final, cast

import httpx

from flowengine.core.answers import Broken, HttpAnswer, Json
from flowengine.core.values import MAX_DEPTH, parse_json
from flowengine.core.wants import HttpRequest
from flowengine.effects.egress import Egress
from flowengine.effects.outgoing import build_request, place_of
from flowengine.effects.transport import AiohttpTransport, DirectClient
from flowengine.log_redaction import redact_logs
from flowengine.redaction import LIVE

MAX_FREE_CONNECTIONS: Final = 256
"""Most connections under one allow-list; see ``transport.MAX_CONNECTIONS``."""

# Python knows more, some of them slow and some not text at all; what the other side names is looked up here only.
CHARSETS: Final = frozenset(
    {"utf-8", "utf8", "utf-16", "utf-16le", "utf-16be", "ascii", "us-ascii"}
    | {"latin1", "iso-8859-1", "iso-8859-2", "iso-8859-9", "iso-8859-15"}
    | {"windows-1250", "windows-1251", "windows-1252", "windows-1254", "koi8-r"}
    | {"shift_jis", "euc-jp", "euc-kr", "gb2312", "gbk", "gb18030", "big5"}
)


@dataclass(frozen=True, slots=True)
class ResponseLimits:
    """How much of an answer is taken: ``bytes`` of its body, ``depth`` of the nesting of its JSON."""

    bytes: int = 1 << 20
    depth: int = MAX_DEPTH


DEFAULT_LIMITS: Final = ResponseLimits()


async def exchange(
    client: httpx.AsyncClient,
    request: HttpRequest,
    base_url: str | None,
    headers: Mapping[str, str],
    limits: ResponseLimits = DEFAULT_LIMITS,
) -> HttpAnswer | Broken:
    """Send ``request`` once and read the answer.

    ``base_url`` is the integration's; ``headers`` are the engine's (credentials, idempotency key) and win over those
    of the request. Has no timeout: wrap it in ``asyncio.timeout``. Cancelling it closes the connection in use.
    Redirects are not followed, answers not decompressed. A ``Broken`` names method and path, but never headers,
    credentials or query values. What the other side repeats of a live secret is taken out of the answer here, so that
    nobody who keeps answers keeps it.
    """
    try:
        outgoing = build_request(request, base_url, headers)
    except ValueError as fault:
        return Broken(LIVE.redact(f"{place_of(request, base_url)}: not sent, as {fault}"))
    try:
        return await _ask(client, outgoing, request.reads, limits)
    except _Fault as fault:
        return Broken(LIVE.redact(f"{place_of(request, base_url)}: {fault}"))


class _Fault(Exception):
    """Why there is no usable answer."""


async def _ask(client: httpx.AsyncClient, outgoing: httpx.Request, reads: str, limits: ResponseLimits) -> HttpAnswer:
    try:
        response = await client.send(outgoing, stream=True, auth=None, follow_redirects=False)
    except httpx.ConnectError as fault:
        raise _Fault(f"cannot connect: {fault}") from fault
    except httpx.RemoteProtocolError as fault:
        raise _Fault("the connection was closed without an answer, or the answer is not HTTP") from fault
    except httpx.RequestError as fault:
        raise _Fault("the connection broke before there was an answer") from fault
    try:
        return await _answer(response, reads, limits)
    except httpx.RequestError as fault:
        raise _Fault(f"the answer (status {response.status_code}) was cut off") from fault
    finally:
        await response.aclose()


async def _answer(response: httpx.Response, reads: str, limits: ResponseLimits) -> HttpAnswer:
    status, headers = response.status_code, _headers(response)
    try:
        content = await _content(response, headers.get("content-encoding", "identity"), limits.bytes)
        if reads == "text":
            return HttpAnswer(status, headers, text=LIVE.redact(_text(response, content)))
        return HttpAnswer(status, headers, body=_json(LIVE.redact_bytes(content), limits.depth))
    except ValueError as fault:
        if reads == "text" or response.is_success:
            raise _Fault(f"the answer (status {status}) {fault}") from fault
        return HttpAnswer(status, headers)


def _headers(response: httpx.Response) -> dict[str, str]:
    headers = dict(response.headers.items())
    whole = "\n".join(f"{name}\n{value}" for name, value in headers.items())
    if LIVE.redact(whole) is whole:
        return headers
    return {LIVE.redact(name): LIVE.redact(value) for name, value in headers.items()}


async def _content(response: httpx.Response, coding: str, limit: int) -> bytes:
    content = bytearray()
    async for chunk in cast("httpx.AsyncByteStream", response.stream):
        if coding.lower() != "identity":
            raise ValueError("is compressed, which was not asked for")
        content += chunk
        if len(content) > limit:
            raise ValueError(f"is larger than {limit:,} bytes")
    return bytes(content)


def _json(content: bytes, depth: int) -> Json:
    if not content:
        return None
    try:
        return parse_json(content, depth)
    except ValueError as fault:
        raise ValueError(f"is not JSON: {fault}") from fault


def _text(response: httpx.Response, content: bytes) -> str:
    charset = (response.charset_encoding or "utf-8").lower()
    if charset not in CHARSETS:
        raise ValueError("is in a character set that is not known")
    try:
        return content.decode(charset)
    except UnicodeDecodeError:
        raise ValueError(f"is not {charset} text") from None


@dataclass(frozen=True, slots=True)
class _Clients:
    """The clients of one event loop; those of different egress share no connections."""

    by_egress: dict[Egress | None, httpx.AsyncClient]
    closing: AsyncGenerator[None, None]


_shared: Final[dict[asyncio.AbstractEventLoop, _Clients]] = {}


def shared_client(egress: Egress | None = None) -> httpx.AsyncClient:
    """Return the client of the running event loop; its first call opens it, the end of ``asyncio.run`` closes it.

    With ``egress`` names lead only to the addresses that it allows; without it to any.
    """
    loop = asyncio.get_running_loop()
    clients = _shared.get(loop)
    if clients is None:
        for dead in [known for known in list(_shared) if known.is_closed()]:
            _shared.pop(dead, None)  # another thread may have been here
        redact_logs()
        opened: dict[Egress | None, httpx.AsyncClient] = {}
        clients = _shared[loop] = _Clients(opened, _close_with(loop, opened))
    client = clients.by_egress.get(egress)
    if client is None:
        transport = (
            AiohttpTransport(max_connections=MAX_FREE_CONNECTIONS, resolver=egress.open)
            if egress is not None
            else AiohttpTransport()
        )
        client = clients.by_egress[egress] = DirectClient(transport)
    return client


async def close_shared_client() -> None:
    """Close the clients of the running event loop, if there are any. The next ``shared_client()`` opens a new one."""
    clients = _shared.get(asyncio.get_running_loop())
    if clients is not None:
        await clients.closing.aclose()


def _close_with(
    loop: asyncio.AbstractEventLoop, clients: dict[Egress | None, httpx.AsyncClient]
) -> AsyncGenerator[None, None]:
    # asyncio ends the generators that were begun in a loop before it closes the loop: the only way to be called
    # while connections can still be closed properly.
    async def wait_for_the_end() -> AsyncGenerator[None, None]:
        try:
            yield
        finally:
            _shared.pop(loop, None)
            for client in clients.values():
                await client.aclose()

    waiting = wait_for_the_end()
    with contextlib.suppress(StopIteration):
        waiting.asend(None).send(None)
    return waiting
