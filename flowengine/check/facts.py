"""Facts about a run at a place in the flow, as bits of an integer, and how leaving a node changes them.

There are two facts about each output and variable that the flow reads: it is *present* (a reference to it resolves),
and it is *there* (present and not null, which is what ``exists`` asks). What leaving a node does is a list of stages.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, TypeAlias

from flowengine.catalogue.catalogue import Catalogue
from flowengine.check.outputs import OUTCOME, output_names, output_spellings
from flowengine.check.reads import Read, flow_reads, reads_in
from flowengine.core.references import Reference
from flowengine.flowfile.syntax import Flow

Item: TypeAlias = tuple[str, str | None]
"""An output as (node, name), a variable as (name, None)."""


class Gain(NamedTuple):
    """Where all facts of ``need`` hold before a stage, those of ``gain`` hold after it."""

    need: int
    gain: int


class Stage(NamedTuple):
    """``known`` is learnt by getting here; then ``lost`` no longer holds, and ``won`` and the gains do."""

    known: int
    lost: int
    won: int
    gains: tuple[Gain, ...] = ()

    def after(self, facts: int) -> int:
        """Return the facts that hold after this stage."""
        facts |= self.known
        left = (facts & ~self.lost) | self.won
        for need, gain in self.gains:
            if facts & need == need:
                left |= gain
        return left


class Facts:
    """The facts of one flow: which bits stand for what."""

    def __init__(self, flow: Flow, catalogue: Catalogue) -> None:
        self.flow = flow
        self.reads = flow_reads(flow, catalogue)
        self._names = {name: self._outputs(name) for name in self.reads}
        self._spellings = {
            name: output_spellings(one.version) for name, one in self.reads.items() if one.version is not None
        }
        self._bits: dict[Item, int] = {}
        self.of_node: dict[str, dict[str, int]] = {}
        for name, one in self.reads.items():
            for read in (*one.inputs, *(read for reads in one.sets.values() for read in reads)):
                item = self.item(read.reference)
                # What a node's own `set` reads of it is known from its outcome.
                if item is not None and (item[0] != name or read.at[2] == "inputs"):
                    self._number(item)
        for variable in flow.variables:
            self._number((variable, None))
        for read in reads_in(flow.outputs, ("outputs",)):
            if (item := self.item(read.reference)) is not None:
                self._number(item)
        self._there = {item: bit * 3 for item, bit in self._bits.items()}
        self.items = {bit: item for item, bit in self._bits.items()}

    def item(self, reference: Reference) -> Item | None:
        """Return what a reference leads to or into; None for the event, the run, and what does not exist."""
        root, path = reference.root, reference.path
        if root in self.flow.variables:
            return root, None
        if root not in self.reads:
            return None
        first = path[0] if path else OUTCOME
        name = self._spellings.get(root, {}).get(str(first), first)
        known = self._names[root]
        if name == OUTCOME or (isinstance(name, str) and (known is None or name in known)):
            return root, str(name)
        return None

    def present(self, item: Item) -> int:
        """Return the bit of "a reference to it resolves"."""
        return self._bits.get(item, 0)

    def there(self, item: Item) -> int:
        """Return the bits of "it is more than null"."""
        return self._there.get(item, 0)

    def needs(self, read: Read, *, null_will_do: bool) -> int:
        """Return what has to hold so that a reference resolves, to more than null unless that will do."""
        item = self.item(read.reference)
        if item is None:
            return 0
        exact = len(read.reference.path) <= (0 if item[1] is None else 1)
        return self.present(item) if exact and read.whole and null_will_do else self.there(item)

    def exact(self, reads: Iterable[Read]) -> Item | None:
        """Return the item where a template is one whole reference to it, not into it."""
        listed = list(reads)
        if len(listed) != 1 or not listed[0].whole:
            return None
        item = self.item(listed[0].reference)
        return item if item is not None and len(listed[0].reference.path) <= (0 if item[1] is None else 1) else None

    def at_start(self) -> int:
        """Return the facts at the start of a run: variables have their defaults, or nothing, and inputs are given."""
        held = 0
        for name, declared in self.flow.variables.items():
            if "default" in declared:
                held |= self.literal((name, None), declared["default"])
            elif name in self.flow.inputs:
                held |= self.there((name, None))
        return held

    def literal(self, item: Item, value: Any) -> int:
        """Return the facts about an item that has a value without references."""
        return self.present(item) if value is None else self.there(item)

    def own(self, node: str) -> int:
        """Return all facts about the outputs of a node."""
        held = 0
        for name in self.of_node.get(node, {}):
            held |= self._there[node, name]
        return held

    def _outputs(self, name: str) -> frozenset[str] | None:
        version = self.reads[name].version
        given: Mapping[str, Any] = self.flow.nodes[name].get("inputs", {})
        return output_names(version, given) if version is not None else None

    def _number(self, item: Item) -> None:
        if item not in self._bits:
            self._bits[item] = 1 << (2 * len(self._bits))
            if item[1] is not None:
                self.of_node.setdefault(item[0], {})[item[1]] = self._bits[item]
