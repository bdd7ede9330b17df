"""Rules about outcomes: each has an edge, each edge an outcome, and success does not lead where errors do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from flowengine.catalogue.catalogue import Catalogue, NodeVersion
from flowengine.check.called import version_of
from flowengine.check.reach import ANY_OTHER, Target, canonical_labels, is_open, possible_edges, possible_outcomes
from flowengine.core.outcomes import ON_INVALID_CHOICE, STANDARD_OUTCOMES
from flowengine.findings import Finding
from flowengine.flowfile.syntax import Flow

_LISTED: Final = 6


def unhandled(flow: Flow, catalogue: Catalogue) -> Iterator[Finding]:
    """FE505: no outcome ends the run for want of an edge; no success is left to ``onInvalidChoice`` in ``defaults``.

    These are warnings: by rule 8 such a flow runs.
    """
    for name, version, targets in _typed(flow, catalogue):
        node = flow.nodes[name]
        given = node.get("inputs", {})
        if not is_open(version, given) and targets.keys() - {*possible_outcomes(version, given)}:
            continue  # a label that the type does not have (FE501) is most likely the edge that is missing
        at = ("nodes", name, "edges") if "edges" in node else ("nodes", name)
        ends = [outcome for outcome, target in targets.items() if target.to is None and outcome != ANY_OTHER]
        if ends:
            message = f"nothing handles {_listed(ends)} of {version.pinned}: the run would end there, as an error"
            hint = (
                f"add {'an edge' if len(ends) == 1 else 'edges'}, here or in `defaults`, or one for {ON_INVALID_CHOICE}"
            )
            yield flow.key_finding("FE505", message, *at, hint=hint, severity="warning")
        fallen = [
            outcome
            for outcome, target in targets.items()
            if target.fall_through and target.default and _is_success(version, outcome) and outcome != ANY_OTHER
        ]
        if fallen:
            message = f"{_listed(fallen)} of {version.pinned} {'has' if len(fallen) == 1 else 'have'} no edge and would"
            message += f" fall through to {targets[fallen[0]].to!r}, by the defaults for {ON_INVALID_CHOICE}"
            hint = f"add {'an edge' if len(fallen) == 1 else 'edges'}; where that is meant, give the node"
            hint += f" an edge for {ON_INVALID_CHOICE}"
            yield flow.key_finding("FE505", message, *at, hint=hint, severity="warning")


def unused(flow: Flow, catalogue: Catalogue) -> Iterator[Finding]:
    """FE506: a node's own edge can be followed, for its outcome or, under ``onInvalidChoice``, by falling through."""
    for name, version, targets in _typed(flow, catalogue):
        node = flow.nodes[name]
        aliases = canonical_labels(version, node.get("inputs", {}))
        followed = {target.label for target in targets.values() if not target.default}
        for label in node.get("edges", {}):
            canonical = aliases.get(label, label)
            if label in followed or canonical in targets:
                continue
            message = f"{version.pinned} never comes back with {canonical!r} here"
            if canonical == ON_INVALID_CHOICE:
                message += ", and all that it comes back with has an edge: nothing can fall through"
            hint = "remove the edge: it is never followed"
            yield flow.key_finding("FE506", message, "nodes", name, "edges", label, hint=hint, severity="warning")


def alike(flow: Flow, catalogue: Catalogue) -> Iterator[Finding]:
    """FE507: it makes a difference whether a node has succeeded.

    Ignoring errors on purpose is common ("the chat is over whether or not the agent was told"), and is told from a slip
    by the company: who means it sends ``onError`` or ``onTimeout`` the same way, with edges of the node's own.
    """
    for name, version, targets in _typed(flow, catalogue):
        good = {outcome: target for outcome, target in targets.items() if _is_success(version, outcome)}
        led = {target.to for target in good.values()}
        if version.open_outcomes or len(led) != 1 or None in led:
            continue
        (to,) = led
        shared = [one for one in targets if one not in good and targets[one].to == to and not targets[one].fall_through]
        at, other = _slip(flow, targets, good, shared)
        if other is not None and at is not None:
            message = f"{_listed(good)} leads to {to!r}, as the error {other!r} does"
            hint = "lead them to different nodes, unless it makes no difference whether the node has succeeded"
            yield flow.finding("FE507", message, "nodes", name, "edges", at, hint=hint, severity="hint")


def _slip(
    flow: Flow, targets: Mapping[str, Target], good: Mapping[str, Target], shared: list[str]
) -> tuple[str | None, str | None]:
    """Return the label of the edge that seems to be a slip, and the error it shares the way with."""
    success = next((target.label for target in good.values() if not target.default), None)
    standard = [outcome for outcome in shared if outcome in STANDARD_OUTCOMES]
    own = [outcome for outcome in shared if outcome not in STANDARD_OUTCOMES]
    end = flow.nodes.get(str(next(iter(good.values())).to), {}).get("end")
    # The success goes where errors end, or where the defaults send them.
    for outcome in shared:
        if end == "error" or (end and targets[outcome].default):
            return success, outcome
    # The node's own error goes the way of success, and no other error does.
    if own and not standard and not targets[own[0]].default:
        return targets[own[0]].label, own[0]
    return None, None


def _typed(flow: Flow, catalogue: Catalogue) -> Iterator[tuple[str, NodeVersion, Mapping[str, Target]]]:
    for name, targets in possible_edges(flow, catalogue).items():
        version = version_of(flow, catalogue, flow.nodes[name])
        if version is not None:
            yield name, version, targets


def _is_success(version: NodeVersion, outcome: str) -> bool:
    """Whether an outcome is a success; one that the flow itself names is."""
    return bool(version.outcomes.get(outcome, {"kind": "success"})["kind"] == "success")


def _listed(outcomes: Iterable[str]) -> str:
    names = [repr(one) for one in outcomes]
    if len(names) > _LISTED:
        return f"{', '.join(names[:_LISTED])} and {len(names) - _LISTED} more"
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
