"""Ignore comments: ``# flowengine: ignore FE203, FE504 reason`` silences the findings of the next line.

A comment stands on a line of its own, above the line of the finding; several may stand above each other. Errors cannot
be ignored, since a flow with errors does not run.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple, Protocol, TypeAlias

from flowengine.check.codes import CODES
from flowengine.check.reports import Ignored
from flowengine.findings import Finding, Span
from flowengine.flowfile.yaml_tree import Mapping, Scalar, Sequence, Tree
from flowengine.schema_problems import did_you_mean

_COMMENT: Final = re.compile(r"[ \t]*#")
_IGNORE: Final = re.compile(r"[ \t]*(?P<comment>#[ \t]*flowengine:[ \t]*ignore(?![\w-])(?P<said>.*))")
_CODES: Final = re.compile(r"[ \t]*FE\d{3}\b(?:[ \t]*,[ \t]*FE\d{3}\b)*")
_CODE: Final = re.compile(r"FE\d{3}")
_LINE_BREAK: Final = re.compile(r"\r\n?|\n")
_Place: TypeAlias = tuple[int, str]
"""The line of a finding, and its code."""

_FORM: Final = "write `# flowengine: ignore CODE reason`"


class Written(Protocol):
    """A file that was read: a flow, a recording. One without a text has no comments."""

    @property
    def path(self) -> Path | None:
        """Where it is."""

    @property
    def tree(self) -> Tree | None:
        """Its content, with places."""

    @property
    def text(self) -> str:
        """What was read."""


class Comment(NamedTuple):
    """``line`` is the one whose findings it silences; ``codes`` has each code with its place."""

    line: int
    span: Span
    codes: dict[str, Span]
    reason: str


def apply_ignores(
    file: Written, findings: Iterable[Finding], not_judged: Collection[str] = ()
) -> tuple[list[Finding], list[Ignored]]:
    """FE020, FE021: split findings into those that are left, with those about the comments, and the silenced ones.

    ``not_judged`` are codes of rules that did not run: whether a comment is needed for them is not known.
    """
    comments = [*_comments(file)][::-1]
    reasons: dict[_Place, str] = {}
    for comment in comments:
        for code in comment.codes if comment.reason else ():
            reasons.setdefault((comment.line, code), comment.reason)
    left: list[Finding] = []
    ignored: list[Ignored] = []
    for finding in findings:
        reason = reasons.get(_place(finding, file))
        if reason is None or finding.severity == "error":
            left.append(finding)
        else:
            ignored.append(Ignored(finding, reason))
    used = {_place(one.finding, file) for one in ignored}
    errors = {_place(one, file) for one in left if one.severity == "error"}
    for comment in comments:
        left += _faults(comment, str(file.path), used, errors, not_judged)
    return sorted(left, key=Finding.sort_key) if comments else left, ignored


def _place(finding: Finding, file: Written) -> _Place:
    return (finding.span.line if finding.span and finding.path == str(file.path) else 0), finding.code


def _faults(
    comment: Comment, path: str, used: set[_Place], errors: set[_Place], not_judged: Collection[str]
) -> list[Finding]:
    if not comment.codes or not comment.reason:
        what = "which finding it ignores" if not comment.codes else "why"
        message = f"this comment does not say {what}, and ignores nothing"
        return [Finding("FE020", message, path, comment.span, "warning", hint=_FORM)]
    return [
        Finding("FE021", *_why(code, comment.line, path, span, is_error=place in errors))
        for code, span in comment.codes.items()
        if (place := (comment.line, code)) not in used and (place in errors or code not in not_judged)
    ]


def _why(code: str, line: int, path: str, span: Span, *, is_error: bool) -> tuple[str, str, Span, str, None, str]:
    if code not in CODES:
        message, hint = f"there is no code {code}", _nearest(code) or "remove it"
    elif is_error:
        message, hint = f"{code} is an error here, and errors cannot be ignored", "repair it, and remove the comment"
    else:
        message, hint = f"there is no {code} on line {line} to ignore", "remove it"
    return message, path, span, "warning", None, hint


@cache
def _nearest(code: str) -> str:
    return did_you_mean(code, list(CODES))


def _comments(file: Written) -> Iterator[Comment]:
    """Yield the comments, the last first: each is about the first line below it that is none."""
    if "flowengine:" not in file.text:
        return
    lines = _LINE_BREAK.split(file.text)
    inside: set[int] | None = None
    below = 0
    for number, line in zip(range(len(lines), 0, -1), reversed(lines), strict=True):
        if not _COMMENT.match(line):
            below = number
        elif found := _IGNORE.match(line):
            inside = _lines_inside(file.tree) if inside is None else inside
            if number not in inside:
                yield _comment(found, number, below or number + 1)


def _comment(found: re.Match[str], line: int, below: int) -> Comment:
    said = found["said"]
    codes = _CODES.match(said)
    places = _CODE.finditer(codes[0]) if codes else ()
    start = found.start("said") + 1
    spans = {one[0]: Span(line, start + one.start(), line, start + one.end()) for one in places}
    reason = said[codes.end() :].strip(" \t:-,") if codes else ""
    return Comment(below, Span(line, found.start("comment") + 1, line, len(found[0]) + 1), spans, reason)


def _lines_inside(tree: Tree | None) -> set[int]:
    """Return the lines on which a text from an earlier line goes on: what looks like a comment there is none."""
    lines: set[int] = set()
    waiting = [] if tree is None else [tree]
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
