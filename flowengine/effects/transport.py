"""An httpx transport over aiohttp's connections, and an httpx client that goes straight to it.

httpx keeps its API. Its own pool (httpcore 1.0) looks at every connection for every request, so that the more requests
are under way, the fewer get done (https://github.com/encode/httpx/issues/3215). aiohttp's pool does not.
"""

from __future__ import annotations

import asyncio
import functools
import os
import ssl
from collections.abc import AsyncIterator, Callable
from typing import Any, Final

import aiohttp
import httpx
import yarl
from aiohttp.abc import AbstractResolver
from aiohttp.http_exceptions import HttpProcessingError

# Open sockets, those of free HTTP nodes too, stay well below 1,024, the usual limit of open files of a process.
MAX_CONNECTIONS: Final = 512
# Shorter than the 5 s after which common servers (uvicorn, Node.js) close an idle connection, so that a request that
# must not be sent twice is not written to a connection that is just being closed.
KEEPALIVE_SECONDS: Final = 4.0
DNS_CACHE_SECONDS: Final = 10

_WIRE_FAULTS: Final = (aiohttp.ClientError, HttpProcessingError, OSError)
_NOT_ASKED_FOR: Final = (None, False, httpx.USE_CLIENT_DEFAULT)


class AiohttpTransport(httpx.AsyncBaseTransport):
    """Sends what httpx gives it, byte for byte, and hands the answer on unread.

    No redirects, cookies, decompression or second tries, and no proxy or password from the environment. Bound to the
    event loop of its first request. Of httpx's timeouts, ``write`` is not supported. ``tls`` decides which servers
    are trusted; without it those that httpx trusts. ``resolver`` makes what looks names up, in place of the system.
    """

    def __init__(
        self,
        *,
        max_connections: int = MAX_CONNECTIONS,
        keepalive: float = KEEPALIVE_SECONDS,
        tls: ssl.SSLContext | None = None,
        resolver: Callable[[], AbstractResolver] | None = None,
    ) -> None:
        self._max_connections = max_connections
        self._keepalive = keepalive
        self._tls = tls
        self._resolver = resolver
        self._session: aiohttp.ClientSession | None = None
        # aiohttp's own limit is unfair: who gives a connection back may take it again before those who wait, and they
        # wait for as long as the load lasts. A semaphore is first come, first served.
        self._slots = asyncio.Semaphore(max_connections)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send ``request``; the response's stream must be read or closed. Raises ``httpx.TransportError``."""
        body = await request.aread()
        timeouts = request.extensions.get("timeout") or {}
        await self._take_slot(timeouts.get("pool"))
        try:
            response = await self._send(request, body, timeouts)
        except BaseException:
            self._slots.release()
            raise
        return httpx.Response(
            response.status,
            headers=response.raw_headers,
            stream=_Body(response, self._slots.release),
            extensions={"http_version": _version(response), "reason_phrase": _reason(response)},
        )

    async def aclose(self) -> None:
        """Close all connections, used ones too."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _take_slot(self, seconds: float | None) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._slots.acquire()
        except TimeoutError:
            raise httpx.PoolTimeout(f"all {self._max_connections} connections are in use") from None

    async def _send(self, request: httpx.Request, body: bytes, timeouts: dict[str, Any]) -> aiohttp.ClientResponse:
        secure = request.url.scheme == "https"
        if not secure and request.url.scheme != "http":
            raise httpx.UnsupportedProtocol(f"'{request.url.scheme}' is neither http nor https")
        session = self._session or self._open()
        try:
            return await session.request(
                request.method,
                _url(request.url),
                headers=_headers(request.headers),
                data=body or None,
                allow_redirects=False,
                timeout=_timeout(timeouts.get("connect"), timeouts.get("read")),
                ssl=self._trust() if secure else True,
            )
        except ValueError as fault:  # aiohttp's InvalidURL is one
            raise httpx.LocalProtocolError("the request cannot be written as HTTP") from fault

    def _open(self) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            limit=0,
            keepalive_timeout=self._keepalive,
            ttl_dns_cache=DNS_CACHE_SECONDS,
            use_dns_cache=True,
            resolver=self._resolver() if self._resolver else None,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
            trust_env=False,
            middlewares=(_raise_as_httpx,),
        )
        return self._session

    def _trust(self) -> ssl.SSLContext:
        # Loading the certificates takes some 30 ms, which who never speaks TLS need not pay.
        if self._tls is None:
            self._tls = httpx.create_ssl_context()
            self._tls.set_alpn_protocols(["http/1.1"])
        return self._tls


class DirectClient(httpx.AsyncClient):
    """An httpx client for calls between machines: ``send`` hands the request to the transport and nothing else.

    It keeps no cookies, runs no hooks and logs no URLs, which takes half of httpx's time. Has no timeout of its own.
    Where a call asks for redirects or authentication, it goes httpx's usual way.
    """

    def __init__(self, transport: httpx.AsyncBaseTransport) -> None:
        super().__init__(transport=transport, timeout=None, trust_env=False)
        self._direct = transport

    async def send(
        self, request: httpx.Request, *, stream: bool = False, auth: Any = None, follow_redirects: Any = None
    ) -> httpx.Response:
        """Send ``request`` as it is."""
        if self.is_closed:
            raise RuntimeError("Cannot send a request, as the client has been closed.")
        if auth not in _NOT_ASKED_FOR or follow_redirects not in _NOT_ASKED_FOR:
            return await super().send(request, stream=stream, auth=auth, follow_redirects=follow_redirects)
        response = await self._direct.handle_async_request(request)
        response.request = request
        if not stream:
            try:
                await response.aread()
            except BaseException:
                await response.aclose()
                raise
        return response


class _Body(httpx.AsyncByteStream):
    """An answer's body, as it comes in. Closing it before its end closes the connection."""

    def __init__(self, response: aiohttp.ClientResponse, give_back: Callable[[], None]) -> None:
        self._response = response
        self._give_back: Callable[[], None] | None = give_back

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        try:
            chunk = await self._response.content.readany()
        except _WIRE_FAULTS as fault:
            raise _as_httpx(fault) from fault
        if not chunk:
            raise StopAsyncIteration
        return chunk

    async def aclose(self) -> None:
        give_back, self._give_back = self._give_back, None
        if give_back is not None:
            self._response.close()
            give_back()


