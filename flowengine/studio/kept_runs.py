"""A kept run beside its steps: the picture of the flow as it was walked, what the run waits for, and whom it called."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from flowengine.catalogue.catalogue import Catalogue
from flowengine.core import walker
from flowengine.core.answers import Json
from flowengine.core.keys import event_of, parts_of
from flowengine.core.plan import Plan
from flowengine.core.waiting import ROOTS
from flowengine.core.walker import EntryMismatch
from flowengine.core.wants import Await, Call, Wait, Want
from flowengine.drivers.durable_plans import started_of
from flowengine.journal.faults import JournalCorrupt
from flowengine.journal.inbox import NewEvent
from flowengine.journal.protocol import History, KeptRun
from flowengine.lsp.draft import as_map
from flowengine.runs.as_json import kept_json
from flowengine.runs.plans import kept_plan
from flowengine.server.routing import ApiError
from flowengine.streams.channels import CHANNELS
from flowengine.studio.documents import UNSAVED
from flowengine.studio.flow_text import NODES, read_text
from flowengine.studio.graphs import draw_up, folded, graph_json, layout_of
from flowengine.studio.workspace import Workspace

SOURCE: Final = "studio"
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
        entries = history.entries(run)
        state = walker.replay(plan, entries)
        want = walker.next(plan, state) if kept.ended_at is None else None
    except EntryMismatch as fault:
        raise JournalCorrupt(f"the run cannot be walked again: {fault}") from None
    facts = {
        "awaits": awaits_json(want, started_of(entries).trigger),
        "calledBy": kept.called_by,
        "queued": kept.queued,
        "children": [kept_json(one) for one in history.children(run)[:_CHILDREN]],
        "retries": [kept_json(one) for one in history.retries(run)] if kept.ended_at is not None else [],
    }
    return Walked(kept, plan, facts)


def awaits_json(want: Want | None, trigger: Json = None) -> dict[str, Any] | None:
    """Return what a run waits for: time, events or a flow that it called; None where it does not wait.

    ``sample`` of an event is a body that it may come with, made of the trigger of the run.
    """
    match want:
        case Wait(node=node):
            return {"kind": "time", "node": node, "events": [], "run": None}
        case Await(node=node, keys=keys, labels=labels):
            named = labels or ("",) * len(keys)
            events = [
                {"key": key, "outcome": label or None, **_event_json(key, trigger)}
                for key, label in zip(keys, named, strict=True)
            ]
            return {"kind": "events", "node": node, "events": events, "run": None}
        case Call(node=node, run=run):
            return {"kind": "run", "node": node, "events": [], "run": run}
    return None


def _event_json(key: str, trigger: Json) -> dict[str, Any]:
    kind, *rest = parts_of(key)
    if kind != "channel":
        return {"kind": kind, "name": event_of(key), "root": None, "sample": {} if kind == "event" else None}
    channel, event, business, customer = rest
    known, root = CHANNELS.get(channel), ROOTS.get(channel, channel)
    began = as_map(as_map(trigger).get(root))
    there = {} if known is None else {known.business[0]: business, known.customer[0]: customer}
    # An address of the key has no prefix; the trigger has the same one as people write it.
    sample = {**{name: began.get(name, there.get(name, "")) for name in (*there, *began)}, "message": ""}
    return {"kind": kind, "name": f"{channel} {event}", "root": root, "sample": {root: sample}}


def event_for(history: History, run: str, key: str, body: Json, now: float) -> NewEvent:
    """Return an event that a run waits for, as the channel or program that has it would bring it. Raises ApiError."""
    awaits = walked(history, run).facts["awaits"] or {"events": []}
    found = next((one for one in awaits["events"] if one["key"] == key and one["sample"] is not None), None)
    if found is None:
        raise ApiError(409, "not-awaited", f"the run does not wait for {key[:200]!r} any more", "look at it again")
    said = as_map(as_map(body).get(found["root"])) if found["root"] is not None else None
    if said is not None and "message" not in said:
        expected = f"expected {{{found['root']}: {{message: ...}}}}"
        raise ApiError(422, "wrong-event", f"this is no event of {found['name']}: {expected}")
    whole = body if said is None else {"channel": parts_of(key)[1], "message": said["message"], **as_map(body)}
    return NewEvent(uuid.uuid4().hex, event_of(key), [key], whole, now, SOURCE)


def picture_of(plan: Plan, workspace: Workspace, catalogue: Catalogue) -> dict[str, Any] | None:
    """Draw a plan; None where a node type of it cannot be read any more. Comments, lines and titles of it are gone."""
    drawn = draw_up(as_written(plan.data), workspace.folder / UNSAVED, catalogue)
    return None if drawn is None else folded(graph_json(read_text(""), drawn, layout_of(drawn), frozenset()))


def as_written(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return a plan as a flow says it: what holds for every node once, below `defaults`."""
    nodes = {name: {**one, "edges": _targets(one.get("edges", {}))} for name, one in data["nodes"].items()}
    defaults = {name: to for one in data["nodes"].values() for name, to in _targets(one.get("defaults", {})).items()}
    plain = {name: {key: value for key, value in one.items() if value is not None} for name, one in nodes.items()}
    return {"flow": data["flow"], "start": data["start"], "defaults": {"edges": defaults}, NODES: plain}


def _targets(edges: Mapping[str, Any]) -> dict[str, str]:
    return {one["label"]: one["to"] for one in edges.values()}
