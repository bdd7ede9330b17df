"""Why a recorded answer was missing: what was recorded near it, and what the walk did that was not expected."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import pairwise
from typing import Any, NamedTuple

from flowengine.core import walker
from flowengine.core.entries import Completed, Entry, Requested, Stopped
from flowengine.core.outcomes import UNAUTHORIZED, judge
from flowengine.core.plan import Plan
from flowengine.core.state import State
from flowengine.core.wants import Send
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
    """The request that had no recorded answer, and what is near it.

    ``used`` are the answers of the same node; ``left`` those of others; ``alike`` is the node among them whose name is
    most like it; ``because`` says why the node was asked again; ``parted`` where the walk left the expected one.
    """

    node: str
    visit: int
    attempt: int
    method: str
    target: str
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
            "used": [one._asdict() for one in self.used],
            "left": [{"node": one.node, "count": one.number, "lines": list(one.lines)} for one in self.left],
            "alike": self.alike,
            "because": self.because,
            "parted": self.parted,
        }


def explain_missing(plan: Plan, entries: Sequence[Entry], recording: Recording) -> Missing | None:
    """Explain a dry-run that ended for want of an answer, by its journal; None for one that ended otherwise."""
    if len(entries) < 2 or not isinstance(entries[-1], Stopped) or not isinstance(entries[-2], Requested):  # noqa: PLR2004 - the last two
        return None
    state = walker.replay(plan, list(entries[:-1]))
    want = walker.next(plan, state)
    if not isinstance(want, Send):
        return None
    used = list(_used(plan, entries, recording))
    left = _answers_left(recording, [node for node, _ in used])
    near = get_close_matches(want.node, [one.node for one in left], n=1, cutoff=0.5)
    return Missing(
        node=want.node,
        visit=want.visit,
        attempt=want.attempt,
        method=want.request.method,
        target=want.request.target,
        used=tuple(one for node, one in used if node == want.node),
        left=left,
        alike=near[0] if near else None,
        because=_because(state, want),
        parted=_parted(recording.expect or {}, state),
    )


def _used(plan: Plan, entries: Sequence[Entry], recording: Recording) -> Iterator[tuple[str, Used]]:
    """Yield the answers that were used, each with its node: those of requests that came back."""
    counts: dict[str, int] = {}
    for before, entry in pairwise(entries):
        if isinstance(before, Requested) and isinstance(entry, Completed):
            number = counts[entry.node] = counts.get(entry.node, 0) + 1
            outcome = judge(plan.nodes[entry.node], entry.answer).outcome
            line = recording.line(entry.node, number - 1)
            yield entry.node, Used(number, line, entry.visit, entry.attempt, outcome)


def _answers_left(recording: Recording, used: Sequence[str]) -> tuple[Left, ...]:
    counts = {node: len(answers) - used.count(node) for node, answers in recording.responses.items()}
    return tuple(Left(node, count, recording.last_lines(node, count)) for node, count in counts.items() if count > 0)


def _because(state: State, want: Send) -> str | None:
    """Say why there is a second request: another attempt, or another visit."""
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
