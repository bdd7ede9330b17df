"""The walker: a state machine without IO.

``next`` says what is wanted at the place where the run stands; ``apply`` folds what happened into the state. Both are
functions of plan, state and entry alone, so the fold of a journal is the state, in every driver.
"""

from __future__ import annotations

from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Final

from flowengine.core.answers import Answer, Elapsed, HttpAnswer, Invalid, Json, Outcome
from flowengine.core.branching import decide
from flowengine.core.conditions import holds
from flowengine.core.durations import parse_duration
from flowengine.core.entries import Completed, Entry, Started, Stopped
from flowengine.core.moments import moment
from flowengine.core.outcomes import UNAUTHORIZED, Verdict, edge_for, judge
from flowengine.core.plan import DEFAULT_TIMEOUT, Plan, PlanNode
from flowengine.core.references import Missing
from flowengine.core.requests import build_request
from flowengine.core.state import Attempt, State, Step, Visit
from flowengine.core.values import TooLarge, has_type, type_of
from flowengine.core.wants import Compute, End, Known, Send, Wait, Want

MAX_RETRY_AFTER: Final = 3600.0
"""A service that asks for a longer pause (seconds) is not asked again."""


class EntryMismatch(ValueError):
    """An entry cannot follow this state: the journal belongs to another plan, or is damaged."""


def begin(plan: Plan, started: Started) -> State:
    """Make the state of a run that has just started. Raises EntryMismatch where the digests differ."""
    if started.digest != plan.digest:
        raise EntryMismatch(f"the run was started on plan {started.digest}, this is {plan.digest}")
    run = {"id": started.run, "flow": plan.flow, "startedAt": moment(started.at)}
    scope = {**started.variables, "trigger": started.trigger, "run": run}
    state = State(run=started.run, started_at=started.at, limits=started.limits, at=plan.start, scope=scope)
    _arrive(plan, state, plan.start, started.at)
    return state


def replay(plan: Plan, entries: list[Entry]) -> State:
    """Fold a whole journal. Raises EntryMismatch."""
    if not entries or not isinstance(entries[0], Started):
        raise EntryMismatch("a journal begins with a Started entry")
    state = begin(plan, entries[0])
    for entry in entries[1:]:
        apply(plan, state, entry)
    return state


def next(plan: Plan, state: State) -> Want:  # noqa: A001 - the contract's name; the module is used as `walker.next`
    """Say what is wanted now. Asking twice gives the same want."""
    if state.result is not None:
        return End(state.result)
    node = plan.nodes[state.at]
    visit = state.visit
    if visit is None:
        visit = state.visit = _enter(plan, state, node)
    number = state.visits[node.id]
    if visit.known is not None:
        return Known(node.id, number, visit.attempt, visit.known)
    if visit.wait is not None:
        return Wait(node.id, number, visit.attempt, visit.wait)
    if visit.request is not None:
        return Send(
            node.id,
            number,
            visit.attempt,
            visit.request,
            node.integration,
            node.authorization,
            node.timeout,
            f"{state.run}:{node.id}:{number}",
            visit.refresh,
            node.authorization_kinds,
            node.needs_authorization,
        )
    timeout = DEFAULT_TIMEOUT if node.timeout is None else node.timeout
    handler = node.handler or ""
    unset = tuple(name for name in plan.variables if name not in state.scope)
    return Compute(node.id, number, visit.attempt, handler, visit.inputs, _variables(plan, state), timeout, unset)


def apply(plan: Plan, state: State, entry: Entry) -> None:
    """Fold one entry into the state. Raises EntryMismatch, and leaves the state as it was, where it cannot follow."""
    if isinstance(entry, Completed):
        _complete(plan, state, entry)
    elif isinstance(entry, Started):
        raise EntryMismatch("a run starts once")
    elif state.result is not None:
        raise _mismatch(state, entry)
    elif isinstance(entry, Stopped):
        state.status, state.result, state.reason, state.ended_at = entry.status, "error", entry.reason, entry.at
        state.visit = None
    elif entry[:3] != _under_way(state):
        raise _mismatch(state, entry)


