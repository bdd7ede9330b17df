from __future__ import annotations

import pytest

from flowengine.server.limits import Buckets, Crowd, Rate
from flowengine.server.routing import ApiError


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_burst_is_let_through_and_then_so_many_a_second(clock: Clock) -> None:
    buckets = Buckets(Rate(2, 3), clock)
    assert [buckets.take("a") for _ in range(4)] == [0, 0, 0, 0.5]
    clock.now = 0.5
    assert buckets.take("a") == 0
    assert buckets.take("a") == 0.5
    clock.now = 1000.0
    assert [buckets.take("a") for _ in range(4)] == [0, 0, 0, 0.5], "no more than a burst is saved up"


def test_one_caller_takes_nothing_from_another(clock: Clock) -> None:
    buckets = Buckets(Rate(1, 1), clock)
    assert buckets.take("a") == 0
    assert buckets.take("a") > 0
    assert buckets.take("b") == 0


def test_whoever_is_refused_is_told_when_to_come_again(clock: Clock) -> None:
    buckets = Buckets(Rate(0.1, 1), clock)
    buckets.refuse_fast("a")
    with pytest.raises(ApiError) as refused:
        buckets.refuse_fast("a")
    assert refused.value.status == 429
    assert refused.value.headers == {"Retry-After": "10"}


def test_callers_are_forgotten_before_they_fill_the_memory(clock: Clock) -> None:
    buckets = Buckets(Rate(1, 1), clock)
    for number in range(10_001):
        buckets.take(str(number))
    assert buckets.take("10000") > 0
    assert buckets.take("0") == 0, "it was forgotten"


def test_no_more_than_so_many_are_inside_at_once() -> None:
    crowd = Crowd("requests", 1)
    with crowd.enter():
        with pytest.raises(ApiError) as refused, crowd.enter():
            pass
        assert (refused.value.status, refused.value.code) == (503, "busy")
    with crowd.enter():
        assert crowd.inside == 1
