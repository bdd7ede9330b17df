"""Dry-runs for a page that keeps the state: what it sends is walked from the start each time, and told step by step."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from flowengine.catalogue.catalogue import Catalogue
from flowengine.check.called import version_of
from flowengine.check.compile import compile
from flowengine.check.reach import ANY_OTHER, possible_edges
from flowengine.check.validate import read_flow
from flowengine.core.answers import Answer
from flowengine.core.outcomes import ON_TIMEOUT, STANDARD_OUTCOMES
from flowengine.core.plan import DEFAULT_LIMITS, Plan
from flowengine.drivers.stepping import Stepping
from flowengine.errors import FlowError, InvalidFile, UsageError
from flowengine.explore.answers import possible_answers
from flowengine.findings import finding_json
from flowengine.flowfile.syntax import Flow
from flowengine.lsp.draft import as_map
from flowengine.recording.answer_check import check_answers
from flowengine.recording.expectation import differences
from flowengine.recording.format import Recording, parse_recording
from flowengine.recording.taking import recorded_entry, take_recording
from flowengine.recording.writing import recording_text
from flowengine.runs.as_json import visit_json
from flowengine.runs.visits import Visit, visits_of

_NAME: Final = "dry-run"
_RECEIVE: Final = "receive"


class Ready(NamedTuple):
    """A flow that can be walked, and what it was compiled with."""

    flow: Flow
    catalogue: Catalogue
    plan: Plan


class DryRuns:
    """Compiles each text once, as long as it is walked again and again."""

    def __init__(self) -> None:
        self._ready: dict[tuple[str, Path], Ready] = {}

    def ready(self, text: str, path: Path, catalogue: Catalogue) -> Ready:
        """Compile a text. Raises InvalidFile where it has errors."""
        key = (text, path)
        known = self._ready.pop(key, None)
        if known is None or known.catalogue is not catalogue:
            flow = read_flow(text, path)
            known = Ready(flow, catalogue, compile(flow, catalogue))
        self._ready[key] = known
        while len(self._ready) > 8:  # noqa: PLR2004 - texts that are walked at once
            del self._ready[next(iter(self._ready))]
        return known


def dry_run(ready: Ready, recording: Recording, body: Mapping[str, Any]) -> dict[str, Any]:
    """Walk a flow on a recording and what a page adds to it. Raises InvalidFile, UsageError.

    ``answers`` come behind those of the recording, node by node; ``choices`` name the outcome that a step, counted from
    0, comes back with in place of its own; ``until`` is how many steps are taken.
    """
    recorded = _with(recording, body)
    possible = possible_answers(ready.plan, ready.flow, ready.catalogue, [], {})
    choices = {node: one.answers for node, one in possible.items()}
    stepping = Stepping(ready.plan, recorded, choices)
    _walk(stepping, as_map(body.get("choices")), body.get("until"))
    run = stepping.run()
    _, visits = visits_of(ready.plan, run.entries)
    taken, notes = _taken(ready.plan, stepping)
    unused = stepping.unused()
    is_whole = stepping.is_over and not stepping.is_missing and recorded.expect is not None
    return {
        "run": {**run.to_json(), "steps": _steps(visits, stepping.chosen, ready)},
        "at": stepping.state.at if not stepping.is_over or stepping.is_missing else None,
        "over": stepping.is_over,
        "missing": _missing(stepping, ready, choices),
        "unused": unused,
        "differences": differences(as_map(recorded.expect), run, unused, {}) if is_whole else [],
        "findings": [*map(finding_json, check_answers(recorded, ready.plan, ready.catalogue, "warn").findings)],
        "recording": taken,
        "notes": notes,
    }


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


def _walk(stepping: Stepping, choices: Mapping[str, Any], until: Any) -> None:
    most = until if isinstance(until, int) and not isinstance(until, bool) else DEFAULT_LIMITS.steps + 1
    for number in range(most):
        if not stepping.forward():
            return
        if str(number) not in choices:
            continue
        wanted = choices[str(number)]
        known = [way.outcome for way in stepping.ways()]
        if wanted not in known:
            listed = ", ".join(known) or "nothing else"
            raise UsageError(f"{stepping.node} does not come back with {str(wanted)[:60]!r}: it can with {listed}")
        stepping.choose(wanted)


def _steps(visits: list[Visit], chosen: set[int], ready: Ready) -> list[dict[str, Any]]:
    steps = []
    for number, visit in enumerate(one for one in visits if one.step is not None):
        step = visit_json(visit)
        last = step["attempts"][-1] if step["attempts"] else {}
        step |= {
            "request": last.get("request"),
            "answer": _last_answer(visit, ready.plan),
            "rule": _rule(last.get("rule"), step),
            "before": visit.before,
            "after": visit.after,
            "chosen": number in chosen,
        }
        steps.append(step)
    return steps


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


def _missing(stepping: Stepping, ready: Ready, choices: Mapping[str, Mapping[str, Answer]]) -> dict[str, Any] | None:
    missing = stepping.missing
    if missing is None:
        return None
    targets = possible_edges(ready.flow, ready.catalogue)[missing.node]
    version = version_of(ready.flow, ready.catalogue, ready.flow.nodes[missing.node])
    kinds = version.outcomes if version is not None else {}
    return {
        **missing.to_json(),
        "sentences": list(missing.sentences()),
        "outcomes": [
            {
                "name": name,
                "kind": kinds[name]["kind"] if name in kinds else "success",
                "description": kinds[name]["description"] if name in kinds else "Named by the flow.",
                "to": target.to,
                "answer": _example(missing.node, name, ready, choices),
            }
            for name, target in targets.items()
            if name != ANY_OTHER
        ],
    }


def _example(node: str, outcome: str, ready: Ready, choices: Mapping[str, Mapping[str, Answer]]) -> dict[str, Any]:
    """Return an answer that leads to an outcome: the manifest's example, else the outcome by itself."""
    planned = ready.plan.nodes[node]
    version = version_of(ready.flow, ready.catalogue, ready.flow.nodes[node])
    examples = version.spec.get("example", {}).get("responses", {}) if version is not None else {}
    if planned.handler == _RECEIVE and outcome not in STANDARD_OUTCOMES:
        return {"event": {"label": outcome}}
    if planned.handler == _RECEIVE and outcome == ON_TIMEOUT:
        return {"timeout": True}
    if isinstance(examples.get(outcome), dict):
        return dict(examples[outcome])
    known = choices.get(node, {}).get(outcome)
    try:
        return recorded_entry(planned, known) if known is not None else {"outcome": outcome}
    except FlowError:
        return {"outcome": outcome}


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