def starts(plan: Plan, trigger: Json) -> str | None:
    """Say why a trigger does not start this flow (its ``when``), or None where it does."""
    for number, condition in enumerate(plan.when):
        try:
            if not holds(condition, {"trigger": trigger}):
                return f"trigger.when[{number}] does not hold: {dict(condition.raw)}"
        except (Missing, ValueError) as fault:
            return f"trigger.when[{number}] cannot be judged: {fault}"
    return None


def _enter(plan: Plan, state: State, node: PlanNode) -> Visit:
    """Rules 1 and 2: resolve the inputs and check them; then make ready what is to be done."""
    visit = Visit()
    if node.rows is not None:
        visit.known = decide(node.rows, state.scope)
        visit.inputs = node.resolve_inputs(state.scope)
        return visit
    try:
        visit.inputs = inputs = node.resolve_inputs(state.scope)
        problem = node.check_inputs(inputs) if node.check_inputs is not None else None
        if problem is not None:
            visit.known = Invalid(problem)
        elif node.request is not None:
            visit.request = build_request(node.request, inputs)
        elif node.handler == "set-variables":
            visit.known = _set_variables(plan, inputs.get("values"))
        elif node.handler == "delay":
            visit.wait = parse_duration(inputs.get("duration"))
    except (Missing, TooLarge, ValueError) as fault:
        visit.known = Invalid(str(fault))
    return visit


def _complete(plan: Plan, state: State, entry: Completed) -> None:
    """Rules 5 to 8: outcome, retry, outputs, edge."""
    if state.result is not None or entry[:3] != _under_way(state):
        raise _mismatch(state, entry)
    node, answer = plan.nodes[entry.node], entry.answer
    visit = state.visit or _enter(plan, state, node)
    if isinstance(answer, Elapsed) is (visit.wait is None):
        raise EntryMismatch(f"node {node.id!r} is{' not' if visit.wait is None else ''} waiting, and got {answer}")
    state.visit = visit
    if visit.wait is not None:
        visit.wait = None
        if node.handler != "delay":
            return
    verdict = judge(node, answer)
    status = answer.status if isinstance(answer, HttpAnswer) else None
    visit.attempts.append(Attempt(visit.attempt, verdict.outcome, verdict.reason, status, entry.started_at, entry.at))
    if visit.known is not None or not _again(node, visit, entry, verdict):
        _leave(plan, state, visit, verdict, entry.at)


def _again(node: PlanNode, visit: Visit, entry: Completed, verdict: Verdict) -> bool:
    """Whether the node is tried again: once with a fresh credential after 401 or 403, else by its retry (rule 6).

    What follows from the flow alone, and the end of a delay, would come out the same.
    """
    answer = entry.answer
    if isinstance(answer, HttpAnswer) and answer.status in UNAUTHORIZED and not visit.refreshed:
        visit.refresh = visit.refreshed = True
        visit.attempt += 1
        return True
    visit.refresh = False
    retry = node.retry
    if verdict.outcome not in retry.on or visit.tries >= retry.attempts or isinstance(answer, Invalid | Elapsed):
        return False
    wait = retry.delay * retry.backoff ** (visit.tries - 1)
    if isinstance(answer, HttpAnswer) and "retry-after" in answer.headers:
        asked = _retry_after(answer.headers["retry-after"], entry.at)
        if asked > MAX_RETRY_AFTER:
            return False
        wait = max(wait, asked)
    visit.wait = wait or None
    visit.attempt += 1
    visit.tries += 1
    return True


def _leave(plan: Plan, state: State, visit: Visit, verdict: Verdict, at: float) -> None:
    """Rules 7 and 8: outputs, ``set``, edge."""
    node = plan.nodes[state.at]
    scope = state.scope
    outcome = verdict.outcome
    scope[node.id] = {**verdict.outputs, "outcome": outcome}
    wrote = verdict.variables
    problem = _write(plan, node, scope, wrote) if wrote else None
    if problem is not None:
        wrote = {}
    elif node.writes:
        wrote, problem = _set(plan, node, scope, wrote)
    edge = edge_for(node, outcome) if problem is None else None
    state.steps.append(
        Step(
            node.id,
            node.type,
            state.visits[node.id],
            outcome,
            verdict.reason,
            edge,
            visit.inputs,
            verdict.outputs,
            wrote,
            visit.attempts,
            visit.attempts[0].started_at,
            at,
        )
    )
    state.visit = None
    if problem is not None:
        _end(state, "error", problem, at)
    elif edge is None:
        because = f" ({verdict.reason})" if verdict.reason else ""
        _end(
            state, "error", f"node {node.id!r} came back with {outcome!r}{because}, and the flow has no edge for it", at
        )
    else:
        _arrive(plan, state, edge.to, at)


