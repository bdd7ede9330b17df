from __future__ import annotations

from typing import Any

import pytest

from flowengine.core.durations import parse_duration
from flowengine.core.moments import LAST, moment, seconds


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0s", 0),
        ("500ms", 0.5),
        ("10s", 10),
        ("5m", 300),
        ("24h", 86_400),
        ("7d", 604_800),
        ("9999999999ms", 9_999_999.999),
    ],
)
def test_a_duration_is_a_number_and_a_unit(text: str, seconds: float) -> None:
    assert parse_duration(text) == pytest.approx(seconds)


NO_DURATIONS: list[Any] = [
    *(
        "",
        "10",
        "s",
        "10 s",
        " 10s",
        "10s ",
        "10s\n",
        "1.5s",
        "-1s",
        "+1s",
        "010s",
        "10S",
        "1h30m",
        "10sec",
        "1w",
        "٣s",
    ),
    *("99999999999s", 10, None, True, ["1s"]),
]


@pytest.mark.parametrize("text", NO_DURATIONS)
def test_anything_else_is_refused_with_a_sentence(text: Any) -> None:
    with pytest.raises(ValueError, match="is not a duration: expected one such as 500ms"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (1_767_225_600.0, "2026-01-01T00:00:00.000Z"),
        (1_767_225_600.0619, "2026-01-01T00:00:00.061Z"),
        (LAST, "9999-12-31T23:59:59.999Z"),
        (1e300, "9999-12-31T23:59:59.999Z"),
    ],
)
def test_a_moment_is_written_in_utc(at: float, text: str) -> None:
    assert moment(at) == text


@pytest.mark.parametrize("at", [0.0, 1_795_428_000.123456, 1_767_225_600.9996, 253_402_300_799.0])
def test_a_moment_that_is_read_is_written_the_same(at: float) -> None:
    assert moment(seconds(moment(at))) == moment(at)


@pytest.mark.parametrize("text", ["2026-02-30T00:00:00Z", "2026-01-01T25:00:00Z", "0000-01-01T00:00:00Z"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"must be in|out of range"):
        seconds(text)
