"""The rule about cycles: a run that goes round waits, or counts.

A bound is a node whose choice can change from round to round: a branch that reads a variable (or what a script made of
one) that is written in the same strongly connected component, or a script that uses such a variable. What a service
answers is no bound, and the engine's own bound on visits ends a run as an error. Components are what can be judged in
linear time: a variable that changes in one cycle excuses a branch in another cycle of the same component, too.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Final

from flowengine.catalogue.catalogue import Catalogue
from flowengine.check.graph import graph_of, told, ways
from flowengine.check.names import find_version
from flowengine.check.reach import ANY_OTHER, PossibleEdges, possible_edges
from flowengine.check.reads import flow_reads, script_of
from flowengine.core.outcomes import STANDARD_OUTCOMES
from flowengine.findings import Finding
from flowengine.flowfile.syntax import Flow

_WAITS: Final = ("delay", "receive")
_STEPS: Final = 6
_WORD: Final = re.compile(r"[A-Za-z_$][\w$]*")


def cycles(flow: Flow, catalogue: Catalogue) -> Iterator[Finding]:
    """FE813: a cycle has a wait or a bound. One finding a component, with a shortest cycle through its first node."""
    graph = ways(flow, catalogue)
    if graph is None:
        return
    inner = [name for name in flow.nodes if name in graph.reached and graph.onward[name]]
    if _is_acyclic(graph.onward, inner):
        return
    order = {name: number for number, name in enumerate(inner)}
    edges = possible_edges(flow, catalogue)
    rounds = [_round(graph.onward, part, order) for part in _unbounded(flow, catalogue, graph.onward, inner)]
    for cycle in sorted(rounds, key=lambda cycle: order[cycle[0]]):
        shown = _in_words(cycle, edges)
        message = f"a run can go round without a wait or a bound: {shown}"
        hint = "put a `delay` into the cycle, or count in a variable that a `branch` of the cycle reads"
        yield told(flow.key_finding("FE813", message, "nodes", cycle[0], hint=hint, severity="warning"), cycle)


def _is_acyclic(onward: Mapping[str, Sequence[str]], nodes: Sequence[str]) -> bool:
    try:
        TopologicalSorter({name: onward[name] for name in nodes}).prepare()
    except CycleError:
        return False
    return True


def _unbounded(
    flow: Flow, catalogue: Catalogue, onward: Mapping[str, Sequence[str]], nodes: Sequence[str]
) -> Iterator[set[str]]:
    """Yield the components of what is left of each component without its waits and bounds."""
    waits = {name for name in nodes if _handler(flow, catalogue, name) in _WAITS}
    for part in _circles(onward, nodes):
        changing = _changing(flow, catalogue, part)
        bounds = {name for name in part if changing and _chooses(flow, catalogue, name, changing)}
        yield from _circles(onward, part - waits - bounds)


def _circles(onward: Mapping[str, Sequence[str]], nodes: Sequence[str] | set[str]) -> Iterator[set[str]]:
    """Yield the strongly connected components in which one can go round."""
    import networkx as nx  # noqa: PLC0415 - flows without a cycle need not pay for it

    for part in nx.strongly_connected_components(graph_of(onward, nodes)):
        one = next(iter(part))
        if len(part) > 1 or one in onward[one]:
            yield part


def _changing(flow: Flow, catalogue: Catalogue, part: set[str]) -> set[str]:
    """Return the roots of references that may differ in the next round: variables that are written, and scripts."""
    changing: set[str] = set()
    for name in part:
        node, script = flow.nodes[name], _script(flow, catalogue, name)
        changing.update(node.get("set", {}))
        values = node.get("inputs", {}).get("values")
        if _handler(flow, catalogue, name) == "set-variables" and isinstance(values, dict):
            changing.update(values)
        used = _words(script) & flow.variables.keys()
        changing.update({*used, name} if used else ())
    return changing


def _chooses(flow: Flow, catalogue: Catalogue, name: str, changing: set[str]) -> bool:
    """Whether where a node leads depends on what changes, by an outcome that the flow names."""
    handler = _handler(flow, catalogue, name)
    if handler not in ("branch", "evaluate"):
        return False
    targets = possible_edges(flow, catalogue)[name]
    named = {target.to for outcome, target in targets.items() if outcome not in STANDARD_OUTCOMES}
    if ANY_OTHER not in targets and len(named) < 2:  # noqa: PLR2004 - a choice is one of two
        return False
    reads = flow_reads(flow, catalogue)[name]
    if any(read.reference.root in changing for read in reads.inputs):
        return True
    return bool(_words(_script(flow, catalogue, name)) & flow.variables.keys() & changing)


def _round(onward: Mapping[str, Sequence[str]], part: set[str], order: Mapping[str, int]) -> list[str]:
    """Return a shortest cycle through the component's first node, without coming back to it at the end."""
    first = min(part, key=order.__getitem__)
    before: dict[str, str] = {}
    queue = deque([first])
    while first not in before:
        name = queue.popleft()
        for one in onward[name]:
            if one in part and one not in before:
                before[one] = name
                queue.append(one)
    cycle = [before[first]]
    while cycle[-1] != first:
        cycle.append(before[cycle[-1]])
    return cycle[::-1]


def _in_words(cycle: Sequence[str], edges: PossibleEdges) -> str:
    steps = []
    for name, following in zip(cycle, [*cycle[1:], cycle[0]], strict=True):
        outcome = next(one for one, target in edges[name].items() if target.to == following)
        steps.append(f"{name} -[{outcome or 'anything else'}]->")
    if len(steps) > _STEPS:
        steps = [*steps[: _STEPS - 1], f"... ({len(steps) - _STEPS} more)", steps[-1]]
    return " ".join([*steps, cycle[0]])


def _words(script: str) -> set[str]:
    return set(_WORD.findall(script))


def _script(flow: Flow, catalogue: Catalogue, name: str) -> str:
    return script_of(flow.nodes[name], find_version(catalogue, flow.nodes[name]["type"]))


def _handler(flow: Flow, catalogue: Catalogue, name: str) -> str | None:
    version = find_version(catalogue, flow.nodes[name]["type"])
    handler = version.spec.get("handler") if version is not None else None
    return str(handler) if handler else None
