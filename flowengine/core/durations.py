"""Durations as flow files write them: ``500ms``, ``10s``, ``5m``, ``24h``, ``7d``."""

from __future__ import annotations

import re
from typing import Final

from flowengine.core.answers import Json

_UNITS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"(0|[1-9][0-9]{0,9})(ms|s|m|h|d)")


def parse_duration(text: Json) -> float:
    """Return seconds. Raises ValueError with a sentence."""
    match = _DURATION.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise ValueError(f"{text!r} is not a duration: expected one such as 500ms, 10s, 5m, 24h or 7d")
    return int(match[1]) * _UNITS[match[2]]
