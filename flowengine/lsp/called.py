"""The flows that a file under the cursor can call, as node types of their own."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path

from flowengine.catalogue.catalogue import Catalogue
from flowengine.check.called import CALL_FLOW, read_called
from flowengine.errors import FlowEngineError
from flowengine.flow_files import FlowFinder, absolute
from flowengine.flowfile.syntax import Flow


class CatalogueAt(Catalogue):
    """The node types of a catalogue, for one file, which may call the flows around it. It is for one question."""

    def __init__(self, catalogue: Catalogue, path: Path) -> None:
        self.__dict__.update(vars(catalogue))
        self._folder = absolute(path).parent
        self._finder = FlowFinder()

    @cached_property
    def flows(self) -> Mapping[str, Path]:
        """The flows that can be called, by id."""
        with suppress(FlowEngineError):
            return self._finder.known(self._folder)
        return {}

    def flow_file(self, flow: str) -> Path | None:
        """Return the file of a flow, where there is exactly one."""
        with suppress(FlowEngineError):
            found, _ = self._finder.find(self._folder, flow)
            return found[0] if len(found) == 1 else None
        return None

    def flow(self, flow: str) -> Flow | None:
        """Return a flow as far as it can be read."""
        path = self.flow_file(flow)
        with suppress(FlowEngineError, OSError):
            return read_called(path) if path is not None else None
        return None


def calls(catalogue: Catalogue, written: object) -> bool:
    """Whether a node of this type calls a flow."""
    name = str(written).partition("@")[0]
    with suppress(FlowEngineError, KeyError):
        return catalogue.find(name).spec.get("handler") == CALL_FLOW
    return False
