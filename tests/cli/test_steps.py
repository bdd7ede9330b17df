from __future__ import annotations

import pytest

from flowengine.cli.steps import duration


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 ms"),
        (0.0314, "31 ms"),
        (0.9994, "999 ms"),
        (0.9996, "1.0 s"),
        (1.55, "1.6 s"),
        (59.94, "59.9 s"),
        (59.96, "1 m 00 s"),
        (125, "2 m 05 s"),
        (3599.6, "1 h 00 m"),
        (93_600, "26 h 00 m"),
    ],
)
def test_durations_are_said_as_people_say_them(seconds: float, said: str) -> None:
    assert duration(seconds) == said
