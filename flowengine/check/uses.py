"""FE313, FE314, FE315: variables that nobody reads or writes, and outputs that a node does not have.

Scripts count as reading and writing what they name. A variable that is written but not read is what a run gives back
(the variables are part of its result), so FE313 is about those that the flow does not touch at all. FE314 is a warning:
a value can be given when a run is started.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from flowengine.catalogue.catalogue import Catalogue, NodeVersion
from flowengine.check.outputs import OUTCOME, output_names, output_spellings
from flowengine.check.reads import Read, all_reads, assigned, flow_reads, mentioned, read_span, reads_in, script_of
from flowengine.findings import Finding
from flowengine.flowfile.syntax import Flow
from flowengine.schema_problems import Guesses

RUN: Final = ("id", "flow", "startedAt")
"""What ``$(run...)`` has."""


def settable(flow: Flow, catalogue: Catalogue) -> set[str]:
    """Return the variables that can have a value: inputs, those with a default, and those that something writes."""
    given = {name for name, one in flow.variables.items() if name in flow.inputs or "default" in one}
    return given | written(flow, catalogue)


def written(flow: Flow, catalogue: Catalogue) -> set[str]:
    """Return the variables that a node writes."""
    found: set[str] = set()
    for name, reads in flow_reads(flow, catalogue).items():
        node = flow.nodes[name]
        found.update(node.get("set", {}))
        found.update(_values(node, reads.version))
        found |= flow.variables.keys() & assigned(script_of(node, reads.version))
    return found


def unused_variables(flow: Flow, catalogue: Catalogue) -> Iterator[Finding]:
    """FE313: nothing reads or writes a variable. FE314: something reads it, and nothing gives it a value."""
    wrote, read = written(flow, catalogue), _readers(flow, catalogue)
    # A name that is nothing (FE208, FE302) may be this one misspelt, which is then what has to be repaired.
    misspelt = [one for one in {*wrote, *read} if one not in flow.variables]
    guesses = Guesses()
    for name, one in flow.variables.items():
        if name not in read and name not in wrote:
            if name in flow.nodes or guesses.near(name, misspelt):
                continue
            message = f"the {'input' if name in flow.inputs else 'variable'} {name!r} is not used"
            hint = f"remove it, or read it with $({name})"
            yield flow.key_finding("FE313", message, *flow.declared_at(name), hint=hint, severity="hint")
        elif name in read and name not in wrote and "default" not in one and name not in flow.inputs:
            message = f"the variable {name!r} is read in {read[name]!r}, has no default, and is never written"
            hint = "give it a default, or write it with `set`; else each run has to be started with a value for it"
            yield flow.key_finding("FE314", message, "variables", name, hint=hint, severity="warning")


def unknown_outputs(flow: Flow, catalogue: Catalogue) -> Iterator[Finding]:
    """FE315: ``$(node.name)`` is an output of the node's type, ``$(run.name)`` something that a run has."""
    reads = flow_reads(flow, catalogue)
    known = {name: _outputs(one.version, flow.nodes[name]) for name, one in reads.items()}
    guesses = Guesses()
    for read in (*all_reads(reads), *reads_in(flow.outputs, ("outputs",))):
        root, path = read.reference.root, read.reference.path
        if not path:
            continue
        if root == "run":
            if path[0] not in RUN:
                yield _unknown(flow, read, f"a run has no {path[0]!r}", RUN, guesses)
            continue
        names = known.get(root)
        if names is not None and root not in flow.variables and path[0] not in names:
            version = reads[root].version
            pinned = version.pinned if version is not None else root
            yield _unknown(flow, read, f"{pinned} has no output {path[0]!r}", tuple(names), guesses)


def _unknown(flow: Flow, read: Read, message: str, names: tuple[str, ...], guesses: Guesses) -> Finding:
    first = read.reference.path[0]
    hint = guesses.did_you_mean(first, names) if isinstance(first, str) else f"expected one of {', '.join(names)}"
    span = read_span(flow, read)
    return flow.finding_at(span, "FE315", f"{read.reference} leads nowhere: {message}", read.at, hint=hint)


def known_outputs(flow: Flow, catalogue: Catalogue, node: str) -> Mapping[str, None]:
    """Return the outputs that a node is known to have, in all spellings; nothing where there is no such node."""
    reads = flow_reads(flow, catalogue).get(node)
    return (_outputs(reads.version, flow.nodes[node]) if reads is not None else None) or {}


def _outputs(version: NodeVersion | None, node: Mapping[str, Any]) -> dict[str, None] | None:
    names = output_names(version, node.get("inputs", {})) if version is not None else None
    if version is None or names is None:
        return None
    return dict.fromkeys([*sorted(names), *output_spellings(version), OUTCOME])


def _readers(flow: Flow, catalogue: Catalogue) -> dict[str, str]:
    """Return by variable, or other name, the first node that reads it, or the trigger."""
    when = flow.data.get("trigger", {}).get("when", [])
    readers = {read.reference.root: "trigger" for read in reads_in(when, ("trigger", "when"))}
    for read in reads_in(flow.outputs, ("outputs",)):
        readers.setdefault(read.reference.root, "outputs")
    for name, reads in flow_reads(flow, catalogue).items():
        for read in (*reads.inputs, *(read for listed in reads.sets.values() for read in listed)):
            readers.setdefault(read.reference.root, name)
        for variable in flow.variables.keys() & mentioned(script_of(flow.nodes[name], reads.version)):
            readers.setdefault(variable, name)
    return readers


def _values(node: Mapping[str, Any], version: NodeVersion | None) -> Mapping[str, Any]:
    values = node.get("inputs", {}).get("values")
    is_set = version is not None and version.spec.get("handler") == "set-variables"
    return values if is_set and isinstance(values, dict) else {}
