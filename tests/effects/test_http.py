from __future__ import annotations

import asyncio
import gc
import gzip
import json
from typing import Any

import httpx
import pytest

from flowengine.core.answers import Broken, HttpAnswer
from flowengine.core.wants import HttpRequest
from flowengine.effects.http import ResponseLimits, close_shared_client, exchange, shared_client

GET = HttpRequest("GET", "/x")
SECRET = "s3cr3t-canary"  # noqa: S105 - what must not be seen anywhere


def ask(server: Any, request: HttpRequest = GET, **options: Any) -> Any:
    return exchange(shared_client(), request, server.url, options.pop("headers", {}), **options)


def answered(loopback: Any, answer: Any, request: HttpRequest = GET, **options: Any) -> Any:
    async def run() -> HttpAnswer | Broken:
        async with loopback(answer) as server:
            return await ask(server, request, **options)

    return asyncio.run(run())


def sent(
    loopback: Any, plain: Any, request: HttpRequest, base: str = "", **options: Any
) -> tuple[str, list[str], bytes]:
    async def run() -> bytes:
        async with loopback(plain()) as server:
            result = await exchange(shared_client(), request, server.url + base, options.pop("headers", {}), **options)
            assert isinstance(result, HttpAnswer), result
            seen: bytes = server.requests[0]
            return seen

    head, _, body = asyncio.run(run()).partition(b"\r\n\r\n")
    line, *headers = head.decode().split("\r\n")
    return line, headers, body


def refused(request: HttpRequest, base: str | None = "http://127.0.0.1:9/", **headers: str) -> str:
    async def run() -> HttpAnswer | Broken:
        async with httpx.AsyncClient(transport=httpx.MockTransport(lambda _: pytest.fail("was sent"))) as client:
            return await exchange(client, request, base, headers)

    result = asyncio.run(run())
    assert isinstance(result, Broken)
    assert SECRET not in result.reason
    return result.reason


def test_an_answer_with_json(loopback: Any, plain: Any) -> None:
    answer = plain(b'{"a": [1, "\xc3\xa9"]}', "201 Created", "X-Two: 1\r\nx-two: 2\r\nTid: t-1\r\n")
    assert answered(loopback, answer) == HttpAnswer(
        201, {"content-length": "16", "x-two": "1, 2", "tid": "t-1"}, {"a": [1, "\u00e9"]}
    )


def test_a_request_with_json(loopback: Any, plain: Any) -> None:
    request = HttpRequest(
        "POST",
        "/conversations/a%2Fb/messages",
        query=(("q", "a&b= c"), ("q", "\u00e9")),
        json={"t": '\u00e9"}'},
        has_json=True,
    )
    line, headers, body = sent(loopback, plain, request, "/api/v1/", headers={"Authorization": "Bearer t"})
    assert line == "POST /api/v1/conversations/a%2Fb/messages?q=a%26b%3D%20c&q=%C3%A9 HTTP/1.1"
    assert json.loads(body) == {"t": '\u00e9"}'}
    assert "\u00e9".encode() in body
    assert {
        "Authorization: Bearer t",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        "Accept: application/json",
        "Accept-Encoding: identity",
        "User-Agent: flowengine",
    } <= set(headers)


def test_json_null_is_a_body_and_nothing_is_none(loopback: Any, plain: Any) -> None:
    assert sent(loopback, plain, HttpRequest("POST", "/x", has_json=True))[2] == b"null"
    _, headers, body = sent(loopback, plain, HttpRequest("POST", "/x"))
    assert body == b""
    assert "Content-Length: 0" in headers
    assert not [header for header in headers if header.startswith("Content-Type")]


def test_a_form(loopback: Any, plain: Any) -> None:
    _, headers, body = sent(loopback, plain, HttpRequest("POST", "/x", form=(("a", "1 &"), ("b", "\u00e9"))))
    assert body == b"a=1+%26&b=%C3%A9"
    assert "Content-Type: application/x-www-form-urlencoded" in headers


