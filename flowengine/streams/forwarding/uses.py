"""Which flows use the integration that the stream goes to."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from flowengine.catalogue.catalogue import Catalogue
from flowengine.check.names import find_version
from flowengine.check.validate import load
from flowengine.errors import InvalidFile
from flowengine.flowfile.syntax import Flow
from flowengine.project import ENGAGE, catalogue_near


class FlowUse(NamedTuple):
    """A flow with the nodes of it that are calls of Engage."""

    flow: str
    path: str
    nodes: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {"flow": self.flow, "path": self.path, "nodes": list(self.nodes)}


def use_of(flow: Flow, catalogue: Catalogue, path: str) -> FlowUse | None:
    """Return a flow's use of the integration, None where it has none."""
    found = [
        name
        for name, written in flow.nodes.items()
        if (version := find_version(catalogue, written.get("type", ""))) and version.integration == ENGAGE
    ]
    return FlowUse(flow.id, path, tuple(found)) if found else None


def find_uses(files: Iterable[Path]) -> tuple[list[FlowUse], list[Path]]:
    """Look through flow files; return the uses, and the files that cannot be read."""
    uses, unread = list[FlowUse](), list[Path]()
    for path in files:
        try:
            use = use_of(load(path), catalogue_near(path), str(path))
        except InvalidFile:
            unread.append(path)
            continue
        if use is not None:
            uses.append(use)
    return uses, unread
