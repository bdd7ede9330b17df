"""What a flow gives back at each of its ends: which outputs are there, on every way to it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from flowengine.catalogue.catalogue import Catalogue
from flowengine.check.called import calls_itself
from flowengine.check.dataflow import facts_at
from flowengine.check.facts import Facts
from flowengine.check.outputs import Outputs
from flowengine.check.reads import reads_in
from flowengine.core.plan import end_kinds, end_name
from flowengine.flowfile.syntax import Flow


@lru_cache(maxsize=64)
def set_at_ends(flow: Flow, catalogue: Catalogue) -> Mapping[str, Outputs]:
    """Return by outcome of a flow what is known of its outputs.

    Of a flow that calls itself only what its ends say: a success is taken to set all outputs, an error none for sure.
    """
    names = frozenset(flow.outputs)
    nothing: frozenset[str] = frozenset()
    found = {
        outcome: Outputs(names, names, names) if kind == "success" else Outputs(nothing, nothing, names)
        for outcome, kind in end_kinds(flow.nodes).items()
    }
    if not names or flow.data["start"] not in flow.nodes or calls_itself(flow, catalogue):
        return found
    facts, held = facts_at(flow, catalogue)
    ends: dict[str, list[int]] = {}
    for name, node in flow.nodes.items():
        if "end" in node and name in held:
            ends.setdefault(end_name(name, node.get("title")), []).append(held[name])
    for outcome, sure in ends.items():
        present = frozenset(name for name in names if all(_is_set(facts, name, one, null=True) for one in sure))
        there = frozenset(name for name in present if all(_is_set(facts, name, one, null=False) for one in sure))
        found[outcome] = Outputs(present, there, names)
    return found


def _is_set(facts: Facts, name: str, held: int, *, null: bool) -> bool:
    """Whether an output is there at an end where some facts hold; ``null`` will do."""
    written = facts.flow.outputs[name]
    reads = list(reads_in(written, ("outputs", name)))
    if not reads:
        return null or written is not None
    needs = [facts.needs(read, null_will_do=null) for read in reads]
    return all(held & need == need for need in needs)
