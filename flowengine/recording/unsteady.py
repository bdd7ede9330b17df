"""Which nodes come out otherwise the next time, whatever they are given."""

from __future__ import annotations

import re
from typing import Final

from flowengine.core.plan import Plan

_UNSTEADY: Final = re.compile(r"\bDate\.now\b|\bnew Date(?:\(\s*\)|(?!\s*\())|(?<!new )\bDate\(|\bMath\.random\b")
"""What reads the clock, or makes random numbers."""


def is_unsteady(plan: Plan, node: str) -> bool:
    """Whether the script of a node reads the clock, or makes random numbers."""
    script = plan.data["nodes"][node].get("inputs", {}).get("script")
    return isinstance(script, str) and _UNSTEADY.search(script) is not None
