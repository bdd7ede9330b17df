"""Dry-runs for a page that keeps the state: what it sends is walked from the start each time, and told step by step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from flowengine.catalogue.catalogue import Catalogue
from flowengine.check.validate import read_flow
from flowengine.core.answers import Json
from flowengine.core.plan import DEFAULT_LIMITS, Plan
from flowengine.core.trace import Run
from flowengine.core.wants import Send
from flowengine.drivers.durable_plans import started_of
from flowengine.drivers.stepping import Stepping
from flowengine.errors import InvalidFile, UsageError
from flowengine.findings import finding_json
from flowengine.lsp.draft import as_map
from flowengine.recording.answer_check import check_answers
from flowengine.recording.expectation import differences
from flowengine.recording.format import Recording, parse_recording
from flowengine.recording.taking import recorded_entry, take_recording
from flowengine.recording.writing import recording_text
from flowengine.runs.as_json import request_json, visit_json
from flowengine.runs.visits import Visit, visits_of
from flowengine.schema_problems import did_you_mean
from flowengine.studio.offers import Ready, asked, asks, choosing, offered, takes, wait_of, waited_for

_NAME: Final = "dry-run"
_IN_THE_MIDDLE: Final = "a walk that does not begin at the start of the flow cannot be kept as a recording"


class DryRuns:
    """Compiles each text once, as long as it is walked again and again."""

    def __init__(self) -> None:
        self._ready: dict[tuple[str, Path], Ready] = {}

    def ready(self, text: str, path: Path, catalogue: Catalogue) -> Ready:
        """Compile a text. Raises InvalidFile where it has errors."""
        key = (text, path)
        known = self._ready.pop(key, None)
        if known is None or known.catalogue is not catalogue:
            known = Ready(read_flow(text, path), catalogue)
        self._ready[key] = known
        while len(self._ready) > 8:  # noqa: PLR2004 - texts that are walked at once
            del self._ready[next(iter(self._ready))]
        return known


def dry_run(ready: Ready, recording: Recording, body: Mapping[str, Any]) -> dict[str, Any]:
    """Walk a flow on a recording and what a page adds to it. Raises InvalidFile, UsageError.

    ``answers`` come behind those of the recording, node by node; ``choices`` name the outcome that a step, counted from
    0, comes back with in place of its own; ``until`` is how many steps are taken. ``from`` says where else the walk
    begins: ``node``, and ``outputs`` of the nodes before it; what the recording expects is not asked for then.
    """
    begin = as_map(body.get("from"))
    recorded = _with(recording, body)
    plan = _begun(ready, begin)
    stepping = Stepping(plan, recorded, ready.answers if body.get("choices") else {}, as_map(begin.get("outputs")))
    _walk(stepping, ready, as_map(body.get("choices")), body.get("until"))
    run = stepping.run()
    unused = stepping.unused()
    is_whole = stepping.is_over and not stepping.is_missing and recorded.expect is not None and not begin
    taken, notes = (None, [_IN_THE_MIDDLE]) if begin else _taken(plan, stepping)
    return {
        "run": {**run.to_json(), "steps": list(_steps(ready, plan, run, stepping.chosen))},
        "at": stepping.state.at if not stepping.is_over or stepping.is_missing else None,
        "over": stepping.is_over,
        "missing": _missing(stepping, ready, run),
        "unused": {} if begin else unused,
        "differences": differences(as_map(recorded.expect), run, unused, {}) if is_whole else [],
        "findings": [*map(finding_json, check_answers(recorded, plan, ready.catalogue, "warn").findings)],
        "recording": taken,
        "notes": notes,
    }


def _begun(ready: Ready, begin: Mapping[str, Any]) -> Plan:
    if not begin:
        return ready.plan
    node = str(begin.get("node"))
    if node not in ready.plan.nodes:
        hint = did_you_mean(node, list(ready.plan.nodes)) or "name one of its nodes"
        raise UsageError(f"the flow has no node {node[:60]!r} to begin at; {hint}")
    return ready.begun_at(node)


def recording_of(data: Any, path: Path) -> Recording:
    """Read a recording that a page sends as JSON: as its file would be. Raises InvalidFile, UsageError."""
    known = as_map(data)
    responses = {node: one if isinstance(one, list) else [one] for node, one in as_map(known.get("responses")).items()}
    made = Recording(
        name=str(known.get("recording") or _NAME),
        flow=str(known.get("flow") or ""),
        trigger=known.get("trigger"),
        variables=as_map(known.get("variables")),
        responses=responses,
        expect=known.get("expect"),
        run=as_map(known.get("run")),
    )
    return parse_recording(recording_text(made, title=str(known.get("title") or "")).encode(), path)


def recording_json(recording: Recording) -> dict[str, Any]:
    """Return a recording as JSON values: what ``recording_of`` reads."""
    parts: dict[str, Any] = {
        "recording": recording.name,
        "flow": recording.flow,
        "run": dict(recording.run),
        "trigger": recording.trigger,
        "variables": dict(recording.variables),
        "responses": dict(recording.responses),
        "expect": dict(recording.expect) if recording.expect is not None else None,
    }
    return {key: value for key, value in parts.items() if value}


def _with(recording: Recording, body: Mapping[str, Any]) -> Recording:
    """Put what a page adds to a recording, as far as it does."""
    data = recording_json(recording)
    data |= {key: body[key] for key in ("trigger", "variables") if body.get(key) is not None}
    added = as_map(body.get("answers"))
    if added:
        responses = {node: [*entries] for node, entries in recording.responses.items()}
        for node, entries in added.items():
            responses.setdefault(node, []).extend(entries if isinstance(entries, list) else [entries])
        data["responses"] = responses
    return recording_of(data, Path(f"{recording.name}.recording.yaml"))


def _walk(stepping: Stepping, ready: Ready, choices: Mapping[str, Any], until: Any) -> None:
    most = until if isinstance(until, int) and not isinstance(until, bool) else DEFAULT_LIMITS.steps + 1
    for number in range(most):
        if not stepping.forward():
            return
        if str(number) in choices:
            _choose(stepping, ready, str(choices[str(number)]))


def _choose(stepping: Stepping, ready: Ready, wanted: str) -> None:
    """Let a node get an answer that leads to an outcome, or, where none does or it computes, come to it anyhow."""
    node = stepping.node
    reply = ready.replies.get(node, {}).get(wanted)
    if reply is not None and asks(ready.plan.nodes[node]):
        stepping.answer(reply)
        if stepping.shown is not None and stepping.shown.outcome == wanted:
            return
    known = [way.outcome for way in stepping.ways()]
    if wanted not in known:
        listed = ", ".join(known) or "nothing else"
        raise UsageError(f"{node} does not come back with {wanted[:60]!r}: it can with {listed}")
    stepping.choose(wanted)


def _steps(ready: Ready, plan: Plan, run: Run, chosen: set[int]) -> Iterator[dict[str, Any]]:
    """Yield the steps of a run, each with those of the runs that it called."""
    _, visits = visits_of(plan, run.entries)
    scope: dict[str, Json] = {"trigger": started_of(run.entries).trigger}
    for number, visit in enumerate(one for one in visits if one.step is not None):
        node = plan.nodes[visit.node]
        step = visit_json(visit)
        last = step["attempts"][-1] if step["attempts"] else {}
        step |= {
            "request": last.get("request"),
            "answer": _last_answer(visit, plan),
            "rule": _rule(last.get("rule"), step),
            "before": visit.before,
            "after": visit.after,
            "chosen": number in chosen,
            "integration": node.integration,
            "authorization": node.authorization,
            "choosing": choosing(node),
            "takes": takes(node, plan, {**scope, **visit.before}),
            "called": [one for exchange in visit.exchanges if (one := _called(ready, visit.node, exchange.calls, run))],
        }
        scope[visit.node] = {**step["outputs"], "outcome": step["outcome"]}
        yield step


def _called(ready: Ready, node: str, calls: str | None, run: Run) -> dict[str, Any] | None:
    below, called = ready.called_by(node), run.called.get(calls or "")
    if below is None or called is None:
        return None
    steps = list(_steps(below, below.plan, called, set()))
    return {"flow": called.flow, "result": called.result, "path": called.path, "steps": steps}


def _last_answer(visit: Visit, plan: Plan) -> dict[str, Any] | None:
    """Return what came last, as a recording has it; None for what was computed."""
    last = visit.exchanges[-1] if visit.exchanges else None
    if last is None or last.request is None or last.answer is None:
        return None
    return recorded_entry(plan.nodes[visit.node], last.answer)


def _rule(rule: Any, step: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return what chose the outcome: the rule that matched the answer, or what happened in its place."""
    if rule is None:
        return {"text": step["reason"]} if step["reason"] else None
    return {**rule, "outcome": step["outcome"], "text": _words(rule["when"])}


