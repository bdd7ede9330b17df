"""What ``flowengine validate`` says about a text in an editor, and the node types that hold for it.

Everything here may take a second, and is done beside the conversation with the editor.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from flowengine.catalogue.catalogue import Catalogue
from flowengine.check.repairs import Repair, repaired, repairs
from flowengine.check.validate import read_flow, report
from flowengine.errors import FlowError, InvalidFile
from flowengine.findings import Finding, Span
from flowengine.flow_files import is_flow_text, watched_files
from flowengine.flowfile.syntax import Flow
from flowengine.lsp.draft import read_draft
from flowengine.project import catalogue_near, find_project
from flowengine.watching import Stamps, stamps


class Fix(NamedTuple):
    """A repair of a finding: what stands at ``span`` becomes ``text``."""

    code: str
    title: str
    span: Span
    text: str


class Judged(NamedTuple):
    """``keys`` are the places of the nodes, for findings that are proved by a way through them."""

    findings: list[Finding]
    fixes: list[Fix]
    keys: dict[str, Span]


def is_flow(text: str) -> bool:
    """Whether a text is a flow for ``validate FOLDER``: it has a top-level key ``flow``, and is no recording."""
    return is_flow_text(text.encode("utf-8", "surrogatepass"))


def judge(text: str, path: Path, catalogue: Catalogue | InvalidFile) -> Judged:
    """Return all findings of a text that is, or will be, the file at ``path``."""
    read_draft(text)  # so that the first completion does not wait for it
    try:
        flow = read_flow(text, path)
    except InvalidFile as invalid:
        return Judged(invalid.findings, [], {})
    if isinstance(catalogue, InvalidFile):
        return Judged(catalogue.findings, [], {})
    findings = report(flow, catalogue).findings
    keys = {name: span for name in flow.nodes if (span := flow.key_span("nodes", name)) is not None}
    return Judged(findings, _fixes(flow, catalogue, findings), keys)


def _fixes(flow: Flow, catalogue: Catalogue, findings: Iterable[Finding]) -> list[Fix]:
    try:
        possible = repairs(flow, catalogue, findings)
    except InvalidFile:
        return []
    return [Fix(one.code, f"Write {one.new}", one.span, _written(flow.text, one)) for one in possible]


def _written(text: str, repair: Repair) -> str:
    """Return what a repair puts in the place of its scalar: its line, less what stands around it."""
    new = repaired(text, [repair])
    line, before = repair.span.line - 1, repair.span.column - 1
    behind = len(_line(text, line)) - (repair.span.end_column - 1)
    written = _line(new, line)
    return written[before : len(written) - behind]


def _line(text: str, number: int) -> str:
    return re.split(r"\r\n?|\n", text)[number]


class Catalogues:
    """The node types that hold for files, folder by folder, read again when one of their files was saved."""

    def __init__(self, nodes: Iterable[Path] = ()) -> None:
        self._nodes = tuple(nodes)
        self._shipped = Catalogue(self._nodes)
        self._known: dict[Path, tuple[Stamps, Catalogue | InvalidFile, tuple[str, ...]]] = {}

    def near(self, path: Path) -> Catalogue | InvalidFile:
        """Return the node types for a file, or what is wrong with its project file."""
        seen = self._seen(path)
        before = self._known.get(path.parent)
        if before is None or before[0] != seen:
            self._known[path.parent] = (seen, self._read(path), self._authorizations(path))
        return self._known[path.parent][1]

    def latest(self, path: Path) -> Catalogue:
        """Return the node types for a file as they were when it was last judged."""
        before = self._known.get(path.parent)
        return before[1] if before is not None and isinstance(before[1], Catalogue) else self._shipped

    def authorizations(self, path: Path) -> tuple[str, ...]:
        """Return the authorizations that the project binds, as they were when the file was last judged."""
        before = self._known.get(path.parent)
        return before[2] if before is not None else ()

    def _seen(self, path: Path) -> Stamps:
        try:
            return stamps(watched_files([path], self._nodes) - {path})
        except FlowError:
            return {}

    def _read(self, path: Path) -> Catalogue | InvalidFile:
        try:
            return catalogue_near(path, self._nodes)
        except InvalidFile as invalid:
            return invalid

    def _authorizations(self, path: Path) -> tuple[str, ...]:
        try:
            environments = find_project(path.parent).environments.values()
        except InvalidFile:
            return ()
        return tuple(dict.fromkeys(name for one in environments for name in one.authorizations))
