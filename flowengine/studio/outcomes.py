"""Finds the outcomes of a node in a draft: how its edges spell one, and which leads nowhere yet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flowengine.catalogue.catalogue import Catalogue, NodeVersion
from flowengine.check.reach import canonical_labels, possible_outcomes
from flowengine.core.outcomes import STANDARD_ALIASES
from flowengine.errors import UsageError
from flowengine.flowfile.edits import Path
from flowengine.lsp.draft import Draft, as_map, inputs_of, version_of
from flowengine.studio.flow_text import NODES
from flowengine.studio.values import at


def label_at(draft: Draft, catalogue: Catalogue, path: Path, outcome: str) -> str | None:
    """Return how the edges at a path spell an outcome, where there is one for it."""
    _, edges = at(draft.data, path)
    written = as_map(edges)
    if outcome in written:
        return outcome
    spellings: Mapping[str, str] = STANDARD_ALIASES
    if path[0] == NODES:
        node = draft.nodes[str(path[1])]
        version = version_of(catalogue, node)
        spellings = canonical_labels(version, inputs_of(node)) if version is not None else spellings
    meant = spellings.get(outcome, outcome)
    return next((label for label in written if spellings.get(label, label) == meant), None)


def open_outcome(draft: Draft, catalogue: Catalogue, node: str) -> str:
    """Return the first success of a node that has no edge yet; else the first success. Raises UsageError."""
    version = version_of(catalogue, draft.nodes[node])
    if version is None:
        raise UsageError(f"the type of {node!r} is not known: say which outcome")
    edges = (NODES, node, "edges")
    successes = list(_successes(version, inputs_of(draft.nodes[node])))
    open_ones = [one for one in successes if label_at(draft, catalogue, edges, one) is None]
    if not successes:
        raise UsageError(f"{node!r} has no success outcome of its own yet: say which outcome")
    return (open_ones or successes)[0]


def first_success(version: NodeVersion, given: Mapping[str, Any]) -> str | None:
    """Return the first success of a node with some inputs."""
    return next(_successes(version, given), None)


def _successes(version: NodeVersion, given: Mapping[str, Any]) -> Iterator[str]:
    for name in possible_outcomes(version, given):
        outcome = version.outcomes.get(name)
        if outcome is None or outcome["kind"] == "success":
            yield name
