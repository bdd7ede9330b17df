"""Holds recorded answers to what the node type says of its service, so that a mock cannot lie about it.

What is known of a service is the node type's response rules, its outputs, and its example answers. Rules that need an
example say nothing where there is none. Answers are judged one by one, whether a walk comes to them or not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from typing import Any, Final, Literal, NamedTuple, TypeAlias, get_args

from flowengine.catalogue.catalogue import Catalogue, NodeVersion
from flowengine.check.ignores import apply_ignores
from flowengine.check.names import find_version
from flowengine.check.reports import Report
from flowengine.check.value_types import in_words, types_of_value
from flowengine.core.answers import HttpAnswer, Json
from flowengine.core.outcomes import ON_INVALID_CHOICE, UNAUTHORIZED
from flowengine.core.paths import find, parse_path, path_text
from flowengine.core.plan import Plan, PlanNode
from flowengine.core.references import is_whole
from flowengine.core.responses import Output, first_match, read_outputs
from flowengine.core.values import has_type, same
from flowengine.findings import Finding
from flowengine.recording.event_check import MEANT, Fault, misfits, promises, unlikely_results
from flowengine.recording.format import Recording
from flowengine.recording.replay import recorded_answer
from flowengine.recording.strangers import node_outcomes
from flowengine.recording.unlike import shown
from flowengine.schema_problems import did_you_mean

Mode: TypeAlias = Literal["strict", "warn", "off"]
"""``strict``: what is found are errors; ``warn``: warnings; ``off``: nothing is judged."""

MODES: Final[tuple[Mode, ...]] = get_args(Mode)

CODES: Final = ("FE602", "FE603", "FE604", "FE605", "FE606", "FE607", "FE608")

_FIRST_FINAL: Final = 200
_COMPARED: Final = 200
_WITHOUT_BODY: Final = (204, 304)

At: TypeAlias = tuple[str | int, ...]


class _Example(NamedTuple):
    """An answer that the node type gives as an example of an outcome."""

    outcome: str
    answer: HttpAnswer


class _Asked(NamedTuple):
    """A node that sends requests, and what is known of its service.

    ``looked_at`` are the paths that rules read: whether for a value, or only to see if there is anything.
    """

    recording: Recording
    node: PlanNode
    version: NodeVersion
    outputs: Mapping[str, Mapping[str, Any]]
    outcomes: Sequence[str]
    reads: str
    examples: Sequence[_Example]
    looked_at: Mapping[At, bool]

    def example(self, outcome: str) -> HttpAnswer | None:
        """Return the example answer for an outcome."""
        return next((one.answer for one in self.examples if one.outcome == outcome), None)

    def warning(self, code: str, message: str, at: At, hint: str = "", *, on_key: bool = False) -> Finding:
        """Make a finding about an answer of the node."""
        finding = self.recording.finding
        return finding(code, message, *at, hint=hint, severity="warning", node=self.node.id, on_key=on_key)


def check_answers(recording: Recording, plan: Plan, catalogue: Catalogue, mode: Mode = "warn") -> Report:
    """Return what is wrong with the answers of a recording that fits its flow, and what its comments ignore.

    What is ignored stays so where the rest are errors.
    """
    if mode == "off":
        return Report([])
    found = sorted(_all(recording, plan, catalogue), key=Finding.sort_key)
    left, ignored = apply_ignores(recording, found)
    if mode == "strict":
        left = [replace(one, severity="error") if one.code in CODES else one for one in left]
    return Report(left, ignored=tuple(ignored))


def _all(recording: Recording, plan: Plan, catalogue: Catalogue) -> Iterator[Finding]:
    for place in recording.responses:
        found = plan.node_at(place)
        version = find_version(catalogue, found[1].type) if found is not None else None
        if found is not None:
            yield from _of_node(recording, place, *found, version)


def _of_node(
    recording: Recording, place: str, plan: Plan, node: PlanNode, version: NodeVersion | None
) -> Iterator[Finding]:
    entries = [(recording.answer_at(place, number), one) for number, one in enumerate(recording.responses[place])]
    if node.handler == "receive":
        for at, entry in entries:
            yield from _events(recording, node, misfits(plan, node, entry), at)
    elif node.calls is not None and version is not None:
        asked = _called(recording, plan, node, version)
        for at, entry in entries:
            yield from _outcome(asked, entry, at)
    elif node.request is None:
        yield _never_asked(recording, node, place)
    elif version is not None:
        asked = _asked(recording, plan, node, version)
        for at, entry in entries:
            judge = _http if "status" in entry else _outcome
            yield from judge(asked, entry, at)
            answer = recorded_answer(entry, asked.reads) if "status" in entry else None
            yield from _events(recording, node, unlikely_results(node, version, entry, answer), at)


def _events(recording: Recording, node: PlanNode, faults: Iterator[Fault], at: At) -> Iterator[Finding]:
    for one in faults:
        yield recording.finding(one.code, one.message, *at, *one.at, hint=one.hint, severity="warning", node=node.id)


def _never_asked(recording: Recording, node: PlanNode, place: str) -> Finding:
    """FE608: an answer for a node that asks nobody."""
    what = "is an end node" if node.end else f"is of type {node.type}, which computes its outcome"
    message, at = f"{node.id!r} {what}: these answers are never asked for", ("responses", place)
    hint, severity = "remove them", "warning"
    return recording.finding("FE608", message, *at, hint=hint, severity=severity, node=node.id, on_key=True)


def _asked(recording: Recording, plan: Plan, node: PlanNode, version: NodeVersion) -> _Asked:
    spec = version.spec
    reads = spec["request"].get("reads", "json")
    if is_whole(reads):
        # Which way the body is read is an input: what the flow writes, where it is no reference itself.
        reads = plan.data["nodes"][node.id]["inputs"].get(reads[2:-1], "json")
    answers = {
        node.aliases.get(outcome, outcome): recorded_answer(entry, reads)
        for outcome, entry in spec.get("example", {}).get("responses", {}).items()
    }
    return _Asked(
        recording,
        node,
        version,
        spec.get("outputs", {}),
        node_outcomes(plan, node) or (),
        reads,
        [_Example(name, one) for name, one in answers.items() if isinstance(one, HttpAnswer)],
        _looked_at(spec.get("responses", ())),
    )


def _called(recording: Recording, plan: Plan, node: PlanNode, version: NodeVersion) -> _Asked:
    """Return what is known of a called flow: its outcomes, its outputs, and the types of those that are variables."""
    called = plan.called(node.calls or "")
    outputs: dict[str, dict[str, Any]] = {}
    for name, written in called.data.get("outputs", {}).items():
        variable = called.variables.get(written[2:-1]) if is_whole(written) else None
        outputs[name] = {"type": variable.type} if variable is not None else {}
    return _Asked(recording, node, version, outputs, list(node.kinds), "json", (), {})


def _looked_at(rules: Sequence[Mapping[str, Any]]) -> dict[At, bool]:
    found: dict[At, bool] = {}
    for rule in rules:
        for path, matcher in (rule.get("when") or {}).get("body", {}).items():
            for_value = not isinstance(matcher, dict) or "exists" not in matcher
            found[parse_path(path)] = found.get(parse_path(path), False) or for_value
    return found


def _http(asked: _Asked, entry: Mapping[str, Any], at: At) -> Iterator[Finding]:
    impossible = list(_impossible(asked, entry, at))
    yield from impossible
    answer = recorded_answer(entry, asked.reads)
    if impossible or not isinstance(answer, HttpAnswer) or answer.status in UNAUTHORIZED:
        return
    is_promise = promises(asked.node, answer)
    if is_promise and entry.keys() & {"event", "timeout"}:
        return
    outcome = first_match(asked.node.rules, answer)
    if outcome is None:
        yield from _unmapped(asked, answer, at, is_promise=is_promise)
        return
    outcome = asked.node.aliases.get(outcome, outcome)
    yield from _lacking(asked, answer, outcome, at)
    yield from _mistyped(asked, answer, outcome, at)


def _impossible(asked: _Asked, entry: Mapping[str, Any], at: At) -> Iterator[Finding]:
    """FE607: no server answers so."""
    status = entry["status"]
    if status < _FIRST_FINAL:
        message = f"{status} is no answer to a request: another status always follows it"
        yield asked.warning("FE607", message, (*at, "status"), "record the one that follows")
    for key in ("body", "text"):
        if status in _WITHOUT_BODY and entry.get(key) not in (None, ""):
            message = f"an answer with status {status} has no body"
            yield asked.warning("FE607", message, (*at, key), "remove it, or correct the status")


def _unmapped(asked: _Asked, answer: HttpAnswer, at: At, *, is_promise: bool) -> Iterator[Finding]:
    """FE602: no rule matches, and the node type does not say that its service answers like that."""
    meant = asked.example(ON_INVALID_CHOICE)
    if meant is not None and not _unlike(asked, answer, meant):
        return
    message = (
        f"no response rule of {asked.version.pinned} matches this answer: the node comes back with {ON_INVALID_CHOICE}"
    )
    if is_promise:
        hint = "add the `event` that was posted back as its result, or `timeout: true`"
        yield asked.warning("FE602", message, (*at, "status"), hint)
        return
    near = max(asked.examples, key=lambda one: _likeness(asked, answer, one.answer), default=None)
    differs = _unlike(asked, answer, near.answer) if near is not None else []
    if near is None or not differs:
        yield asked.warning("FE602", message, (*at, "status"), MEANT)
        return
    there = " and ".join(f"{name} {shown(value)}" for _, name, value in differs)
    hint = f"the example of {near.outcome} has {there}; {MEANT}"
    yield asked.warning("FE602", message, (*at, *differs[0][0]), hint)


def _unlike(asked: _Asked, answer: HttpAnswer, example: HttpAnswer) -> list[tuple[At, str, Json]]:
    """Return where an answer differs from an example in what rules look at: place, name, the example's value."""
    found: list[tuple[At, str, Json]] = []
    if answer.status != example.status:
        found.append((("status",), "status", example.status))
    for path, for_value in asked.looked_at.items():
        here, there = find(answer.content, path)[1], find(example.content, path)[1]
        if (here is None) is not (there is None) or (for_value and not same(here, there)):
            found.append((("body", *path), path_text(path), there))
    return found


