"""The smallest set of recordings that is found for a flow, and what it does not exercise, with reasons."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from flowengine.api import dry_run
from flowengine.catalogue.catalogue import Catalogue
from flowengine.check.compile import compile
from flowengine.core.answers import Json
from flowengine.core.plan import Plan
from flowengine.flowfile.syntax import Flow
from flowengine.generate.cases import MadeCase, made_cases
from flowengine.generate.cover import fewest_ways, least_runs
from flowengine.generate.events import made_events, meeting_when
from flowengine.generate.goals import SECONDS, Goals
from flowengine.generate.made import made_inputs
from flowengine.generate.reasons import Unreached, unreached
from flowengine.generate.search import Pair, Search
from flowengine.generate.walks import Start
from flowengine.recording.coverage import Coverage
from flowengine.recording.format import Recording


@dataclass
class Generated:
    """What was made for a flow.

    ``least``: with fewer recordings it cannot be done. ``coverage`` is that of the cases and
    of the recordings that were there. ``is_late``: the time was over before everything was tried.
    """

    plan: Plan
    cases: list[MadeCase]
    least: int
    unreached: list[Unreached]
    coverage: Coverage
    is_late: bool
    seconds: float = field(default=0.0, compare=False)

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values (an API, see docs/generating.md)."""
        shares = self.coverage.shares()
        return {
            "flow": self.plan.flow,
            "recordings": len(self.cases),
            "least": self.least,
            "edges": shares["edges"]._asdict(),
            "outcomes": shares["outcomes"]._asdict(),
            "unreached": [one._asdict() for one in self.unreached],
            "late": self.is_late,
        }


def generate(
    flow: Flow,
    catalogue: Catalogue,
    *,
    event: Json = None,
    existing: Iterable[Recording] = (),
    seconds: float = SECONDS,
) -> Generated:
    """Make recordings that exercise every edge and every outcome of a flow that can be reached.

    ``event`` is one that starts the flow; without one, one is made of what the flow reads. What ``existing`` recordings
    exercise is not done again. ``seconds`` bounds the search for what is hard to reach. Raises InvalidFile where the
    flow has errors, UsageError where an existing recording does not start it.
    """
    began = time.perf_counter()
    plan = compile(flow, catalogue)
    search = Search(plan, flow, catalogue)
    coverage = Coverage(plan.flow, search.possible)
    there = list(existing)
    for one in there:
        coverage.add(dry_run(plan, one).run)
    done = _exercised(coverage)
    made = made_events(plan, flow, catalogue)
    goals = Goals(search, made[0], seconds)
    for tried in made if event is None else [meeting_when(plan, event), *made]:
        if _is_wanted(search, done) and search.begin(Start(tried, made_inputs(plan))):
            goals.pursue()
    ways = fewest_ways(search, done)
    cases = made_cases(search, ways, [one.name for one in there])
    for case in cases:
        coverage.add(case.run)
    least = least_runs(search, done)
    missing = unreached(search, goals, _exercised(coverage))
    return Generated(plan, cases, least, missing, coverage, goals.is_late, time.perf_counter() - began)


def _is_wanted(search: Search, done: frozenset[Pair]) -> bool:
    return (
        any((node, outcome) not in done for node in search.possible for outcome in search.missing(node))
        or not search.starts
    )


def _exercised(coverage: Coverage) -> frozenset[Pair]:
    return frozenset(pair for pair, count in coverage.outcomes.items() if count)
