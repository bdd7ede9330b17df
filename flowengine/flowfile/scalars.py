"""What a plain YAML scalar means: the core schema of YAML 1.2, cut down to what prints back the same.

YAML 1.2.2 section 10.3 (https://yaml.org/spec/1.2.2/#103-core-schema) also reads ``0x1F``, ``1e3``, ``+1``, ``0123``,
``1.10`` and ``.inf`` as numbers. Here they stay text: phone numbers, versions and ids must not change by being read.
"""

from __future__ import annotations

import re
from typing import TypeAlias

ScalarValue: TypeAlias = bool | int | float | str | None

_WORDS: dict[str, bool | None] = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
_INTEGER = re.compile(r"-?[0-9]{1,16}")
_FRACTION = re.compile(r"-?[0-9]{1,16}\.[0-9]{1,20}")
_LARGEST_INTEGER = 2**53 - 1  # beyond it JSON readers that use doubles (JavaScript) lose digits


def plain_value(text: str) -> ScalarValue:
    """Return the value of an unquoted scalar: null, a truth value, a number that prints back the same, or the text."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "-0123456789":
        return text
    number: int | float
    if _INTEGER.fullmatch(text):
        number = int(text)
        fits = abs(number) <= _LARGEST_INTEGER
    elif _FRACTION.fullmatch(text):
        number = float(text)
        fits = True
    else:
        return text
    return number if fits and repr(number) == text else text
