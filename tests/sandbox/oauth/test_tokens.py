from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from flowengine.sandbox.oauth.faults import OAuthFault
from flowengine.sandbox.oauth.grants import Grant
from flowengine.sandbox.oauth.tokens import Tokens

if TYPE_CHECKING:
    from conftest import Clock

READ, WRITE = "conversations:read", "conversations:write"
DAY = 24 * 3600


@pytest.fixture
def tokens(clock: Clock, new_secret: Callable[[], str]) -> Tokens:
    return Tokens(clock=clock, new_secret=new_secret)


@pytest.fixture
def grant() -> Grant:
    return Grant("flowengine", "agent@example.com", (READ, WRITE))


def refused(tokens: Tokens, token: str, *, client: str = "flowengine", scope: str | None = None) -> str:
    with pytest.raises(OAuthFault) as fault:
        tokens.refresh(token, client, scope)
    return fault.value.error


def test_a_token_is_valid_for_an_hour(tokens: Tokens, grant: Grant, clock: Clock) -> None:
    answer = tokens.issue(grant, with_refresh=False)

    assert {**answer, "access_token": ""} == {
        "access_token": "",
        "token_type": "Bearer",
        "expires_in": 3600,
        "scope": f"{READ} {WRITE}",
    }
    clock.pass_seconds(3599)
    assert tokens.scopes_of(answer["access_token"]) == (READ, WRITE)
    clock.pass_seconds(1)
    assert tokens.scopes_of(answer["access_token"]) is None


def test_another_lifetime_can_be_chosen(clock: Clock, new_secret: Callable[[], str], grant: Grant) -> None:
    tokens = Tokens(clock=clock, new_secret=new_secret, lifetime=60)
    answer = tokens.issue(grant, with_refresh=True)

    assert answer["expires_in"] == 60
    clock.pass_seconds(60)
    assert tokens.scopes_of(answer["access_token"]) is None
    assert tokens.refresh(answer["refresh_token"], "flowengine", None)["expires_in"] == 60


def test_a_refresh_token_is_exchanged_for_the_next(tokens: Tokens, grant: Grant) -> None:
    first = tokens.issue(grant, with_refresh=True)
    second = tokens.refresh(first["refresh_token"], "flowengine", None)
    third = tokens.refresh(second["refresh_token"], "flowengine", None)

    assert len({each[name] for each in (first, second, third) for name in ("access_token", "refresh_token")}) == 6
    assert tokens.scopes_of(third["access_token"]) == (READ, WRITE)
    assert tokens.counts() == {"access": 3, "refresh": 1}


def test_a_second_use_ends_the_whole_grant_and_no_other(tokens: Tokens, grant: Grant) -> None:
    other = tokens.issue(Grant("flowengine", None, (READ,)), with_refresh=True)
    first = tokens.issue(grant, with_refresh=True)
    second = tokens.refresh(first["refresh_token"], "flowengine", None)

    assert refused(tokens, first["refresh_token"]) == "invalid_grant"
    assert refused(tokens, second["refresh_token"]) == "invalid_grant"
    assert tokens.scopes_of(second["access_token"]) is None
    assert tokens.scopes_of(other["access_token"]) == (READ,)
    assert tokens.counts() == {"access": 1, "refresh": 1}


def test_refresh_tokens_are_bound_to_their_client(tokens: Tokens, grant: Grant) -> None:
    token = tokens.issue(grant, with_refresh=True)["refresh_token"]

    assert refused(tokens, token, client="another") == "invalid_grant"
    assert refused(tokens, "none") == "invalid_grant"
    assert tokens.refresh(token, "flowengine", None)


def test_an_access_token_is_no_refresh_token_and_the_other_way_round(tokens: Tokens, grant: Grant) -> None:
    answer = tokens.issue(grant, with_refresh=True)

    assert refused(tokens, answer["access_token"]) == "invalid_grant"
    assert tokens.scopes_of(answer["refresh_token"]) is None


def test_refreshing_can_narrow_the_scopes_but_not_widen_them(tokens: Tokens) -> None:
    first = tokens.issue(Grant("flowengine", None, (READ,)), with_refresh=True)
    assert refused(tokens, first["refresh_token"], scope=f"{READ} {WRITE}") == "invalid_scope"

    wide = tokens.issue(Grant("flowengine", None, (READ, WRITE)), with_refresh=True)
    narrow = tokens.refresh(wide["refresh_token"], "flowengine", READ)
    assert tokens.scopes_of(narrow["access_token"]) == (READ,)
    # The grant stays as wide as it was (RFC 6749, 6).
    assert tokens.refresh(narrow["refresh_token"], "flowengine", None)["scope"] == f"{READ} {WRITE}"


def test_refresh_tokens_end_too_and_nothing_is_kept_for_ever(tokens: Tokens, grant: Grant, clock: Clock) -> None:
    token = tokens.issue(grant, with_refresh=True)["refresh_token"]
    clock.pass_seconds(30 * DAY)

    assert refused(tokens, token) == "invalid_grant"
    tokens.issue(grant, with_refresh=True)
    assert (len(tokens._access), len(tokens._refresh)) == (1, 1)


def test_no_token_can_be_read_in_what_is_kept(tokens: Tokens, grant: Grant) -> None:
    answer = tokens.issue(grant, with_refresh=True)

    kept = repr((tokens._access, tokens._refresh))
    assert answer["access_token"] not in kept
    assert answer["refresh_token"] not in kept


def test_all_can_be_made_to_expire_and_refreshed(tokens: Tokens, grant: Grant) -> None:
    first = tokens.issue(grant, with_refresh=True)
    tokens.issue(grant, with_refresh=False)

    assert tokens.expire_all() == 2
    assert tokens.scopes_of(first["access_token"]) is None
    second = tokens.refresh(first["refresh_token"], "flowengine", None)
    assert tokens.scopes_of(second["access_token"])


def test_ending_all_ends_refresh_tokens_too(tokens: Tokens, grant: Grant) -> None:
    first = tokens.issue(grant, with_refresh=True)
    tokens.issue(Grant("flowengine", None, (READ,)), with_refresh=False)

    assert tokens.end_all() == 2
    assert tokens.counts() == {"access": 0, "refresh": 0}
    assert refused(tokens, first["refresh_token"]) == "invalid_grant"


def test_revoking_an_access_token_leaves_the_rest(tokens: Tokens, grant: Grant) -> None:
    first = tokens.issue(grant, with_refresh=True)

    tokens.revoke(first["access_token"], "flowengine")
    assert tokens.scopes_of(first["access_token"]) is None
    assert tokens.refresh(first["refresh_token"], "flowengine", None)


def test_revoking_a_refresh_token_ends_the_grant(tokens: Tokens, grant: Grant) -> None:
    first = tokens.issue(grant, with_refresh=True)

    tokens.revoke(first["refresh_token"], "flowengine")
    assert tokens.scopes_of(first["access_token"]) is None
    assert refused(tokens, first["refresh_token"]) == "invalid_grant"


def test_others_tokens_are_not_revoked(tokens: Tokens, grant: Grant) -> None:
    first = tokens.issue(grant, with_refresh=True)

    for token in (first["access_token"], first["refresh_token"]):
        with pytest.raises(OAuthFault, match="another client"):
            tokens.revoke(token, "another")
    assert tokens.counts() == {"access": 1, "refresh": 1}
