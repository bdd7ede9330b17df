"""Takes a recording of a run: what each node really got, out of the run's journal.

The same journal gives the same bytes. What is written is read again and dry-run before anybody gets it: what does not
come out as it did in the run is told, and not expected.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, NamedTuple

from flowengine.core import walker
from flowengine.core.answers import (
    Answer,
    Arrived,
    Broken,
    HttpAnswer,
    Invalid,
    Json,
    NoCallback,
    Outcome,
    Refused,
    Returned,
    TimedOut,
)
from flowengine.core.entries import Completed, Entry, Started, Stopped
from flowengine.core.moments import moment
from flowengine.core.outcomes import ON_AUTHORIZATION_FAILURE, ON_INVALID_DATA
from flowengine.core.plan import Plan, PlanNode
from flowengine.core.trace import Run
from flowengine.core.values import as_text, type_of
from flowengine.core.wants import Await, Call, Send
from flowengine.errors import EngineBug, InvalidFile, UsageError
from flowengine.recording.concealing import Concealer
from flowengine.recording.confirming import confirmed
from flowengine.recording.format import Recording, parse_recording
from flowengine.recording.writing import Unwritable, recording_text
from flowengine.redaction import PLACEHOLDER

_RETRY_AFTER: Final = "retry-after"
_CONTENT_TYPE: Final = "content-type"


class Taken(NamedTuple):
    """A recording, as it is written. ``notes`` are for whoever keeps it: what is missing in it, and why."""

    recording: Recording
    text: str
    notes: tuple[str, ...]

    @property
    def answers(self) -> int:
        """How many answers are recorded."""
        return sum(map(len, self.recording.responses.values()))


def take_recording(plan: Plan, run: Run, name: str) -> Taken:
    """Take the recording ``name`` of a run that was walked with a journal.

    Where the run came to its end, and a dry-run of the recording comes to the same, the recording expects that. Raises
    UsageError for a run without a journal or of another plan, and for one that no file can hold.
    """
    raw = _raw(plan, run, name)
    conceal = Concealer(raw)
    bare = replace(
        raw,
        trigger=conceal(raw.trigger),
        variables=conceal(raw.variables),
        responses={node: [conceal.answer(one) for one in entries] for node, entries in raw.responses.items()},
    )
    if isinstance(run.entries[-1], Stopped):
        text = _text(plan, bare, f"The run did not come to its end: {conceal(run.reason)}.")
        notes = ["the recording expects nothing, as the run did not come to its end"]
    else:
        expect, notes = confirmed(plan, run, parse_recording(_text(plan, bare).encode(), Path(name)), conceal)
        text = _text(plan, replace(bare, expect=expect), _sentence(notes[0]) if expect is None else "")
    if bare != raw:
        notes.append(f"what is a secret, or looks like one, reads {PLACEHOLDER} in it")
    if not conceal.is_free(text):
        raise UsageError("the run cannot be recorded: a secret would stand in the recording, across several values")
    return Taken(parse_recording(text.encode(), Path(name)), text, tuple(notes))


def _sentence(note: str) -> str:
    return f"{note[0].upper()}{note[1:]}."


def refuse_unrecordable(plan: Plan, trigger: Json, variables: dict[str, Json]) -> None:
    """Raise UsageError where no recording could hold what a run is about to start with."""
    _text(plan, Recording("r", plan.flow, trigger, _given(plan, variables)))


def _raw(plan: Plan, run: Run, name: str) -> Recording:
    started = run.entries[0] if run.entries else None
    if not isinstance(started, Started):
        raise UsageError("the run has no journal to take a recording of: walk it with journal=True")
    if started.digest != plan.digest:
        raise UsageError("the run was walked on another plan than this one, and would not come out the same")
    responses: dict[str, list[dict[str, Any]]] = {}
    _collect(responses, plan, run)
    about = {"id": started.run, "startedAt": moment(started.at)}
    return Recording(name, plan.flow, started.trigger, _given(plan, started.variables), responses, run=about)


def _collect(responses: dict[str, list[dict[str, Any]]], plan: Plan, run: Run, above: str = "") -> None:
    """Collect what the nodes of a run got, by place, and what those of the flows got that it called.

    Where one of the runs that a node called is not there, or was cut off, what each of them came to stands for it.
    """
    came = list(_answered(plan, run.entries))
    known = {want.run for want, answer in came if isinstance(want, Call) and isinstance(answer, Returned)}
    replaced = {want.node for want, _ in came if isinstance(want, Call) and want.run not in known & run.called.keys()}
    for want, answer in came:
        if isinstance(want, Call) and want.node not in replaced:
            _collect(responses, plan.called(want.flow), run.called[want.run], f"{above}{want.node}/")
            continue
        answers = responses.setdefault(above + want.node, [])
        if isinstance(want, Await) and want.integration is not None:
            answers[-1] = {**answers[-1], **_result_later(plan.nodes[want.node], answer)}
        else:
            answers.append(recorded_entry(plan.nodes[want.node], answer, want))


def _given(plan: Plan, variables: dict[str, Json]) -> dict[str, Json]:
    """Return the start values that are not the flow's own, to the letter."""
    own = {name: as_text([one.default]) for name, one in plan.variables.items() if one.has_default}
    return {name: value for name, value in variables.items() if own.get(name) != as_text([value])}


