"""Walks as recordings: with names and titles for people, and with what came of a dry-run as the expectation."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple

from flowengine.api import dry_run
from flowengine.check.reach import ANY_OTHER
from flowengine.core.plan import Plan
from flowengine.core.trace import Run
from flowengine.generate.cover import Way
from flowengine.generate.search import Pair, Search
from flowengine.recording.format import Recording
from flowengine.recording.unsteady import is_unsteady
from flowengine.recording.writing import is_writable

_LONGEST_NAME: Final = 64


class MadeCase(NamedTuple):
    """A recording, and what is said about it. ``short`` is its name without the flow's."""

    recording: Recording
    short: str
    title: str
    description: str
    run: Run


def made_cases(search: Search, ways: Sequence[Way], taken: Iterable[str] = ()) -> list[MadeCase]:
    """Return a recording for each walk; none is called like one that is ``taken``."""
    seen: set[Pair] = set()
    names = set(taken)
    ends = Counter(search.pair(way.moves[-1]) for way in ways)
    counts = Counter(pair for way in ways for pair in {search.pair(made) for made in way.moves})
    cases = []
    for way in ways:
        pairs = list(dict.fromkeys(search.pair(made) for made in way.moves))
        new = [pair for pair in pairs if pair not in seen]
        seen |= set(pairs)
        last = search.pair(way.moves[-1])
        special = [pair for pair in pairs if counts[pair] == 1 and pair != last] if ends[last] > 1 else []
        short = _unused(search.plan.flow, [*special[-1:], last], names)
        names.add(f"{search.plan.flow}-{short}")
        cases.append(_case(search.plan, way, short, new or pairs))
    return cases


def _case(plan: Plan, way: Way, short: str, new: Sequence[Pair]) -> MadeCase:
    responses: dict[str, list[dict[str, Any]]] = {}
    for made in way.moves:
        if made.entries:
            responses.setdefault(made.step.node, []).extend(dict(one) for one in made.entries)
    bare = Recording(_name(plan.flow, short), plan.flow, way.start.trigger, way.start.variables, responses)
    run = dry_run(plan, bare).run
    recording = replace(bare, expect=_expectation(plan, run))
    exercised = ", ".join(f"{node} {_said(outcome)}" for node, outcome in new)
    return MadeCase(recording, short, _title(plan, way), f"Generated. It exercises {exercised}.", run)


def _expectation(plan: Plan, run: Run) -> dict[str, Any]:
    unsteady = {name for step in run.steps if is_unsteady(plan, step.node) for name in step.wrote}
    written = dict.fromkeys(name for step in run.steps for name in step.wrote if name not in unsteady)
    variables = {name: run.variables[name] for name in written if is_writable(run.variables[name])}
    return {
        "result": run.result,
        "path": run.path,
        "outcomes": [step.outcome for step in run.steps],
        **({"variables": variables} if variables else {}),
    }


def _title(plan: Plan, way: Way) -> str:
    step = way.moves[-1].step
    title = f"{plan.nodes[step.node].title or step.node}: {step.outcome}"
    attempts = len(way.moves[-1].entries)
    return f"{title}, {attempts} attempts" if attempts > 1 else title


def _unused(flow: str, pairs: Sequence[Pair], taken: set[str]) -> str:
    short = "-then-".join(_slug(f"{node}-{_said(outcome)}") for node, outcome in pairs)
    tried, number = short, 1
    while _name(flow, tried) in taken:
        number += 1
        tried = f"{short[: _LONGEST_NAME - len(flow) - 5]}-{number}"
    return _name(flow, tried)[len(flow) + 1 :]


def _name(flow: str, short: str) -> str:
    return f"{flow}-{short}"[:_LONGEST_NAME].rstrip("-")


def _slug(text: str) -> str:
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", text)
    return re.sub(r"[^a-z0-9]+", "-", apart.lower()).strip("-") or "case"


def _said(outcome: str) -> str:
    return "anything else" if outcome == ANY_OTHER else outcome
