"""S19: an authorization is for its hosts; whatever leads elsewhere, no header of it arrives there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from flowengine.authorizations.life import Keeper
from flowengine.core.answers import Answer, Broken, HttpAnswer, Refused
from flowengine.core.wants import Send
from flowengine.effects.egress import Egress
from flowengine.effects.live import LiveEffects
from flowengine.project import Environment, Integration

from .conftest import TOKEN

Get = Callable[..., Send]


def environment(base_url: str = "http://127.0.0.1:9", **names: str) -> Environment:
    return Environment("test", {"crm": Integration(base_url)}, names)


def test_it_is_sent_to_its_host(keeper: Any, get: Get, serving: Any) -> None:
    async def run() -> None:
        async with serving() as server:
            place = f"127.0.0.1:{server.port}"
            effects = LiveEffects(environment(f"http://{place}"), keeper(place))
            for want in (get("/x", "crm", "crm"), get(f"http://{place}/x", "crm")):
                assert isinstance(await effects.send(want), HttpAnswer)
            assert [f"\r\nAuthorization: Bearer {TOKEN}\r\n" in head for head in server.heads] == [True, True]

    asyncio.run(run())


def test_without_it_its_host_is_one_like_any_other(keeper: Any, get: Get, serving: Any) -> None:
    async def run() -> None:
        async with serving() as server:
            place = f"127.0.0.1:{server.port}"
            answer = await LiveEffects(environment(), keeper(place)).send(get(f"http://{place}/x"))
            assert isinstance(answer, Broken)
            assert "'127.0.0.1' is not allowed" in answer.reason
            assert server.heads == []

    asyncio.run(run())


def test_an_allowed_host_gets_no_authorization_that_is_not_for_it(keeper: Any, get: Get, serving: Any) -> None:
    async def run() -> None:
        async with serving() as server:
            url = f"http://127.0.0.1:{server.port}/x"
            effects = LiveEffects(environment(), keeper("crm.example.com"), egress=Egress(frozenset({"127.0.0.1"})))
            answer = await effects.send(get(url, "crm"))
            assert isinstance(answer, Refused)
            assert "'crm' is not sent to '127.0.0.1" in answer.reason
            assert isinstance(await effects.send(get(url)), HttpAnswer)
            assert [TOKEN in head for head in server.heads] == [False]

    asyncio.run(run())


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("location", ["http://127.0.0.1:{}/x", "http://localhost:{}/x", "//127.0.0.1:{}/x"])
def test_a_redirect_takes_it_nowhere(status: int, location: str, keeper: Any, get: Get, serving: Any) -> None:
    async def run() -> None:
        async with serving() as evil:
            moved = f"HTTP/1.1 {status} Moved\r\nLocation: {location.format(evil.port)}\r\nContent-Length: 0\r\n\r\n"
            async with serving(moved.encode()) as good:
                place = f"127.0.0.1:{good.port}"
                effects = LiveEffects(environment(f"http://{place}"), keeper(place, "localhost"))
                for want in (get("/x", "crm", "crm"), get(f"http://{place}/x", "crm")):
                    answer = await effects.send(want)
                    assert isinstance(answer, HttpAnswer)
                    assert answer.status == status
                assert evil.heads == []

    asyncio.run(run())


def test_an_environment_cannot_send_it_elsewhere(keeper: Any, get: Get, serving: Any) -> None:
    async def run() -> None:
        async with serving() as evil:
            place = f"127.0.0.1:{evil.port}"
            for base in (f"http://{place}", f"http://{place}/crm.example.com", f"http://localhost:{evil.port}"):
                effects = LiveEffects(environment(base), keeper("crm.example.com", "127.0.0.1"))
                answer = await effects.send(get("/x", "crm", "crm"))
                assert isinstance(answer, Refused)
                assert "as it is for crm.example.com, 127.0.0.1 only" in answer.reason
            assert evil.heads == []

    asyncio.run(run())


def test_a_name_in_the_flow_means_what_the_environment_says(keeper: Any, get: Get, serving: Any) -> None:
    async def run() -> None:
        async with serving() as server:
            place = f"127.0.0.1:{server.port}"
            mapped = LiveEffects(environment(f"http://{place}", desk="crm"), keeper(place))
            assert isinstance(await mapped.send(get("/x", "desk", "crm")), HttpAnswer)
            answer = await mapped.send(get("/x", "other", "crm"))
            assert isinstance(answer, Refused)
            assert "there is no authorization 'other'" in answer.reason
            assert len(server.heads) == 1

    asyncio.run(run())


ELSEWHERE = [
    "http://localhost:{port}@127.0.0.1:{evil}/",
    "http://crm.example.com@127.0.0.1:{evil}/",
    "http://localhost:{port}\\@127.0.0.1:{evil}/",
    "http://127.0.0.1:{evil}#@localhost:{port}/",
    "http://127.0.0.1:{evil}?@localhost:{port}/",
    "http://localhost.:{evil}/",
    "http://localhost:{evil}/",
    "http://LOCALHOST:{evil}/",
    "http://127.0.0.1:{evil}/",
    "http://127.1:{evil}/",
    "http://[::ffff:127.0.0.1]:{evil}/",
    "https://localhost:{evil}/",
    "https://crm.example.com.:{evil}/",
    "https://crm.ex\u0430mple.com/",
    "https://\uff43\uff52\uff4d.example.com.evil.example/",
    "https://xn--crm-example-com-x.example/",
    "https://crm.example.com:8443/",
    "https://evil.example/crm.example.com",
    "http://crm.example.com/",
    "https://sub.crm.example.com/",
]


@pytest.mark.parametrize("url", ELSEWHERE)
def test_an_address_that_looks_like_its_host_gets_nothing(  # noqa: PLR0913, PLR0917 - fixtures
    url: str, keeper: Any, get: Get, serving: Any, names: Any, connected: list[Any]
) -> None:
    """Everything leads to the evil server: what is refused is refused for the address alone."""

    async def run() -> Answer:
        async with serving() as evil:
            everywhere = names({name: [["127.0.0.1"]] for name in ("localhost", "localhost.", "crm.example.com")})
            egress = Egress(frozenset({"127.0.0.1", "*.example.com", "localhost"}), everywhere)
            effects = LiveEffects(environment(), keeper("localhost:1", "crm.example.com"), egress=egress)
            answer = await effects.send(get(url.format(port=1, evil=evil.port), "crm"))
            assert (evil.heads, everywhere.asked) == ([], [])
            return answer

    assert isinstance(asyncio.run(run()), Refused | Broken)
    assert connected == []


def test_it_never_travels_in_the_clear(keeper: Any, get: Get, connected: list[Any]) -> None:
    url = "http://crm.example.com:8080"
    effects = LiveEffects(environment(url), keeper("crm.example.com:8080"))
    for want in (get("/x", "crm", "crm"), get(f"{url}/x", "crm")):
        answer = asyncio.run(effects.send(want))
        assert isinstance(answer, Refused)
        assert "'crm' is not sent to http://crm.example.com:8080" in answer.reason
        assert "use https" in answer.reason
    assert connected == []


def test_a_node_of_an_integration_does_not_leave_it(keeper: Any, get: Get, serving: Any) -> None:
    async def run() -> None:
        async with serving() as good, serving() as evil:
            places = [f"127.0.0.1:{one.port}" for one in (good, evil)]
            effects = LiveEffects(environment(f"http://{places[0]}"), keeper(*places))
            answer = await effects.send(get(f"http://{places[1]}/x", "crm", "crm"))
            assert answer == Broken(
                f"GET http://{places[1]}/x: not sent, as nodes of 'crm' reach only http://{places[0]}"
            )
            assert isinstance(await effects.send(get(f"http://{places[0]}/x", "crm", "crm")), HttpAnswer)
            assert (len(good.heads), evil.heads) == (1, [])

    asyncio.run(run())


def test_its_host_is_looked_up_like_any_other(
    keeper: Callable[..., Keeper], get: Get, names: Any, connected: list[Any]
) -> None:
    egress = Egress(frozenset(), names({"crm.example.com": [["127.0.0.1"]]}))
    answer = asyncio.run(
        LiveEffects(environment(), keeper("crm.example.com"), egress=egress).send(
            get("https://crm.example.com/x", "crm")
        )
    )
    assert isinstance(answer, Broken)
    assert "leads to 127.0.0.1, which is no public address" in answer.reason
    assert connected == []