def test_a_text(loopback: Any, plain: Any) -> None:
    request = HttpRequest("PUT", "/x", text="\u00e9", headers=(("content-type", "text/csv"),), reads="text")
    _, headers, body = sent(loopback, plain, request)
    assert body == "\u00e9".encode()
    assert "content-type: text/csv" in headers
    assert "Accept: */*" in headers
    assert sum(header.lower().startswith("content-type") for header in headers) == 1


def test_headers_of_the_engine_win(loopback: Any, plain: Any) -> None:
    request = HttpRequest("GET", "/x", headers=(("authorization", "mine"), ("X-Two", "1"), ("X-Two", "2")))
    _, headers, _ = sent(loopback, plain, request, headers={"Authorization": "theirs"})
    assert [header for header in headers if header.lower().startswith("authorization")] == ["Authorization: theirs"]
    assert [header for header in headers if header.startswith("X-Two")] == ["X-Two: 1", "X-Two: 2"]


def test_an_absolute_url_keeps_its_query_and_needs_no_base(loopback: Any, plain: Any) -> None:
    async def run() -> None:
        async with loopback(plain(b"1")) as server:
            request = HttpRequest("GET", f"{server.url}/y?a=%20&b=1#part", absolute=True, query=(("c", "2"),))
            result = await exchange(shared_client(), request, None, {})
            assert isinstance(result, HttpAnswer)
            assert result.body == 1
            assert server.requests[0].startswith(b"GET /y?a=%20&b=1&c=2 HTTP/1.1\r\n")

    asyncio.run(run())


@pytest.mark.parametrize(
    ("target", "base", "line"),
    [
        ("x", "", "/x"),
        ("//evil.example/x", "", "//evil.example/x"),
        ("@evil.example/x", "", "/@evil.example/x"),
        (":1/x", "/api/", "/api/:1/x"),
        ("/..%2Fadmin", "/api", "/api/..%2Fadmin"),
        ("/a b\u00e9", "/api", "/api/a%20b%C3%A9"),
    ],
)
def test_a_target_stays_below_its_base_url(target: str, base: str, line: str, loopback: Any, plain: Any) -> None:
    assert sent(loopback, plain, HttpRequest("GET", target), base)[0] == f"GET {line} HTTP/1.1"


@pytest.mark.parametrize("target", ["/../x", "/a/..", "/a/./b", "..", "/a/%2e%2E/b", "/%2E", "/..?a=b"])
def test_a_path_that_climbs_is_refused(target: str) -> None:
    assert "'.' or '..' segment" in refused(HttpRequest("GET", target), "http://127.0.0.1:9/api")


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("ftp://example.com/x", "neither http:// nor https://"),
        ("file:///etc/passwd", "neither http:// nor https://"),
        ("/x", "neither http:// nor https://"),
        ("//example.com/x", "neither http:// nor https://"),
        (f"http://me:{SECRET}@example.com/", "user name or password"),
        (f"http://{SECRET}@example.com/", "user name or password"),
        ("http:///x", "no valid host"),
        ("http://:80/x", "no valid host"),
        ("http://a b/", "no valid host"),
        ("http://ex%41mple.com/", "no valid host"),
        ("http://exa_mple.com\\@evil.example/", "user name or password"),
        ("http://example.com:99999/", "no valid host and port"),
        ("http://example.com:0/", "no valid host and port"),
        ("http://[::1/", "cannot be read"),
        ("http://example.com/\r\nX: y", "cannot be read"),
        ("http://" + "x" * 70_000, "cannot be read"),
    ],
)
def test_urls_that_are_refused(url: str, reason: str) -> None:
    assert reason in refused(HttpRequest("GET", url, absolute=True), None)
    assert reason in refused(HttpRequest("GET", "/x"), url)


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/x?a=b", "http://127.0.0.1:9/x#part"])
def test_base_urls_that_are_refused(url: str) -> None:
    assert "has a query or a fragment" in refused(HttpRequest("GET", "/x"), url)


