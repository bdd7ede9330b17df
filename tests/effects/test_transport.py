from __future__ import annotations

import asyncio
import gzip
import shutil
import ssl
import subprocess
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from flowengine.effects.transport import AiohttpTransport, DirectClient


def client_of(transport: AiohttpTransport | None = None) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=transport or AiohttpTransport(), trust_env=False)


def test_the_request_is_written_as_httpx_gives_it(loopback: Any, plain: Any) -> None:
    path = "/a%2Fb//c;d=1/%C3%A9/~x?q=%20+&r=a%26b&empty="

    async def run() -> None:
        async with loopback(plain()) as server, DirectClient(AiohttpTransport()) as client:
            host = server.url.removeprefix("http://")
            headers = [("Host", host), ("X-Two", "1"), ("X-Two", "2"), ("Content-Length", "4")]
            request = httpx.Request("POST", server.url + path, headers=headers, stream=httpx.ByteStream(b"body"))
            await client.send(request)
            assert server.requests == [
                f"POST {path} HTTP/1.1\r\nHost: {host}\r\nX-Two: 1\r\nX-Two: 2\r\n".encode()
                + b"Content-Length: 4\r\n\r\nbody"
            ]

    asyncio.run(run())


def test_a_request_made_of_parts_is_sent_whole(loopback: Any, plain: Any) -> None:
    async def parts() -> AsyncIterator[bytes]:
        yield b"one, "
        yield b"two"

    async def run() -> None:
        async with loopback(plain()) as server, client_of() as client:
            await client.post(server.url, content=parts())
            head, _, body = server.requests[0].lower().partition(b"\r\n\r\n")
            assert body == b"one, two"
            assert b"content-length: 8" in head
            assert b"transfer-encoding" not in head

    asyncio.run(run())


