"""Texts of others without what acts on a terminal, or turns the direction of a line (security: S22)."""

from __future__ import annotations

import json
import re
from typing import Final

# Control characters (C1 too: terminals take U+009B for ESC [), bidi and invisible ones, line separators, surrogates and
# tags. Zero-width joiners stay: words of some languages, and many emoji, fall apart without them.
ACTING: Final = (
    "\x00-\x09\x0b-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164"
    "\ud800-\udfff\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff"
)
_HARMFUL: Final = re.compile(f"[\n{ACTING}]")


def harmless(text: str) -> str:
    r"""Write characters that act on a terminal as escapes (``\n``, ``\u001b``, ``\u202e``)."""
    return _HARMFUL.sub(escaped, text)


def escaped(found: re.Match[str]) -> str:
    """Write what was found as JSON would."""
    return json.dumps(found[0])[1:-1]
