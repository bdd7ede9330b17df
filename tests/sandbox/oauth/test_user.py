from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from flowengine.sandbox.oauth.user import LOGIN, User

if TYPE_CHECKING:
    from conftest import Clock


@pytest.fixture
def user(clock: Clock, new_secret: Callable[[], str]) -> User:
    return User(clock=clock, new_secret=new_secret)


@pytest.mark.parametrize("login", [LOGIN, " Agent@Example.com "])
def test_login_and_password_belong_together(user: User, login: str) -> None:
    assert user.check(login, user.password)


@pytest.mark.parametrize(
    ("login", "password"),
    [
        (LOGIN, ""),
        ("", ""),
        (LOGIN, "PASSWORD "),
        ("other@example.com", "PASSWORD"),
        (LOGIN, "é\ud800"),
        ("", "PASSWORD"),
    ],
)
def test_nothing_else_does(user: User, login: str, password: str) -> None:
    assert not user.check(login, password.replace("PASSWORD", user.password))


def test_after_five_wrong_ones_in_a_row_even_the_right_one_has_to_wait(user: User, clock: Clock) -> None:
    for _ in range(4):
        assert not user.check(LOGIN, "wrong")
    assert user.check(LOGIN, user.password)
    for _ in range(5):
        assert user.seconds_blocked() == 0
        assert not user.check(LOGIN, "wrong")

    assert user.seconds_blocked() == 30
    assert not user.check(LOGIN, user.password)
    clock.pass_seconds(29.5)
    assert user.seconds_blocked() == 1
    assert not user.check(LOGIN, user.password)
    clock.pass_seconds(0.5)
    assert user.seconds_blocked() == 0
    assert user.check(LOGIN, user.password)


def test_a_changed_password_replaces_the_old_one_and_ends_the_wait(user: User) -> None:
    old = user.password
    for _ in range(5):
        user.check(LOGIN, "wrong")
    user.change_password()

    assert not user.check(LOGIN, old)
    assert user.check(LOGIN, user.password)
