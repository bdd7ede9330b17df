"""Rules about edges and conditions: labels are outcomes of the node, one edge an outcome; conditions compile."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Any, Final, TypeAlias

from flowengine.catalogue.catalogue import Catalogue, NodeVersion
from flowengine.check.called import CallVersion, version_of
from flowengine.check.names import find_version
from flowengine.check.patterns import pattern
from flowengine.core.branching import DEFAULT_ROW
from flowengine.core.conditions import OPERATORS
from flowengine.core.outcomes import STANDARD_ALIASES
from flowengine.findings import Finding
from flowengine.flowfile.shape import schema_findings
from flowengine.flowfile.syntax import Flow, scalars
from flowengine.flowfile.yaml_tree import locate
from flowengine.schema_problems import UNKNOWN_KEY, Guesses

TypedNode: TypeAlias = tuple[NodeVersion, Mapping[str, Any]]
Label: TypeAlias = tuple[str, tuple[str | int, ...]]
"""A label, and its place in the flow."""

_OF_NODES: Final = ("type", "title", "description", "inputs", "set", "edges", "authorization", "timeout", "retry")
_JUDGED: Final = {"value", *OPERATORS}


def labels(flow: Flow, catalogue: Catalogue) -> Iterator[Finding]:
    """FE501, FE502, FE503: a label is an outcome of the node; an alias gets a hint; one edge an outcome."""
    guesses = Guesses()
    for name, node in flow.nodes.items():
        version = version_of(flow, catalogue, node)
        if version is None:
            continue
        named_here = {*dynamic_outcomes(version, node.get("inputs", {}))}
        known, outcomes = _known_labels([(version, node)]), _outcomes(version, node)
        seen: dict[str, str] = {}
        for label in node.get("edges", {}):
            at = ("nodes", name, "edges", label)
            canonical = label if label in named_here else version.aliases.get(label, label)
            if canonical in seen:
                message = f"{label!r} and {seen[canonical]!r} are the same outcome: one edge an outcome"
                yield flow.key_finding("FE503", message, *at, hint="remove one of them")
            seen[canonical] = label
            if canonical != label:
                yield _respelt(flow, label, canonical, at)
            elif known is not None and label not in known:
                hint = _nearest(version, outcomes, label, guesses)
                yield flow.key_finding("FE501", f"{version.pinned} has no outcome {label!r}", *at, hint=hint)


def retries(flow: Flow, catalogue: Catalogue) -> Iterator[Finding]:
    """FE501, FE502 in a node's own ``retry``: it names outcomes of the node."""
    guesses = Guesses()
    for name, node in flow.nodes.items():
        version = version_of(flow, catalogue, node)
        retried = node.get("retry", {}).get("on", [])
        if version is None or not retried:
            continue
        known, outcomes = _known_labels([(version, node)]), _outcomes(version, node)
        canonical_by_label = canonical_labels([(version, node)])
        for number, label in enumerate(retried):
            at = ("nodes", name, "retry", "on", number)
            canonical = canonical_by_label.get(label, label)
            if canonical != label:
                yield _respelt(flow, label, canonical, at)
            elif known is not None and label not in known:
                hint = _nearest(version, outcomes, label, guesses)
                yield flow.finding("FE501", f"{version.pinned} has no outcome {label!r}", *at, hint=hint)


def default_edges(flow: Flow, catalogue: Catalogue) -> Iterator[Finding]:
    """FE503 in ``defaults``: one edge an outcome, for whichever node it is."""
    told: set[str] = set()
    own_edges: dict[NodeVersion, set[str]] = {}
    for version, node in typed_nodes(flow, catalogue):
        own = {version.aliases.get(label, label) for label in node.get("edges", {})}
        own_edges[version] = own & own_edges.get(version, own)
    typed = [(f" of {one.pinned}", one.aliases, own) for one, own in own_edges.items() if not one.open_outcomes]
    for what, aliases, own in [("", STANDARD_ALIASES, set[str]()), *typed]:
        seen: dict[str, str] = {}
        for label in flow.defaults.get("edges", {}):
            canonical = aliases.get(label, label)
            if canonical in seen and canonical not in own and label not in told:
                told.add(label)
                message = f"{label!r} and {seen[canonical]!r} are the same outcome{what}: one edge an outcome"
                yield flow.key_finding("FE503", message, "defaults", "edges", label, hint="remove one of them")
            seen.setdefault(canonical, label)


def default_labels(flow: Flow, catalogue: Catalogue) -> Iterator[Finding]:
    """FE502, FE504 in ``defaults``: a label is an outcome of some node of the flow, in its canonical spelling."""
    versions = typed_nodes(flow, catalogue)
    if len(versions) < sum("type" in node for node in flow.nodes.values()) or not versions:
        return
    known, guesses = _known_labels(versions), Guesses()
    canonical_by_label = canonical_labels(versions)
    outcomes = cache(lambda: sorted({one for version, node in versions for one in _outcomes(version, node)}))
    for label, at in default_places(flow):
        canonical = canonical_by_label.get(label, label)
        if canonical != label:
            yield _respelt(flow, label, canonical, at)
        elif known is not None and label not in known:
            near = guesses.did_you_mean(label, outcomes())
            message = f"no node of this flow has an outcome {label!r}"
            yield flow.key_finding("FE504", message, *at, hint=near, severity="warning")


