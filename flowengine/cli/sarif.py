"""Findings as SARIF 2.1.0, which code scanning services read.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from flowengine import __version__
from flowengine.check.codes import CODES, page
from flowengine.check.reports import Report
from flowengine.findings import Finding

_SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json"
_LEVELS: Final = {"error": "error", "warning": "warning", "hint": "note"}


def sarif(reports: Mapping[str, Report]) -> dict[str, Any]:
    """Return the reports of files by path as one SARIF log with one run.

    What an ignore comment silences is a suppressed result with its reason; what was skipped is a notification.
    """
    used = {finding.code for one in reports.values() for finding in _all(one)}
    rules = sorted(used)
    index = {code: number for number, code in enumerate(rules)}
    results = [_result(finding, index) for one in reports.values() for finding in one.findings]
    results += [
        {
            **_result(silenced.finding, index),
            "suppressions": [{"kind": "inSource", "status": "accepted", "justification": silenced.reason}],
        }
        for one in reports.values()
        for silenced in one.ignored
    ]
    driver = {"name": "flowengine", "version": __version__, "semanticVersion": __version__}
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": {**driver, "rules": [_rule(code) for code in rules]}},
                "columnKind": "unicodeCodePoints",
                "invocations": [{"executionSuccessful": True, "toolExecutionNotifications": _skipped(reports)}],
                "results": results,
            }
        ],
    }


def _all(report: Report) -> Iterable[Finding]:
    return (*report.findings, *(one.finding for one in report.ignored))


def _rule(code: str) -> dict[str, Any]:
    title, severity = CODES[code]
    text = page(code)
    return {
        "id": code,
        "shortDescription": {"text": title},
        **({"help": {"text": text, "markdown": text}} if text else {}),
        "defaultConfiguration": {"level": _LEVELS[severity]},
    }


def _result(finding: Finding, index: Mapping[str, int]) -> dict[str, Any]:
    message = f"{finding.message} ({finding.hint})" if finding.hint else finding.message
    location: dict[str, Any] = {"physicalLocation": {"artifactLocation": {"uri": _uri(finding.path)}}}
    if finding.span is not None:
        line, column, end_line, end_column = finding.span
        region = {"startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column}
        location["physicalLocation"]["region"] = region
    if finding.node is not None:
        location["logicalLocations"] = [{"name": finding.node, "kind": "member"}]
    return {
        "ruleId": finding.code,
        "ruleIndex": index[finding.code],
        "level": _LEVELS[finding.severity],
        "message": {"text": _escaped(message)},
        "locations": [location],
        **({"properties": {"witness": list(finding.witness)}} if finding.witness else {}),
    }


def _skipped(reports: Mapping[str, Report]) -> list[dict[str, Any]]:
    return [
        {
            "level": "note",
            "message": {"text": _escaped(f"the rule {one.rule} was skipped: {one.reason}")},
            "locations": [{"physicalLocation": {"artifactLocation": {"uri": _uri(path)}}}],
        }
        for path, report in reports.items()
        for one in report.skipped
    ]


def _escaped(text: str) -> str:
    """Keep a message from being read as places to fill in, ``{0}``, and links, ``[x](y)`` (SARIF 3.11.5 and 3.11.6)."""
    return text.replace("](", "]\\(").replace("{", "{{").replace("}", "}}")


@lru_cache(maxsize=16)
def _uri(path: str) -> str:
    absolute = Path(path)
    return absolute.as_uri() if absolute.is_absolute() else quote(os.fsencode(absolute.as_posix()))
