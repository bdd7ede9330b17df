from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowengine.check.patterns import pattern
from flowengine.generate.regexes import matching_texts


@pytest.mark.parametrize(
    "expression",
    [
        "^stop$",
        "stop|halt",
        "(?i)stop",
        "^(yes|no)[.!]?$",
        r"^\+44\d{10}$",
        r"^[A-Z]{2}-[0-9]{3,5}$",
        r"\bhi\b",
        r"^\s*(?:a|b)+\s*$",
        "^[^a-z]{3}$",
        "[]x]",
        r"^(?P<name>\w+)@example\.com$",
        "^(?i:stop)$",
        "a{2,}b*c??",
        r"\.\*\(",
        "",
    ],
)
def test_a_simple_expression_is_matched(expression: str) -> None:
    assert any(map(pattern(expression), matching_texts(expression)))


@pytest.mark.parametrize("expression", ["(", "[a", "a)", "(?=x)", r"\pL", "\\"])
def test_what_is_not_known_gives_nothing_and_never_fails(expression: str) -> None:
    assert list(matching_texts(expression)) == []


@given(st.text(alphabet="ab()[]{}?*+|^$\\.-,:<>P!=i09dwx", max_size=12))
def test_any_text_is_taken(expression: str) -> None:
    assert all(isinstance(one, str) for one in matching_texts(expression))


def test_repetitions_are_bounded() -> None:
    assert max(map(len, matching_texts("(a{1000}){1000}"))) < 1_000_000
