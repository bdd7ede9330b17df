from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from flowengine.sandbox.oauth.sessions import MAX_SESSIONS, Sessions

if TYPE_CHECKING:
    from conftest import Clock


@pytest.fixture
def sessions(clock: Clock, new_secret: Callable[[], str]) -> Sessions:
    return Sessions(clock=clock, new_secret=new_secret)


def test_a_session_is_found_by_its_cookie_for_half_an_hour(sessions: Sessions, clock: Clock) -> None:
    value, session = sessions.begin()

    assert sessions.find(f"theme=dark; s={value}", "s") is session
    clock.pass_seconds(1799)
    assert sessions.find(f"s={value}", "s") is session
    clock.pass_seconds(1)
    assert sessions.find(f"s={value}", "s") is None


@pytest.mark.parametrize("cookies", ["", ";", "s", "s=", "s=wrong", "x=VALUE", "s=VALUEx", "VALUE", "s=\udc80"])
def test_no_other_cookie_will_do(sessions: Sessions, cookies: str) -> None:
    value, _ = sessions.begin()

    assert sessions.find(cookies.replace("VALUE", value), "s") is None


def test_a_cookie_that_another_program_set_does_not_hide_ours(sessions: Sessions) -> None:
    value, session = sessions.begin()

    assert sessions.find(f"s=planted; s={value}", "s") is session


def test_the_cookie_from_before_login_is_worth_nothing_after_it(sessions: Sessions) -> None:
    before, session = sessions.begin()
    after = sessions.log_in(session, "agent@example.com")

    assert sessions.find(f"s={before}", "s") is None
    found = sessions.find(f"s={after}", "s")
    assert found is not None
    assert found.login == "agent@example.com"
    assert found.form_token != session.form_token


def test_too_many_sessions_push_out_the_oldest(sessions: Sessions) -> None:
    first, _ = sessions.begin()
    last = [sessions.begin()[0] for _ in range(MAX_SESSIONS)][-1]

    assert sessions.find(f"s={first}", "s") is None
    assert sessions.find(f"s={last}", "s") is not None
