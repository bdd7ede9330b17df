"""Why a recorded answer was missing: what was recorded near it, and what the walk did that was not expected."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, NamedTuple

from flowengine.core import walker
from flowengine.core.entries import Entry, Requested, Stopped
from flowengine.core.outcomes import UNAUTHORIZED
from flowengine.core.plan import Plan
from flowengine.core.state import Attempt, State
from flowengine.core.trace import Run
from flowengine.core.wants import Await, Call, Send
from flowengine.recording.expectation import in_lines
from flowengine.recording.format import Recording


class Used(NamedTuple):
    """A recorded answer, and what it was used for. ``number`` counts from 1; ``line`` is that of the file."""

    number: int
    line: int | None
    visit: int
    attempt: int
    outcome: str


class Left(NamedTuple):
    """Answers of a node that were not used."""

    node: str
    number: int
    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Missing:
    """What had no recorded answer, and what is near it.

    ``method`` and ``target`` are those of a request; of a node that waits, ``waits`` has the labels of its events.
    ``used`` are the answers of the same node; ``left`` those of others; ``alike`` is the node among them whose name is
    most like it; ``because`` says why the node was asked again; ``parted`` where the walk left the expected one.
    """

    node: str
    visit: int
    attempt: int
    method: str | None
    target: str | None
    waits: tuple[str, ...]
    used: tuple[Used, ...]
    left: tuple[Left, ...]
    alike: str | None
    because: str | None
    parted: str | None

    def sentences(self) -> Iterator[str]:
        """Yield what there is to say, one thing at a time."""
        if self.used:
            listed = ", ".join(
                f"{_place(one.number, one.line)} by visit {one.visit}, attempt {one.attempt} ({one.outcome})"
                for one in self.used
            )
            yield f"recorded for {self.node!r} and used up: {listed}"
        else:
            yield f"nothing is recorded for {self.node!r}"
        yield from (one for one in (self.because, self.parted) if one)
        if self.left:
            yield f"not used: {', '.join(map(_left, self.left))}"
        if self.alike:
            yield f"are the answers for {self.alike!r} meant for {self.node!r}?"

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values (an API, see docs/json.md)."""
        return {
            "node": self.node,
            "visit": self.visit,
            "attempt": self.attempt,
            "method": self.method,
            "path": self.target,
            **({"waits": list(self.waits)} if self.waits else {}),
            "used": [one._asdict() for one in self.used],
            "left": [{"node": one.node, "count": one.number, "lines": list(one.lines)} for one in self.left],
            "alike": self.alike,
            "because": self.because,
            "parted": self.parted,
        }


def explain_missing(
    plan: Plan, entries: Sequence[Entry], recording: Recording, called: Mapping[str, Run] | None = None, above: str = ""
) -> Missing | None:
    """Explain a dry-run that ended for want of an answer, by its journal; None for one that ended otherwise.

    ``called`` are the runs that it called, by id; what is missing in one of them stands below the node that calls it:
    ``above`` is that node, with a slash.
    """
    if not entries or not isinstance(entries[-1], Stopped):
        return None
    state = walker.replay(plan, list(entries[:-1]))
    want = walker.next(plan, state)
    if isinstance(want, Call) and called is not None and want.run in called:
        inner, below = called[want.run], f"{above}{want.node}/"
        return explain_missing(plan.called(want.flow), inner.entries, recording, inner.called, below)
    if not isinstance(want, Send | Await | Call):
        return None
    request = want.request if isinstance(want, Send) else None
    name = above + want.node
    used = list(_used(plan, state, entries, recording, above))
    left = tuple(one for one in _answers_left(recording, [node for node, _ in used]) if _is_below(one.node, above))
    if name in (one.node for one in left):
        return None  # there is one, and it does not fit: the reason says so
    near = get_close_matches(name, [one.node for one in left], n=1, cutoff=0.5)
    return Missing(
        node=name,
        visit=want.visit,
        attempt=want.attempt,
        method=request.method if request is not None else None,
        target=request.target if request is not None else None,
        waits=want.labels if isinstance(want, Await) else (),
        used=tuple(one for node, one in used if node == name),
        left=left,
        alike=near[0] if near else None,
        because=_because(state, want),
        parted=None if above else _parted(recording.expect or {}, state),
    )


