"""Findings as workflow commands of GitHub Actions, which shows them at their lines in a pull request.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

from typing import Final

from flowengine.findings import Finding

_COMMANDS: Final = {"error": "error", "warning": "warning", "hint": "notice"}
_DATA: Final = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_PROPERTY: Final = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"})


def annotation(finding: Finding) -> str:
    """Return a finding as one line: ``::error file=...,line=...,col=...,title=FE501::message``."""
    span = finding.span
    properties: dict[str, str | int] = {"file": finding.path.replace("\\", "/")}
    if span is not None:
        properties |= {"line": span.line, "col": span.column, "endLine": span.end_line, "endColumn": span.end_column}
        if span.line != span.end_line:
            # GitHub takes columns within one line only.
            del properties["col"], properties["endColumn"]
    properties["title"] = finding.code
    said = ",".join(f"{name}={str(value).translate(_PROPERTY)}" for name, value in properties.items())
    message = f"{finding.message}\n{finding.hint}" if finding.hint else finding.message
    return f"::{_COMMANDS[finding.severity]} {said}::{message.translate(_DATA)}"