async def _raise_as_httpx(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    # Done in a middleware, as aiohttp would send GET, PUT and DELETE a second time where it sees its own exceptions:
    # a retry that nobody asked for and no trace shows.
    try:
        return await handler(request)
    except _WIRE_FAULTS as fault:
        raise _as_httpx(fault) from fault


def _as_httpx(fault: Exception) -> httpx.TransportError:
    """Name the fault in httpx's terms. The messages hold nothing of the request and nothing of the answer."""
    match fault:
        case aiohttp.ConnectionTimeoutError():
            return httpx.ConnectTimeout("no connection in time")
        case aiohttp.ServerTimeoutError():
            return httpx.ReadTimeout("no data in time")
        case aiohttp.ClientConnectorDNSError():
            return httpx.ConnectError("the host's name is not known")
        case aiohttp.ClientConnectorCertificateError():
            return httpx.ConnectError("the server's certificate is not trusted")
        case aiohttp.ClientConnectorSSLError():
            return httpx.ConnectError("no TLS connection")
        case aiohttp.ClientConnectorError():
            return httpx.ConnectError(os.strerror(fault.errno) if fault.errno else "no connection")
        case aiohttp.ServerDisconnectedError():
            return httpx.RemoteProtocolError("the server closed the connection without an answer")
        case aiohttp.ClientPayloadError():
            return httpx.RemoteProtocolError("the answer was cut off")
        case aiohttp.ClientResponseError() | HttpProcessingError():
            return httpx.RemoteProtocolError("the answer is not HTTP, or its head is too large")
        case _:
            return httpx.ReadError("the connection broke")


@functools.lru_cache(maxsize=64)
def _timeout(connect: float | None, read: float | None) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=None, sock_connect=connect, sock_read=read)


def _url(url: httpx.URL) -> yarl.URL:
    # A password in the URL has become a header by now (httpx's own way of sending), and aiohttp refuses to have both.
    return yarl.URL(str(url.copy_with(userinfo=b"") if url.userinfo else url), encoded=True)


def _headers(headers: httpx.Headers) -> list[tuple[str, str]]:
    # The body is sent in one piece, whatever the way it was made. aiohttp writes text as UTF-8.
    return [(name.decode(), value.decode()) for name, value in headers.raw if name.lower() != b"transfer-encoding"]


def _version(response: aiohttp.ClientResponse) -> bytes:
    return b"HTTP/%d.%d" % response.version if response.version else b"HTTP/1.1"


def _reason(response: aiohttp.ClientResponse) -> bytes:
    return (response.reason or "").encode("ascii", "ignore")
