"""S3: free HTTP nodes reach what is listed and nothing else; what is refused is refused before a socket connects."""

from __future__ import annotations

import asyncio
import shutil
import ssl
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from flowengine.core.answers import Answer, Broken, HttpAnswer
from flowengine.core.wants import Send
from flowengine.effects.egress import Egress
from flowengine.effects.http import close_shared_client
from flowengine.effects.live import LiveEffects
from flowengine.effects.transport import AiohttpTransport, DirectClient
from flowengine.project import Environment, Integration

Get = Callable[..., Send]

LISTED = frozenset({"hooks.example.com", "*.example.org", "localhost:8080", "192.0.2.7:80", "[2001:db8::7]"})

NOT_LISTED = [
    # this machine, in every spelling
    *("http://127.0.0.1/", "http://127.0.0.1:8080/", "http://127.1/", "http://127.0.1/", "http://2130706433/"),
    *("http://0x7f000001/", "http://0x7f.0.0.1/", "http://017700000001/", "http://127.0.0.1./"),
    *("http://0.0.0.0/", "http://0/", "http://localhost/", "http://localhost./"),
    *(
        "http://localhost:80/",
        "http://[::1]/",
        "http://[::]/",
        "http://[0:0:0:0:0:0:0:1]/",
        "http://[::ffff:127.0.0.1]/",
    ),
    *("http://[::ffff:7f00:1]/", "http://[::127.0.0.1]/", "http://127.0.0.1.nip.io/", "http://localtest.me/"),
    # what clouds and networks keep for themselves
    *("http://169.254.169.254/latest/meta-data/", "http://[::ffff:169.254.169.254]/", "http://2852039166/"),
    *("http://0xa9fea9fe/", "http://metadata.google.internal/", "http://metadata.google.internal./"),
    *(
        "http://[fd00:ec2::254]/",
        "http://100.100.100.200/",
        "http://10.0.0.1/",
        "http://172.16.0.1/",
        "http://192.168.1.1/",
    ),
    *("http://[fe80::1]/", "http://[fc00::1]/", "http://224.0.0.1/", "http://255.255.255.255/", "http://1.1.1.1/"),
    # an address within an address
    *("http://[2002:7f00:1::]/", "http://[64:ff9b::7f00:1]/", "http://[64:ff9b::a9fe:a9fe]/"),
    *("http://[2001:0:53aa:64c:0:fbfe:80ff:fffe]/", "http://[::ffff:0:7f00:1]/"),
    # names that look like one that is listed
    *(
        "http://example.org/",
        "http://evilexample.org/",
        "http://hooks.example.com.evil.example/",
        "http://xhooks.example.com/",
    ),
    *(
        "http://hooks.example.com./",
        "http://hooks.example.com../",
        "http://x.example.org./",
        "http://hooks-example.com/",
    ),
    *(
        "http://h\u043eoks.example.com/",
        "http://xn--hoks-1bd.example.com/",
        "http://hooks\u3002example.com.evil.example/",
    ),
    *("http://192.0.2.7:81/", "http://[2001:db8::8]/", "http://192.0.2.8/"),
]
NO_ADDRESS = [
    *(
        "http://hooks.example.com@127.0.0.1/",
        "http://user:pass@hooks.example.com/",
        "http://127.0.0.1\\@hooks.example.com/",
    ),
    *("ftp://hooks.example.com/", "file:///etc/passwd", "gopher://hooks.example.com/", "//hooks.example.com/"),
    *("http://hooks.example.com:0/", "http://hooks.example.com:99999/", "http://[fe80::1%25lo]/", "http:///x"),
    *("http://0177.0.0.1/", "http://LOCALHOST:8080./"),
]


def ask(want: Send, egress: Egress) -> Answer:
    async def run() -> Answer:
        try:
            return await LiveEffects(Environment("test", {}), Nobody(), egress=egress).send(want)
        finally:
            await close_shared_client()

    return asyncio.run(run())


class Nobody:
    """Credentials that nobody may ask for."""

    async def headers(self, *_: Any, **__: Any) -> dict[str, str]:
        raise AssertionError

    async def refused_again(self, *_: Any) -> None:
        raise AssertionError


