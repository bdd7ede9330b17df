"""All findings of a flow, in stages: text, shape, node types, rules. A stage whose ground is missing does not run.

What did not run is said: a rule that was skipped has not been passed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

from flowengine.catalogue.catalogue import Catalogue
from flowengine.check import (
    calls,
    cycles,
    dataflow,
    edges,
    graph,
    lookalikes,
    names,
    outcomes,
    repeats,
    safety,
    types,
    uses,
    waits,
)
from flowengine.check.bindings import CODES as BINDINGS
from flowengine.check.bindings import unbound
from flowengine.check.codes import CODES
from flowengine.check.ignores import apply_ignores
from flowengine.check.manifests import manifests
from flowengine.check.reports import Report, Skipped, bounded
from flowengine.check.verdicts import OWN_VERDICTS, Rule, own_errors
from flowengine.errors import InvalidFile
from flowengine.findings import Finding, errors_in
from flowengine.flowfile.shape import refuse_misshapen
from flowengine.flowfile.syntax import Flow
from flowengine.flowfile.yaml_source import DEFAULT_LIMITS, Limits, read_source, to_text
from flowengine.flowfile.yaml_tree import parse_yaml, to_value
from flowengine.project import Environment, catalogue_near

VERDICTS: Final[tuple[Rule, ...]] = (*OWN_VERDICTS, calls.called)
"""Rules that may forbid a run."""

ADVICE: Final[tuple[Rule, ...]] = (
    safety.secrets,
    safety.addresses,
    outcomes.unhandled,
    outcomes.unused,
    outcomes.alike,
    graph.unreachable,
    graph.endless,
    cycles.cycles,
    graph.hopeless,
    waits.endless_waits,
    repeats.retries,
    uses.unused_variables,
    lookalikes.lookalikes,
    types.mismatches,
    calls.ends,
    calls.events,
    calls.endless,
)
"""Rules that never do: a flow that is only to be run does not wait for them, nor for networkx."""

RULES: Final = (*VERDICTS, *ADVICE)

_NEED_NO_TYPES: Final[tuple[Rule, ...]] = (
    names.node_types,
    names.targets,
    names.ids,
    names.variables,
    names.defaults,
    names.references,
    edges.default_edges,
    safety.secrets,
    calls.called,
    calls.ends,
)
"""Rules that judge a node whatever its type is; the others pass over nodes whose type is not known."""

_NEED_TARGETS: Final[tuple[Rule, ...]] = (
    graph.unreachable,
    graph.endless,
    graph.hopeless,
    cycles.cycles,
    dataflow.missing_values,
)
"""Rules about ways through the flow; they do not judge what depends on an edge that leads nowhere."""

_NO_TARGET: Final = "FE206"
_UNKNOWN_TYPE: Final = ("FE201", "FE202", "FE214", "FE215", "FE216")
_TEXT: Final = "FE0"


def load(path: str | Path) -> Flow:
    """Read a flow file. Raises InvalidFile where its text or shape is wrong; names are not judged yet."""
    path = Path(path)
    return read_flow(read_source(path), path)


def read_flow(source: str | bytes, path: Path, limits: Limits = DEFAULT_LIMITS) -> Flow:
    """Do what ``load`` does with a text that has been read; ``path`` is for the findings."""
    tree = parse_yaml(source, str(path), limits)
    refuse_misshapen("flow", tree, str(path))
    return Flow(path, tree, to_value(tree), to_text(source, str(path), limits))


def validate(path: str | Path | Flow, catalogue: Catalogue | None = None) -> list[Finding]:
    """Return everything there is to say about a flow file; never raises for bad input.

    Without a catalogue the node types are those that hold where the file is: its project's and the shipped ones.
    """
    return report(path, catalogue).findings


def report(
    path: str | Path | Flow,
    catalogue: Catalogue | None = None,
    *,
    environment: Environment | None = None,
    catalogue_of: Callable[[Path], Catalogue] = catalogue_near,
) -> Report:
    """Return what ``validate`` does, with what was not judged and what is ignored; never raises for bad input.

    With an environment, what it does not bind is a finding, too. ``catalogue_of`` finds the node types that hold for a
    file where no catalogue is given.
    """
    try:
        flow = path if isinstance(path, Flow) else load(path)
    except InvalidFile as invalid:
        return stopped(invalid)
    try:
        catalogue = catalogue or catalogue_of(flow.path)
    except InvalidFile as invalid:
        return Report(invalid.findings, _all_skipped("the project file has to be repaired first", "manifests"))
    try:
        wrong_types = sorted(manifests(flow, catalogue), key=Finding.sort_key)
    except InvalidFile as invalid:
        wrong_types = invalid.findings
    if wrong_types:
        return Report(wrong_types, _all_skipped("a node type that it uses has to be repaired first"))
    return _ruled(flow, catalogue, environment)


def refuse_errors(flow: Flow, catalogue: Catalogue) -> None:
    """Raise InvalidFile where a flow has findings of severity error."""
    errors = [*own_errors(flow, catalogue), *errors_in(calls.called(flow, catalogue))]
    if errors:
        raise InvalidFile(errors)


def rule_name(rule: Rule) -> str:
    """Return the name a rule has in reports: ``edges.labels``."""
    return f"{rule.__module__.rpartition('.')[2]}.{rule.__qualname__}"


def stopped(invalid: InvalidFile) -> Report:
    """Return the report of a text that cannot be judged, for what keeps it from being read."""
    if any(finding.code.startswith(_TEXT) for finding in invalid.findings):
        return Report(invalid.findings, _all_skipped("the text has to be repaired first", "shape", "manifests"))
    return Report(bounded(invalid.findings), _all_skipped("the shape has to be repaired first", "manifests"))


def _all_skipped(reason: str, *before: str) -> tuple[Skipped, ...]:
    return tuple(Skipped(rule, reason) for rule in (*before, *map(rule_name, RULES), "ignores"))


def _ruled(flow: Flow, catalogue: Catalogue, environment: Environment | None) -> Report:
    found = [finding for rule in RULES if rule is not safety.addresses for finding in rule(flow, catalogue)]
    found += safety.addresses(flow, catalogue, environment)
    found += unbound(flow, catalogue, environment) if environment else ()
    skipped = tuple(_partly_skipped(found))
    codes = frozenset(CODES) if skipped else frozenset(BINDINGS) if environment is None else frozenset[str]()
    left, ignored = apply_ignores(flow, sorted(found, key=Finding.sort_key), codes)
    return Report(bounded(left), skipped, tuple(ignored))


def _partly_skipped(found: Iterable[Finding]) -> Iterator[Skipped]:
    unknown = dict.fromkeys(one.node for one in found if one.code in _UNKNOWN_TYPE and one.node)
    lost = any(one.code == _NO_TARGET for one in found)
    for rule in RULES:
        if unknown and rule not in _NEED_NO_TYPES:
            yield Skipped(rule_name(rule), f"the node type of {', '.join(unknown)} is not known")
        elif lost and rule in _NEED_TARGETS:
            yield Skipped(rule_name(rule), "a target does not exist")
