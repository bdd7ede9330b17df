"""What a node needs when it is entered, and what it changes when it is left, by outcome (semantics, At a node).

Inputs are resolved before the node has outputs of this visit, and outcomes but ``onInvalidData`` prove that they were.
The outputs of the visit replace those of earlier ones. Then variables are written: what ``set-variables`` has
in ``values``, what a script assigns (an assignment counts, whether or not it is reached), and last what ``set`` says,
where a reference that is missing leaves its variable as it was. References into the event, and deeper than to an
output or variable, count as leading to something: what is in the data is not known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flowengine.check.facts import Facts, Gain, Item, Stage
from flowengine.check.guards import Guards, Needed, guards
from flowengine.check.outputs import OUTCOME, Outputs, outputs_after
from flowengine.check.reach import PossibleEdges
from flowengine.check.reads import NodeReads, assigned, reads_in, script_of
from flowengine.check.value_types import schema_types
from flowengine.core.outcomes import ON_ERROR, ON_INVALID_DATA, ON_TIMEOUT

_NOTHING_WRITTEN = (ON_INVALID_DATA, ON_ERROR, ON_TIMEOUT)


@dataclass(frozen=True, slots=True, eq=False)
class Way:
    """One way out of a node: ``stages`` change what is known; ``possible`` is what its own outputs may be."""

    outcome: str
    to: str
    stages: tuple[Stage, ...]
    possible: int


class Leaving:
    """All nodes of a flow: what they need, and their ways out."""

    def __init__(self, facts: Facts, edges: PossibleEdges) -> None:
        self.needed: dict[str, tuple[Needed, ...]] = {}
        self.ways: dict[str, list[Way]] = {}
        for name, reads in facts.reads.items():
            node = _Node(facts, name, reads)
            self.needed[name] = node.needed
            self.ways[name] = [
                node.way(outcome, target.to)
                for outcome, target in edges[name].items()
                if target.to is not None and target.to in facts.flow.nodes
            ]


class _Node:
    def __init__(self, facts: Facts, name: str, reads: NodeReads) -> None:
        self._facts, self._name, self._reads = facts, name, reads
        self._node = facts.flow.nodes[name]
        self._given: Mapping[str, Any] = self._node.get("inputs", {})
        spec = reads.version.spec if reads.version is not None else {}
        self._handler = spec.get("handler")
        self._guards: Guards | None = guards(facts, name, self._given) if self._handler == "branch" else None
        self.needed = self._guards.reads if self._guards else self._plain_needs(spec.get("inputs", {}))
        self._stages: dict[tuple[object, ...], tuple[Stage, ...]] = {}
        self._resolved = 0
        for one in self.needed:
            self._resolved |= one.need
        script = script_of(self._node, reads.version)
        self._assigned = 0
        for variable in facts.flow.variables.keys() & assigned(script):
            self._assigned |= facts.there((variable, None))

    def way(self, outcome: str, to: str) -> Way:
        after = self._outputs(outcome)
        key = (after, *self._kind(outcome))
        if key not in self._stages:
            self._stages[key] = self._stages_of(outcome, after)
        return Way(outcome, to, self._stages[key], self._own_facts(after.possible, after.possible))

    def _kind(self, outcome: str) -> tuple[int, bool, bool]:
        """Say what else a change depends on, so that outcomes that change the same share it."""
        known = self._guards.after.get(outcome, 0) if self._guards is not None else 0
        return known, outcome == ON_INVALID_DATA, outcome in _NOTHING_WRITTEN

    def _stages_of(self, outcome: str, after: Outputs) -> tuple[Stage, ...]:
        first = self._first(outcome, after)
        writes = self._values(outcome)
        stages = (Stage(first.known, 0, 0), writes, first) if writes else (first,)
        last = self._set(after)
        return (*stages, last) if last else stages

    def _plain_needs(self, schema: Mapping[str, Any]) -> tuple[Needed, ...]:
        needed = []
        for read in self._reads.inputs:
            taken = schema_types(schema, read.at[3:])
            need = self._facts.needs(read, null_will_do=taken is None or "null" in taken)
            needed.append(Needed(read, need))
        return tuple(needed)

    def _outputs(self, outcome: str) -> Outputs:
        version = self._reads.version
        if version is None:
            names = frozenset(self._facts.of_node.get(self._name, ()))
            return Outputs(names, names, names)
        return outputs_after(version, self._given, outcome)

    def _first(self, outcome: str, after: Outputs) -> Stage:
        """Say what the outcome proves, and which outputs it sets."""
        known = 0 if outcome == ON_INVALID_DATA else self._resolved
        if self._guards is not None:
            known = self._guards.after.get(outcome, 0)
        written = self._assigned if outcome not in _NOTHING_WRITTEN else 0
        return Stage(known, self._facts.own(self._name), self._own_facts(after.present, after.there) | written)

    def _own_facts(self, present: frozenset[str], there: frozenset[str]) -> int:
        held = 0
        for name, bit in self._facts.of_node.get(self._name, {}).items():
            held |= bit * 3 if name == OUTCOME or name in there else bit if name in present else 0
        return held

    def _values(self, outcome: str) -> Stage | None:
        """``set-variables``: all references have been resolved, each variable has what its own says."""
        values = self._given.get("values")
        if self._handler != "set-variables" or outcome == ON_INVALID_DATA or not isinstance(values, dict):
            return None
        facts, lost, won, gains = self._facts, 0, 0, list[Gain]()
        for variable, value in values.items():
            item = (variable, None)
            read_from = facts.exact(reads_in(value, ()))
            lost |= facts.there(item)
            won |= facts.literal(item, value) if read_from is None else facts.present(item)
            if read_from is not None:
                gains.append(Gain(facts.there(read_from), facts.there(item)))
        return Stage(0, lost, won, tuple(gains))

    def _is_set(self, item: Item | None, names: frozenset[str]) -> bool:
        """Whether an item is one of the node's own outputs that are set, or none of its own."""
        if item is None or item[0] != self._name or item[1] == OUTCOME:
            return True
        # Of a type that is not known nothing is known to be missing.
        return self._reads.version is None or item[1] in names

    def _set(self, after: Outputs) -> Stage | None:
        facts, lost, won, gains = self._facts, 0, 0, list[Gain]()
        for variable, reads in self._reads.sets.items():
            item = (variable, None)
            read_from = facts.exact(reads)
            if not reads:
                lost |= facts.there(item)
                won |= facts.literal(item, self._node["set"][variable])
            elif read_from is not None and read_from[0] != self._name:
                gains.append(Gain(facts.present(read_from), facts.present(item)))
                gains.append(Gain(facts.there(read_from), facts.there(item)))
            elif (
                read_from is not None
                and self._is_set(read_from, after.present)
                and not self._is_set(read_from, after.there)
            ):
                # A default is what its author falls back on; null in its place is no worse.
                lost |= 0 if "default" in facts.flow.variables.get(variable, {}) else facts.there(item)
                won |= facts.present(item)
            elif all(self._is_set(facts.item(read.reference), after.there) for read in reads):
                need = 0
                for read in reads:
                    need |= 0 if read.reference.root == self._name else facts.needs(read, null_will_do=False)
                gains.append(Gain(need, facts.there(item)))
        return Stage(0, lost, won, tuple(gains)) if self._reads.sets else None
