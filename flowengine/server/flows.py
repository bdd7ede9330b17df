"""The flows of a folder: read again when a file has changed, judged when that is asked for, compiled once."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from flowengine.catalogue.catalogue import Catalogue
from flowengine.check.compile import compile
from flowengine.check.reports import Report
from flowengine.check.validate import read_flow, report, stopped
from flowengine.core.plan import Plan
from flowengine.errors import InvalidFile, UsageError
from flowengine.flow_files import flow_files, flow_id, watched_files
from flowengine.flowfile.syntax import Flow
from flowengine.flowfile.yaml_source import read_source
from flowengine.project import catalogue_near
from flowengine.schema_problems import did_you_mean
from flowengine.server.routing import ApiError, not_found
from flowengine.watching import Stamps, changed, stamps

_CONFLICT: Final = 409


@dataclass(frozen=True, eq=False)
class FlowFile:
    """One file. ``id`` is None where it says none; ``flow`` is None where it cannot be read as a flow."""

    path: Path
    name: str
    id: str | None
    text: str
    digest: str
    flow: Flow | None
    report: Report

    @property
    def counts(self) -> dict[str, int]:
        """How many findings of which severity there are."""
        severities = [one.severity for one in self.report.findings]
        return {f"{severity}s": severities.count(severity) for severity in ("error", "warning", "hint")}


class Flows:
    """The flows in and below a folder; ``name`` of a file is its path in it. What is asked for is as the files are."""

    def __init__(self, folder: Path, nodes: Sequence[Path] = ()) -> None:
        self.folder = folder
        self._nodes = tuple(nodes)
        self._stamps: Stamps = {}
        self._files: Mapping[Path, FlowFile] = {}
        self._plans: dict[str, Plan] = {}
        self._looking = asyncio.Lock()

    @property
    def seen(self) -> tuple[FlowFile, ...]:
        """The files as they were when they were last looked at."""
        return tuple(self._files.values())

    async def current(self) -> tuple[FlowFile, ...]:
        """Look at the files, and return them in order. Raises UsageError where the folder cannot be read."""
        async with self._looking:
            await asyncio.to_thread(self._look)
        return self.seen

    async def find(self, flow: str) -> FlowFile:
        """Return the file of a flow. Raises ApiError: 404, and 409 where several files have it."""
        files = [one for one in await self.current() if one.id is not None]
        found = [one for one in files if one.id == flow]
        if not found:
            hint = did_you_mean(flow, sorted({str(one.id) for one in files}))
            raise not_found("flow", flow, hint or "GET /api/flows lists them")
        if len(found) > 1:
            names = ", ".join(one.name for one in found)
            raise ApiError(
                _CONFLICT, "ambiguous", f"several files are the flow {flow!r}: {names}", "rename one of them"
            )
        return found[0]

    async def plan(self, file: FlowFile) -> Plan:
        """Return a flow as it is walked. Raises InvalidFile."""
        if file.path not in self._files or self._files[file.path] is not file or str(file.path) not in self._plans:
            plan = await asyncio.to_thread(self._compile, file)
            self._plans[str(file.path)] = plan
            return plan
        return self._plans[str(file.path)]

    def catalogue(self) -> Catalogue:
        """Return the node types that hold in the folder."""
        return catalogue_near(self.folder / "flow", self._nodes)

    def judge(self, text: str, name: str) -> Report:
        """Return the findings of a text that is in no file; ``name`` stands in them for the path."""
        return _judged(text.encode(), Path(name), lambda _: self.catalogue())[1]

    def _compile(self, file: FlowFile) -> Plan:
        if file.flow is None:
            raise InvalidFile(file.report.findings)
        return compile(file.flow, catalogue_near(file.path, self._nodes))

    def _look(self) -> None:
        now = stamps(watched_files([self.folder], self._nodes))
        different = changed(self._stamps, now)
        if not different and self._stamps:
            return
        catalogue = cache(lambda folder: catalogue_near(folder / "flow", self._nodes))

        def catalogue_of(path: Path) -> Catalogue:
            return catalogue(path.parent)

        found, _ = flow_files(self.folder)
        # Whatever else has changed (a node type, a flow that another one calls) may change what is said about any.
        self._files = {path: _read(path, self.folder, catalogue_of) for path in found}
        self._plans = {}
        self._stamps = now


def _read(path: Path, folder: Path, catalogue_of: Callable[[Path], Catalogue]) -> FlowFile:
    name = path.relative_to(folder).as_posix()
    try:
        source = read_source(path)
    except InvalidFile as invalid:
        return FlowFile(path, name, None, "", digest_of(b""), None, stopped(invalid))
    flow, found = _judged(source, path, catalogue_of)
    text = source.decode("utf-8", "replace")
    return FlowFile(path, name, flow_id(source) or None, text, digest_of(source), flow, found)


def _judged(source: bytes, path: Path, catalogue_of: Callable[[Path], Catalogue]) -> tuple[Flow | None, Report]:
    try:
        flow = read_flow(source, path)
    except InvalidFile as invalid:
        return None, stopped(invalid)
    return flow, report(flow, catalogue_of=catalogue_of)


def digest_of(source: bytes) -> str:
    """Return what tells one text of a file from another."""
    return hashlib.sha256(source).hexdigest()


def refuse_no_folder(folder: Path) -> None:
    """Raise UsageError where flows cannot be read from a folder."""
    if not folder.is_dir():
        raise UsageError(f"{folder} is no folder: name the one that the flows are in")
    flow_files(folder)


def about(file: FlowFile) -> dict[str, Any]:
    """Return what a list of flows shows, as JSON values."""
    data = file.flow.data if file.flow is not None else {}
    return {
        "id": file.id,
        "path": file.name,
        "title": data.get("title"),
        "description": data.get("description"),
        "trigger": data.get("trigger"),
        "findings": file.counts,
    }
