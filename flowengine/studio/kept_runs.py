"""A kept run beside its steps: the picture of the flow as it was walked, what the run waits for, and whom it called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from flowengine.catalogue.catalogue import Catalogue
from flowengine.core import walker
from flowengine.core.plan import Plan
from flowengine.core.walker import EntryMismatch
from flowengine.core.wants import Await, Call, Wait, Want
from flowengine.journal.faults import JournalCorrupt
from flowengine.journal.protocol import History, KeptRun
from flowengine.runs.as_json import kept_json
from flowengine.runs.plans import kept_plan
from flowengine.studio.documents import UNSAVED
from flowengine.studio.flow_text import NODES, read_text
from flowengine.studio.graphs import draw_up, folded, graph_json, layout_of
from flowengine.studio.workspace import Workspace

_CHILDREN: Final = 100


class Walked(NamedTuple):
    """What the journal has of a run for its picture."""

    kept: KeptRun
    plan: Plan
    facts: Mapping[str, Any]


def walked(history: History, run: str) -> Walked:
    """Read a run. Raises JournalFault."""
    kept = history.run(run)
    plan = kept_plan(history, kept.digest)
    try:
        state = walker.replay(plan, history.entries(run))
        want = walker.next(plan, state) if kept.ended_at is None else None
    except EntryMismatch as fault:
        raise JournalCorrupt(f"the run cannot be walked again: {fault}") from None
    facts = {
        "awaits": awaits_json(want),
        "calledBy": kept.called_by,
        "queued": kept.queued,
        "children": [kept_json(one) for one in history.children(run)[:_CHILDREN]],
    }
    return Walked(kept, plan, facts)


def awaits_json(want: Want | None) -> dict[str, Any] | None:
    """Return what a run waits for: time, events or a flow that it called; None where it does not wait."""
    match want:
        case Wait(node=node):
            return {"kind": "time", "node": node, "events": [], "run": None}
        case Await(node=node, keys=keys, labels=labels):
            named = labels or ("",) * len(keys)
            events = [{"key": key, "outcome": label or None} for key, label in zip(keys, named, strict=True)]
            return {"kind": "events", "node": node, "events": events, "run": None}
        case Call(node=node, run=run):
            return {"kind": "run", "node": node, "events": [], "run": run}
    return None


def picture_of(plan: Plan, workspace: Workspace, catalogue: Catalogue) -> dict[str, Any] | None:
    """Draw a plan; None where a node type of it cannot be read any more. Comments, lines and titles of it are gone."""
    drawn = draw_up(_as_written(plan.data), workspace.folder / UNSAVED, catalogue)
    return None if drawn is None else folded(graph_json(read_text(""), drawn, layout_of(drawn), frozenset()))


def _as_written(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return a plan as a flow says it: what holds for every node once, below `defaults`."""
    nodes = {name: {**one, "edges": _targets(one.get("edges", {}))} for name, one in data["nodes"].items()}
    defaults = {name: to for one in data["nodes"].values() for name, to in _targets(one.get("defaults", {})).items()}
    plain = {name: {key: value for key, value in one.items() if value is not None} for name, one in nodes.items()}
    return {"flow": data["flow"], "start": data["start"], "defaults": {"edges": defaults}, NODES: plain}


def _targets(edges: Mapping[str, Any]) -> dict[str, str]:
    return {one["label"]: one["to"] for one in edges.values()}
