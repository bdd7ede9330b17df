"""The rules that may forbid a run, as far as they are about one file, and not about the flows that it calls."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Final, TypeAlias

from flowengine.catalogue.catalogue import Catalogue
from flowengine.check import dataflow, edges, names, queries, safety, uses, waits
from flowengine.check.manifests import manifests
from flowengine.errors import InvalidFile
from flowengine.findings import Finding, errors_in
from flowengine.flowfile.syntax import Flow

Rule: TypeAlias = Callable[[Flow, Catalogue], Iterable[Finding]]

OWN_VERDICTS: Final[tuple[Rule, ...]] = (
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
    waits.events,
    waits.moments,
    queries.paths,
    safety.scripts,
    dataflow.missing_values,
    uses.unknown_outputs,
)


@lru_cache(maxsize=32)
def own_errors(flow: Flow, catalogue: Catalogue) -> tuple[Finding, ...]:
    """Return the findings of severity error that are about a flow's own file."""
    try:
        found = list(manifests(flow, catalogue))
    except InvalidFile as invalid:
        return tuple(invalid.findings)
    if not found:
        found = [finding for rule in OWN_VERDICTS for finding in rule(flow, catalogue)]
    return tuple(errors_in(found))
