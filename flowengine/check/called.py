"""The flows that a flow calls: found by their ids, and each used like a node type of its own.

They are looked for only where a flow calls one, and read again only when their file has changed. What a caller sees of
a flow follows from its own text: inputs, ends, outputs and their types.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from flowengine.catalogue.catalogue import Catalogue, NodeVersion
from flowengine.check.manifests import manifests
from flowengine.check.names import find_version
from flowengine.core.plan import end_kinds, end_name
from flowengine.core.references import BadReference, Reference, is_whole, split_template
from flowengine.core.values import type_of
from flowengine.errors import InvalidFile
from flowengine.findings import Finding
from flowengine.flow_files import FlowFinder, absolute, near
from flowengine.flowfile.shape import refuse_misshapen
from flowengine.flowfile.syntax import Flow
from flowengine.flowfile.yaml_source import read_source, to_text
from flowengine.flowfile.yaml_tree import Tree, parse_yaml, to_value
from flowengine.schema_problems import did_you_mean

CALL_FLOW: Final = "call-flow"
"""The handler of nodes that call a flow."""


class Fault(NamedTuple):
    """Why a flow cannot be called: code, message and hint of a finding."""

    code: str
    message: str
    hint: str = ""


@dataclass(frozen=True, eq=False)
class Callee:
    """A flow that is called; without a ``flow``, ``fault`` says why there is none."""

    flow: Flow | None
    fault: Fault | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class CallVersion(NodeVersion):
    """The type of nodes that call ``flow``: its inputs, outcomes and outputs are those of that flow.

    ``timed``: the nodes have a time limit.
    """

    flow: Flow
    catalogue: Catalogue
    timed: bool

    @property
    def ends(self) -> list[str]:
        """The outcomes that the called flow names."""
        return list(end_kinds(self.flow.nodes))


def version_of(flow: Flow, catalogue: Catalogue, node: Mapping[str, Any]) -> NodeVersion | None:
    """Return the version of a node's type, None where it is not known.

    Where a node calls a flow, the type is that flow; one that is not there is a type that is not known.
    """
    version = find_version(catalogue, node.get("type", ""))
    if version is None or version.spec.get("handler") != CALL_FLOW:
        return version
    callee = callees(flow, catalogue).get(called_id(node) or "")
    if callee is None or callee.flow is None:
        return None
    return used_as(version, callee.flow, catalogue, timed="timeout" in node)


def called_id(node: Mapping[str, Any]) -> str | None:
    """Return the id of the flow that a node says it calls."""
    given = node.get("inputs", {})
    flow = given.get("flow") if isinstance(given, dict) else None
    return flow if isinstance(flow, str) else None


def calls(flow: Flow, catalogue: Catalogue) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the nodes of a flow that call one, by id."""
    for name, node in flow.nodes.items():
        version = find_version(catalogue, node["type"]) if "type" in node else None
        if version is not None and version.spec.get("handler") == CALL_FLOW:
            yield name, node


def callees(flow: Flow, catalogue: Catalogue) -> Mapping[str, Callee]:
    """Return the flows that a flow itself calls, by id."""
    family = _family(flow.caller or flow, catalogue)
    return family.get(absolute(flow.path), {}) if family else {}


@lru_cache(maxsize=16)
def called_flows(flow: Flow, catalogue: Catalogue) -> Mapping[str, Flow]:
    """Return the flows that are called by a flow, however deep, by id: those that are there.

    The flow itself is among them where it is called, too. Of two flows with one id, the first that is found.
    """
    found: dict[str, Flow] = {}
    ahead = [flow]
    while ahead:
        for one, callee in callees(ahead.pop(), catalogue).items():
            if callee.flow is not None and one not in found:
                found[one] = callee.flow
                ahead.append(callee.flow)
    return found


def calls_itself(flow: Flow, catalogue: Catalogue) -> bool:
    """Whether a flow is called again on the way through the flows that it calls."""
    return flow.id in called_flows(flow, catalogue)


@lru_cache(maxsize=8)
def _family(root: Flow, catalogue: Catalogue) -> Mapping[Path, Mapping[str, Callee]]:
    """Return by file what each flow calls that a flow calls, however deep; each file is read once."""
    return _Family(root, catalogue).callees if any(calls(root, catalogue)) else {}


class _Family:
    def __init__(self, root: Flow, catalogue: Catalogue) -> None:
        self.callees: dict[Path, dict[str, Callee]] = {}
        self._root, self._catalogue = root, catalogue
        self._finder = FlowFinder()
        self._flows = {absolute(root.path): root}
        ahead = list(self._flows)
        while ahead:
            path = ahead.pop()
            self.callees[path] = found = self._called_by(path, self._flows[path])
            fresh = [one.flow for one in found.values() if one.flow is not None]
            for flow in fresh:
                if (there := absolute(flow.path)) not in self._flows:
                    self._flows[there] = flow
                    ahead.append(there)

    def _called_by(self, path: Path, flow: Flow) -> dict[str, Callee]:
        wanted = {called for _, node in calls(flow, self._catalogue) if (called := called_id(node)) is not None}
        return {one: Callee(flow) if one == flow.id else self._find(path.parent, one) for one in sorted(wanted)}

    def _find(self, folder: Path, flow: str) -> Callee:
        found, known = self._finder.find(folder, flow)
        if not found:
            said = f"there is no flow {flow!r} beside this one, above it, or in the project"
            return Callee(None, Fault("FE214", said, did_you_mean(flow, sorted(known)) if known else ""))
        if len(found) > 1:
            listed = ", ".join(str(near(one)) for one in found)
            said = f"there are {len(found)} flows {flow!r}: {listed}"
            return Callee(None, Fault("FE215", said, "give each flow an id of its own"))
        there = self._flows.get(found[0])
        return Callee(there) if there is not None else self._read(found[0], flow)

    def _read(self, path: Path, flow: str) -> Callee:
        try:
            read = read_called(path, self._root)
            wrong_types = list(manifests(read, self._catalogue))
        except InvalidFile as invalid:
            return Callee(None, wrong(flow, invalid.findings[0]))
        except OSError as fault:
            return Callee(None, Fault("FE216", f"{near(path)} cannot be read: {fault.strerror}"))
        return Callee(None, wrong(flow, wrong_types[0])) if wrong_types else Callee(read)


