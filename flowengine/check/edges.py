"""Rules about edges and conditions: labels are outcomes of the node, one edge an outcome; conditions compile."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final

from flowengine.catalogue.catalogue import Catalogue, NodeVersion
from flowengine.check.names import find_version
from flowengine.check.patterns import pattern
from flowengine.core.branching import DEFAULT_ROW
from flowengine.core.conditions import OPERATORS
from flowengine.core.outcomes import STANDARD_ALIASES
from flowengine.findings import Finding
from flowengine.flowfile.shape import schema_findings
from flowengine.flowfile.syntax import Flow, scalars
from flowengine.flowfile.yaml_tree import locate
from flowengine.schema_problems import did_you_mean

_JUDGED: Final = {"value", *OPERATORS}


def labels(flow: Flow, catalogue: Catalogue) -> Iterator[Finding]:
    """FE501, FE502, FE503: a label is an outcome of the node; an alias gets a hint; one edge an outcome."""
    for name, node in flow.nodes.items():
        version = find_version(catalogue, node.get("type", ""))
        if version is None:
            continue
        named_here = dynamic_outcomes(version, node.get("inputs", {}))
        seen: dict[str, str] = {}
        for label in node.get("edges", {}):
            at = ("nodes", name, "edges", label)
            canonical = label if label in named_here else version.aliases.get(label, label)
            if canonical in seen:
                message = f"{label!r} and {seen[canonical]!r} are the same outcome: one edge an outcome"
                yield flow.key_finding("FE503", message, *at, hint="remove one of them")
            seen[canonical] = label
            if canonical != label:
                message = f"{label!r} is another spelling of {canonical!r}"
                yield flow.key_finding("FE502", message, *at, hint=f"write {canonical}", severity="hint")
            elif not _may_come_back(version, node, label):
                message, hint = f"{version.pinned} has no outcome {label!r}", _nearest(version, node, label)
                yield flow.key_finding("FE501", message, *at, hint=hint)


def retries(flow: Flow, catalogue: Catalogue) -> Iterator[Finding]:
    """FE501 in a node's own ``retry``: it names outcomes of the node."""
    for name, node in flow.nodes.items():
        version = find_version(catalogue, node.get("type", ""))
        if version is None:
            continue
        for number, label in enumerate(node.get("retry", {}).get("on", [])):
            if not _may_come_back(version, node, label):
                message, hint = f"{version.pinned} has no outcome {label!r}", _nearest(version, node, label)
                yield flow.finding("FE501", message, "nodes", name, "retry", "on", number, hint=hint)


def default_edges(flow: Flow, _: Catalogue) -> Iterator[Finding]:
    """FE503 in ``defaults``: one edge an outcome, as far as the spellings are those of every node."""
    seen: dict[str, str] = {}
    for label in flow.defaults.get("edges", {}):
        canonical = STANDARD_ALIASES.get(label, label)
        if canonical in seen:
            message = f"{label!r} and {seen[canonical]!r} are the same outcome: one edge an outcome"
            yield flow.key_finding("FE503", message, "defaults", "edges", label, hint="remove one of them")
        seen[canonical] = label


def default_labels(flow: Flow, catalogue: Catalogue) -> Iterator[Finding]:
    """FE504: a label in ``defaults`` is an outcome of some node of the flow."""
    found = [(find_version(catalogue, node["type"]), node) for node in flow.nodes.values() if "type" in node]
    versions = [(version, node) for version, node in found if version is not None]
    if len(versions) < len(found) or not versions:
        return
    retried = flow.defaults.get("retry", {}).get("on", [])
    places: list[tuple[str, tuple[str | int, ...]]] = [
        *((label, ("defaults", "edges", label)) for label in flow.defaults.get("edges", {})),
        *((label, ("defaults", "retry", "on", number)) for number, label in enumerate(retried)),
    ]
    for label, at in places:
        if not any(_may_come_back(version, node, label) for version, node in versions):
            near = did_you_mean(label, sorted({one for version, node in versions for one in _outcomes(version, node)}))
            message = f"no node of this flow has an outcome {label!r}"
            yield flow.key_finding("FE504", message, *at, hint=near, severity="warning")


