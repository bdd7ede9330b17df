"""All findings of a flow, in stages: text, shape, names. A stage whose ground is missing does not run."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from flowengine.catalogue.catalogue import Catalogue
from flowengine.check import edges, names
from flowengine.check.manifests import manifests
from flowengine.errors import InvalidFile
from flowengine.findings import Finding, errors_in
from flowengine.flowfile.shape import shape_findings
from flowengine.flowfile.syntax import Flow
from flowengine.flowfile.yaml_tree import read_yaml, to_value
from flowengine.project import catalogue_near

RULES: Final = (
    names.node_types,
    names.targets,
    names.ids,
    names.variables,
    names.defaults,
    names.references,
    edges.labels,
    edges.retries,
    edges.default_edges,
    edges.default_labels,
    edges.inputs,
    edges.conditions,
)


def load(path: str | Path) -> Flow:
    """Read a flow file. Raises InvalidFile where its text or shape is wrong; names are not judged yet."""
    path = Path(path)
    tree = read_yaml(path)
    findings = shape_findings("flow", tree, str(path))
    if findings:
        raise InvalidFile(findings)
    return Flow(path, tree, to_value(tree))


def judge(flow: Flow, catalogue: Catalogue) -> list[Finding]:
    """Return all findings about a flow that has the right shape, in order."""
    wrong_types = sorted(manifests(flow, catalogue), key=Finding.sort_key)
    return wrong_types or sorted((finding for rule in RULES for finding in rule(flow, catalogue)), key=Finding.sort_key)


def validate(path: str | Path | Flow, catalogue: Catalogue | None = None) -> list[Finding]:
    """Return everything there is to say about a flow file; never raises for bad input.

    Without a catalogue the node types are those that hold where the file is: its project's and the shipped ones.
    """
    try:
        flow = path if isinstance(path, Flow) else load(path)
        return judge(flow, catalogue or catalogue_near(flow.path))
    except InvalidFile as invalid:
        return invalid.findings


def refuse_errors(flow: Flow, catalogue: Catalogue) -> None:
    """Raise InvalidFile where a flow has findings of severity error."""
    errors = errors_in(judge(flow, catalogue))
    if errors:
        raise InvalidFile(errors)
