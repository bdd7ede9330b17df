"""The flow as a graph of what may happen: for each node its possible outcomes, and where each of them leads.

Built once a flow, and not to be changed. It holds at least the edges that a run can follow: an outcome is left out only
where the engine cannot give it (``core/walker.py`` and the handlers are the source). Rules about paths stand on it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple, TypeAlias

from flowengine.catalogue.catalogue import Catalogue, NodeVersion
from flowengine.check.called import CallVersion, version_of
from flowengine.check.edges import dynamic_outcomes
from flowengine.check.names import literal_inputs
from flowengine.core.outcomes import (
    ON_AUTHORIZATION_FAILURE,
    ON_ERROR,
    ON_INVALID_CHOICE,
    ON_INVALID_DATA,
    ON_TIMEOUT,
    STANDARD_ALIASES,
    STANDARD_OUTCOMES,
)
from flowengine.flowfile.syntax import Flow

ANY_OTHER: Final = ""
"""Stands for all outcomes that nobody names, of a script without ``branches``. No label is empty."""

_HANDLER_OUTCOMES: Final[Mapping[str, tuple[str, ...]]] = {
    "branch": (ON_INVALID_DATA,),
    "set-variables": (),
    "delay": (),
    "receive": (),
    "data-parser": (ON_INVALID_DATA, ON_ERROR),
    "evaluate": (ON_INVALID_CHOICE, ON_ERROR, ON_TIMEOUT),
    "call-flow": (ON_ERROR,),
}
"""Standard outcomes that a handler gives whatever its inputs are. What can be wrong with inputs that hold references,
which is ``onInvalidData``, comes on top."""


class Target(NamedTuple):
    """Where an outcome leads, by rule 8: ``to`` is a node id as written, or None where the run ends.

    ``label`` is that of the edge, as the flow spells it; ``fall_through``: it is an ``onInvalidChoice`` edge, followed
    for another outcome; ``default``: the edge stands in ``defaults``.
    """

    to: str | None
    label: str | None = None
    fall_through: bool = False
    default: bool = False


PossibleEdges: TypeAlias = Mapping[str, Mapping[str, Target]]
"""By node, in the order of the file, by canonical outcome. An end node has no outcomes."""


@lru_cache(maxsize=2)
def possible_edges(flow: Flow, catalogue: Catalogue) -> PossibleEdges:
    """Return where each node can lead.

    A label that a node type does not have counts as an outcome: a misspelt edge is still a way that was meant. So does
    every label where the node type is not known.
    """
    return {name: _targets(flow, node, catalogue) for name, node in flow.nodes.items()}


def successors(flow: Flow, catalogue: Catalogue) -> dict[str, list[str]]:
    """Return by node the nodes that may come next, each once; targets that do not exist are left out."""
    return {
        name: list(dict.fromkeys(one.to for one in targets.values() if one.to is not None and one.to in flow.nodes))
        for name, targets in possible_edges(flow, catalogue).items()
    }


def possible_outcomes(version: NodeVersion, given: Mapping[str, Any]) -> list[str]:
    """Return the canonical outcomes that a node with these inputs can come back with; the node's own come first."""
    own = [name for name in version.outcomes if name not in STANDARD_OUTCOMES]
    declared_success = [name for name in STANDARD_OUTCOMES if version.outcomes[name]["kind"] == "success"]
    return list(dict.fromkeys([*own, *dynamic_outcomes(version, given), *declared_success, *_standard(version, given)]))


def is_open(version: NodeVersion, given: Mapping[str, Any]) -> bool:
    """Whether a node names its outcome itself: a script without ``branches``."""
    return version.spec.get("handler") == "evaluate" and "branches" not in given


def canonical_labels(version: NodeVersion, given: Mapping[str, Any]) -> Mapping[str, str]:
    """Return by spelling the outcome it means; what the flow itself names is never another spelling."""
    named_here = dynamic_outcomes(version, given)
    return {alias: name for alias, name in version.aliases.items() if alias not in named_here}


def _targets(flow: Flow, node: Mapping[str, Any], catalogue: Catalogue) -> dict[str, Target]:
    if "end" in node:
        return {}
    given = node.get("inputs", {})
    version = version_of(flow, catalogue, node)
    aliases = canonical_labels(version, given) if version is not None else STANDARD_ALIASES
    own = {aliases.get(label, label): Target(to, label) for label, to in node.get("edges", {}).items()}
    defaults = {
        aliases.get(label, label): Target(to, label, default=True)
        for label, to in flow.defaults.get("edges", {}).items()
    }
    outcomes = dict.fromkeys(_outcomes(version, given, own, defaults))
    return {outcome: _follow(outcome, own, defaults) for outcome in outcomes}


def _outcomes(
    version: NodeVersion | None, given: Mapping[str, Any], own: Mapping[str, Target], defaults: Mapping[str, Target]
) -> Iterator[str]:
    if version is None:
        yield from (*own, *defaults, ON_INVALID_CHOICE)
        return
    yield from possible_outcomes(version, given)
    if is_open(version, given):
        yield from (*own, *defaults, ANY_OTHER)
    yield from (label for label in own if label not in version.outcomes)


def _follow(outcome: str, own: Mapping[str, Target], defaults: Mapping[str, Target]) -> Target:
    """Return what ``core.outcomes.edge_for`` would follow."""
    found = own.get(outcome) or defaults.get(outcome)
    if found is not None:
        return found
    fallen = own.get(ON_INVALID_CHOICE) or defaults.get(ON_INVALID_CHOICE)
    return fallen._replace(fall_through=True) if fallen else Target(None)


def _standard(version: NodeVersion, given: Mapping[str, Any]) -> Iterator[str]:
    spec = version.spec
    if "handler" in spec:
        always = _HANDLER_OUTCOMES.get(spec["handler"], tuple(STANDARD_OUTCOMES))
        yield from always
        literal = literal_inputs(version)
        if ON_INVALID_DATA not in always and any(
            _refers(value) for name, value in given.items() if name not in literal
        ):
            yield ON_INVALID_DATA
        if isinstance(version, CallVersion) and version.timed:
            yield ON_TIMEOUT
        if spec["handler"] == "receive":
            yield ON_TIMEOUT if "timeout" in given else ON_ERROR
        # A value of a script may turn out to be called like a flow variable.
        if spec["handler"] == "evaluate" and "values" in given:
            yield ON_INVALID_DATA
        return
    yield from (ON_ERROR, ON_INVALID_DATA, ON_TIMEOUT, ON_AUTHORIZATION_FAILURE)
    # Rule 5: an answer that no rule matches. One rule that matches everything leaves none.
    if all(rule.get("when") for rule in spec.get("responses", ())):
        yield ON_INVALID_CHOICE
    answered = (version.aliases.get(rule["outcome"], rule["outcome"]) for rule in spec.get("responses", ()))
    yield from (outcome for outcome in answered if outcome in STANDARD_OUTCOMES)


def _refers(value: Any) -> bool:
    if isinstance(value, str):
        return "$(" in value
    if isinstance(value, dict):
        return any(_refers(inner) for inner in value.values())
    return isinstance(value, list) and any(_refers(inner) for inner in value)
