from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from flowengine.sandbox.oauth.authority import Authority
from flowengine.sandbox.oauth.digests import challenge_of
from flowengine.sandbox.replies import Reply
from flowengine.sandbox.server import _read_assets

ISSUER = "http://127.0.0.1:8080"
VERIFIER = "verifier-" * 6
REQUEST = {
    "response_type": "code",
    "client_id": "flowengine",
    "redirect_uri": "http://127.0.0.1:50123/callback",
    "scope": "conversations:read",
    "state": "state-1",
    "code_challenge": challenge_of(VERIFIER),
    "code_challenge_method": "S256",
}


@pytest.fixture
def new_secret() -> Callable[[], str]:
    count = itertools.count(1)
    return lambda: f"{next(count):03}-secret"


@pytest.fixture
def authority(clock: Callable[[], datetime], new_secret: Callable[[], str]) -> Authority:
    made = Authority(clock=clock, new_secret=new_secret, assets=_read_assets())
    made.listens_on(ISSUER, 8080)
    return made


class Person:
    """Somebody at a browser without a browser: keeps the cookie, and sends the forms that the pages have."""

    def __init__(self, authority: Authority) -> None:
        self.authority = authority
        self.cookie = ""
        self.page = Reply(0)

    def send(self, changes: dict[str, str | None], form: dict[str, str] | None = None) -> Reply:
        query = urlencode({name: value for name, value in {**REQUEST, **changes}.items() if value is not None})
        body = None if form is None else urlencode(form).encode()
        self.page = self.authority.authorize(query, self.cookie, body)
        self.cookie = self.page.headers.get("Set-Cookie", self.cookie).partition(";")[0]
        return self.page

    def open(self, **changes: str | None) -> Reply:
        return self.send(changes)

    def submit(self, changes: dict[str, str | None] | None = None, **form: str) -> Reply:
        token = re.search(r'name="form_token" value="([^"]+)"', self.page.body.decode())
        return self.send(changes or {}, {"form_token": token[1] if token else "", **form})

    def log_in(self, **changes: str | None) -> Reply:
        """Log in, and come to the page that asks for consent."""
        self.open(**changes)
        self.submit(changes, login="agent@example.com", password=self.authority.user.password)
        return self.open(**changes)

    def code(self, **changes: str | None) -> str:
        """Log in, say yes, and return the code."""
        self.log_in(**changes)
        return answer_of(self.submit(changes, decision="allow"))["code"]


def answer_of(reply: Reply) -> dict[str, str]:
    """Return what is brought back to the client."""
    where = urlsplit(reply.headers["Location"])
    assert f"{where.scheme}://{where.netloc}{where.path}" == REQUEST["redirect_uri"]
    return {name: value for name, [value] in parse_qs(where.query).items()}


@pytest.fixture
def person(authority: Authority) -> Person:
    return Person(authority)


Ask = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def ask(authority: Authority) -> Ask:
    """Ask the token endpoint; the keywords are the form, and None leaves a field out."""

    def asked(authorization: str = "", **form: str | None) -> tuple[int, dict[str, Any]]:
        body = urlencode({name: value for name, value in form.items() if value is not None}).encode()
        reply = authority.token(body, authorization)
        assert reply.headers["Cache-Control"] == "no-store"
        return reply.status, json.loads(reply.body)

    return asked


Trade = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def trade(ask: Ask) -> Trade:
    """Trade a code for tokens, as the client that it is for."""

    def traded(code: str | None, **changes: str | None) -> tuple[int, dict[str, Any]]:
        form: dict[str, str | None] = {
            "grant_type": "authorization_code",
            "client_id": "flowengine",
            "code": code,
            "redirect_uri": REQUEST["redirect_uri"],
            "code_verifier": VERIFIER,
        }
        return ask(**{**form, **changes})

    return traded
