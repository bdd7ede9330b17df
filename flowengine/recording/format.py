"""Recording files: recorded answers by node, and optionally what must come of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flowengine.core.answers import Json
from flowengine.errors import InvalidFile
from flowengine.findings import Finding
from flowengine.flowfile.shape import refuse_misshapen
from flowengine.flowfile.yaml_tree import Tree, key_at, locate, read_yaml, to_value
from flowengine.schema_problems import did_you_mean


@dataclass(frozen=True)
class Recording:
    """``responses`` are recorded answers by node id, in order; ``expect`` makes it a test case."""

    name: str
    flow: str
    trigger: Json = None
    variables: Mapping[str, Json] = field(default_factory=dict)
    responses: Mapping[str, list[dict[str, Any]]] = field(default_factory=dict)
    expect: Mapping[str, Any] | None = None
    path: Path | None = None
    tree: Tree | None = None


def load_recording(path: str | Path) -> Recording:
    """Read a recording file. Raises InvalidFile with everything that is wrong with it."""
    path = Path(path)
    tree = read_yaml(path)
    refuse_misshapen("recording", tree, str(path))
    data = to_value(tree)
    return Recording(
        name=data["recording"],
        flow=data["flow"],
        trigger=data.get("trigger", {}),
        variables=data.get("variables", {}),
        responses={
            node: entries if isinstance(entries, list) else [entries]
            for node, entries in data.get("responses", {}).items()
        },
        expect=data.get("expect"),
        path=path,
        tree=tree,
    )


def refuse_strangers(recording: Recording, flow: str, nodes: Collection[str]) -> None:
    """Raise InvalidFile where a recording names another flow, or nodes that the flow does not have."""
    findings = []
    if recording.flow != flow:
        message = f"this is a recording of the flow {recording.flow!r}, not of {flow!r}"
        findings.append(_finding(recording, message, "flow"))
    for node in recording.responses:
        if node not in nodes:
            hint = did_you_mean(node, list(nodes))
            findings.append(_finding(recording, f"the flow has no node {node!r}", "responses", node, hint=hint))
    if findings:
        raise InvalidFile(findings)


def _finding(recording: Recording, message: str, *at: str, hint: str = "") -> Finding:
    found = None
    if recording.tree is not None:
        found = key_at(recording.tree, at) if len(at) > 1 else locate(recording.tree, at)
    return Finding("FE601", message, str(recording.path), found.span if found else None, hint=hint or None)
