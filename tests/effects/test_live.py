"""Which credentials a request gets, what becomes of a refusal, and that no answer repeats a secret to the engine."""

from __future__ import annotations

import asyncio
import base64
import json
import secrets
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

import pytest

from flowengine.authorizations.life import Keeper
from flowengine.authorizations.record import Authorization
from flowengine.authorizations.secret import Secret
from flowengine.authorizations.store import MemoryStore
from flowengine.core.answers import Answer, Broken, HttpAnswer, Refused
from flowengine.core.wants import HttpRequest, Send
from flowengine.effects.credentials import NotAuthorized, Refusal
from flowengine.effects.egress import Egress
from flowengine.effects.live import LiveEffects
from flowengine.project import Environment, Integration
from flowengine.redaction import LIVE, PLACEHOLDER

Asked = tuple[str | None, str, tuple[str, ...], bool, Refusal | None]


class FakeCredentials:
    """Gives a new token at each refresh; ``asked`` and ``given_up`` say what came in."""

    def __init__(self, refuses: str | None = None) -> None:
        self.refuses = refuses
        self.asked: list[Asked] = []
        self.given_up: list[tuple[str, Refusal | None]] = []
        self.tokens = 1

    async def headers(
        self,
        name: str | None,
        *,
        url: str,
        kinds: tuple[str, ...] = (),
        refresh: bool = False,
        refused: Refusal | None = None,
    ) -> Mapping[str, str]:
        self.asked.append((name, url, kinds, refresh, refused))
        if self.refuses:
            raise NotAuthorized(self.refuses)
        self.tokens += refresh
        return {"Authorization": f"Bearer {name} {self.tokens}"}

    async def refused_again(self, name: str, refused: Refusal | None = None) -> None:
        self.given_up.append((name, refused))


def want(target: str = "/x", **given: Any) -> Send:
    request = HttpRequest(
        given.pop("method", "GET"), target, absolute="://" in target, reads=given.pop("reads", "json")
    )
    known: dict[str, Any] = {"integration": "crm", "authorization": "desk", "timeout": 5.0, "key": "run:ask:1"}
    return Send("ask", 1, 1, request, **(known | given))


def exchanged(
    loopback: Any,
    answer: Any,
    *wants: Send | Callable[[str], Send],
    credentials: FakeCredentials | None = None,
    own: FakeCredentials | None = None,
    **names: str,
) -> tuple[list[Answer], list[bytes]]:
    """Send one after the other; return the answers, and what the server got."""

    async def run() -> tuple[list[Answer], list[bytes]]:
        async with loopback(answer) as server:
            environment = Environment("test", {"crm": Integration(server.url, concurrency=1)}, names)
            effects = LiveEffects(
                environment,
                credentials or FakeCredentials(),
                own={"crm": own} if own else None,
                egress=Egress(frozenset({"127.0.0.1"})),
            )
            return [
                await effects.send(one if isinstance(one, Send) else one(server.url)) for one in wants
            ], server.requests

    return asyncio.run(run())


def test_the_environment_says_what_a_name_means(loopback: Any, plain: Any) -> None:
    credentials = FakeCredentials()
    one, other = want(kinds=("bearer",), required=True), want(authorization="other")
    _, requests = exchanged(loopback, plain(), one, other, credentials=credentials, desk="desk-prod")
    assert b"\r\nAuthorization: Bearer desk-prod 1\r\n" in requests[0]
    assert b"\r\nAuthorization: Bearer other 1\r\n" in requests[1]
    assert [(name, kinds) for name, _, kinds, *_ in credentials.asked] == [("desk-prod", ("bearer",)), ("other", ())]
    assert credentials.asked[0][1].startswith("http://127.0.0.1:")


def test_an_integration_with_credentials_of_its_own_asks_for_no_other(loopback: Any, plain: Any) -> None:
    users, own = FakeCredentials(), FakeCredentials()
    wants = (want(), want(authorization=None, required=True), want(kinds=("basic",)))
    answers, requests = exchanged(loopback, plain(), *wants, credentials=users, own=own)
    assert all(isinstance(answer, HttpAnswer) for answer in answers)
    assert all(b"\r\nAuthorization: Bearer sandbox 1\r\n" in request for request in requests)
    assert users.asked == []
    assert {kinds for _, _, kinds, *_ in own.asked} == {()}


def test_a_node_that_needs_one_and_names_none(loopback: Any, plain: Any) -> None:
    credentials = FakeCredentials("name one")
    wants = (
        want(authorization=None, required=True),
        lambda url: want(url, integration=None, authorization=None, required=True),
    )
    answers, requests = exchanged(loopback, plain(), *wants, credentials=credentials)
    assert answers == [Refused("name one"), Refused("name one")]
    assert [name for name, *_ in credentials.asked] == [None, None]
    assert requests == []


