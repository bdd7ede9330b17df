"""The folder that a studio works in: which of its files are flows, and which of them may be read and written at all."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from flowengine.catalogue.catalogue import Catalogue
from flowengine.errors import FlowError, InvalidFile
from flowengine.flow_files import YAML, flow_files, flow_id, is_recording_text
from flowengine.flowfile.yaml_source import DEFAULT_LIMITS, read_source
from flowengine.lsp.judging import Catalogues
from flowengine.project import FILE_NAME, Project, find_project
from flowengine.schema_problems import did_you_mean
from flowengine.server.flows import digest_of
from flowengine.server.routing import ApiError, not_found

NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
"""Of a folder or file that the studio makes: nothing hidden, nothing that another system takes for more."""

_THERE: Final = re.compile(r"[^./\\:\x00-\x1f\x7f][^/\\:\x00-\x1f\x7f]{0,199}")
"""Of one that is there."""

_MOST_TEXTS: Final = 64


@dataclass(frozen=True)
class Opened:
    """A file as it was read. ``name`` is its path in the folder."""

    path: Path
    name: str
    source: bytes
    text: str

    @property
    def version(self) -> str:
        """What tells this text from another."""
        return digest_of(self.source)


class Workspace:
    """A folder. What is outside of it is not there, whatever a path says and wherever a link leads."""

    def __init__(self, folder: Path, nodes: Iterable[Path] = ()) -> None:
        self.folder = Path(os.path.realpath(folder))
        self.nodes = tuple(nodes)
        self._catalogues = Catalogues(self.nodes)
        self._asked: set[Path] = set()
        self._texts: dict[str, str] = {}

    def flows(self) -> Iterator[tuple[str | None, Path]]:
        """Yield the flows of the folder, with their ids."""
        for path in flow_files(self.folder)[0]:
            try:
                yield flow_id(read_source(path)) or None, path
            except InvalidFile:
                yield None, path

    def open(self, flow: str, name: str | None = None) -> Opened:
        """Read a flow: by its id, or the file that is named. Raises ApiError."""
        if name is not None:
            return self.read(self.inside(name))
        found = [path for one, path in self.flows() if one == flow]
        if not found:
            known = sorted({one for one, _ in self.flows() if one})
            raise not_found("flow", flow, did_you_mean(flow, known) or "GET /api/flows lists them")
        if len(found) > 1:
            names = ", ".join(map(self.name, found))
            raise ApiError(409, "ambiguous", f"several files are the flow {flow!r}: {names}", "say which with `path`")
        return self.read(self.inside(self.name(found[0])))

    def read(self, path: Path) -> Opened:
        """Read a file of the folder. Raises ApiError where it is not there, or is no text."""
        try:
            source = read_source(path)
        except InvalidFile as invalid:
            raise ApiError(404, "not-found", f"{self.name(path)}: {invalid.findings[0].message}") from None
        if is_recording_text(source):
            raise ApiError(422, "no-flow", f"{self.name(path)} is a recording, and no flow")
        if len(source) > DEFAULT_LIMITS.size:
            raise ApiError(413, "too-large", f"{self.name(path)} is larger than a flow may be", "split it")
        try:
            text = source.decode()
        except UnicodeDecodeError:
            raise ApiError(422, "not-text", f"{self.name(path)} is not UTF-8", "save it as UTF-8") from None
        opened = Opened(path, self.name(path), source, text)
        self.remember(text)
        return opened

    def inside(self, name: str, *, new: bool = False) -> Path:
        """Return the YAML file in the folder that a relative path names. Raises ApiError for any other.

        ``new``: it is to be made, and has a name that suits everywhere.
        """
        parts, form = name.split("/"), NAME if new else _THERE
        if not all(form.fullmatch(part) for part in parts) or not name.endswith(YAML):
            hint = "write a path in the folder, such as flows/sms.yaml: letters, digits, `.`, `_`, `-`, and .yaml"
            raise ApiError(422, "wrong-path", f"{name[:100]!r} is no path of a file here", hint)
        path = self.folder.joinpath(*parts)
        if not Path(os.path.realpath(path)).is_relative_to(self.folder):
            raise ApiError(422, "wrong-path", f"{name!r} leads out of the folder", "name a file in it")
        if path.name == FILE_NAME:
            raise ApiError(422, "wrong-path", f"{name!r} is the project file, and no flow", "change it in an editor")
        return path

    def name(self, path: Path) -> str:
        """Return a path as it is seen from the folder."""
        return path.relative_to(self.folder).as_posix() if path.is_relative_to(self.folder) else path.name

    def catalogue(self, path: Path) -> Catalogue | InvalidFile:
        """Return the node types that hold for a file as they are now, or what is wrong with the project file."""
        self._asked.add(path.parent)
        return self._catalogues.near(path)

    def known_catalogue(self, path: Path) -> Catalogue:
        """Return the node types that held for a file when ``catalogue`` was last asked: that takes no time."""
        if path.parent not in self._asked:
            self.catalogue(path)
        return self._catalogues.latest(path)

    def project(self) -> Project:
        """Return the project that holds in the folder. Raises ApiError where its file is wrong."""
        try:
            return find_project(self.folder)
        except InvalidFile as invalid:
            raise refused("invalid-project", invalid) from None

    def remember(self, text: str) -> None:
        """Keep a text that somebody may have begun to change: that of the file may be another when it is saved."""
        self._texts.pop(version := digest_of(text.encode("utf-8", "surrogatepass")), None)
        self._texts[version] = text
        while len(self._texts) > _MOST_TEXTS:
            del self._texts[next(iter(self._texts))]

    def remembered(self, version: str) -> str | None:
        """Return a text that was kept."""
        return self._texts.get(version)


def refused(code: str, fault: FlowError) -> ApiError:
    """Return what a caller is told about a fault in what was sent, or in a file."""
    from flowengine.findings import finding_json  # noqa: PLC0415 - rich takes a while

    if isinstance(fault, InvalidFile):
        details: Mapping[str, Any] = {"findings": [*map(finding_json, fault.findings)]}
        return ApiError(422, code, fault.findings[0].message, fault.findings[0].hint, details=details)
    return ApiError(422, code, str(fault))