@pytest.mark.parametrize("url", NOT_LISTED)
def test_what_is_not_listed_is_not_even_looked_up(url: str, get: Get, names: Any, connected: list[Any]) -> None:
    service = names({})
    answer = ask(get(url.replace("http://", "https://")), Egress(LISTED, service))
    assert isinstance(answer, Broken)
    assert "is not allowed in the environment 'test': add it under `egress" in answer.reason
    assert ask(get(url), Egress(LISTED, service)) == answer
    assert (service.asked, connected) == ([], [])


@pytest.mark.parametrize("url", NO_ADDRESS)
def test_what_is_no_plain_address_is_not_sent(url: str, get: Get, connected: list[Any]) -> None:
    want = get(url)
    answer = ask(want._replace(request=want.request._replace(absolute=True)), Egress(LISTED))
    assert isinstance(answer, Broken)
    assert "not sent, as the URL" in answer.reason
    assert connected == []


PRIVATE = [
    *("127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.31.255.255", "192.168.0.1", "169.254.169.254"),  # noqa: S104
    *("100.64.0.1", "198.18.0.1", "192.0.2.1", "224.0.0.251", "240.0.0.1", "255.255.255.255"),
    *("::1", "::", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "2001:db8::1", "::7f00:1"),
    *("::ffff:10.0.0.1", "::ffff:169.254.169.254", "2002:a00:1::", "64:ff9b::a00:1", "64:ff9b:1::1"),
    *("2001:0:53aa:64c:0:fbfe:80ff:fffe", "::ffff:0:7f00:1"),
]


@pytest.mark.parametrize("address", PRIVATE)
def test_a_listed_name_leads_to_public_addresses_only(address: str, get: Get, names: Any, connected: list[Any]) -> None:
    for addresses in ([address], ["93.184.215.14", address], [address, "2606:2800:21f:cb07::1"]):
        for name in ("hooks.example.com", "deep.below.example.org"):
            answer = ask(get(f"https://{name}/"), Egress(LISTED, names({name: [addresses]})))
            assert isinstance(answer, Broken)
            assert f"the name {name!r} leads to {address}, which is no public address" in answer.reason
    assert connected == []


def test_a_name_that_is_not_known(get: Get, names: Any, connected: list[Any]) -> None:
    answer = ask(get("https://hooks.example.com/"), Egress(LISTED, names({})))
    assert answer == Broken("GET https://hooks.example.com/: cannot connect: the host's name is not known")
    assert connected == []


def test_localhost_is_this_machine_and_nothing_else(get: Get, names: Any, serving: Any, connected: list[Any]) -> None:
    async def run() -> tuple[Answer, Answer]:
        async with serving() as server:
            allow = frozenset({f"localhost:{server.port}"})
            answers = []
            for address in ("127.0.0.1", "10.0.0.1"):
                egress = Egress(allow, names({"localhost": [[address]]}))
                effects = LiveEffects(Environment("test", {}), Nobody(), egress=egress)
                answers.append(await effects.send(get(f"http://localhost:{server.port}/")))
            return answers[0], answers[1]

    here, elsewhere = asyncio.run(run())
    assert isinstance(here, HttpAnswer)
    assert isinstance(elsewhere, Broken)
    assert {address for address, *_ in connected} == {"127.0.0.1"}


@pytest.mark.parametrize("listed", ["127.0.0.1", "127.0.0.0/8", "0.0.0.0/0", "[::ffff:127.0.0.1]"])
def test_a_name_may_lead_to_a_listed_address_and_keeps_its_host_header(
    listed: str, get: Get, names: Any, serving: Any
) -> None:
    async def run() -> list[str]:
        async with serving() as server:
            service = names({"hooks.example.com": [["127.0.0.1"]]})
            egress = Egress(frozenset({"hooks.example.com", listed}), service)
            effects = LiveEffects(Environment("test", {}), Nobody(), egress=egress)
            for _ in range(2):
                answer = await effects.send(get(f"http://hooks.example.com:{server.port}/x"))
                assert isinstance(answer, HttpAnswer), answer
            assert service.asked == ["hooks.example.com"]
            assert f"\r\nHost: hooks.example.com:{server.port}\r\n" in server.heads[0]
            return list(server.heads)

    assert len(asyncio.run(run())) == 2