def _likeness(asked: _Asked, answer: HttpAnswer, example: HttpAnswer) -> tuple[bool, int, float]:
    """Say how much an answer is like an example; of two alike, the one that is written most alike is meant."""
    differs = _unlike(asked, answer, example)
    here = " ".join(shown(find(answer.content, at[1:])[1]) for at, _, _ in differs)
    there = " ".join(shown(value) for _, _, value in differs)
    alike = SequenceMatcher(None, here[:_COMPARED], there[:_COMPARED]).ratio()
    return answer.status // 100 == example.status // 100, -len(differs), alike


def _lacking(asked: _Asked, answer: HttpAnswer, outcome: str, at: At) -> Iterator[Finding]:
    """FE603: a success that lacks what its example has for outputs; one of another class of status may do so."""
    example = asked.example(outcome)
    if asked.node.kinds.get(outcome) != "success" or example is None:
        return
    if answer.status // 100 != example.status // 100:
        return
    there = read_outputs(asked.node.outputs, example)
    here = read_outputs(asked.node.outputs, answer)
    lacking = [output for output in asked.node.outputs if output.name in there and output.name not in here]
    if not lacking:
        return
    listed = ", ".join(f"{_source(output)} (output {output.name})" for output in lacking)
    first = lacking[0]
    hint = f"the example of {outcome} has {shown(there[first.name])} there"
    place: At = (*at, "headers") if first.path is None else (*at, "body", *first.path)
    yield asked.warning("FE603", f"this answer lacks {listed}", place, hint)


