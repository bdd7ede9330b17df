"""Test results for programs: JSON (an API, see docs/json.md), and JUnit XML, which CI servers show.

The XML is that of https://github.com/jenkinsci/xunit-plugin (junit-10.xsd): a case that fails has a `failure`, also
where its file is wrong.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree as ET

from flowengine.cli.test_coverage import Covered
from flowengine.cli.test_report import flow_name, report_lines
from flowengine.findings import finding_json
from flowengine.harmless import harmless
from flowengine.recording.coverage import shares_json
from flowengine.recording.suite import Result

_MILLISECONDS: Final = 1000


def results_json(
    results: Sequence[Result], covered: Covered | None, *, found: int, others: int, updated: Sequence[Path]
) -> dict[str, Any]:
    """Return results as JSON values; ``found`` and ``others`` are numbers of recordings, as in ``find_cases``."""
    failed = sum(not result.passed for result in results)
    return {
        "cases": [_case_json(result, updated) for result in results],
        "coverage": _coverage_json(covered) if covered is not None else None,
        "summary": {
            "cases": found,
            "passed": len(results) - failed,
            "failed": failed,
            "notRun": found - len(results),
            "withoutExpect": others,
            "durationMs": round(sum(result.seconds for result in results) * _MILLISECONDS, 1),
        },
    }


def junit_xml(results: Sequence[Result]) -> str:
    """Return results as JUnit XML: a suite for each flow."""
    suites = ET.Element("testsuites", {"name": "flowengine", **_counts(results)})
    for flow, group in groupby(results, lambda result: flow_name(result.case)):
        own = list(group)
        suite = ET.SubElement(suites, "testsuite", {"name": flow, **_counts(own), "skipped": "0"})
        ids = Counter(result.case.name for result in own)
        for result in own:
            name, path = result.case.name, result.case.path
            # Readers of JUnit take cases of one name for one case.
            _add_case(suite, flow, name if ids[name] == 1 else f"{name} ({path})", result)
    ET.indent(suites)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(suites, encoding="unicode") + "\n"


def _case_json(result: Result, updated: Sequence[Path]) -> dict[str, Any]:
    case, run = result.case, result.done.run if result.done else None
    return {
        "name": case.name,
        "title": case.title,
        "path": str(case.path),
        "flow": case.recording.flow if case.recording else None,
        "flowPath": str(result.ready.flow.path) if result.ready else None,
        "passed": result.passed,
        "updated": case.path in updated,
        "expect": dict(case.expect) or None,
        "run": None
        if run is None
        else {
            "result": run.result,
            "reason": run.reason,
            "path": run.path,
            "outcomes": [step.outcome for step in run.steps],
            "variables": run.variables,
        },
        "unused": dict(result.done.unused) if result.done else {},
        "missing": result.done.missing.to_json() if result.done and result.done.missing else None,
        "differences": result.done.differences if result.done else [],
        "findings": [{"path": finding.path, **finding_json(finding)} for finding in result.findings],
        "durationMs": round(result.seconds * _MILLISECONDS, 3),
    }


def _coverage_json(covered: Covered) -> dict[str, Any]:
    return {
        "flows": [{"path": str(path), **coverage.to_json()} for path, (_, coverage) in covered.flows.items()],
        "unusable": [str(path) for path in covered.unusable],
        "total": shares_json(covered.total),
    }


def _counts(results: Sequence[Result]) -> dict[str, str]:
    failed = sum(not result.passed for result in results)
    seconds = sum(result.seconds for result in results)
    return {"tests": str(len(results)), "failures": str(failed), "errors": "0", "time": f"{seconds:.3f}"}


def _add_case(suite: ET.Element, flow: str, name: str, result: Result) -> None:
    about = {"name": _xml(name), "classname": f"flowengine.{flow}", "time": f"{result.seconds:.3f}"}
    case = ET.SubElement(suite, "testcase", about)
    if result.passed:
        return
    kind = "findings" if result.done is None else "differences"
    said = [*map(str, result.findings), *(result.done.differences if result.done else ())]
    failure = ET.SubElement(case, "failure", type=kind, message=_xml(said[0]))
    failure.text = "\n".join(map(_xml, [str(result.case.path), *report_lines(result)]))


def _xml(text: str) -> str:
    """Write what XML cannot hold as escapes; the noncharacters are the only ones a terminal would bear."""
    return harmless(text).replace("\ufffe", "\\ufffe").replace("\uffff", "\\uffff")