def _set(
    plan: Plan, node: PlanNode, scope: dict[str, Json], wrote: dict[str, Json]
) -> tuple[dict[str, Json], str | None]:
    """Apply ``set``: all values are read first, one that is not there leaves its variable as it was.

    Return all that the node has written, and what is wrong.
    """
    values = {}
    for name, resolve in node.writes:
        try:
            values[name] = resolve(scope)
        except Missing:
            continue
        except ValueError as fault:
            return wrote, f"node {node.id!r} sets the variable {name!r} to a value that is {fault}"
    problem = _write(plan, node, scope, values)
    return (wrote if problem else {**wrote, **values}), problem


def _write(plan: Plan, node: PlanNode, scope: dict[str, Json], values: dict[str, Json]) -> str | None:
    """Write flow variables, all of them or none. Return what is wrong with one."""
    for name, value in values.items():
        variable = plan.variables.get(name)
        if variable is None:
            return f"node {node.id!r} writes {name!r}, which is not a variable of this flow"
        if variable.type is not None and not has_type(value, variable.type):
            return f"node {node.id!r} sets the variable {name!r} to {type_of(value)}; it is declared as {variable.type}"
    scope.update(values)
    return None


def _arrive(plan: Plan, state: State, name: str, at: float) -> None:
    """Step onto a node, within the bounds of the run; an end node ends it."""
    node = plan.nodes[name]
    state.at = name
    visits = state.visits.get(name, 0) + 1
    if node.end is None:
        if len(state.steps) >= state.limits.steps:
            _end(state, "error", f"the run took {state.limits.steps} steps, its bound, before node {name!r}", at)
            return
        if visits > state.limits.visits:
            _end(state, "error", f"node {name!r} was visited {state.limits.visits} times, its bound", at)
            return
    state.visits[name] = visits
    state.path.append(name)
    if node.end is not None:
        _end(state, node.end, None, at)


def _end(state: State, result: str, reason: str | None, at: float) -> None:
    state.result = result
    state.status = "succeeded" if result == "success" else "failed"
    state.reason = reason
    state.ended_at = at


def _under_way(state: State) -> tuple[str, int, int]:
    """Return node, visit and attempt: what the next entry has to be about, and begins with."""
    at, visit = state.at, state.visit
    return at, state.visits[at], 1 if visit is None else visit.attempt


def _mismatch(state: State, entry: Entry) -> EntryMismatch:
    if state.result is not None:
        return EntryMismatch(f"the run has ended; {entry} cannot follow")
    node, visit, attempt = _under_way(state)
    return EntryMismatch(f"attempt {attempt} of visit {visit} of node {node!r} is under way; {entry} is not about it")


def _set_variables(plan: Plan, values: Json) -> Answer:
    if not isinstance(values, dict):
        return Invalid(f"input 'values' is {type_of(values)}: expected a map of variables")
    if not values.keys() <= plan.variables.keys():
        unknown = min(values.keys() - plan.variables.keys())
        return Invalid(f"{unknown!r} is not a variable of this flow: declare it under `variables`")
    return Outcome("onSuccess", None, values)


def _variables(plan: Plan, state: State) -> dict[str, Json]:
    scope = state.scope
    return {name: scope[name] for name in plan.variables if name in scope}


def _retry_after(text: str, now: float) -> float:
    """Read a Retry-After header (RFC 9110, 10.2.3): seconds, or a date."""
    if text.isascii() and text.strip().isdigit():
        return float(text)
    try:
        date = parsedate_to_datetime(text)
        # One without a zone would be read in this machine's.
        return max(0.0, (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp() - now)
    except (ValueError, OverflowError):
        return 0.0
