"""Tries changes of a flow: each is compiled, and the recordings that walk there are run on it until one notices it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, Literal, NamedTuple, TypeAlias

from flowengine.api import dry_run
from flowengine.check.compile import TOOLS, plan_data
from flowengine.check.dataflow import missing_values
from flowengine.check.validate import refuse_errors
from flowengine.core.plan import Plan
from flowengine.core.trace import Run
from flowengine.errors import FlowError, InvalidFile
from flowengine.findings import errors_in
from flowengine.flowfile.syntax import Flow
from flowengine.mutate.conditions import condition_mutations
from flowengine.mutate.edges import edge_mutations, leads_alike
from flowengine.mutate.mutation import OF_EDGES, Mutation
from flowengine.mutate.retries import retry_mutations
from flowengine.mutate.values import input_mutations, set_mutations
from flowengine.recording.coverage import Share
from flowengine.recording.format import Recording
from flowengine.recording.suite import Ready, Result

Verdict: TypeAlias = Literal["noticed", "survived", "refused", "same"]
"""``refused``: the flow would have errors, which its check tells; ``same``: the change changes nothing."""


class Unseen(NamedTuple):
    """What a change makes different in the run of a recording; ``expectable``: it could say what it expects there.

    The inputs of nodes are no such thing.
    """

    recording: str
    differs: tuple[str, ...]
    expectable: bool


class Trial(NamedTuple):
    """What came of a change.

    ``by`` are the recordings that noticed it; of a survivor, those that walk there. ``unseen`` is what comes otherwise
    in the first of them that it makes any difference to.
    """

    mutation: Mutation
    verdict: Verdict
    by: tuple[str, ...] = ()
    unseen: Unseen | None = None


@dataclass(frozen=True)
class Tried:
    """What came of the changes of a flow; ``possible`` is how many there are, of which some may have been chosen."""

    flow: Flow
    trials: Sequence[Trial]
    possible: int

    def count(self, verdict: Verdict) -> int:
        """Return how many changes came to a verdict."""
        return sum(one.verdict == verdict for one in self.trials)

    @property
    def survivors(self) -> list[Trial]:
        """The changes that no recording notices, in the order of the file."""
        return [one for one in self.trials if one.verdict == "survived"]

    @property
    def share(self) -> Share:
        """How many changes are noticed, of those that count."""
        noticed = self.count("noticed")
        return Share(noticed, noticed + self.count("survived"))

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values (an API, see docs/json.md)."""
        share = self.share
        return {
            "path": str(self.flow.path),
            "flow": self.flow.id,
            "possible": self.possible,
            "tried": len(self.trials),
            "refused": self.count("refused"),
            "same": self.count("same"),
            "noticed": share.covered,
            "survived": share.total - share.covered,
            "percent": share.percent,
            "survivors": [
                {
                    "kind": one.mutation.kind,
                    "node": one.mutation.node,
                    "line": one.mutation.line(self.flow),
                    "at": list(one.mutation.at),
                    "change": one.mutation.said,
                    "old": one.mutation.old,
                    "new": one.mutation.new,
                    "walkedBy": list(one.by),
                    "unseen": one.unseen._asdict() if one.unseen else None,
                }
                for one in self.survivors
            ],
        }


def mutations(ready: Ready) -> list[Mutation]:
    """Return the changes of a flow, in the order of its file."""
    flow, catalogue = ready.flow, ready.catalogue
    kinds = (edge_mutations, condition_mutations, set_mutations, input_mutations, retry_mutations)
    found = chain.from_iterable(kind(flow, catalogue) for kind in kinds)
    return sorted(found, key=lambda one: one.line(flow) or 0)


def sampled(found: Sequence[Mutation], limit: int, seed: int) -> list[Mutation]:
    """Choose so many changes, the same ones for the same seed, whatever else is changed in the flow."""
    ranked = sorted(found, key=lambda one: hashlib.sha256(f"{seed} {one.at} {one.said}".encode()).digest())
    kept = {id(one) for one in ranked[:limit]}
    return [one for one in found if id(one) in kept]


