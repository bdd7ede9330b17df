"""Where the walks of two recordings part, and what differs there: the first thing that led them apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from operator import eq
from typing import Any, NamedTuple

from flowengine.core import walker
from flowengine.core.answers import Answer, Arrived, Broken, HttpAnswer, Json, Outcome, Returned, TimedOut
from flowengine.core.entries import Completed, Requested
from flowengine.core.paths import parse_path
from flowengine.core.plan import Plan
from flowengine.core.references import descend, references_in
from flowengine.core.state import Step
from flowengine.core.trace import Run, step_json
from flowengine.recording.format import Recording
from flowengine.recording.unlike import ABSENT, Difference, differences


class Walked(NamedTuple):
    """A recording and the run on it, with its journal."""

    recording: Recording
    run: Run


class Earlier(NamedTuple):
    """What differs before the walks part: in the start values, where ``node`` is None, or in a node's answers."""

    node: str | None
    visit: int
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Parting:
    """``common`` is how many steps are the same; ``left`` and ``right`` are the next ones, None where there is none.

    ``causes`` is what differs at that step and decides on its outcome, ``beside`` what else differs there; ``earlier``
    what differs before it, in order; ``ends`` in what the runs come to. Walks that never part have neither ``left`` nor
    ``right``.
    """

    common: int
    left: Step | None
    right: Step | None
    causes: tuple[Difference, ...]
    beside: tuple[Difference, ...]
    earlier: tuple[Earlier, ...]
    ends: tuple[Difference, ...]

    @property
    def node(self) -> str | None:
        """The node at which the walks part."""
        step = self.left or self.right
        return step.node if step else None

    @property
    def same(self) -> bool:
        """Whether the walks go the same way to the same end."""
        return self.node is None and not any(one.what in {"result", "reason"} for one in self.ends)

    def to_json(self, left: Walked, right: Walked) -> dict[str, Any]:
        """Return it as JSON values (an API, see docs/json.md)."""
        step = self.left or self.right
        return {
            "same": self.same,
            "common": left.run.path[: self.common],
            "parting": {
                "node": step.node,
                "visit": step.visit,
                "left": step_json(self.left) if self.left else None,
                "right": step_json(self.right) if self.right else None,
                "causes": [one.to_json() for one in self.causes],
                "beside": [one.to_json() for one in self.beside],
            }
            if step
            else None,
            "earlier": [
                {"node": one.node, "visit": one.visit, "differences": [each.to_json() for each in one.differences]}
                for one in self.earlier
            ],
            "ends": [one.to_json() for one in self.ends],
            "left": _end_json(left),
            "right": _end_json(right),
        }


def part(plan: Plan, left: Walked, right: Walked) -> Parting:
    """Compare the walks of two recordings of one flow."""
    pairs = zip(left.run.steps, right.run.steps, strict=False)
    shorter = min(len(left.run.steps), len(right.run.steps))
    common = next((number for number, (one, other) in enumerate(pairs) if _way(one) != _way(other)), shorter)
    ours, theirs = (one.run.steps[common] if common < len(one.run.steps) else None for one in (left, right))
    found = list(_found_at(plan, left.run, right.run, common)) if ours and theirs else []
    deciding = [one for one in found if ours and _decides(plan, ours, one)] or found
    return Parting(
        common=common,
        left=ours,
        right=theirs,
        causes=tuple(deciding),
        beside=tuple(one for one in found if one not in deciding),
        earlier=tuple(_earlier(left, right, common)),
        ends=tuple(_ends(left.run, right.run)),
    )


def _way(step: Step) -> tuple[Any, ...]:
    return step.node, step.outcome, step.edge


def _found_at(plan: Plan, left: Run, right: Run, number: int) -> list[Difference]:
    """Return what differs at a step: its answers, else its inputs, else what it reads beside them."""
    ours, theirs = left.steps[number], right.steps[number]
    found = list(_answers(left, right, number)) or list(differences("input", ours.inputs, theirs.inputs))
    return found or list(_reads(plan, left, right, number))


def _decides(plan: Plan, step: Step, difference: Difference) -> bool:
    """Whether response rules look at a place; of an answer that is no HTTP answer all counts."""
    if not difference.what.endswith((" body", " headers")):
        return True
    places: list[tuple[str | int, ...]] = []
    for rule in plan.data["types"][step.type].get("responses", ()):
        when = rule.get("when") or {}
        if difference.what.endswith("body"):
            places += map(parse_path, when.get("body", {}))
        else:
            places += ((name.lower(),) for name in when.get("headers", {}))
    return any(all(map(eq, place, difference.path)) for place in places)