def _is_below(name: str, above: str) -> bool:
    """Whether an answer is for a node of one flow, and not for one that it calls or that calls it."""
    return name.startswith(above) and "/" not in name[len(above) :]


def _used(
    plan: Plan, state: State, entries: Sequence[Entry], recording: Recording, above: str
) -> Iterator[tuple[str, Used]]:
    """Yield the answers that were used, each with its node: those to requests, and to waits for events."""
    asked = {entry[:3] for entry in entries if isinstance(entry, Requested)}
    counts: dict[str, int] = {}
    for node, visit, attempt in _attempts(state):
        is_receive = plan.nodes[node].handler == "receive"
        if not is_receive and (node, visit, attempt.number) not in asked:
            continue
        name = above + node
        recorded = recording.responses.get(name, ())
        if plan.nodes[node].calls is not None and not recorded:
            continue
        number = counts.get(node, 0) + 1
        yield name, Used(number, recording.line(name, number - 1), visit, attempt.number, attempt.outcome)
        while not is_receive and number < len(recorded) and recorded[number].keys() == {"event"}:
            number += 1  # the result of the same call
        counts[node] = number


def _attempts(state: State) -> Iterator[tuple[str, int, Attempt]]:
    for step in state.steps:
        yield from ((step.node, step.visit, one) for one in step.attempts)
    if state.visit is not None:
        yield from ((state.at, state.visits[state.at], one) for one in state.visit.attempts)


def _answers_left(recording: Recording, used: Sequence[str]) -> tuple[Left, ...]:
    counts = {node: len(answers) - used.count(node) for node, answers in recording.responses.items()}
    return tuple(Left(node, count, recording.last_lines(node, count)) for node, count in counts.items() if count > 0)


def _because(state: State, want: Send | Await | Call) -> str | None:
    """Say why the node is come to once more: another attempt, or another visit."""
    if want.attempt > 1 and state.visit is not None and state.visit.attempts:
        last = state.visit.attempts[-1]
        if last.status in UNAUTHORIZED:
            return f"attempt {want.attempt} follows the status {last.status} of attempt {last.number}"
        return f"attempt {want.attempt} follows {last.outcome} of attempt {last.number}: the node's `retry` tries again"
    if want.visit > 1:
        last_step = state.steps[-1]
        return f"visit {want.visit}: {last_step.node!r} came back with {last_step.outcome}, and led here once more"
    return None


def _parted(expect: Mapping[str, Any], state: State) -> str | None:
    """Say where the walk left the outcomes or the path that are expected."""
    for number, (step, outcome) in enumerate(zip(state.steps, expect.get("outcomes", ()), strict=False)):
        if step.outcome != outcome:
            return f"step {number + 1}, {step.node!r}, came back with {step.outcome}; expected {outcome}"
    path = expect.get("path", state.path)
    for number, name in enumerate(state.path):
        if number >= len(path) or name != path[number]:
            meant = f"expected {path[number]!r}" if number < len(path) else "expected that the walk had ended before"
            return f"{_led(state, number)}; {meant}"
    return None


def _led(state: State, number: int) -> str:
    if number == 0:
        return f"the walk begins at {state.path[0]!r}"
    step = state.steps[number - 1]
    return f"{step.node!r} came back with {step.outcome} and led to {state.path[number]!r}"


def _place(number: int, line: int | None) -> str:
    return f"line {line}" if line is not None else f"answer {number}"


def _left(one: Left) -> str:
    return f"{one.node}{in_lines(one.lines) or f' ({one.number})'}"
