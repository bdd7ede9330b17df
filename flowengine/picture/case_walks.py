"""A failing test case as a drawing: the walk that was expected beside the one that came."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from flowengine.check.reach import possible_edges
from flowengine.core.plan import Plan
from flowengine.core.trace import Run
from flowengine.picture.walks import PLAIN, Line, Signs, Stop, draw_walks
from flowengine.recording.suite import Ready, Result

_NAMED: Final = 3
"""So many outcomes are named that lead from one node to the next; mostly it is one."""


def draw_case(result: Result, signs: Signs = PLAIN, width: int = 100) -> list[Line]:
    """Draw how a case differs in its walk; nothing where that is as expected, or where nothing was walked."""
    if result.done is None or result.ready is None or not result.done.differences:
        return []
    run, expect, plan = result.done.run, result.case.expect, result.ready.plan
    came = list(stops_of(plan, run))
    if _walked_as_expected(expect, run) and run.path and plan.nodes[run.path[-1]].end == run.result:
        return []
    expected = list(_expected(result.ready, expect)) if "path" in expect else came
    return draw_walks(expected, came, signs=signs, width=width)


def _walked_as_expected(expect: Mapping[str, Any], run: Run) -> bool:
    came = {"path": run.path, "outcomes": [step.outcome for step in run.steps], "result": run.result}
    return all(expect.get(key, value) == value for key, value in came.items())


def stops_of(plan: Plan, run: Run) -> Iterator[Stop]:
    """Yield what a run came by, to be drawn."""
    for node, step in zip(run.path, run.steps, strict=False):
        by = "" if step.edge is None or not step.edge.fall_through else f", by {step.edge.label}"
        yield Stop(node, step.outcome + (by if step.edge else "  (the run ended here)"))
    for node in run.path[len(run.steps) :]:
        end = plan.nodes[node].end
        yield Stop(node, note=f"({end})") if end else Stop(node, "(the run stopped here)")


def _expected(ready: Ready, expect: Mapping[str, Any]) -> Iterator[Stop]:
    path, outcomes = expect["path"], expect.get("outcomes", ())
    for number, node in enumerate(path):
        onward = path[number + 1] if number + 1 < len(path) else None
        known = ready.plan.nodes.get(node)
        note = "(the flow has no such node)" if known is None else f"({known.end})" if known.end else ""
        if number < len(outcomes):
            yield Stop(node, outcomes[number], note)
        else:
            yield Stop(node, _leading(ready, node, onward) if known and onward else "", note, sure=False)


def _leading(ready: Ready, node: str, onward: str) -> str:
    """Return the outcomes that lead from a node to the next: a recording mostly says no more than that."""
    targets = possible_edges(ready.flow, ready.catalogue)[node]
    found = [outcome for outcome, target in targets.items() if target.to == onward and outcome]
    own = [outcome for outcome in found if not targets[outcome].fall_through] or found
    more = ", ..." if len(own) > _NAMED else ""
    return " or ".join(own[:_NAMED]) + more if own else "(no edge leads on from here to the next)"
