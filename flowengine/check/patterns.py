"""Regular expressions of flows and manifests: RE2, linear in the text, so that no pattern can hang a run."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Final

MAX_PATTERN: Final = 1000


@lru_cache(maxsize=256)
def pattern(expression: str) -> Callable[[str], bool]:
    """Compile an expression to a test that looks for it anywhere in a text. Raises ValueError with RE2's reason."""
    import re2  # noqa: PLC0415 - only flows with a regex condition need it

    if len(expression) > MAX_PATTERN:
        raise ValueError(f"the pattern is longer than {MAX_PATTERN} characters")
    options = re2.Options()
    options.log_errors = False
    try:
        compiled = re2.compile(expression, options)
    except re2.error as fault:
        reason = fault.args[0]
        reason = reason.decode() if isinstance(reason, bytes) else reason
        raise ValueError(f"{expression!r} is not a regular expression (RE2): {reason}") from None
    return lambda text: compiled.search(text) is not None
