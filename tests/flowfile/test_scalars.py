from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowengine.flowfile.scalars import ScalarValue, plain_value

VALUES: list[tuple[str, ScalarValue]] = [
    ("", None),
    ("~", None),
    ("null", None),
    ("Null", None),
    ("NULL", None),
    ("true", True),
    ("True", True),
    ("TRUE", True),
    ("false", False),
    ("False", False),
    ("FALSE", False),
    ("0", 0),
    ("12", 12),
    ("-1", -1),
    ("9007199254740991", 9007199254740991),
    ("-9007199254740991", -9007199254740991),
    ("0.0", 0.0),
    ("1.5", 1.5),
    ("-0.25", -0.25),
    ("-0.0", -0.0),
    ("1.0", 1.0),
    ("3.141592653589793", 3.141592653589793),
    ("0.00012345678901234567", 0.00012345678901234567),
]
TEXTS = [
    # YAML 1.1 words
    *("on", "On", "off", "yes", "Yes", "no", "NO", "y", "n", "nULL", "tRUE", "none", "None"),
    # numbers that would print differently
    *(
        "0123",
        "00",
        "-0",
        "+1",
        "+447700900001",
        "1_000",
        "0x1F",
        "0o17",
        "0b1",
        "1e3",
        "1E3",
        "1.5e3",
        "1e-5",
        "-",
        ".",
    ),
    *("1.10", "1.", ".5", "01.5", "-01", "--1", "1.2.3", "0.00001", "0.1000000000000000055511151231257827"),
    *("9007199254740992", "-9007199254740992", "12345678901234567890", "12345678901234567.0"),
    *(".inf", "-.inf", ".Inf", ".nan", ".NaN", "inf", "nan", "Infinity"),
    # what YAML 1.1 reads as times, dates and base 60
    *("12:30", "12:30:45", "2026-11-23", "2026-11-23T10:00:00Z"),
    # digits of other scripts, blanks
    *("١٢", "\uff11\uff12", "²", "1\u00a0", "1 2", " 1", "1\n"),
    *("<<", "=", "$(name)", "a"),
]


@pytest.mark.parametrize(("text", "value"), VALUES)
def test_text_that_is_a_value(text: str, value: ScalarValue) -> None:
    found = plain_value(text)
    assert repr(found) == repr(value)  # tells 1 from 1.0 and True, and 0.0 from -0.0


@pytest.mark.parametrize("text", TEXTS)
def test_text_that_stays_text(text: str) -> None:
    assert plain_value(text) == text


@given(st.text(alphabet="0123456789.-+eE_", max_size=24))
def test_a_number_prints_back_as_it_was_written(text: str) -> None:
    value = plain_value(text)
    assert value is None or str(value) == text


@given(st.integers(-(2**53) + 1, 2**53 - 1))
def test_every_safe_integer_is_a_number(number: int) -> None:
    assert plain_value(str(number)) == number
