from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from flowengine.sandbox.tokens import Tokens

if TYPE_CHECKING:
    from conftest import Clock


@pytest.fixture
def tokens(clock: Clock) -> Tokens:
    count = itertools.count(1)
    return Tokens(clock=clock, new_secret=lambda: f"secret-{next(count)}")


def grant(tokens: Tokens, **changes: str | None) -> tuple[int, dict[str, Any]]:
    form = {
        "grant_type": "client_credentials",
        "client_id": tokens.client_id,
        "client_secret": tokens.client_secret,
        **changes,
    }
    reply = tokens.grant(urlencode({name: value for name, value in form.items() if value is not None}).encode())
    assert reply.headers["Cache-Control"] == "no-store"
    return reply.status, json.loads(reply.body)


def test_a_token_is_valid_for_an_hour(tokens: Tokens, clock: Clock) -> None:
    status, answer = grant(tokens)

    assert status == 200
    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 3600)
    assert "conversations:write" in answer["scope"]
    clock.pass_seconds(3599)
    assert tokens.is_valid(answer["access_token"])
    clock.pass_seconds(1)
    assert not tokens.is_valid(answer["access_token"])


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"grant_type": None}, 400, "invalid_request"),
        ({"client_id": None}, 400, "invalid_request"),
        ({"client_secret": ""}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"client_id": "someone"}, 401, "invalid_client"),
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_secret": "é"}, 401, "invalid_client"),
    ],
)
def test_no_token_for_a_wrong_form(tokens: Tokens, changes: dict[str, str | None], status: int, error: str) -> None:
    answered, answer = grant(tokens, **changes)

    assert (answered, answer["error"]) == (status, error)
    assert "access_token" not in answer


@pytest.mark.parametrize("form", [b"\xff", b"&".join([b"a=1"] * 100)])
def test_a_body_that_is_no_form_is_refused(tokens: Tokens, form: bytes) -> None:
    assert tokens.grant(form).status == 400


def test_the_own_token_is_made_anew_when_it_has_expired(tokens: Tokens, clock: Clock) -> None:
    first = tokens.own
    assert tokens.own == first

    clock.pass_seconds(3600)
    second = tokens.own
    assert second != first
    assert tokens.is_valid(second)

    tokens.expire(second)
    assert not tokens.is_valid(second)
    assert tokens.own not in (first, second)