def _words(when: Mapping[str, Any]) -> str:
    parts = [f"status {_value(when['status'])}"] if "status" in when else []
    parts += [f"header {name} is {_value(value)}" for name, value in as_map(when.get("headers")).items()]
    for path, test in as_map(when.get("body")).items():
        if isinstance(test, dict):
            parts += [f"{path} {operator} {_value(operand)}" for operator, operand in test.items()]
        else:
            parts.append(f"{path} is {_value(test)}")
    return " and ".join(parts) or "any answer"


def _value(value: Any) -> str:
    return " or ".join(map(str, value)) if isinstance(value, list) else str(value)


def _missing(stepping: Stepping, ready: Ready, run: Run) -> dict[str, Any] | None:
    """Return what the walk asks for, and with what it can go on."""
    missing, at = stepping.missing, asked(ready, stepping.plan, run)
    if missing is None or at is None:
        return None
    node = missing.node.rpartition("/")[2]
    inside = at.run is not run
    return {
        **missing.to_json(),
        "sentences": list(missing.sentences()),
        "outcomes": offered(at.ready, node),
        "request": request_json(at.want.request) if isinstance(at.want, Send) else None,
        "integration": at.ready.plan.nodes[node].integration,
        "authorization": at.ready.plan.nodes[node].authorization,
        "events": list(waited_for(at.want)),
        "seconds": wait_of(at.want),
        "inside": {
            "flow": at.ready.flow.id,
            "node": stepping.state.at,
            "path": at.run.path,
            "outcomes": offered(ready, stepping.state.at),
        }
        if inside
        else None,
    }


def _taken(plan: Plan, stepping: Stepping) -> tuple[dict[str, Any] | None, list[str]]:
    """Return the walk as a recording, and what there is to say about it."""
    if not stepping.state.steps and not stepping.is_over:
        return None, []
    try:
        taken = take_recording(plan, stepping.run(), _NAME)
    except InvalidFile as invalid:
        return None, [invalid.findings[0].message]
    except UsageError as fault:
        return None, [str(fault)]
    return recording_json(taken.recording), list(taken.notes)