def test_a_node_that_needs_none_and_names_none(loopback: Any, plain: Any) -> None:
    credentials = FakeCredentials()
    wants = (want(authorization=None), lambda url: want(f"{url}/x", integration=None, authorization=None))
    answers, requests = exchanged(loopback, plain(), *wants, credentials=credentials)
    assert [isinstance(answer, HttpAnswer) for answer in answers] == [True, True]
    assert not any(b"authorization" in request.lower() for request in requests)
    assert credentials.asked == []


def test_what_is_refused_without_authorization_is_not_tried_again(loopback: Any, plain: Any) -> None:
    again = want(authorization=None, refresh=True)
    answers, requests = exchanged(loopback, plain(), again)
    assert answers == [Refused("refused, and the node has no authorization")]
    assert requests == []


@pytest.mark.parametrize("status", ["401 Unauthorized", "403 Forbidden"])
def test_a_refresh_says_what_was_refused(status: str, loopback: Any, plain: Any) -> None:
    credentials = FakeCredentials()
    exchanged(loopback, plain(status=status), want(), want(refresh=True), credentials=credentials)
    first = Refusal(int(status[:3]), {"Authorization": "Bearer desk 1"})
    assert [(refresh, refused) for *_, refresh, refused in credentials.asked] == [(False, None), (True, first)]
    again = [("desk", Refusal(401, {"Authorization": "Bearer desk 2"}))]
    assert credentials.given_up == (again if status.startswith("401") else [])


def test_only_the_same_visit_tells_what_was_refused(loopback: Any, plain: Any) -> None:
    credentials = FakeCredentials()
    answer = plain(status="401 Unauthorized")
    exchanged(loopback, answer, want(), want(refresh=True, key="run:other:1"), credentials=credentials)
    assert [refused for *_, refused in credentials.asked] == [None, None]


def test_a_key_is_sent_with_what_may_change_something(loopback: Any, plain: Any) -> None:
    _, requests = exchanged(loopback, plain(), want(method="POST"), want())
    assert b"\r\nIdempotency-Key: run:ask:1\r\n" in requests[0]
    assert b"Idempotency-Key" not in requests[1]


def test_an_integration_that_is_nowhere(loopback: Any, plain: Any) -> None:
    answers, _ = exchanged(loopback, plain(), want(integration="erp"))
    assert answers == [
        Broken("the environment 'test' does not say where 'erp' is: add it under `integrations` with a baseUrl")
    ]


@pytest.mark.parametrize("base_url", ["sandbox", "ftp://example.com", "http://[::1", "http://"])
def test_a_base_url_that_is_none_gets_no_credential(base_url: str) -> None:
    desk = Authorization(
        "desk", "bearer", None, ("example.com",), state="authorized", secrets={"access_token": Secret("desk-token")}
    )
    effects = LiveEffects(Environment("test", {"crm": Integration(base_url)}), Keeper(MemoryStore([desk])))
    assert isinstance(asyncio.run(effects.send(want())), Refused)
    assert isinstance(asyncio.run(effects.send(want(authorization=None))), Broken)


def spellings(secret: str) -> list[str]:
    return [
        secret,
        base64.b64encode(f"user:{secret}".encode()).decode(),
        quote(secret, safe=""),
        secret.encode().hex(),
        json.dumps(secret)[1:-1],
    ]


@pytest.fixture
def secret() -> str:
    value = f"s3cr3t/{secrets.token_hex(8)}+&\u00e9"
    LIVE.learn(value)
    return value


@pytest.mark.parametrize("number", range(5))
@pytest.mark.parametrize("status", ["200 OK", "500 Oh no"])
def test_an_answer_does_not_repeat_a_secret(number: int, status: str, secret: str, loopback: Any, plain: Any) -> None:
    told = spellings(secret)[number]
    body = json.dumps({"you": {f"said {told}": [told]}})
    headers = f"X-You-Said: {told}\r\n" if told.isascii() else ""
    answers, _ = exchanged(loopback, plain(body.encode(), status, headers), want(), want(reads="text"))
    for answer in answers:
        assert isinstance(answer, HttpAnswer)
        assert PLACEHOLDER in str(answer.body) + str(answer.text)
        assert not headers or PLACEHOLDER in answer.headers["x-you-said"]
        assert not [one for one in spellings(secret) if one in str(answer)]


def test_a_broken_answer_does_not_repeat_a_secret(secret: str, loopback: Any, plain: Any) -> None:
    answers, _ = exchanged(loopback, plain(f"<p>{secret}".encode()), want(f"/{quote(secret)}"))
    (answer,) = answers
    assert isinstance(answer, Broken)
    assert answer.reason.startswith(f"GET /{PLACEHOLDER}: the answer (status 200) is not JSON")


def test_a_refusal_does_not_repeat_a_secret(secret: str, loopback: Any, plain: Any) -> None:
    answers, _ = exchanged(loopback, plain(), want(), credentials=FakeCredentials(f"the server said {secret}"))
    assert answers == [Refused(f"the server said {PLACEHOLDER}")]