def test_a_path_without_a_base_url_is_refused() -> None:
    assert "there is no base URL" in refused(HttpRequest("GET", "/x"), None)


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("X-A", f"{SECRET}\r\nX-B: 1", "the value of header 'X-A' has a line break"),
        ("X-A", f"{SECRET}\n", "the value of header 'X-A'"),
        ("X-A", f"{SECRET}\0", "the value of header 'X-A'"),
        ("X-A", f"{SECRET}\u20ac", "non-ASCII letter"),
        ("X-A", f"{SECRET}\u00e9", "non-ASCII letter"),
        ("X A", SECRET, "'X A' is not a header name"),
        ("X-A:", SECRET, "'X-A:' is not a header name"),
        ("X\r\nB", SECRET, "is not a header name"),
        ("", SECRET, "'' is not a header name"),
        ("Host", SECRET, "header 'Host' is set by the engine"),
        ("content-length", "5", "header 'content-length' is set by the engine"),
        ("Transfer-Encoding", "chunked", "is set by the engine"),
        ("Accept-Encoding", "gzip", "is set by the engine"),
        ("Connection", "close", "is set by the engine"),
    ],
)
def test_headers_that_are_refused(name: str, value: str, reason: str) -> None:
    assert reason in refused(HttpRequest("GET", "/x", headers=((name, value),)))
    assert reason in refused(HttpRequest("GET", "/x"), **{name: value})


@pytest.mark.parametrize("method", ["", "get", "GE T", "GET\r\n", "G" * 40])
def test_methods_that_are_refused(method: str) -> None:
    assert "the method is not one of HTTP's" in refused(HttpRequest(method, "/x"))


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (HttpRequest("POST", "/x", json=[float("nan")], has_json=True), "the body is not JSON"),
        (HttpRequest("POST", "/x", json=[float("inf")], has_json=True), "the body is not JSON"),
        (HttpRequest("POST", "/x", json={1, 2}, has_json=True), "the body is not JSON"),
        (HttpRequest("POST", "/x", json=["\ud800"], has_json=True), "half a surrogate pair"),
        (HttpRequest("POST", "/x", text="\ud800"), "half a surrogate pair"),
        (HttpRequest("POST", "/x", form=(("a", "\ud800"),)), "half a surrogate pair"),
        (HttpRequest("GET", "/x", query=(("a", "\ud800"),)), "half a surrogate pair"),
        (HttpRequest("GET", "/x?\ud800"), "the URL cannot be read"),
    ],
)
def test_bodies_and_queries_that_are_refused(request_: HttpRequest, reason: str) -> None:
    assert refused(request_).startswith(f"{request_.method} /x: not sent, as ")
    assert reason in refused(request_)


def test_a_target_that_is_no_text_is_named_all_the_same() -> None:
    assert refused(HttpRequest("GET", "/\ud800\r\n")) == "GET /%3F%0D%0A: not sent, as the URL cannot be read"


def test_json_too_deep_to_write_is_refused() -> None:
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    assert "the body is not JSON" in refused(HttpRequest("POST", "/x", json=deep, has_json=True))
    while deep:
        deep = deep[0]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"<html>hello</html>", "is not JSON: "),
        (b'{"a": ', "is not JSON: "),
        (b"[NaN]", "is not JSON: "),
        (b'{"a": 1, "a": 2}', "is not JSON: "),
        (b'"\\ud800"', "is not JSON: "),
        (b"\xff\xfe", "is not JSON: "),
        (b"[" * 65 + b"]" * 65, "is not JSON: "),
        (b"[" * 100_000, "is not JSON: "),
        (b" " * (1 << 20) + b"1", "is larger than 1,048,576 bytes"),
    ],
)
def test_an_answer_that_is_not_usable_json(content: bytes, reason: str, loopback: Any, plain: Any) -> None:
    broken = answered(loopback, plain(content))
    assert isinstance(broken, Broken)
    assert broken.reason.startswith(f"GET /x: the answer (status 200) {reason}")
    failed = answered(loopback, plain(content, "502 Bad Gateway", "Retry-After: 3\r\n"))
    assert (failed.status, failed.headers["retry-after"], failed.body) == (502, "3", None)


