"""What there is to say about one file: findings, what was not judged, and what its author chose to ignore."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from flowengine.findings import Finding


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
