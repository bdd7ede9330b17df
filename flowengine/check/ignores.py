"""Ignore comments: ``# flowengine: ignore FE203, FE504 reason`` silences the findings of the next line.

A comment stands on a line of its own, above the line of the finding; several may stand above each other. Errors cannot
be ignored, since a flow with errors does not run.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from typing import Final, NamedTuple

from flowengine.check.codes import CODES
from flowengine.check.reports import Ignored
from flowengine.findings import Finding, Span
from flowengine.flowfile.syntax import Flow
from flowengine.flowfile.yaml_tree import Mapping, Scalar, Sequence, Tree
from flowengine.schema_problems import did_you_mean

_COMMENT: Final = re.compile(r"[ \t]*#")
_IGNORE: Final = re.compile(r"[ \t]*(?P<comment>#[ \t]*flowengine:[ \t]*ignore(?![\w-])(?P<said>.*))")
_CODES: Final = re.compile(r"[ \t]*FE\d{3}\b(?:[ \t]*,[ \t]*FE\d{3}\b)*")
_CODE: Final = re.compile(r"FE\d{3}")
_LINE_BREAK: Final = re.compile(r"\r\n?|\n")
_FORM: Final = "write `# flowengine: ignore CODE reason`"


class Comment(NamedTuple):
    """``line`` is the one whose findings it silences; ``codes`` has each code with its place."""

    line: int
    span: Span
    codes: dict[str, Span]
    reason: str


def apply_ignores(
    flow: Flow, findings: Iterable[Finding], not_judged: Collection[str] = ()
) -> tuple[list[Finding], list[Ignored]]:
    """FE020, FE021: split findings into those that are left, with those about the comments, and the silenced ones.

    ``not_judged`` are codes of rules that did not run: whether a comment is needed for them is not known.
    """
    comments = list(_comments(flow))
    left: list[Finding] = []
    ignored: list[Ignored] = []
    for finding in findings:
        comment = next((one for one in comments if one.reason and _is_about(one, finding, flow)), None)
        if comment is None or finding.severity == "error":
            left.append(finding)
        else:
            ignored.append(Ignored(finding, comment.reason))
    for comment in comments:
        left += _faults(comment, flow, left, ignored, not_judged)
    return sorted(left, key=Finding.sort_key) if comments else left, ignored


def _is_about(comment: Comment, finding: Finding, flow: Flow) -> bool:
    here = finding.span is not None and finding.span.line == comment.line and finding.path == str(flow.path)
    return here and finding.code in comment.codes


def _faults(
    comment: Comment, flow: Flow, left: list[Finding], ignored: list[Ignored], not_judged: Collection[str]
) -> list[Finding]:
    path = str(flow.path)
    if not comment.codes or not comment.reason:
        what = "which finding it ignores" if not comment.codes else "why"
        message = f"this comment does not say {what}, and ignores nothing"
        return [Finding("FE020", message, path, comment.span, "warning", hint=_FORM)]
    used = {one.finding.code for one in ignored if _is_about(comment, one.finding, flow)}
    errors = {one.code for one in left if one.severity == "error" and _is_about(comment, one, flow)}
    return [
        Finding("FE021", *_why(code, comment.line, path, span, is_error=code in errors))
        for code, span in comment.codes.items()
        if code not in used and (code in errors or code not in not_judged)
    ]


def _why(code: str, line: int, path: str, span: Span, *, is_error: bool) -> tuple[str, str, Span, str, None, str]:
    if code not in CODES:
        message, hint = f"there is no code {code}", did_you_mean(code, list(CODES)) or "remove it"
    elif is_error:
        message, hint = f"{code} is an error here, and errors cannot be ignored", "repair it, and remove the comment"
    else:
        message, hint = f"there is no {code} on line {line} to ignore", "remove it"
    return message, path, span, "warning", None, hint


def _comments(flow: Flow) -> Iterator[Comment]:
    if "flowengine:" not in flow.text:
        return
    lines = _LINE_BREAK.split(flow.text)
    inside: set[int] | None = None
    for number, line in enumerate(lines, start=1):
        found = _IGNORE.match(line)
        if found is None:
            continue
        inside = _lines_inside(flow.tree) if inside is None else inside
        if number not in inside:
            below = next((after for after in range(number, len(lines)) if not _COMMENT.match(lines[after])), number)
            yield _comment(found, number, below + 1)


def _comment(found: re.Match[str], line: int, below: int) -> Comment:
    said = found["said"]
    codes = _CODES.match(said)
    places = _CODE.finditer(codes[0]) if codes else ()
    start = found.start("said") + 1
    spans = {one[0]: Span(line, start + one.start(), line, start + one.end()) for one in places}
    reason = said[codes.end() :].strip(" \t:-,") if codes else ""
    return Comment(below, Span(line, found.start("comment") + 1, line, len(found[0]) + 1), spans, reason)


def _lines_inside(tree: Tree) -> set[int]:
    """Return the lines on which a text from an earlier line goes on: what looks like a comment there is none."""
    lines: set[int] = set()
    waiting = [tree]
    while waiting:
        part = waiting.pop()
        if isinstance(part, Scalar):
            lines.update(range(part.span.line + 1, part.span.end_line + 1))
        elif isinstance(part, Sequence):
            waiting += part.items
        elif isinstance(part, Mapping):
            for key, value in part.entries:
                waiting += (key, value)
    return lines
