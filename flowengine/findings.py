"""A finding: one thing that is wrong in a file, at its place, with its repair. Every file format reports with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple


class Span(NamedTuple):
    """A stretch of a file. Lines and columns count from 1, in characters; the end is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class Finding:
    """``severity`` is ``error``, ``warning`` or ``hint``; ``node`` is the node id it is about, if any.

    ``witness`` proves a finding about the graph: the ids of the nodes of a path or cycle, in order.
    """

    code: str
    message: str
    path: str
    span: Span | None = None
    severity: str = "error"
    node: str | None = None
    hint: str | None = None
    witness: tuple[str, ...] = ()

    def sort_key(self) -> tuple[str, int, int, str, str]:
        """Order of presentation: by file, place, code."""
        line, column = (self.span.line, self.span.column) if self.span else (0, 0)
        return (self.path, line, column, self.code, self.message)

    def __str__(self) -> str:
        place = f"{self.path}:{self.span.line}:{self.span.column}" if self.span else self.path
        hint = f" ({self.hint})" if self.hint else ""
        return f"{place}: {self.message}{hint} [{self.code}]"


def errors_in(findings: Iterable[Finding]) -> list[Finding]:
    """Return those that forbid running."""
    return [finding for finding in findings if finding.severity == "error"]


def finding_json(finding: Finding) -> dict[str, Any]:
    """Return a finding as JSON values (an API, see docs/json.md)."""
    span = finding.span
    return {
        "code": finding.code,
        "severity": finding.severity,
        "message": finding.message,
        "line": span.line if span else None,
        "column": span.column if span else None,
        "endLine": span.end_line if span else None,
        "endColumn": span.end_column if span else None,
        "node": finding.node,
        "hint": finding.hint,
        "witness": list(finding.witness),
    }


def tally(findings: Iterable[Finding]) -> Mapping[str, int]:
    """Count findings by severity."""
    counts = {"errors": 0, "warnings": 0, "hints": 0}
    for finding in findings:
        counts[f"{finding.severity}s"] += 1
    return counts