def test_the_answer_is_handed_on_while_it_comes_in(loopback: Any) -> None:
    asked = asyncio.Event()

    async def answer(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 201 Made\r\nTransfer-Encoding: chunked\r\nX-Two: 1\r\nX-Two: 2\r\n\r\n3\r\none\r\n")
        await asked.wait()
        writer.write(b"3\r\ntwo\r\n0\r\n\r\n")

    async def run() -> None:
        async with loopback(answer) as server, client_of() as client, client.stream("GET", server.url) as response:
            assert response.status_code == 201
            assert response.reason_phrase == "Made"
            assert response.http_version == "HTTP/1.1"
            assert response.headers.get_list("x-two") == ["1", "2"]
            chunks = response.aiter_raw()
            assert await anext(chunks) == b"one"
            asked.set()
            assert [chunk async for chunk in chunks] == [b"two"]

    asyncio.run(run())


def test_one_connection_serves_one_request_after_the_other(loopback: Any, plain: Any) -> None:
    async def run() -> None:
        async with loopback(plain(b"yes")) as server, client_of() as client:
            assert [(await client.get(server.url)).text for _ in range(10)] == ["yes"] * 10
            assert server.connections == 1

    asyncio.run(run())


def test_an_idle_connection_is_closed_after_a_while(loopback: Any, plain: Any) -> None:
    async def run() -> None:
        async with loopback(plain()) as server, client_of(AiohttpTransport(keepalive=0.01)) as client:
            await client.get(server.url)
            await asyncio.wait_for(server.one_gone.wait(), 10)
            assert (await client.get(server.url)).status_code == 200
            assert server.connections == 2

    asyncio.run(run())


def test_a_hundred_at_once(loopback: Any, plain: Any) -> None:
    async def answer(request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(plain(request.split(b" ", 2)[1]))

    async def run() -> None:
        async with loopback(answer) as server, client_of() as client:
            for _ in range(3):
                responses = await asyncio.gather(*(client.get(f"{server.url}/{number}") for number in range(100)))
                assert [response.text for response in responses] == [f"/{number}" for number in range(100)]
            assert server.connections <= 100

    asyncio.run(run())


def test_no_more_connections_than_allowed(loopback: Any, plain: Any) -> None:
    async def run() -> None:
        async with loopback(plain()) as server, client_of(AiohttpTransport(max_connections=3)) as client:
            responses = await asyncio.gather(*(client.get(server.url) for _ in range(30)))
            assert {response.status_code for response in responses} == {200}
            assert server.most_open <= 3

    asyncio.run(run())


def test_who_waits_for_a_connection_is_served_in_turn(loopback: Any, plain: Any) -> None:
    async def run() -> None:
        async with loopback(plain()) as server, client_of(AiohttpTransport(max_connections=1)) as client:
            served: Counter[int] = Counter()
            widest = 0

            async def ask(worker: int) -> None:
                nonlocal widest
                for _ in range(10):
                    await client.get(server.url)
                    served[worker] += 1
                    widest = max(widest, served[worker] - min(served[other] for other in range(4)))

            await asyncio.gather(*(ask(worker) for worker in range(4)))
            assert widest == 1

    asyncio.run(run())


def test_a_refused_connection(closed_port: int) -> None:
    async def run() -> None:
        async with client_of() as client:
            with pytest.raises(httpx.ConnectError, match="Connection refused"):
                await client.get(f"http://127.0.0.1:{closed_port}/")

    asyncio.run(run())


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_a_reset_before_the_answer_is_not_tried_again(method: str, loopback: Any, reset: Any) -> None:
    async def answer(_: bytes, writer: asyncio.StreamWriter) -> None:
        reset(writer)

    async def run() -> None:
        async with loopback(answer) as server, client_of() as client:
            with pytest.raises(httpx.ReadError):
                await client.request(method, server.url)
            assert len(server.requests) == 1

    asyncio.run(run())


def test_a_connection_closed_without_an_answer_is_not_tried_again(loopback: Any, plain: Any) -> None:
    async def run() -> None:
        async with loopback(plain()) as server, client_of() as client:
            await client.get(server.url)

            async def hang_up(_: bytes, writer: asyncio.StreamWriter) -> None:
                writer.close()

            server.answer = hang_up
            with pytest.raises(httpx.RemoteProtocolError, match="without an answer"):
                await client.get(server.url)
            assert len(server.requests) == 2

    asyncio.run(run())


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnot a chunk\r\n",
    ],
)
def test_a_body_that_is_cut_off(answer: bytes, loopback: Any) -> None:
    async def cut(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        writer.close()

    async def run() -> None:
        async with loopback(cut) as server, client_of() as client:
            with pytest.raises(httpx.RemoteProtocolError):
                await client.get(server.url)

    asyncio.run(run())


@pytest.mark.parametrize(
    "answer", [b"SSH-2.0-OpenSSH\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: " + b"x" * 20_000 + b"\r\n\r\n"]
)
def test_an_answer_that_is_not_http(answer: bytes, loopback: Any) -> None:
    async def run() -> None:
        async with loopback(answer) as server, client_of() as client:
            with pytest.raises(httpx.RemoteProtocolError, match="not HTTP, or its head is too large") as caught:
                await client.get(server.url)
            assert "xxx" not in str(caught.value)

    asyncio.run(run())


def test_nothing_is_decompressed(loopback: Any, plain: Any) -> None:
    packed = gzip.compress(b"hello")

    async def run() -> None:
        async with loopback(plain(packed, headers="Content-Encoding: gzip\r\n")) as server, client_of() as client:
            async with client.stream("GET", server.url) as response:
                assert b"".join([chunk async for chunk in response.aiter_raw()]) == packed
            assert (await client.get(server.url)).text == "hello"

    asyncio.run(run())


def test_no_redirects_and_no_cookies(loopback: Any, plain: Any) -> None:
    answer = plain(status="302 Found", headers="Location: /elsewhere\r\nSet-Cookie: session=1\r\n")

    async def run() -> None:
        async with loopback(answer) as server, DirectClient(AiohttpTransport()) as client:
            url = server.url.replace("127.0.0.1", "localhost")  # whose cookies a jar would keep
            assert (await client.get(url)).status_code == 302
            assert (await client.get(url)).headers["set-cookie"] == "session=1"
            assert len(server.requests) == 2
            assert b"cookie" not in server.requests[1].lower()

    asyncio.run(run())


def test_a_call_that_asks_for_redirects_or_a_password_gets_them(loopback: Any, plain: Any) -> None:
    async def answer(request: bytes, writer: asyncio.StreamWriter) -> None:
        here = request.startswith(b"GET /here ")
        writer.write(plain(b"there") if here else plain(status="302 Found", headers="Location: /here\r\n"))

    async def run() -> None:
        async with loopback(answer) as server, DirectClient(AiohttpTransport()) as client:
            response = await client.get(server.url, follow_redirects=True, auth=("me", "pw"))
            assert response.text == "there"
            assert b"authorization: basic bwu6chc=" in server.requests[0].lower()

    asyncio.run(run())


def test_a_password_in_the_url_is_sent_as_a_header_only(loopback: Any, plain: Any) -> None:
    async def run() -> None:
        async with loopback(plain()) as server, client_of() as client:
            await client.get(server.url.replace("//", "//me:pw@") + "/x")
            assert server.requests[0].startswith(b"GET /x HTTP/1.1\r\n")
            assert server.requests[0].lower().count(b"authorization: basic bwu6chc=") == 1

    asyncio.run(run())


def test_proxies_of_the_environment_are_ignored(
    loopback: Any, plain: Any, closed_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{closed_port}")

    async def run() -> None:
        async with loopback(plain()) as server, DirectClient(AiohttpTransport()) as client:
            assert (await client.get(server.url)).status_code == 200
            assert (await client.get(server.url, follow_redirects=True)).status_code == 200

    asyncio.run(run())


def test_httpx_timeouts(loopback: Any) -> None:
    asked: asyncio.Queue[bytes] = asyncio.Queue()

    async def never(request: bytes, _: asyncio.StreamWriter) -> None:
        asked.put_nowait(request)
        await asyncio.Event().wait()

    async def run() -> None:
        async with loopback(never) as server, client_of(AiohttpTransport(max_connections=1)) as client:
            with pytest.raises(httpx.ReadTimeout):
                await client.get(server.url, timeout=httpx.Timeout(None, read=0.02))
            await asked.get()
            holder = asyncio.create_task(client.get(server.url, timeout=None))
            await asked.get()
            with pytest.raises(httpx.PoolTimeout, match="all 1 connections are in use"):
                await client.get(server.url, timeout=httpx.Timeout(None, pool=0.02))
            holder.cancel()
            with pytest.raises(asyncio.CancelledError):
                await holder

    asyncio.run(run())


def test_no_tls_in_time(loopback: Any, plain: Any) -> None:
    async def run() -> None:
        async with loopback(plain()) as server, client_of() as client:
            with pytest.raises(httpx.ConnectTimeout):
                await client.get(server.url.replace("http:", "https:"), timeout=httpx.Timeout(None, connect=0.05))

    asyncio.run(run())


def test_a_cancelled_request_gives_its_connection_back(loopback: Any, plain: Any) -> None:
    async def trickle(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nsome")

    async def run() -> None:
        async with loopback(trickle) as server, client_of(AiohttpTransport(max_connections=1)) as client:
            for _ in range(3):
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(0.02):
                        await client.get(server.url, timeout=None)
            await asyncio.wait_for(server.one_gone.wait(), 10)
            server.answer = plain(b"fine")
            assert (await client.get(server.url)).text == "fine"

    asyncio.run(run())


def test_closing_the_client_closes_its_connections(loopback: Any, plain: Any) -> None:
    async def run() -> None:
        async with loopback(plain()) as server:
            client = DirectClient(AiohttpTransport())
            await client.get(server.url)
            await client.aclose()
            await asyncio.wait_for(server.one_gone.wait(), 10)
            with pytest.raises(RuntimeError, match="closed"):
                await client.get(server.url)

    asyncio.run(run())


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("ftp://127.0.0.1/x", httpx.UnsupportedProtocol),
        ("ws://127.0.0.1/x", httpx.UnsupportedProtocol),
        ("http://127.0.0.1:99999/x", httpx.LocalProtocolError),
    ],
)
def test_a_url_that_cannot_be_asked(url: str, error: type[Exception]) -> None:
    async def run() -> None:
        async with DirectClient(AiohttpTransport()) as client:
            with pytest.raises(error):
                await client.get(url)

    asyncio.run(run())


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("needs openssl to make a certificate")
    made = tmp_path / "both.pem"
    options = "req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1"
    command = [openssl, *options.split(), "-keyout", str(made), "-out", str(tmp_path / "certificate.pem")]
    subprocess.run(command, check=True, capture_output=True)
    made.write_bytes(made.read_bytes() + (tmp_path / "certificate.pem").read_bytes())
    return made


def test_only_trusted_servers_are_spoken_to(certificate: Path) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        await reader.read()
        writer.close()

    async def run() -> None:
        own = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        own.load_cert_chain(certificate)
        server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=own)
        url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        async with client_of() as client:
            with pytest.raises(httpx.ConnectError, match="certificate is not trusted"):
                await client.get(url)
        trust = ssl.create_default_context(cafile=certificate)
        async with client_of(AiohttpTransport(tls=trust)) as client:
            assert (await client.get(url)).status_code == 200
        server.close()
        await server.wait_closed()

    asyncio.run(run())
