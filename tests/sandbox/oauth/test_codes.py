from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from flowengine.sandbox.oauth.codes import Codes
from flowengine.sandbox.oauth.digests import challenge_of
from flowengine.sandbox.oauth.faults import OAuthFault
from flowengine.sandbox.oauth.grants import Grant

if TYPE_CHECKING:
    from conftest import Clock

VERIFIER = "v" * 43
REDIRECT = "http://127.0.0.1:50123/callback"


@pytest.fixture
def codes(clock: Clock, new_secret: Callable[[], str]) -> Codes:
    return Codes(clock=clock, new_secret=new_secret)


@pytest.fixture
def grant() -> Grant:
    return Grant("flowengine", "agent@example.com", ("conversations:read",))


def refused(codes: Codes, code: str, *, client: str = "flowengine", to: str = REDIRECT, by: str = VERIFIER) -> None:
    with pytest.raises(OAuthFault) as fault:
        codes.redeem(code, client, to, by)
    assert fault.value.error == "invalid_grant"


def test_a_code_is_good_for_a_minute(codes: Codes, grant: Grant, clock: Clock) -> None:
    code, late = (codes.issue(grant, REDIRECT, challenge_of(VERIFIER)) for _ in range(2))

    clock.pass_seconds(59)
    assert codes.redeem(code, "flowengine", REDIRECT, VERIFIER) is grant
    clock.pass_seconds(1)
    refused(codes, late)
    assert not grant.is_ended


def test_the_challenge_is_that_of_the_standard() -> None:
    # RFC 7636, appendix B.
    assert challenge_of("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk") == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


@pytest.mark.parametrize(
    "verifier", ["w" * 43, "v" * 42, "v" * 129, "", "ü" * 43, challenge_of(VERIFIER), "v" * 43 + "\n"]
)
def test_only_the_right_verifier_will_do_and_there_is_one_try(codes: Codes, grant: Grant, verifier: str) -> None:
    code = codes.issue(grant, REDIRECT, challenge_of(VERIFIER))

    refused(codes, code, by=verifier)
    refused(codes, code)


@pytest.mark.parametrize(
    "redirect_uri", [REDIRECT.replace("50123", "50124"), REDIRECT.replace("127.0.0.1", "localhost")]
)
def test_it_is_bound_to_its_redirect_address(codes: Codes, grant: Grant, redirect_uri: str) -> None:
    refused(codes, codes.issue(grant, REDIRECT, challenge_of(VERIFIER)), to=redirect_uri)


def test_it_is_bound_to_its_client_and_no_other_can_spoil_it(codes: Codes, grant: Grant) -> None:
    code = codes.issue(grant, REDIRECT, challenge_of(VERIFIER))

    refused(codes, code, client="another")
    assert codes.redeem(code, "flowengine", REDIRECT, VERIFIER) is grant
    refused(codes, code, client="another")
    assert not grant.is_ended


@pytest.mark.parametrize("after", [0, 61, 3000])
def test_a_second_use_ends_the_grant(codes: Codes, grant: Grant, clock: Clock, after: int) -> None:
    code = codes.issue(grant, REDIRECT, challenge_of(VERIFIER))
    codes.redeem(code, "flowengine", REDIRECT, VERIFIER)

    clock.pass_seconds(after)
    refused(codes, code)
    assert grant.is_ended


def test_what_is_long_past_is_forgotten(codes: Codes, grant: Grant, clock: Clock) -> None:
    codes.issue(grant, REDIRECT, challenge_of(VERIFIER))
    clock.pass_seconds(3600)
    codes.issue(grant, REDIRECT, challenge_of(VERIFIER))

    assert len(codes._codes) == 1
