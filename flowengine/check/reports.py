"""What there is to say about one file: findings, what was not judged, and what its author chose to ignore."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

from flowengine.findings import Finding, errors_in

MOST_FINDINGS: Final = 10_000
"""Of one file. Nobody reads more, and showing them takes longer than finding them."""


class Skipped(NamedTuple):
    """A rule that did not run, or not everywhere, and what kept it: what it would have found is not known."""

    rule: str
    reason: str


class Ignored(NamedTuple):
    """A finding that an ignore comment silences, with the reason its author gives."""

    finding: Finding
    reason: str


@dataclass(frozen=True, slots=True)
class Report:
    """Everything about one file. Without findings, it is right only where nothing was skipped."""

    findings: list[Finding]
    skipped: tuple[Skipped, ...] = ()
    ignored: tuple[Ignored, ...] = ()


def bounded(findings: list[Finding]) -> list[Finding]:
    """Return the findings of a file, or the first of very many with a last one that says so."""
    rest = findings[MOST_FINDINGS:]
    if not rest:
        return findings
    message = f"there are {len(findings):,} findings, and the first {MOST_FINDINGS:,} are told"
    severity = "error" if errors_in(rest) else "warning"
    last = Finding("FE008", message, rest[0].path, rest[0].span, severity, hint="repair these first")
    return [*findings[:MOST_FINDINGS], last]
