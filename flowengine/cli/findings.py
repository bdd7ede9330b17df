"""How findings are shown: place, message, the line of the file with the stretch underlined, node and hint."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Final

from flowengine.cli.screen import Screen
from flowengine.errors import InvalidFile
from flowengine.findings import Finding, Span
from flowengine.harmless import harmless

_COLOURS: Final = {"error": "red", "warning": "yellow", "hint": "cyan"}
_SEVERITIES: Final = tuple(_COLOURS)
_MARGIN: Final = " " * 7
_SECRETS: Final = ("FE901", "FE902")
_LINE_BREAK: Final = re.compile(r"\r\n?|\n")
_BEFORE: Final = 30
"""Columns that stay visible before a place in a line that is too long to be shown."""


class InvalidText(InvalidFile):
    """Something wrong in a text that is in no file: an argument, standard input."""

    def __init__(self, findings: Sequence[Finding], text: str) -> None:
        super().__init__(findings)
        self.text = text


def show_findings(screen: Screen, findings: Iterable[Finding], text: str | None = None) -> None:
    """Show findings, with lines of their files, or of ``text`` where they are about none."""
    findings = list(findings)

    @cache
    def lines_of(path: str) -> Sequence[str]:
        lines = _LINE_BREAK.split(text) if text is not None else _lines(path)
        return _without_secrets(lines, [one.span for one in findings if one.path == path and one.code in _SECRETS])

    for finding in findings:
        _show(screen, finding, lines_of(finding.path))


def show_help(screen: Screen, findings: Iterable[Finding]) -> None:
    """Say how to learn more, by the example of the finding that matters most."""
    worst = min(findings, key=lambda one: _SEVERITIES.index(one.severity), default=None)
    if worst is not None:
        screen.line(f"{_MARGIN}{screen.paint('= help:', 'dim')} flowengine explain {worst.code}")


def _show(screen: Screen, finding: Finding, lines: Sequence[str]) -> None:
    span, colour = finding.span, _COLOURS[finding.severity]
    place = f"{finding.path}:{span.line}:{span.column}" if span else finding.path
    severity = screen.paint(f"{finding.severity}[{finding.code}]:", "bold", colour)
    screen.line(f"{screen.paint(f'{place}:', 'bold')} {severity} {harmless(finding.message)}")
    if span is not None and span.line <= len(lines):
        number = f"{span.line:>5} "
        shown, underline = _excerpt(lines[span.line - 1], span, max(20, screen.width - len(_MARGIN) - 2))
        screen.line(f"{screen.paint(f'{number} |', 'dim')} {shown}".rstrip())
        screen.line(f"{_MARGIN}{screen.paint('|', 'dim')} {screen.paint(underline, colour)}")
    for name, said in (("node", finding.node), ("hint", finding.hint)):
        if said is not None:
            screen.line(f"{_MARGIN}{screen.paint(f'= {name}:', 'dim')} {harmless(said)}")


def _without_secrets(lines: Sequence[str], spans: Iterable[Span | None]) -> Sequence[str]:
    """Black out what was found to be a secret: a log of CI is read by many."""
    shown = list(lines)
    for span in spans:
        for number in range(span.line, min(span.end_line, len(shown)) + 1) if span else ():
            line = shown[number - 1]
            start = span.column - 1 if span and number == span.line else 0
            end = span.end_column - 1 if span and number == span.end_line else len(line)
            shown[number - 1] = line[:start] + "*" * len(line[start:end]) + line[end:]
    return shown


def _excerpt(line: str, span: Span, width: int) -> tuple[str, str]:
    """Return the part of a line that has the beginning of a span, and the line that underlines it."""
    start = min(span.column - 1, len(line))
    end = len(line) if span.end_line > span.line else min(span.end_column - 1, len(line))
    end = max(end, start)
    first = 0
    if _cells(line[:end]) > width:
        first = max(0, start - _BEFORE)
    before, marked, after = (_visible(part) for part in (line[first:start], line[start:end], line[end:]))
    if first:
        before = f"...{before}"
    room = max(1, width - _cells(before))
    shown = _cut(before + marked + after, width)
    underline = "^" + "~" * (min(_cells(marked), room) - 1)
    return shown, " " * _cells(before) + underline


def _visible(text: str) -> str:
    return harmless(text.replace("\t", "    "))


def _cut(text: str, width: int) -> str:
    if _cells(text) <= width:
        return text
    cells = 0
    for index, character in enumerate(text):
        cells += _cells(character)
        if cells > width - 3:
            return f"{text[:index]}..."
    return text


def _cells(text: str) -> int:
    """Return how many columns a text takes in a terminal."""
    return len(text) if text.isascii() else sum(map(_cell, text))


def _cell(character: str) -> int:
    if unicodedata.combining(character) or character in "\u200c\u200d\ufe0f":
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _lines(path: str) -> Sequence[str]:
    from flowengine.flowfile.yaml_source import read_source  # noqa: PLC0415 - has been imported where a file was read

    try:
        # A pipe has been read, and would not end a second time.
        source = read_source(Path(path)) if Path(path).is_file() else b""
    except (InvalidFile, OSError):
        return ()
    if not source:
        return ()
    return _LINE_BREAK.split(source.decode(errors="replace").removeprefix("\ufeff"))