def test_a_name_is_looked_up_once_for_a_connection(get: Get, names: Any, serving: Any, connected: list[Any]) -> None:
    """DNS rebinding: the second answer of the name service leads elsewhere, and nobody goes there."""

    async def run() -> Answer:
        close = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}"
        async with serving(close) as good:
            service = names({"rebind.example.org": [["127.0.0.1"], ["127.0.0.2"]]})
            egress = Egress(frozenset({"*.example.org", "127.0.0.1"}), service)
            effects = LiveEffects(Environment("test", {}), Nobody(), egress=egress)
            url = f"http://rebind.example.org:{good.port}/"
            assert isinstance(await effects.send(get(url)), HttpAnswer)
            assert service.asked == ["rebind.example.org"]
            await close_shared_client()  # and with it what was looked up
            return await effects.send(get(url))

    answer = asyncio.run(run())
    assert isinstance(answer, Broken)
    assert "leads to 127.0.0.2, which is no public address" in answer.reason
    assert {address for address, *_ in connected} == {"127.0.0.1"}


def test_connections_of_integrations_are_no_way_in(get: Get, names: Any, serving: Any) -> None:
    """An operator binds an integration to a private address; who may call its name freely gets no such address."""

    async def run() -> None:
        async with serving() as server:
            origin = f"http://localhost:{server.port}"
            environment = Environment("test", {"crm": Integration(origin)})
            egress = Egress(frozenset({f"localhost:{server.port}"}), names({"localhost": [["10.0.0.1"]]}))
            effects = LiveEffects(environment, Nobody(), egress=egress)
            through = await effects.send(get("/x", integration="crm"))
            assert isinstance(through, HttpAnswer), through
            freely = await effects.send(get(f"{origin}/x"))
            assert isinstance(freely, Broken)
            assert len(server.heads) == 1

    asyncio.run(run())


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(status: int, get: Get, serving: Any) -> None:
    async def run() -> None:
        async with serving() as inside:
            target = f"http://127.0.0.1:{inside.port}/secret"
            moved = f"HTTP/1.1 {status} Moved\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n".encode()
            async with serving(moved) as outside:
                egress = Egress(frozenset({f"127.0.0.1:{outside.port}"}))
                answer = await LiveEffects(Environment("test", {}), Nobody(), egress=egress).send(
                    get(f"http://127.0.0.1:{outside.port}/")
                )
                assert isinstance(answer, HttpAnswer)
                assert (answer.status, answer.headers["location"]) == (status, target)
                assert inside.heads == []

    asyncio.run(run())


def test_proxies_of_the_environment_are_not_used(get: Get, serving: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> None:
        async with serving() as proxy, serving() as server:
            for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
                monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
            egress = Egress(frozenset({"127.0.0.1"}))
            effects = LiveEffects(Environment("test", {}), Nobody(), egress=egress)
            assert isinstance(await effects.send(get(f"http://127.0.0.1:{server.port}/")), HttpAnswer)
            assert (len(server.heads), proxy.heads) == (1, [])

    asyncio.run(run())


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("needs openssl to make a certificate")
    made = tmp_path / "server.pem"
    options = "req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=hooks.example.com"
    names = ["-addext", "subjectAltName=DNS:hooks.example.com"]
    files = ["-keyout", str(made), "-out", str(tmp_path / "certificate.pem")]
    subprocess.run([openssl, *options.split(), *names, *files], check=True, capture_output=True)
    made.write_bytes(made.read_bytes() + (tmp_path / "certificate.pem").read_bytes())
    return made


def test_the_server_name_of_tls_stays_the_name(certificate: Path, names: Any, serving: Any) -> None:
    asked: list[str | None] = []
    own = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    own.load_cert_chain(certificate)
    own.sni_callback = lambda _, name, __: asked.append(name)

    async def run() -> None:
        async with serving(ssl=own) as server:
            allow = frozenset({"hooks.example.com", "127.0.0.1"})
            egress = Egress(allow, names({"hooks.example.com": [["127.0.0.1"]]}))
            trust = ssl.create_default_context(cafile=certificate)
            async with DirectClient(AiohttpTransport(tls=trust, resolver=egress.open)) as client:
                answer = await client.get(httpx.URL(f"https://hooks.example.com:{server.port}/"))
            assert answer.status_code == 200
            assert f"Host: hooks.example.com:{server.port}\r\n" in server.heads[0]

    asyncio.run(run())
    assert asked == ["hooks.example.com"]