def inputs(flow: Flow, catalogue: Catalogue) -> Iterator[Finding]:
    """FE101 to FE104 in ``inputs``: held to the node type's schema where no reference hides the value."""
    for name, node in flow.nodes.items():
        version = find_version(catalogue, node.get("type", ""))
        if version is None:
            continue
        at = ("nodes", name, "inputs")
        holders = _holders(catalogue, version)
        if "inputs" not in node:
            required = dict.fromkeys(key for one in holders for key in one.spec.get("inputs", {}).get("required", []))
            if required:
                message = f"{version.pinned} needs inputs: {', '.join(required)}"
                yield flow.key_finding("FE102", message, "nodes", name)
            continue
        if len(holders) == 1 and version.inputs_as_written.accepts(node["inputs"]) and not _is_branch(version):
            continue
        hidden = _hidden(flow, at, version)
        found = [finding for one in holders for finding in schema_findings(one.inputs, flow.tree, str(flow.path), at)]
        yield from dict.fromkeys(finding for finding in found if finding.span not in hidden)


def conditions(flow: Flow, catalogue: Catalogue) -> Iterator[Finding]:
    """FE401: the pattern of a condition compiles. The shape of conditions is the schema's."""
    for at, raw in conditions_of(flow, catalogue):
        expression = raw.get("regex")
        if isinstance(expression, str) and "$(" not in expression:
            try:
                pattern(expression)
            except ValueError as fault:
                yield flow.finding("FE401", str(fault), *at, "regex")


def dynamic_outcomes(version: NodeVersion, given: Any) -> list[str]:
    """Return the outcomes that a node's own inputs name: rows of a branch, branches of a script."""
    if not version.open_outcomes or not isinstance(given, dict):
        return []
    rows = given.get("rows")
    named = [row.get("name") for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    if "rows" in given:
        named.append(given.get("default", DEFAULT_ROW))
    branches = given.get("branches")
    named += list(branches) if isinstance(branches, dict) else []
    return [name for name in named if isinstance(name, str)]


def _outcomes(version: NodeVersion, node: Mapping[str, Any]) -> list[str]:
    return [*version.outcomes, *dynamic_outcomes(version, node.get("inputs", {}))]


def _may_come_back(version: NodeVersion, node: Mapping[str, Any], label: str) -> bool:
    """Whether a label is one of a node's; a script without ``branches`` names its outcome itself."""
    open_ended = version.spec.get("handler") == "evaluate" and "branches" not in node.get("inputs", {})
    return open_ended or label in _outcomes(version, node) or label in version.aliases


def _nearest(version: NodeVersion, node: Mapping[str, Any], label: str) -> str:
    outcomes = _outcomes(version, node)
    near = did_you_mean(label, [*outcomes, *version.aliases])
    # Where nothing is near, all that there is is listed, and other spellings would only be noise.
    return near if near.startswith("did") else did_you_mean(label, outcomes)


def _holders(catalogue: Catalogue, version: NodeVersion) -> list[NodeVersion]:
    """Return whose schemas inputs are held to: rows are compiled, so a branch of one's own has to have them, too."""
    foreign = version.spec.get("handler") == "branch" and not catalogue.load(version.name).is_shipped
    return [version, _built_in_branch()] if foreign else [version]


@cache
def _built_in_branch() -> NodeVersion:
    return Catalogue().find("branch")


def conditions_of(flow: Flow, catalogue: Catalogue) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Yield every condition of a flow with its place."""
    for number, raw in enumerate(flow.data.get("trigger", {}).get("when", [])):
        yield ("trigger", "when", number), raw
    for name, node in flow.nodes.items():
        version = find_version(catalogue, node.get("type", ""))
        if version is None or version.spec.get("handler") != "branch":
            continue
        rows = node.get("inputs", {}).get("rows")
        for number, row in enumerate(rows if isinstance(rows, list) else []):
            when = row.get("when") if isinstance(row, dict) else None
            yield from _one_by_one(("nodes", name, "inputs", "rows", number, "when"), when)


def _one_by_one(at: tuple[str | int, ...], when: Any) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    for key in ("any", "all"):
        if isinstance(when, dict) and key in when:
            yield from _one_by_one((*at, key), when[key])
            return
    if isinstance(when, list):
        for number, raw in enumerate(when):
            if isinstance(raw, dict):
                yield (*at, number), raw
    elif isinstance(when, dict):
        yield at, when


def _is_branch(version: NodeVersion) -> bool:
    return version.spec.get("handler") == "branch"


def _hidden(flow: Flow, at: tuple[str, ...], version: NodeVersion) -> set[Any]:
    """Return the places whose value is only known at run time; of a branch they are in its conditions only."""
    part = locate(flow.tree, at)
    is_branch = _is_branch(version)
    return {
        scalar.span
        for where, scalar in (scalars(part) if part else ())
        if isinstance(scalar.value, str) and "$(" in scalar.value and (not is_branch or _JUDGED & set(where))
    }