def test_limits_are_the_caller_s(loopback: Any, plain: Any) -> None:
    assert answered(loopback, plain(b"[[1]]"), limits=ResponseLimits(5, 2)).body == [[1]]
    assert "larger than 4 bytes" in answered(loopback, plain(b"[[1]]"), limits=ResponseLimits(bytes=4)).reason
    assert "deeper than 1" in answered(loopback, plain(b"[[1]]"), limits=ResponseLimits(depth=1)).reason


@pytest.mark.parametrize("status", ["204 No Content", "200 OK", "304 Not Modified"])
def test_an_empty_answer_has_no_body(status: str, loopback: Any, plain: Any) -> None:
    assert answered(loopback, plain(b"", status)).body is None


def test_the_answer_to_head_has_no_body(loopback: Any) -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"
    assert answered(loopback, answer, HttpRequest("HEAD", "/x")).body is None


def test_an_answer_that_ends_with_its_connection(loopback: Any) -> None:
    async def until_close(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n[1]")
        writer.close()

    assert answered(loopback, until_close).body == [1]


def test_a_compressed_answer_is_refused(loopback: Any, plain: Any) -> None:
    packed = gzip.compress(b"0" * (1 << 24))
    answer = plain(packed, headers="Content-Encoding: gzip\r\n")
    assert answered(loopback, answer).reason == "GET /x: the answer (status 200) is compressed, which was not asked for"
    answer = plain(packed, "503 Service Unavailable", "Content-Encoding: GZIP\r\n")
    assert answered(loopback, answer) == HttpAnswer(
        503, {"content-length": str(len(packed)), "content-encoding": "GZIP"}, None
    )
    assert answered(loopback, plain(b"1", headers="Content-Encoding: Identity\r\n")).body == 1
    assert answered(loopback, plain(b"", headers="Content-Encoding: gzip\r\n")).status == 200


@pytest.mark.parametrize(
    ("content_type", "content", "text"),
    [
        ("text/plain", "h\u00e9".encode(), "h\u00e9"),
        ("text/plain; charset=ISO-8859-1", b"h\xe9", "h\u00e9"),
        ('text/csv; charset="windows-1252"', b"\x80", "\u20ac"),
        ("application/json", b'{"a": 1}', '{"a": 1}'),
        ("text/plain", b"", ""),
    ],
)
def test_text(content_type: str, content: bytes, text: str, loopback: Any, plain: Any) -> None:
    answer = plain(content, headers=f"Content-Type: {content_type}\r\n")
    result = answered(loopback, answer, HttpRequest("GET", "/x", reads="text"))
    assert (result.text, result.body) == (text, None)


@pytest.mark.parametrize(
    ("content_type", "content", "reason"),
    [
        ("text/plain", b"h\xe9", "is not utf-8 text"),
        ("text/plain; charset=ascii", b"h\xe9", "is not ascii text"),
        ("text/plain; charset=klingon", b"h", "character set that is not known"),
        ("text/plain; charset=idna", b"h", "character set that is not known"),
        ("text/plain; charset=hex", b"68", "character set that is not known"),
    ],
)
def test_text_that_cannot_be_read(content_type: str, content: bytes, reason: str, loopback: Any, plain: Any) -> None:
    answer = plain(content, headers=f"Content-Type: {content_type}\r\n")
    result = answered(loopback, answer, HttpRequest("GET", "/x", reads="text"))
    assert isinstance(result, Broken)
    assert result.reason.endswith(reason)


def test_nobody_listens(closed_port: int) -> None:
    async def run() -> HttpAnswer | Broken:
        request = HttpRequest("POST", "/x/y", query=(("token", SECRET),), headers=(("X-Key", SECRET),))
        return await exchange(shared_client(), request, f"http://127.0.0.1:{closed_port}", {"Authorization": SECRET})

    assert asyncio.run(run()) == Broken("POST /x/y: cannot connect: Connection refused")


def test_a_fault_at_an_absolute_url_names_it_without_its_query(closed_port: int) -> None:
    async def run() -> HttpAnswer | Broken:
        url = f"http://127.0.0.1:{closed_port}/x?token={SECRET}"
        return await exchange(shared_client(), HttpRequest("GET", url, absolute=True), None, {})

    assert asyncio.run(run()) == Broken(f"GET http://127.0.0.1:{closed_port}/x: cannot connect: Connection refused")


NO_ANSWER = "the connection was closed without an answer, or the answer is not HTTP"
BROKE = "the connection broke before there was an answer"
CUT_OFF = "the answer (status 200) was cut off"


@pytest.mark.parametrize(
    ("first", "reason"),
    [
        (b"", NO_ANSWER),
        (b"HTTP/1.1 200 OK\r\nContent-", NO_ANSWER),
        (b"hello\r\n\r\n", NO_ANSWER),
        (b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n[1]", NO_ANSWER),
        (b"HTTP/1.1 200 OK\r\nX-Big: " + SECRET.encode() * 5_000 + b"\r\n\r\n", NO_ANSWER),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n[1", CUT_OFF),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n[1]\r\n", CUT_OFF),
    ],
)
def test_an_answer_that_breaks_off(first: bytes, reason: str, loopback: Any) -> None:
    async def answer(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(first)
        writer.close()

    request = HttpRequest("GET", "/x", query=(("key", SECRET),))
    assert answered(loopback, answer, request) == Broken(f"GET /x: {reason}")


@pytest.mark.parametrize("first", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n[1"])
def test_a_reset(first: bytes, loopback: Any, reset: Any) -> None:
    async def answer(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(first)
        reset(writer)

    # A reset may overtake what was sent before it.
    reasons = {f"GET /x: {reason}" for reason in ((BROKE, CUT_OFF) if first else (BROKE,))}
    assert answered(loopback, answer).reason in reasons


def test_more_than_the_content_length_is_not_taken_for_the_next_answer(loopback: Any, plain: Any) -> None:
    async def run() -> None:
        async with loopback(plain(b"1") + plain(b'"smuggled"')) as server:
            results = [await ask(server) for _ in range(3)]
            assert [result.body for result in results] == [1, 1, 1]
            assert server.connections == 3

    asyncio.run(run())


def test_endless_chunks(loopback: Any) -> None:
    async def endless(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            writer.write(b"400\r\n" + b"0" * 1024 + b"\r\n")
            await writer.drain()

    async def run() -> None:
        async with loopback(endless) as server:
            broken = await ask(server)
            assert broken == Broken("GET /x: the answer (status 200) is larger than 1,048,576 bytes")
            await asyncio.wait_for(server.one_gone.wait(), 10)

    asyncio.run(run())


@pytest.mark.parametrize(
    "first", [b"", b"HTTP/1.1 200 OK\r\nContent-", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n[1"]
)
def test_an_attempt_that_is_cancelled_closes_its_connection(first: bytes, loopback: Any, plain: Any) -> None:
    async def trickle(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(first)

    async def run() -> None:
        async with loopback(trickle) as server:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await ask(server)
            await asyncio.wait_for(server.one_gone.wait(), 10)
            server.answer = plain(b"[1]")
            assert [(await ask(server)).body for _ in range(2)] == [[1], [1]]
            assert server.connections == 2

    asyncio.run(run())


def test_many_cancelled_attempts_leave_the_client_usable(loopback: Any, plain: Any) -> None:
    async def every_other(request: bytes, writer: asyncio.StreamWriter) -> None:
        number = int(request.split(b" ", 2)[1].removeprefix(b"/"))
        if number % 2:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[")
        else:
            writer.write(plain(b"%d" % number))

    async def one(server: Any, number: int) -> Any:
        try:
            async with asyncio.timeout(0.2 if number % 2 else None):
                return await ask(server, HttpRequest("GET", f"/{number}"))
        except TimeoutError:
            return None

    async def run() -> None:
        async with loopback(every_other) as server:
            for _ in range(2):
                results = await asyncio.gather(*(one(server, number) for number in range(200)))
                assert [result and result.body for result in results] == [
                    None if number % 2 else number for number in range(200)
                ]

    asyncio.run(run())


def test_redirects_are_answers(loopback: Any, plain: Any) -> None:
    result = answered(loopback, plain(b"", "302 Found", "Location: http://evil.example/\r\n"))
    assert (result.status, result.headers["location"]) == (302, "http://evil.example/")


@pytest.mark.parametrize("made", [httpx.MockTransport, httpx.AsyncHTTPTransport])
def test_any_httpx_client_will_do(made: Any, loopback: Any, plain: Any) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.headers["authorization"] == "theirs"
        return httpx.Response(200, json=[1])

    async def run() -> None:
        async with loopback(plain(b"[1]")) as server:
            transport = made(answer) if made is httpx.MockTransport else made()
            async with httpx.AsyncClient(
                transport=transport,
                follow_redirects=True,
                auth=("me", "mine"),
                headers={"X-Of-Client": "1"},
                params={"of": "client"},
                cookies={"of": "client"},
            ) as client:
                result = await exchange(client, GET, server.url, {"Authorization": "theirs"})
                assert isinstance(result, HttpAnswer)
                assert result.body == [1]
            for request in server.requests:
                assert request.startswith(b"GET /x HTTP/1.1\r\n")
                assert b"authorization: theirs\r\n" in request.lower()
                assert b"of" not in request.lower()

    asyncio.run(run())


@pytest.mark.parametrize("fault", [httpx.ReadError, httpx.ConnectError, httpx.LocalProtocolError, httpx.ReadTimeout])
def test_faults_of_other_transports_are_answers_too(fault: type[httpx.TransportError]) -> None:
    def fail(_: httpx.Request) -> httpx.Response:
        raise fault("no luck")

    async def run() -> HttpAnswer | Broken:
        async with httpx.AsyncClient(transport=httpx.MockTransport(fail)) as client:
            return await exchange(client, GET, "http://example.com", {})

    result = asyncio.run(run())
    assert isinstance(result, Broken)
    assert result.reason.startswith("GET /x: ")


def test_the_shared_client_is_one_per_loop_and_closes_with_it(
    loopback: Any, plain: Any, recwarn: pytest.WarningsRecorder, caplog: pytest.LogCaptureFixture
) -> None:
    async def run() -> httpx.AsyncClient:
        async with loopback(plain()) as server:
            client = shared_client()
            assert await asyncio.gather(ask(server), ask(server)) == [HttpAnswer(200, {"content-length": "2"}, {})] * 2
            assert shared_client() is client
            assert not client.is_closed
            return client

    first, second = asyncio.run(run()), asyncio.run(run())
    assert first is not second
    assert first.is_closed
    assert second.is_closed
    del first, second
    gc.collect()
    assert not recwarn.list
    assert not caplog.records


def test_the_shared_client_can_be_closed_and_opens_again(loopback: Any, plain: Any) -> None:
    async def run() -> None:
        async with loopback(plain()) as server:
            await close_shared_client()
            client = shared_client()
            await ask(server)
            await close_shared_client()
            assert client.is_closed
            await asyncio.wait_for(server.one_gone.wait(), 10)
            assert (await ask(server)).status == 200
            assert shared_client() is not client

    asyncio.run(run())


def test_a_loop_that_was_never_run_to_its_end_is_forgotten() -> None:
    loop = asyncio.new_event_loop()

    async def opened() -> httpx.AsyncClient:
        return shared_client()

    left = loop.run_until_complete(opened())
    loop.close()
    assert asyncio.run(opened()) is not left