class Subject:
    """A flow that is changed, and the recordings that pass on it as it is."""

    def __init__(self, ready: Ready, results: Iterable[Result]) -> None:
        self.ready = ready
        self._walks: list[tuple[Recording, Run]] = [
            (result.case.recording, result.done.run) for result in results if result.case.recording and result.done
        ]
        # Short ones first: one that notices is enough.
        self._walks.sort(key=lambda walk: len(walk[1].steps))

    def attempt(self, mutation: Mutation) -> Trial:
        """Try a change."""
        flow, catalogue = mutation.applied(self.ready.flow), self.ready.catalogue
        of_edges = mutation.kind in OF_EDGES
        if of_edges and leads_alike(self.ready.flow, flow, catalogue):
            return Trial(mutation, "same")
        if self._is_refused(mutation, flow):
            return Trial(mutation, "refused")
        data = plan_data(flow, catalogue)
        if data == self.ready.plan.data:
            return Trial(mutation, "same")
        walks = [(recording, run) for recording, run in self._walks if mutation.reach.walked_by(run)]
        if not walks:
            return Trial(mutation, "survived")
        return _judged(mutation, _revised(self.ready.plan, data), walks)

    def _is_refused(self, mutation: Mutation, flow: Flow) -> bool:
        """Whether the flow would have errors. Of edges, only what is set on the way can be missing."""
        if mutation.kind in OF_EDGES:
            return bool(errors_in(list(missing_values(flow, self.ready.catalogue))))
        try:
            refuse_errors(flow, self.ready.catalogue)
        except InvalidFile:
            return True
        return False


def _judged(mutation: Mutation, plan: Plan, walks: Sequence[tuple[Recording, Run]]) -> Trial:
    """Run recordings until one notices the change."""
    unseen = []
    for recording, before in walks:
        try:
            done = dry_run(plan, recording)
        except FlowError:  # it names what the flow has no more
            return Trial(mutation, "noticed", (recording.name,))
        if done.differences:
            return Trial(mutation, "noticed", (recording.name,))
        differs = tuple(_differing(before, done.run))
        inputs = tuple(_inputs(before, done.run, mutation.node))
        if differs or inputs:
            unseen.append(Unseen(recording.name, differs or inputs, bool(differs)))
    names = tuple(sorted(recording.name for recording, _ in walks))
    return Trial(mutation, "survived", names, min(unseen, key=lambda one: (not one.expectable, one), default=None))


def _differing(before: Run, after: Run) -> Iterator[str]:
    """Name what is not the same in two runs of one recording; what follows from another path is not told."""
    if before.path != after.path:
        yield "path"
        return
    for one, other in zip(before.steps, after.steps, strict=True):
        if one.outcome != other.outcome:
            yield f"outcome of {one.node}"
    for name in dict.fromkeys([*before.variables, *after.variables]):
        if before.variables.get(name) != after.variables.get(name):
            yield f"variable {name}"


def _inputs(before: Run, after: Run, changed: str | None) -> Iterator[str]:
    """Name the nodes, apart from the one that is changed, that are given other inputs."""
    pairs = zip(before.steps, after.steps, strict=False)
    nodes = [one.node for one, other in pairs if one.inputs != other.inputs and one.node != changed]
    yield from (f"inputs of {name}" for name in dict.fromkeys(nodes))


def _revised(plan: Plan, data: dict[str, Any]) -> Plan:
    """Compile the nodes that are not as they were; the others, and the checks of inputs, are those of the plan."""
    before = plan.data["nodes"]
    changed = {name: node for name, node in data["nodes"].items() if node != before[name]}
    used = {node["type"] for node in changed.values() if "type" in node}
    types = {name: one for name, one in data["types"].items() if name in used}
    part = Plan.from_data({**data, "nodes": changed, "types": types}, TOOLS)
    for name, node in part.nodes.items():
        node.check_inputs = plan.nodes[name].check_inputs
    return replace(part, data=data, nodes={**plan.nodes, **part.nodes})
