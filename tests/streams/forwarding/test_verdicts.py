"""What answers mean, and how long it is waited."""

from __future__ import annotations

import pytest

from flowengine.core.answers import Answer, Broken, Elapsed, HttpAnswer, Refused, TimedOut
from flowengine.streams.forwarding.backoff import MOST_ASKED, Backoff, asked_wait
from flowengine.streams.forwarding.verdicts import Kind, judge

NOW = 1_795_000_000.0


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (HttpAnswer(202, {}), Kind.DELIVERED),
        (HttpAnswer(200, {}), Kind.DELIVERED),
        (HttpAnswer(302, {}), Kind.AGAIN),
        (HttpAnswer(400, {}), Kind.DEAD),
        (HttpAnswer(401, {}), Kind.CLOSED),
        (HttpAnswer(403, {}), Kind.CLOSED),
        (HttpAnswer(403, {}, {"value": {"field": "integrations"}}), Kind.CLOSED),
        (HttpAnswer(403, {}, {"value": {"field": ["integrations"]}}), Kind.CLOSED),
        (HttpAnswer(404, {}), Kind.AGAIN),
        (HttpAnswer(408, {}), Kind.AGAIN),
        (HttpAnswer(413, {}), Kind.DEAD),
        (HttpAnswer(422, {}, []), Kind.DEAD),
        (HttpAnswer(429, {}), Kind.AGAIN),
        (HttpAnswer(500, {}), Kind.AGAIN),
        (TimedOut(), Kind.AGAIN),
        (Broken("cut off"), Kind.AGAIN),
        (Refused("no authorization"), Kind.CLOSED),
        (Elapsed(), Kind.AGAIN),
    ],
)
def test_answers_are_judged(answer: Answer, kind: Kind) -> None:
    assert judge(answer, NOW).kind is kind


def test_reasons_say_what_to_do() -> None:
    assert "Control Hub" in judge(HttpAnswer(403, {}, {"value": {"field": "contactCenterLinked"}}), NOW).reason
    assert judge(HttpAnswer(400, {}, {"description": "ts is missing"}), NOW).reason == "status 400: ts is missing"
    assert judge(HttpAnswer(503, {"retry-after": "7"}), NOW).wait == 7.0


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        (None, None),
        ("0", 0.0),
        (" 30 ", 30.0),
        ("9" * 400, MOST_ASKED),
        ("-3", None),
        ("soon", None),
        ("Wed, 18 Nov 2026 11:07:40 GMT", 60.0),
        ("Wed, 18 Nov 2026 11:07:40 -0000", 60.0),
        ("Wed, 18 Nov 2020 11:06:40 GMT", 0.0),
        ("Wed, 18 Nov 2036 11:06:40 GMT", MOST_ASKED),
        ("Wed, 99 Nov 2036 11:06:40 GMT", None),
    ],
)
def test_who_asks_for_patience_gets_it(header: str | None, wait: float | None) -> None:
    assert asked_wait(header, NOW) == wait


def test_waits_double_up_to_a_bound_and_are_spread() -> None:
    backoff = Backoff(1.0, 10.0, 30.0)
    assert [backoff.after(attempts) for attempts in (1, 2, 3, 4, 5, 10_000)] == [1, 2, 4, 8, 10, 10]
    assert (backoff.wait(3, lambda: 0.0), backoff.wait(3, lambda: 1.0)) == (2.0, 4.0)


def test_a_day_of_waiting_is_enough() -> None:
    attempts = next(attempts for attempts in range(1000) if Backoff().is_over(attempts))
    assert sum(Backoff().after(attempt) for attempt in range(1, attempts + 1)) >= 86_400
    assert sum(Backoff().after(attempt) for attempt in range(1, attempts)) < 86_400
