"""The error tree; the type says whose fault it is.

FlowEngineError
  FlowError            the caller's or an author's: a wrong file, argument or value (exit code 2)
    InvalidFile        a file that cannot be used; carries its findings
    UsageError         a wrong argument, variable or environment
  EngineBug            ours (exit code 3)

What goes wrong on the other side is never raised: it is an answer, and becomes an outcome.
"""

from __future__ import annotations

from collections.abc import Sequence

from flowengine.findings import Finding


class FlowEngineError(Exception):
    """Whatever this package raises on purpose."""


class FlowError(FlowEngineError):
    """The caller or the author of a file has to change something."""


class InvalidFile(FlowError):
    """A file that cannot be used. ``findings`` has everything that is wrong with it, in order."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = sorted(findings, key=Finding.sort_key)
        super().__init__("\n".join(str(finding) for finding in self.findings))


class UsageError(FlowError):
    """A wrong argument: the message says what was found, what was expected and what to do."""


class EngineBug(FlowEngineError):
    """Something that cannot happen did."""
