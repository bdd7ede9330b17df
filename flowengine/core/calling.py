"""Flows that call flows: what a call needs, how the called one starts, and what it gives back to its caller."""

from __future__ import annotations

from typing import NamedTuple

from flowengine.core.answers import Answer, Broken, Invalid, Json, Returned, TimedOut
from flowengine.core.entries import Started
from flowengine.core.outcomes import ON_ERROR, Verdict, judge
from flowengine.core.plan import Limits, Plan, end_name
from flowengine.core.references import Missing
from flowengine.core.state import State
from flowengine.core.values import has_type, type_of
from flowengine.core.wants import Call


class Called(NamedTuple):
    """The flow that a visit calls, and with which inputs."""

    flow: str
    inputs: dict[str, Json]


def call_of(plan: Plan, state: State, given: dict[str, Json]) -> Called | Answer:
    """Return what a ``call-flow`` calls, or why it cannot."""
    flow, inputs = given.get("flow"), given.get("inputs", {})
    if not isinstance(flow, str) or flow not in plan.flows:
        return Invalid(f"there is no flow {flow!r} among those that this one calls")
    if state.depth >= state.limits.depth:
        return Broken(f"flows call each other {state.limits.depth} deep, the bound of a run, before {flow!r}")
    problem = _misfit(plan.called(flow), inputs)
    return Called(flow, inputs) if problem is None else Invalid(f"the flow {flow!r} {problem}")


def _misfit(called: Plan, inputs: dict[str, Json]) -> str | None:
    for name in sorted(called.inputs):
        if name not in inputs and not called.variables[name].has_default:
            return f"needs the input {name!r}"
    for name, value in inputs.items():
        if name not in called.inputs:
            return f"has no input {name!r}"
        kind = called.variables[name].type
        if kind is not None and not has_type(value, kind):
            return f"takes {kind} for its input {name!r}, and got {type_of(value)}"
    return None


def called_run(run: str, node: str, visit: int, attempt: int) -> str:
    """Return the id of the run that an attempt at a ``call-flow`` starts."""
    return f"{run}.{node}.{visit}" + (f".{attempt}" if attempt > 1 else "")


def start_values(plan: Plan, inputs: dict[str, Json]) -> dict[str, Json]:
    """Return what the variables of a called flow begin with."""
    defaults = {name: one.default for name, one in plan.variables.items() if one.has_default}
    return {**defaults, **inputs}


def started_by(called: Plan, want: Call, at: float, limits: Limits) -> Started:
    """Return the first entry of a called run. It has no event: what it works on are its inputs."""
    return Started(want.run, called.digest, at, {}, start_values(called, want.inputs), limits, want.depth)


def too_long(want: Call) -> TimedOut:
    """Return what a call comes to whose time is over."""
    return TimedOut(f"the called flow {want.flow!r} took longer than {want.timeout:g} s, and was cancelled")


def returned(plan: Plan, state: State) -> Returned:
    """Return what a run that has ended gives its caller. An output that leads to nothing is left out."""
    node = plan.nodes[state.at]
    reached = node.end is not None and state.status in {"succeeded", "failed"} and state.reason is None
    outputs = {}
    for name, resolve in plan.outputs if reached else ():
        try:
            outputs[name] = resolve(state.scope)
        except (Missing, ValueError):
            continue
    return Returned(
        end_name(node.id, node.title) if reached else None,
        state.result or "error",
        outputs,
        None if reached else why_no_end(plan.flow, state.status, state.reason),
    )


def why_no_end(flow: str, status: str, reason: str | None) -> str:
    """Say why a called flow came to no end node."""
    return f"the called flow {flow!r} {'was cancelled' if status == 'cancelled' else 'failed'}: {reason}"


def judge_return(plan: Plan, state: State, answer: Answer) -> Verdict:
    """Turn what a called flow came to into the node's outcome."""
    node = plan.nodes[state.at]
    if not isinstance(answer, Returned):
        return judge(node, answer)
    if answer.end is None:
        return Verdict(ON_ERROR, {}, {}, answer.reason)
    outcome = node.aliases.get(answer.end, answer.end)
    return Verdict(outcome, answer.outputs, {})
