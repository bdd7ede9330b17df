"""Test cases: recordings that say what they expect, each run on the flow it belongs to.

A case that cannot be run (its file is wrong, its flow is not found or has errors) fails with findings: nothing here
raises for it.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Final

from flowengine.api import DryRun, dry_run
from flowengine.catalogue.catalogue import Catalogue
from flowengine.check.compile import compile
from flowengine.check.validate import load
from flowengine.core.plan import Plan
from flowengine.errors import InvalidFile, UsageError
from flowengine.findings import Finding, errors_in
from flowengine.flow_files import absolute
from flowengine.flowfile.syntax import Flow
from flowengine.flowfile.yaml_tree import Scalar, locate
from flowengine.project import catalogue_near
from flowengine.recording.answer_check import Mode, check_answers
from flowengine.recording.expectation import differences
from flowengine.recording.format import Recording, load_recording
from flowengine.recording.pairing import Flows, recordings_of
from flowengine.starting import refuse_trigger

_MISFIT: Final = "FE601"


@dataclass(frozen=True)
class Case:
    """A recording that is to be run. Without ``recording``, ``findings`` say why its file cannot be used."""

    path: Path
    recording: Recording | None = None
    findings: tuple[Finding, ...] = ()

    @property
    def name(self) -> str:
        """The id of the recording, else what its file is called."""
        return self.recording.name if self.recording else self.path.name.partition(".recording.")[0]

    @property
    def title(self) -> str | None:
        """The title of the recording, if it has one."""
        tree = self.recording.tree if self.recording else None
        found = locate(tree, ("title",)) if tree is not None else None
        return found.text if isinstance(found, Scalar) else None

    @property
    def expect(self) -> Mapping[str, Any]:
        """What is expected."""
        return (self.recording.expect if self.recording else None) or {}


@dataclass(frozen=True, eq=False)
class Ready:
    """A flow that can be run, and what it was made of."""

    flow: Flow
    catalogue: Catalogue
    plan: Plan


@dataclass(frozen=True)
class Result:
    """What came of a case.

    ``findings`` say why it could not be run, or what is wrong with its answers and with what it expects.
    """

    case: Case
    ready: Ready | None = None
    done: DryRun | None = None
    findings: tuple[Finding, ...] = ()
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether all of it came as it is expected."""
        return self.done is not None and not self.done.differences and not errors_in(self.findings)


def find_cases(paths: Iterable[Path]) -> tuple[list[Case], int]:
    """Return the cases that paths stand for, each once and in order, and how many recordings expect nothing.

    Raises InvalidFile for a named file that cannot be read, UsageError for a folder.
    """
    files: dict[Path, Path] = {}
    for path in (one for named in paths for one in recordings_of(named)):
        files.setdefault(absolute(path), path)
    cases = [read_case(path) for path in files.values()]
    wanted = [case for case in cases if case.recording is None or case.recording.expect is not None]
    return wanted, len(cases) - len(wanted)


def read_case(path: Path) -> Case:
    """Read the file of a case."""
    try:
        return Case(path, load_recording(path))
    except InvalidFile as invalid:
        return Case(path, None, tuple(invalid.findings))


class Suite:
    """Runs cases; each flow is found, read and compiled once.

    ``nodes`` are folders of node types, before all others; ``tops`` are those of ``pairing.Flows``; ``answers`` says
    whether recorded answers that the service would never give are errors, warnings, or not judged.
    """

    def __init__(self, nodes: Sequence[Path] = (), tops: Iterable[Path] = (), answers: Mode = "warn") -> None:
        self._answers: Mode = answers
        self._flows = Flows(tops)
        self._catalogue = cache(lambda folder: catalogue_near(folder / "flow", nodes))
        self._prepared: dict[Path, Ready | InvalidFile] = {}

    def ready(self, path: Path) -> Ready:
        """Return a flow, compiled. Raises InvalidFile where it has errors."""
        if path not in self._prepared:
            self._prepared[path] = self._prepare(path)
        prepared = self._prepared[path]
        if isinstance(prepared, InvalidFile):
            raise InvalidFile(prepared.findings)
        return prepared

    def run(self, case: Case) -> Result:
        """Run a case."""
        began = time.perf_counter()
        return replace(self._run(case), seconds=time.perf_counter() - began)

    def _run(self, case: Case) -> Result:
        if case.recording is None:
            return Result(case, findings=case.findings)
        try:
            ready = self.ready(self._flows.of(case.recording, case.path))
        except InvalidFile as invalid:
            return Result(case, findings=tuple(invalid.findings))
        try:
            refuse_trigger(ready.plan, case.recording.trigger)
        except UsageError as wrong:
            return Result(case, ready, findings=(case.recording.finding(_MISFIT, str(wrong), "trigger"),))
        result = _walk(case, case.recording, ready)
        if result.done is None:
            return result
        judged = check_answers(case.recording, ready.plan, ready.catalogue, self._answers)
        return replace(result, findings=(*result.findings, *judged.findings))

    def _prepare(self, path: Path) -> Ready | InvalidFile:
        try:
            flow, catalogue = load(path), self._catalogue(path.parent)
            return Ready(flow, catalogue, compile(flow, catalogue))
        except InvalidFile as invalid:
            return invalid


def _walk(case: Case, recording: Recording, ready: Ready) -> Result:
    try:
        return Result(case, ready, dry_run(ready.plan, recording))
    except InvalidFile as invalid:
        findings = tuple(invalid.findings)
        if recording.expect is None or not all(_is_in(recording, "expect", one) for one in findings):
            return Result(case, ready, findings=findings)
    except UsageError as wrong:
        return Result(case, ready, findings=(recording.finding(_MISFIT, str(wrong), "recording"),))
    # What is expected cannot come; where the walk leads is worth seeing all the same.
    done = dry_run(ready.plan, replace(recording, expect=None))
    differs = differences(case.expect, done.run, done.unused)
    return Result(case, ready, replace(done, differences=differs), findings)


def _is_in(recording: Recording, key: str, finding: Finding) -> bool:
    outer, inner = recording.span(key), finding.span
    return outer is not None and inner is not None and outer[:2] <= inner[:2] < outer[2:]
