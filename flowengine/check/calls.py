"""Rules about flows that call flows: each is there, once, without errors; what it is asked for, it has; calls end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from flowengine.catalogue.catalogue import Catalogue
from flowengine.check.called import (
    Callee,
    CallVersion,
    Fault,
    called_flows,
    called_id,
    callees,
    calls,
    calls_itself,
    version_of,
    wrong,
)
from flowengine.check.names import find_version
from flowengine.check.reach import possible_edges
from flowengine.check.reads import all_reads, flow_reads, reads_in
from flowengine.check.verdicts import own_errors
from flowengine.core.outcomes import ON_TIMEOUT, STANDARD_ALIASES, STANDARD_OUTCOMES
from flowengine.core.plan import DEFAULT_LIMITS, end_name
from flowengine.findings import Finding
from flowengine.flow_files import absolute
from flowengine.flowfile.syntax import Flow

_OF_EVERY_NODE: Final = frozenset({*STANDARD_OUTCOMES, *STANDARD_ALIASES})


def called(flow: Flow, catalogue: Catalogue) -> Iterator[Finding]:
    """FE214 to FE216: a called flow is there, is the only one of its id, and has no errors, nor do those it calls."""
    found = callees(flow, catalogue)
    for name, node in calls(flow, catalogue):
        at = ("nodes", name, "inputs", "flow")
        wanted = called_id(node)
        if wanted is None:
            version = find_version(catalogue, node["type"])
            if version is not None and "flow" not in version.spec.get("inputs", {}).get("required", ()):
                yield flow.key_finding("FE214", "this node does not say which flow it calls", "nodes", name)
            continue
        fault = _fault(flow, found[wanted], catalogue)
        if fault is not None:
            hint = "write the id itself: which flow is called is known before a run" if "$(" in wanted else fault.hint
            yield flow.finding(fault.code, fault.message, *at, hint=hint)


def ends(flow: Flow, _: Catalogue) -> Iterator[Finding]:
    """FE217: what an end is called is one outcome for who calls the flow."""
    kinds: dict[str, tuple[str, str]] = {}
    for name, node in flow.nodes.items():
        if "end" not in node:
            continue
        outcome = end_name(name, node.get("title"))
        first, kind = kinds.setdefault(outcome, (name, node["end"]))
        if outcome in _OF_EVERY_NODE:
            message = f"the end {outcome!r} is called like an outcome of every node: a caller cannot tell them apart"
        elif kind != node["end"]:
            one, other = ("a success", "an error") if kind == "success" else ("an error", "a success")
            message = f"{outcome!r} is {one} at {first!r} and {other} here: for a caller it is one outcome"
        else:
            continue
        span = flow.span("nodes", name, "title") or flow.key_span("nodes", name)
        hint = "give it a title of its own"
        yield flow.finding_at(span, "FE217", message, ("nodes", name), hint=hint, severity="warning")


def events(flow: Flow, catalogue: Catalogue) -> Iterator[Finding]:
    """FE316: a called flow reads no event, as it has none. FE317: a flow that an event starts needs no inputs."""
    if "trigger" in flow.data:
        for name in (one for one, declared in flow.inputs.items() if "default" not in declared):
            message = f"the event that starts this flow gives no value to its input {name!r}"
            hint = "give it a default, or let a flow of its own take the event and call this one"
            yield flow.key_finding("FE317", message, "inputs", name, hint=hint, severity="warning")
    found = callees(flow, catalogue)
    for name, node in calls(flow, catalogue):
        callee = found.get(called_id(node) or "")
        read = _event_read(callee.flow, catalogue) if callee is not None and callee.flow is not None else None
        if read is not None:
            message = f"the flow {called_id(node)!r} reads {read}, and a flow that is called has no event"
            hint = "declare an input there, and give it here"
            yield flow.finding("FE316", message, "nodes", name, "inputs", "flow", hint=hint, severity="warning")


def endless(flow: Flow, catalogue: Catalogue) -> Iterator[Finding]:
    """FE816: a flow that calls itself, at once or through others, has a way to an end without that call."""
    if not calls_itself(flow, catalogue):
        return
    flows = {**called_flows(flow, catalogue), flow.id: flow}
    ending = _ending(flows, catalogue)
    for name, node in calls(flow, catalogue):
        wanted = called_id(node)
        callee = flows.get(wanted or "")
        if callee is None or wanted in ending or flow.id in ending:
            continue
        if wanted == flow.id or flow.id in called_flows(callee, catalogue):
            depth = DEFAULT_LIMITS.depth
            message = (
                f"every way through {flow.id!r} calls it again, until a run is {depth} calls deep and gets onError"
            )
            hint = "lead a way to an end that does not pass this call"
            yield flow.key_finding("FE816", message, "nodes", name, hint=hint, severity="hint")


def _fault(flow: Flow, callee: Callee, catalogue: Catalogue) -> Fault | None:
    """Return what is wrong with a called flow: with itself, or with what it calls, however deep."""
    if callee.flow is None:
        return callee.fault
    known, files = called_flows(flow, catalogue), {}
    ahead = [callee.flow]
    while ahead:
        one = ahead.pop(0)
        if one is flow or one.id in files:
            continue
        files[one.id] = one
        if absolute(known[one.id].path) != absolute(one.path):
            message = f"{one.id!r} is {known[one.id].path} here, and {one.path} for a flow that is called"
            return Fault("FE215", message, "give each flow an id of its own")
        errors = own_errors(one, catalogue)
        if errors:
            return wrong(one.id, min(errors, key=Finding.sort_key))
        for wanted, below in callees(one, catalogue).items():
            if below.flow is None and below.fault is not None:
                return Fault("FE216", f"the flow {one.id!r} calls {wanted!r}: {below.fault.message}", below.fault.hint)
            if below.flow is not None:
                ahead.append(below.flow)
    return None


def _event_read(flow: Flow, catalogue: Catalogue) -> str | None:
    reads = (*all_reads(flow_reads(flow, catalogue)), *reads_in(flow.outputs, ("outputs",)))
    return next((str(read.reference) for read in reads if read.reference.root == "trigger"), None)


def _ending(flows: Mapping[str, Flow], catalogue: Catalogue) -> set[str]:
    """Return the flows that can come to an end without a call that only the bound on depth ends."""
    ending: set[str] = set()
    fresh = True
    while fresh:
        found = {name for name, flow in flows.items() if name in ending or _can_end(flow, catalogue, ending)}
        fresh, ending = found != ending, found
    return ending


def _can_end(flow: Flow, catalogue: Catalogue, ending: set[str]) -> bool:
    edges = possible_edges(flow, catalogue)
    ahead, seen = [str(flow.data["start"])], set[str]()
    while ahead:
        name = ahead.pop()
        if name in seen or name not in flow.nodes:
            continue
        seen.add(name)
        node = flow.nodes[name]
        if "end" in node:
            return True
        version = version_of(flow, catalogue, node)
        caught = isinstance(version, CallVersion) and version.flow.id not in ending
        targets = edges[name].items()
        ahead += [one.to for outcome, one in targets if one.to is not None and (not caught or outcome == ON_TIMEOUT)]
    return False