def _mistyped(asked: _Asked, answer: HttpAnswer, outcome: str, at: At) -> Iterator[Finding]:
    """FE604: a value of another type than its output is declared with, or than the text that examples have."""
    for output in asked.node.outputs:
        if output.path is None:
            continue
        there, value = find(answer.content, output.path)
        if not there or value is None:
            continue
        declared = asked.outputs[output.name].get("type")
        example = _example_value(asked, output, outcome)
        if declared is not None and not _fits(value, declared, example):
            hint = f"an example has {shown(example)}" if example is not None else ""
            place = (*at, "body", *output.path)
            yield asked.warning("FE604", _mistype(output.name, declared, value), place, hint)


def _fits(value: Json, declared: str, example: Json) -> bool:
    """Whether a value may be that of an output. One of type ``string`` writes other values as JSON, on purpose."""
    if declared == "string":
        return isinstance(value, str) or not isinstance(example, str)
    return has_type(value, declared)


def _example_value(asked: _Asked, output: Output, outcome: str) -> Json:
    """Return what an example has where an output is read: that of the outcome, else the first that has anything."""
    answers = [asked.example(outcome), *(one.answer for one in asked.examples)]
    values = (find(one.content, output.path)[1] for one in answers if one is not None and output.path is not None)
    return next((value for value in values if value is not None), None)


def _outcome(asked: _Asked, entry: Mapping[str, Any], at: At) -> Iterator[Finding]:
    """FE605, FE604, FE606: an outcome straight away is one of the node's, with outputs that it has."""
    outcome = entry.get("outcome")
    if outcome is None:
        return
    if outcome not in asked.outcomes and outcome not in asked.node.aliases:
        message = f"{asked.version.pinned} does not come back with {outcome!r}"
        hint = did_you_mean(outcome, list(asked.outcomes))
        yield asked.warning("FE605", message, (*at, "outcome"), hint)
    spellings = {alias: name for name, one in asked.outputs.items() for alias in one.get("aliases", ())}
    for name, value in (entry.get("outputs") or {}).items():
        place = (*at, "outputs", name)
        declared = asked.outputs.get(name, {}).get("type")
        if name not in asked.outputs:
            hint = f"write {spellings[name]}" if name in spellings else did_you_mean(name, list(asked.outputs))
            message = f"{asked.version.pinned} has no output {name!r}"
            yield asked.warning("FE606", message, place, hint, on_key=True)
        elif declared is not None and not has_type(value, declared):
            yield asked.warning("FE604", _mistype(name, declared, value), place)


def _mistype(output: str, declared: str, value: Json) -> str:
    wanted, found = in_words(frozenset({declared})), in_words(types_of_value(value))
    return f"the output {output!r} is declared as {wanted}; this is {found}"


def _source(output: Output) -> str:
    header = f"header {output.header}"
    if output.path is None:
        return header
    return f"{path_text(output.path)} or {header}" if output.header else path_text(output.path)