def wrong(flow: str, first: Finding) -> Fault:
    """Say that a flow has errors, by the first of them."""
    place = f"{first.path}:{first.span.line}" if first.span else first.path
    said = f"the flow {flow!r} has errors: {place}: {first.message} ({first.code})"
    return Fault("FE216", said, "repair that flow first")


def read_called(path: Path, caller: Flow | None = None) -> Flow:
    """Read a flow that is called; its text is parsed anew when the file has changed. Raises InvalidFile, OSError."""
    status = path.stat()
    return Flow(near(path), *_read(path, status.st_mtime_ns, status.st_size), caller)


@lru_cache(maxsize=64)
def _read(path: Path, _modified: int, _size: int) -> tuple[Tree, Mapping[str, Any], str]:
    """Read a flow file; its time and size tell whether it is still the same. Raises InvalidFile."""
    source, shown = read_source(path), str(near(path))
    tree = parse_yaml(source, shown)
    refuse_misshapen("flow", tree, shown)
    return tree, to_value(tree), to_text(source, shown)


@lru_cache(maxsize=64)
def used_as(version: NodeVersion, flow: Flow, catalogue: Catalogue, *, timed: bool) -> CallVersion:
    """Return the type of nodes that call a flow."""
    spec = {
        **version.spec,
        "openOutcomes": False,
        "inputs": _inputs_schema(version.spec.get("inputs", {}), flow),
        "outcomes": {**version.spec.get("outcomes", {}), **_outcomes(flow)},
        "outputs": {name: _output(flow, catalogue, name) for name in flow.outputs},
    }
    return CallVersion(
        name=version.name,
        version=version.version,
        recommended=version.recommended,
        title=version.title,
        integration=version.integration,
        spec=spec,
        flow=flow,
        catalogue=catalogue,
        timed=timed,
    )


def _outcomes(flow: Flow) -> dict[str, dict[str, Any]]:
    said: dict[str, str] = {}
    for name, node in flow.nodes.items():
        if "end" in node:
            said.setdefault(end_name(name, node.get("title")), node.get("description", ""))
    return {name: {"kind": kind, "description": said[name]} for name, kind in end_kinds(flow.nodes).items()}


def _inputs_schema(base: Mapping[str, Any], flow: Flow) -> dict[str, Any]:
    needed = [name for name, one in flow.inputs.items() if "default" not in one]
    given = {
        "title": "INPUTS",
        "description": f"The inputs of {flow.id}.",
        "type": "object",
        "additionalProperties": False,
        "properties": {name: {**one, "type": [one["type"], "null"]} for name, one in flow.inputs.items()},
        **({"required": needed} if needed else {}),
    }
    properties = {**base.get("properties", {}), "inputs": given}
    return {**base, "properties": properties, "required": ["flow", *(["inputs"] if needed else [])]}


def _output(flow: Flow, catalogue: Catalogue, name: str) -> dict[str, Any]:
    kind = _output_type(flow, catalogue, name, frozenset())
    return {"description": f"{name} of the flow {flow.id}.", **({"type": kind} if kind else {})}


def _output_type(flow: Flow, catalogue: Catalogue, name: str, seen: frozenset[tuple[str, str]]) -> str | None:
    """Return the type of an output of a flow, None where it is not known before a run."""
    written = flow.outputs.get(name)
    if not isinstance(written, str):
        return type_of(written) if isinstance(written, bool | int | float) else None
    try:
        whole, reference = is_whole(written), split_template(written)[0]
    except BadReference:
        return None
    if not whole or not isinstance(reference, Reference):
        return "string"
    root, path = reference.root, reference.path
    if root == "run" and path:
        return "string"
    if root in flow.variables and not path:
        kind: str | None = flow.variables[root].get("type")
        return kind
    if root not in flow.nodes or len(path) != 1 or (flow.id, name) in seen:
        return None
    return _node_output_type(flow, catalogue, root, str(path[0]), seen | {(flow.id, name)})


def _node_output_type(
    flow: Flow, catalogue: Catalogue, node: str, output: str, seen: frozenset[tuple[str, str]]
) -> str | None:
    if output == "outcome":
        return "string"
    version = find_version(catalogue, flow.nodes[node].get("type", ""))
    if version is None:
        return None
    if version.spec.get("handler") == CALL_FLOW:
        callee = callees(flow, catalogue).get(called_id(flow.nodes[node]) or "")
        return _output_type(callee.flow, catalogue, output, seen) if callee is not None and callee.flow else None
    kind = version.spec.get("outputs", {}).get(output, {}).get("type")
    return kind if isinstance(kind, str) else None