def inputs(flow: Flow, catalogue: Catalogue) -> Iterator[Finding]:
    """FE101 to FE104 in ``inputs``: held to the node type's schema where no reference hides the value."""
    for name, node in flow.nodes.items():
        version = version_of(flow, catalogue, node) or find_version(catalogue, node.get("type", ""))
        if version is None:
            continue
        at = ("nodes", name, "inputs")
        holders = _holders(catalogue, version)
        if "inputs" not in node:
            required = dict.fromkeys(key for one in holders for key in one.spec.get("inputs", {}).get("required", []))
            if required or not version.inputs_as_written.accepts({}):
                message = f"{version.pinned} needs inputs{': ' if required else ''}{', '.join(required)}"
                yield flow.key_finding("FE102", message, "nodes", name)
            continue
        if len(holders) == 1 and version.inputs_as_written.accepts(node["inputs"]) and not _is_branch(version):
            continue
        hidden = _hidden(flow, at, version)
        found = [finding for one in holders for finding in schema_findings(one.inputs, flow.tree, str(flow.path), at)]
        yield from dict.fromkeys(_outdented(finding, flow, at) for finding in found if finding.span not in hidden)


def _outdented(finding: Finding, flow: Flow, at: tuple[str, ...]) -> Finding:
    """Hint at the indentation where a key of the node stands among its inputs."""
    given = flow.nodes[at[1]]["inputs"]
    misplaced = (key for key in _OF_NODES if key in given and finding.span == flow.key_span(*at, key))
    key = next(misplaced, None) if finding.code == UNKNOWN_KEY else None
    return replace(finding, hint=f"{key!r} is no input: indent it as far as `inputs`") if key else finding


def conditions(flow: Flow, catalogue: Catalogue) -> Iterator[Finding]:
    """FE401: the pattern of a condition compiles. The shape of conditions is the schema's."""
    for at, raw in conditions_of(flow, catalogue):
        expression = raw.get("regex")
        if isinstance(expression, str) and "$(" not in expression:
            try:
                pattern(expression)
            except ValueError as fault:
                yield flow.finding("FE401", str(fault), *at, "regex")


def typed_nodes(flow: Flow, catalogue: Catalogue) -> list[TypedNode]:
    """Return the nodes whose type is known, each with it."""
    found = ((version_of(flow, catalogue, node), node) for node in flow.nodes.values())
    return [(version, node) for version, node in found if version is not None]


def default_places(flow: Flow) -> list[Label]:
    """Return the labels of ``defaults``, each with its place."""
    retried = flow.defaults.get("retry", {}).get("on", [])
    return [
        *((label, ("defaults", "edges", label)) for label in flow.defaults.get("edges", {})),
        *((label, ("defaults", "retry", "on", number)) for number, label in enumerate(retried)),
    ]


def canonical_labels(nodes: list[TypedNode]) -> dict[str, str]:
    """Return other spellings of outcomes, each with the canonical one, where they mean the same for all nodes."""
    named = {one for version, node in nodes for one in dynamic_outcomes(version, node.get("inputs", {}))}
    versions = dict.fromkeys(version for version, _ in nodes)
    spellings: dict[str, set[str]] = {}
    for alias, name in (pair for version in versions for pair in version.aliases.items() if pair[0] not in named):
        spellings.setdefault(alias, set()).add(name)
    return {
        alias: name
        for alias, (name, *others) in spellings.items()
        if not others
        and all(alias not in one.outcomes for one in versions)
        and all(one.aliases.get(alias) == name for one in versions if name in one.outcomes)
    }


def dynamic_outcomes(version: NodeVersion, given: Any) -> list[str]:
    """Return the outcomes that flows name: rows of a branch, branches of a script, events, ends of a called flow."""
    if isinstance(version, CallVersion):
        return version.ends
    if not version.open_outcomes or not isinstance(given, dict):
        return []
    rows = given.get("rows")
    named = [row.get("name") for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    if "rows" in given:
        named.append(given.get("default", DEFAULT_ROW))
    for key in ("branches", "events"):
        listed = given.get(key)
        named += list(listed) if isinstance(listed, dict) else []
    return [name for name in named if isinstance(name, str)]


def _outcomes(version: NodeVersion, node: Mapping[str, Any]) -> list[str]:
    return list(dict.fromkeys([*version.outcomes, *dynamic_outcomes(version, node.get("inputs", {}))]))


def _respelt(flow: Flow, label: str, canonical: str, at: tuple[str | int, ...]) -> Finding:
    message = f"{label!r} is another spelling of {canonical!r}"
    return flow.key_finding("FE502", message, *at, hint=f"write {canonical}", severity="hint")


def _known_labels(nodes: Iterable[TypedNode]) -> set[str] | None:
    """Return the labels that nodes may come back with; None for any: a script without ``branches`` is among them."""
    known = set[str]()
    for version, node in nodes:
        if version.spec.get("handler") == "evaluate" and "branches" not in node.get("inputs", {}):
            return None
        known.update(_outcomes(version, node), version.aliases)
    return known


def _nearest(version: NodeVersion, outcomes: list[str], label: str, guesses: Guesses) -> str:
    near = guesses.did_you_mean(label, [*outcomes, *version.aliases])
    # Where nothing is near, all that there is is listed, and other spellings would only be noise.
    return near if near.startswith("did") else guesses.did_you_mean(label, outcomes)


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
