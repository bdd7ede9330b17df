from __future__ import annotations

import pytest

from flowengine.check.reads import assigned, mentioned


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("a = 1", {"a"}),
        ("a += b; c ??= d; e++; --f", {"a", "c", "e", "f"}),
        ("a == 1; b === c; d => d", set()),
        ("[a, b] = [c, d]", {"a", "b"}),
        ("[a]; b = [c]", {"b"}),
        ("aa = 1; $a = 2; a.b = 3", {"aa", "$a", "b"}),
        ("for (a of [1]) {}", set()),
    ],
)
def test_what_a_script_assigns(script: str, expected: set[str]) -> None:
    assert assigned(script) == expected


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("a = b", {"b"}),
        ("a == b", {"a", "b"}),
        ("a += 1", {"a"}),
        ("f(a, b)", {"f", "a", "b"}),
        ('globalThis["a-name"]', {"globalThis", "a", "name", "a-name"}),
    ],
)
def test_what_a_script_mentions(script: str, expected: set[str]) -> None:
    assert mentioned(script) == expected