def _answered(plan: Plan, entries: Sequence[Entry]) -> Iterator[tuple[Send | Await | Call, Answer]]:
    """Yield what came of requests, calls and waits for events, in order: what a node computes is computed again."""
    state = walker.replay(plan, list(entries[:1]))
    for entry in entries[1:]:
        want = walker.next(plan, state)
        if isinstance(entry, Completed) and isinstance(want, Send | Await | Call):
            yield want, entry.answer
        walker.apply(plan, state, entry)


def _result_later(node: PlanNode, answer: Answer) -> dict[str, Any]:
    """Write what a recorded answer says beside itself: what was posted back, or that nothing was in time."""
    match answer:
        case Arrived(body=body):
            return {"event": body}
        case TimedOut():
            return {"timeout": True}
        case NoCallback():
            return {}
    raise EngineBug(f"a call of node {node.id!r} came to {answer}, which nobody posts")


def recorded_entry(node: PlanNode, answer: Answer, want: Send | Await | Call | None = None) -> dict[str, Any]:
    """Write an answer as a recording does: what ``recorded_answer`` reads, of events what ``answer_to`` does.

    No authorization is an outcome straight away, as nothing was answered.
    """
    match answer:
        case HttpAnswer():
            return _http(node, answer)
        case TimedOut():
            return {"timeout": True}
        case Broken(reason):
            return {"error": reason or "no usable answer"}
        case Refused():
            return {"outcome": ON_AUTHORIZATION_FAILURE}
        case Invalid():
            return {"outcome": ON_INVALID_DATA}
        case Outcome():
            outputs = {"outputs": answer.outputs} if answer.outputs else {}
            variables = {"variables": answer.variables} if answer.variables else {}
            return {"outcome": answer.outcome, **outputs, **variables}
        case Returned(end=None, reason=reason):
            return {"error": reason or "the called flow came to no end"}
        case Returned(end=end, outputs=given):
            return {"outcome": end, **({"outputs": given} if given else {})}
        case Arrived(key=key, body=body) if isinstance(want, Await):
            return {"event": {"label": dict(zip(want.keys, want.labels, strict=True))[key], "body": body}}
    raise EngineBug(f"node {node.id!r} came back with {answer}, which no recording holds")


def _http(node: PlanNode, answer: HttpAnswer) -> dict[str, Any]:
    entry: dict[str, Any] = {"status": answer.status}
    headers = {name: answer.headers[name] for name in sorted(_headers_that_matter(node, answer))}
    if headers:
        entry["headers"] = headers
    if answer.text is not None:
        entry["text"] = answer.text
    elif answer.body is not None:
        entry["body"] = answer.body
    return entry


def _headers_that_matter(node: PlanNode, answer: HttpAnswer) -> set[str]:
    """Return the names of headers that rules, outputs or a retry read; and of the type of a body that is no JSON."""
    if any(one.path is None and one.header is None and not one.status for one in node.outputs):
        return set(answer.headers)
    names = {_RETRY_AFTER, *(one.header for one in node.outputs if one.header)}
    names |= {name for rule in node.rules for name, _ in rule.headers}
    if node.callback is not None:
        accepted = (name for rule in node.callback.accepted for name, _ in rule.headers)
        names |= {*accepted, *filter(None, [node.callback.header])}
    kind = answer.headers.get(_CONTENT_TYPE, "").partition(";")[0].strip().lower()
    if kind and kind != "application/json" and not kind.endswith("+json"):
        names.add(_CONTENT_TYPE)
    return names & answer.headers.keys()


def _text(plan: Plan, recording: Recording, description: str = "") -> str:
    """Write a recording, and make sure that it can be read. Raises UsageError."""
    if not isinstance(recording.trigger, dict | None):
        raise UsageError(f"the run cannot be recorded: its trigger is {type_of(recording.trigger)}, and not a map")
    try:
        text = recording_text(recording, description=description, digest=plan.digest)
        parse_recording(text.encode(), Path(recording.name))
    except Unwritable as fault:
        raise UsageError(f"the run cannot be recorded: {fault}") from None
    except InvalidFile as invalid:
        first = invalid.findings[0]
        raise UsageError(f"the run cannot be recorded, as no recording can hold it: {first.message}") from None
    return text
