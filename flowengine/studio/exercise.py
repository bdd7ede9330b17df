"""What recordings and kept runs did in a flow: which edges they took, how long they were where, and where they wait."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from statistics import median, quantiles
from typing import Any, Final

from flowengine.check.compile import TOOLS
from flowengine.check.reach import possible_edges
from flowengine.core import walker
from flowengine.core.plan import Plan
from flowengine.core.state import State
from flowengine.core.walker import EntryMismatch
from flowengine.journal.faults import JournalCorrupt
from flowengine.journal.protocol import Filter, History
from flowengine.recording.coverage import Coverage, shares_json
from flowengine.recording.pairing import recordings_of
from flowengine.recording.suite import Case, Result, Suite, read_case
from flowengine.studio.workspace import Workspace

_PERCENTILE: Final = 95


def recordings(workspace: Workspace, flow: Path) -> list[dict[str, Any]]:
    """Return the recordings of a flow, each with how it goes."""
    suite = Suite(workspace.nodes, [workspace.folder])
    return [_recording_json(workspace, one, suite) for one in _cases(flow)]


def coverage(workspace: Workspace, flow: Path) -> dict[str, Any]:
    """Return what the recordings of a flow exercise. Raises InvalidFile where the flow has errors."""
    suite = Suite(workspace.nodes, [workspace.folder])
    ready = suite.ready(flow)
    covered = Coverage(ready.flow.id, possible_edges(ready.flow, ready.catalogue))
    taking: defaultdict[tuple[str, str, str], set[str]] = defaultdict(set)
    visiting: defaultdict[str, set[str]] = defaultdict(set)
    for case in _cases(flow):
        done = suite.run(case).done
        if done is None:
            continue
        covered.add(done.run)
        for node in done.run.path:
            visiting[node].add(case.name)
        for step in done.run.steps:
            if step.edge is not None:
                taking[step.node, step.edge.label, step.edge.to].add(case.name)
    return {
        "cases": covered.runs,
        "shares": shares_json(covered.shares()),
        "nodes": {name: covered.visits[name] for name in covered.possible},
        "visitedBy": {name: sorted(visiting[name]) for name in covered.possible},
        "edges": [
            {
                "from": edge.node,
                "outcomes": list(edge.outcomes),
                "label": edge.label,
                "to": edge.to,
                "times": edge.times,
                "default": edge.default,
                "counts": [covered.outcomes[edge.node, outcome] for outcome in edge.outcomes],
                "recordings": sorted(taking[edge.node, edge.label, edge.to]),
            }
            for edge in covered.all_edges()
        ],
    }


def heat(history: History, flow: str, since: float | None, limit: int) -> dict[str, Any]:
    """Return what the last kept runs of a flow did: which edges they took, how long they were where they waited."""
    seconds: defaultdict[str, list[float]] = defaultdict(list)
    edges: Counter[tuple[str, str, str, str]] = Counter()
    waiting: Counter[str] = Counter()
    plans: dict[str, Plan] = {}
    runs = history.runs(Filter(flow=flow, since=since), limit)
    unread = 0
    for kept in runs:
        try:
            if kept.digest not in plans:
                plans[kept.digest] = Plan.from_data(history.plan(kept.digest), TOOLS)
            state = walker.replay(plans[kept.digest], history.entries(kept.id))
        except (EntryMismatch, JournalCorrupt, ValueError):
            unread += 1
            continue
        _count(state, seconds, edges)
        if kept.ended_at is None:
            waiting[state.at] += 1
    return {
        "runs": len(runs),
        "open": sum(waiting.values()),
        "unread": unread,
        "nodes": {name: _times(seconds.get(name, []), waiting[name]) for name in dict.fromkeys((*seconds, *waiting))},
        "edges": [
            {"from": node, "outcome": outcome, "label": label, "to": to, "times": times}
            for (node, outcome, label, to), times in edges.items()
        ],
    }


def _cases(flow: Path) -> Iterable[Case]:
    return map(read_case, recordings_of(flow))


def _recording_json(workspace: Workspace, case: Case, suite: Suite) -> dict[str, Any]:
    recording = case.recording
    result = suite.run(case)
    trigger = recording.trigger if recording is not None else None
    return {
        "name": case.name,
        "path": workspace.name(case.path),
        "title": case.title,
        "trigger": next(iter(trigger), None) if isinstance(trigger, dict) else None,
        "expect": dict(case.expect) or None,
        "status": _status(result),
        "differences": list(result.done.differences) if result.done is not None else [],
        "findings": [one.message for one in result.findings],
        "path_taken": result.done.run.path if result.done is not None else [],
    }


def _status(result: Result) -> str:
    if result.done is None:
        return "broken"
    if result.case.recording is None or result.case.recording.expect is None:
        return "no-expectation"
    return "passed" if result.passed else "failed"


def _count(state: State, seconds: defaultdict[str, list[float]], edges: Counter[tuple[str, str, str, str]]) -> None:
    for step in state.steps:
        seconds[step.node].append(step.ended_at - step.started_at)
        if step.edge is not None:
            edges[step.node, step.outcome, step.edge.label, step.edge.to] += 1


def _times(seconds: list[float], waiting: int) -> Mapping[str, Any]:
    ordered = sorted(seconds)
    slowest = quantiles(ordered, n=100)[_PERCENTILE - 1] if len(ordered) > 1 else sum(ordered)
    return {
        "visits": len(ordered),
        "medianMs": round(median(ordered) * 1000, 3) if ordered else None,
        "p95Ms": round(min(slowest, max(ordered, default=0.0)) * 1000, 3) if ordered else None,
        "totalMs": round(sum(ordered) * 1000, 3),
        "waiting": waiting,
    }
