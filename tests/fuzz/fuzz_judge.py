"""The way of one text through everything that reads texts: what must hold whatever it says."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Final

from fuzz_documents import FLOW, MANIFEST, PROJECT, RECORDING

import flowengine
from flowengine.check.codes import CODES
from flowengine.check.reports import Report
from flowengine.check.validate import report
from flowengine.cli.annotations import annotation
from flowengine.cli.findings import show_findings, show_help
from flowengine.cli.repairing import fix
from flowengine.cli.sarif import sarif
from flowengine.cli.screen import Screen
from flowengine.errors import InvalidFile
from flowengine.findings import Finding, finding_json
from flowengine.project import find_project
from flowengine.recording.format import load_recording

SHIPPED: Final = flowengine.Catalogue()

# Uses whatever a node type called so says about itself, and names an environment that may be there.
_USER: Final = """\
flow: user
variables: {v: {type: string}}
start: a
nodes:
  a:
    type: fuzzed@1.0
    inputs: {a: $(v)}
    set: {v: $(a.x)}
    edges: {fine: b, onError: done}
  b: {type: fuzzed, edges: {onTimeout: a, ok: done}}
  done: {end: success}
"""


class Broken(AssertionError):
    """What must hold does not."""


class Judge:
    """Holds texts to what must hold of all of them, in a folder of its own.

    ``step`` is called before each step that is a command of its own to a user.
    """

    def __init__(self, folder: Path, step: Callable[[], None] = lambda: None) -> None:
        self._folder, self._step = folder, step
        (folder / "nodes").mkdir(exist_ok=True)
        (folder / "user.yaml").write_text(_USER, "utf-8")

    def judge(self, kind: str, source: bytes) -> Counter[str]:
        """Send a text through its reader and what follows; return the codes that were found."""
        self._step()
        return {FLOW: self._flow, PROJECT: self._project, RECORDING: self._recording, MANIFEST: self._manifest}[kind](
            source
        )

    def _flow(self, source: bytes) -> Counter[str]:
        path = self._written("flow.yaml", source)
        found = report(path, SHIPPED)
        self._shown(found, path)
        self._fixed(path, source, found)
        self._step()
        if not any(one.severity == "error" for one in found.findings):
            flowengine.compile(flowengine.load(path), SHIPPED)
        return _codes(found.findings)

    def _project(self, source: bytes) -> Counter[str]:
        path = self._written("flowengine.yaml", source)
        try:
            environments = dict(find_project(self._folder).environments)
        except InvalidFile as invalid:
            return _codes(invalid.findings)
        else:
            found = [
                finding
                for environment in environments.values()
                for finding in report(self._folder / "user.yaml", environment=environment).findings
            ]
            return _codes(found)
        finally:
            path.unlink()

    def _recording(self, source: bytes) -> Counter[str]:
        try:
            load_recording(self._written("a.recording.yaml", source))
        except InvalidFile as invalid:
            return _codes(invalid.findings)
        return Counter()

    def _manifest(self, source: bytes) -> Counter[str]:
        self._written("nodes/fuzzed.yaml", source)
        catalogue = flowengine.Catalogue([self._folder / "nodes"])
        found = report(self._folder / "user.yaml", catalogue)
        self._shown(found, self._folder / "user.yaml")
        self._step()
        if not any(one.severity == "error" for one in found.findings):
            flowengine.compile(flowengine.load(self._folder / "user.yaml"), catalogue)
        return _codes(found.findings)

    def _fixed(self, path: Path, source: bytes, before: Report) -> None:
        self._step()
        fixed = fix(path, before, lambda _: SHIPPED)
        self._step()
        after = path.read_bytes()
        if not fixed:
            _hold(after == source, "nothing is fixed, and the file is another")
            return
        found = report(path, SHIPPED)
        _hold(not _codes(found.findings) - _codes(before.findings), "fixing has brought findings")
        _hold(len(after.splitlines()) == len(source.splitlines()), "fixing has changed the number of lines")
        changed = {one.line for one in fixed}
        texts = (one.decode().replace("\r\n", "\n").replace("\r", "\n").split("\n") for one in (source, after))
        for number, (old, new) in enumerate(zip(*texts, strict=True), start=1):
            _hold(old == new or number in changed, f"fixing has changed line {number}, which it does not say")

    def _shown(self, found: Report, path: Path) -> None:
        """Print a report in every form."""
        for form in (_text, _annotations, _json, _sarif):
            self._step()
            stream = io.StringIO()
            form(Screen(stream, {}), found, path)
            printed = stream.getvalue()
            _hold("\x1b" not in printed and "\u202e" not in printed, "something that acts on the terminal is printed")

    def _written(self, name: str, source: bytes) -> Path:
        path = self._folder / name
        path.write_bytes(source)
        return path


def _codes(findings: list[Finding]) -> Counter[str]:
    for finding in findings:
        _hold(finding.code in CODES, f"there is no page for {finding.code}")
        _hold(
            finding.span is None or finding.span[:2] <= finding.span[2:],
            f"a span that ends before it begins: {finding}",
        )
        _hold(bool(finding.message.strip()), f"a finding without words: {finding}")
    return Counter(one.code for one in findings)


def _text(screen: Screen, found: Report, _: Path) -> None:
    show_findings(screen, found.findings)
    show_help(screen, found.findings)


def _annotations(screen: Screen, found: Report, _: Path) -> None:
    for finding in found.findings:
        line = annotation(finding)
        _hold("\n" not in line and "\r" not in line, "an annotation of more than one line")
        screen.block(line)


def _json(screen: Screen, found: Report, _: Path) -> None:
    screen.json([finding_json(one) for one in found.findings])


def _sarif(screen: Screen, found: Report, path: Path) -> None:
    screen.block(json.dumps(sarif({str(path): found})))


def _hold(holds: bool, what: str) -> None:  # noqa: FBT001 - as assert
    if not holds:
        raise Broken(what)