def _earlier(left: Walked, right: Walked, common: int) -> Iterator[Earlier]:
    start = (
        *differences("trigger", left.recording.trigger, right.recording.trigger),
        *differences("variables", left.recording.variables, right.recording.variables),
    )
    if start:
        yield Earlier(None, 0, start)
    for number, step in enumerate(left.run.steps[:common]):
        found = tuple(_answers(left.run, right.run, number))
        if found:
            yield Earlier(step.node, step.visit, found)


def _answers(left: Run, right: Run, number: int) -> Iterator[Difference]:
    """Yield how the recorded answers of a step differ, attempt by attempt."""
    pairs = zip_longest(_recorded(left, number), _recorded(right, number), fillvalue=ABSENT)
    for attempt, (one, other) in enumerate(pairs, start=1):
        what = "answer" if attempt == 1 else f"answer {attempt}"
        if isinstance(one, Arrived) and isinstance(other, Arrived):
            yield from differences(f"{what} event", one.body, other.body)
            continue
        if isinstance(one, HttpAnswer) and isinstance(other, HttpAnswer):
            yield from differences(f"{what} status", one.status, other.status)
            yield from differences(f"{what} body", one.content, other.content)
            yield from differences(f"{what} headers", one.headers, other.headers)
            continue
        yield from differences(what, _in_words(one), _in_words(other))
        if isinstance(one, Outcome | Returned) and isinstance(other, Outcome | Returned):
            yield from differences(f"{what} outputs", one.outputs, other.outputs)


def _recorded(run: Run, number: int) -> list[Answer]:
    """Return the answers that a step took from the recording: those that came to a request, and events."""
    step, asked, found = run.steps[number], False, []
    for entry in run.entries:
        about = isinstance(entry, Requested | Completed) and (entry.node, entry.visit) == (step.node, step.visit)
        if about and isinstance(entry, Completed) and (asked or isinstance(entry.answer, Arrived)):
            found.append(entry.answer)
        asked = about and isinstance(entry, Requested)
    return found


def _in_words(answer: Any) -> Any:
    """Write an answer so that it can be compared with one of another kind."""
    match answer:
        case HttpAnswer(status=status):
            return f"status {status}"
        case TimedOut():
            return "timeout"
        case Broken(reason):
            return f"error: {reason}"
        case Outcome(outcome=outcome) | Returned(end=str(outcome)):
            return f"outcome {outcome}"
        case Returned(reason=reason):
            return f"error: {reason}"
        case Arrived(name=name):
            return f"event {name}"
    return ABSENT


def _reads(plan: Plan, left: Run, right: Run, number: int) -> Iterator[Difference]:
    """Yield what a node that computes read differently: what its inputs refer to, and the variables of a script."""
    step = left.steps[number]
    scopes = [_scope_before(plan, run, number) for run in (left, right)]
    inputs = plan.data["nodes"][step.node].get("inputs", {})
    for reference in dict.fromkeys(one._replace(offset=0) for one in references_in(inputs)):
        one, other = (_found(scope, (reference.root, *reference.path)) for scope in scopes)
        yield from differences(str(reference), one, other)
    if plan.nodes[step.node].handler == "evaluate":
        for name in plan.variables:
            one, other = (_found(scope, (name,)) for scope in scopes)
            yield from differences(f"variable {name}", one, other)


def _scope_before(plan: Plan, run: Run, number: int) -> dict[str, Json]:
    step = run.steps[number]
    here = (step.node, step.visit)
    begins = next(
        index
        for index, entry in enumerate(run.entries)
        if isinstance(entry, Requested | Completed) and (entry.node, entry.visit) == here
    )
    return walker.replay(plan, run.entries[:begins]).scope


def _found(scope: dict[str, Json], path: Sequence[str | int]) -> Any:
    try:
        return descend(scope, tuple(path))
    except LookupError:
        return ABSENT


def _ends(left: Run, right: Run) -> Iterator[Difference]:
    yield from differences("result", left.result, right.result)
    yield from differences("reason", left.reason, right.reason)
    yield from differences("variables", left.variables, right.variables)


def _end_json(walked: Walked) -> dict[str, Any]:
    run = walked.run
    return {
        "recording": walked.recording.name,
        "path": run.path,
        "result": run.result,
        "reason": run.reason,
        "variables": run.variables,
    }
