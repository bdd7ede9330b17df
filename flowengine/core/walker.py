"""The walker: a state machine without IO.

``next`` says what is wanted at the place where the run stands; ``apply`` folds what happened into the state. Both are
functions of plan, state and entry alone, so the fold of a journal is the state, in every driver.
"""

from __future__ import annotations

from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Final

from flowengine.core.answers import (
    Answer,
    Arrived,
    Broken,
    Elapsed,
    HttpAnswer,
    Invalid,
    Json,
    NoCallback,
    Outcome,
    Returned,
    TimedOut,
)
from flowengine.core.branching import decide
from flowengine.core.calling import Called, call_of, called_run, judge_return
from flowengine.core.conditions import holds
from flowengine.core.entries import Completed, Entry, Started, Stopped
from flowengine.core.moments import moment
from flowengine.core.outcomes import UNAUTHORIZED, Verdict, edge_for, judge
from flowengine.core.plan import DEFAULT_TIMEOUT, Plan, PlanNode
from flowengine.core.references import Missing
from flowengine.core.requests import build_request
from flowengine.core.state import Attempt, State, Step, Visit
from flowengine.core.values import TooLarge
from flowengine.core.variables import apply_set, set_variables, write
from flowengine.core.waiting import Expectation, delay_of, judge_event, promised, receiving
from flowengine.core.wants import Await, Call, Compute, End, Known, Send, Wait, Want

MAX_RETRY_AFTER: Final = 3600.0
"""A service that asks for a longer pause (seconds) is not asked again."""


_OF_WAITS: Final = (Elapsed, Arrived, NoCallback, Returned)
"""Answers that come of nothing but waiting."""

_WITHOUT_ONE: Final = (TimedOut, Broken, Invalid, Outcome)
"""Answers with which any wait may end."""


class EntryMismatch(ValueError):
    """An entry cannot follow this state: the journal belongs to another plan, or is damaged."""


def begin(plan: Plan, started: Started) -> State:
    """Make the state of a run that has just started. Raises EntryMismatch where the digests differ."""
    if started.digest != plan.digest:
        raise EntryMismatch(f"the run was started on plan {started.digest}, this is {plan.digest}")
    run = {"id": started.run, "flow": plan.flow, "startedAt": moment(started.at)}
    scope = {**started.variables, "trigger": started.trigger, "run": run}
    state = State(
        run=started.run,
        started_at=started.at,
        limits=started.limits,
        at=plan.start,
        scope=scope,
        clock=started.at,
        depth=started.depth,
    )
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
    if visit.expected is not None:
        return _await(node, number, visit.attempt, visit.expected)
    if visit.called is not None:
        return _call(state, node, visit, visit.called)
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
            node.callback.field if node.callback is not None else None,
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
    state.clock = max(state.clock, entry.at)


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
            visit.known = set_variables(plan, inputs.get("values"))
        elif node.handler == "delay":
            visit.wait = delay_of(inputs, state.clock)
        elif node.handler == "receive":
            visit.expected = receiving(inputs, state.started_at, state.clock)
        elif node.handler == "call-flow":
            _prepare_call(plan, state, visit, inputs)
    except (Missing, TooLarge, ValueError) as fault:
        visit.known = Invalid(str(fault))
    return visit


def _complete(plan: Plan, state: State, entry: Completed) -> None:
    """Rules 5 to 8: outcome, retry, outputs, edge."""
    if state.result is not None or entry[:3] != _under_way(state):
        raise _mismatch(state, entry)
    node, answer = plan.nodes[entry.node], entry.answer
    visit = state.visit or _enter(plan, state, node)
    if visit.known is None:
        judged = _take(plan, state, visit, entry)
        if judged is None:
            return
        verdict, status, began = judged
    else:
        if isinstance(answer, _OF_WAITS):
            raise EntryMismatch(f"node {node.id!r} does not wait, and got {answer}")
        verdict, status, began = judge(node, answer), None, entry.started_at
    state.visit = visit
    visit.attempts.append(Attempt(visit.attempt, verdict.outcome, verdict.reason, status, began, entry.at))
    if visit.known is not None or not _again(node, visit, entry, verdict):
        _leave(plan, state, visit, verdict, entry.at)


def _take(plan: Plan, state: State, visit: Visit, entry: Completed) -> tuple[Verdict, int | None, float] | None:
    """Return what an answer amounts to, its HTTP status if it has one, and when the attempt began; None: not yet known.

    Raises EntryMismatch where it is an answer to something else than what the visit is about.
    """
    node, answer, expected = plan.nodes[entry.node], entry.answer, visit.expected
    _refuse_foreign(node, visit, answer)
    state.visit = visit
    if visit.wait is not None:
        visit.wait = None
        return (judge(node, answer), None, entry.started_at) if node.handler == "delay" else None
    if visit.called is not None:
        return judge_return(plan, state, answer), None, entry.started_at
    if expected is None:
        visit.expected = promised(node, answer, entry[4:])
        if visit.expected is not None:
            return None
        return judge(node, answer), answer.status if isinstance(answer, HttpAnswer) else None, entry.started_at
    verdict = judge_event(node, expected, answer)
    if expected.accepted is None:
        return verdict, None, entry.started_at
    visit.expected = None
    return verdict, expected.accepted.status, expected.started_at


def _refuse_foreign(node: PlanNode, visit: Visit, answer: Answer) -> None:
    """Raise EntryMismatch where an answer is to something else than what the visit is about."""
    awaited: tuple[type, ...]
    expected = visit.expected
    if visit.wait is not None:
        what, awaited = "lets time pass", (Elapsed,)
    elif visit.called is not None:
        what, awaited = "calls a flow", (Returned, *_WITHOUT_ONE)
    elif expected is not None:
        what, awaited = "waits for an event", (Arrived, *_WITHOUT_ONE)
        if expected.accepted is not None:
            awaited = (*awaited, NoCallback)
    elif isinstance(answer, _OF_WAITS):
        what, awaited = "does not wait", ()
    else:
        return
    is_other = isinstance(answer, Arrived) and expected is not None and answer.key not in expected.labels
    if is_other or not isinstance(answer, awaited):
        raise EntryMismatch(f"node {node.id!r} {what}, and got {answer}")


def _await(node: PlanNode, number: int, attempt: int, expected: Expectation) -> Await:
    keys, labels, poster = tuple(expected.labels), tuple(expected.labels.values()), None
    if expected.accepted is not None:
        labels, poster = (), node.integration
    return Await(node.id, number, attempt, keys, expected.since, expected.seconds, labels, poster)


def _prepare_call(plan: Plan, state: State, visit: Visit, inputs: dict[str, Json]) -> None:
    called = call_of(plan, state, inputs)
    if isinstance(called, Called):
        visit.called = called
    else:
        visit.known = called


def _call(state: State, node: PlanNode, visit: Visit, called: Called) -> Call:
    number = state.visits[node.id]
    run = called_run(state.run, node.id, number, visit.attempt)
    return Call(node.id, number, visit.attempt, called.flow, called.inputs, run, state.depth + 1, node.timeout)


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
    problem = write(plan, node, scope, wrote) if wrote else None
    if problem is not None:
        wrote = {}
    elif node.writes:
        wrote, problem = apply_set(plan, node, scope, wrote)
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
