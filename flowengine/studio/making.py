"""Makes a recording that takes an edge which no recording takes yet."""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

from flowengine.check.reach import possible_edges
from flowengine.core.answers import Json
from flowengine.errors import InvalidFile, UsageError
from flowengine.flowfile.yaml_tree import read_yaml, to_value
from flowengine.generate.cases import made_cases
from flowengine.generate.cover import fewest_ways
from flowengine.generate.events import made_events, meeting_when
from flowengine.generate.goals import Goals
from flowengine.generate.made import made_inputs
from flowengine.generate.reasons import unreached
from flowengine.generate.search import Pair, Search
from flowengine.generate.walks import Start
from flowengine.recording.writing import recording_text
from flowengine.studio.offers import Ready

SECONDS: Final = 8.0
"""How long is looked for what is hard to reach: somebody waits for it."""


class Made(NamedTuple):
    """A recording, as its file is to be. ``short`` is its name without the flow's."""

    short: str
    title: str
    text: str


def make_recording(ready: Ready, flow: Path, node: str, outcome: str, taken: list[str]) -> Made:
    """Make a recording in which a node comes back with an outcome. Raises UsageError, which says why there is none."""
    pair: Pair = (node, outcome)
    if outcome not in possible_edges(ready.flow, ready.catalogue).get(node, {}):
        raise UsageError(f"{node[:60]!r} does not come back with {outcome[:60]!r}")
    search = Search(ready.plan, ready.flow, ready.catalogue)
    made = made_events(ready.plan, ready.flow, ready.catalogue)
    goals = Goals(search, made[0], SECONDS)
    for event in [*_sample(ready, flow), *made]:
        if (
            pair not in search.reached
            and search.begin(Start(event, made_inputs(ready.plan)))
            and pair not in search.reached
        ):
            goals.pursue()
    ways = fewest_ways(search, set(search.reached) - {pair}) if pair in search.reached else []
    cases = made_cases(search, ways, taken)
    if not cases:
        why = next(
            (one.why for one in unreached(search, goals, ()) if (one.node, one.outcome) == pair), "no way leads there"
        )
        raise UsageError(why)
    case = cases[0]
    return Made(case.short, case.title, recording_text(case.recording, title=case.title, description=case.description))


def _sample(ready: Ready, flow: Path) -> list[Json]:
    """Return the sample event of a flow, where it has one."""
    for suffix in (".yaml", ".yml", ".json"):
        file = flow.parent / "triggers" / f"{flow.stem}{suffix}"
        if file.is_file():
            try:
                return [meeting_when(ready.plan, to_value(read_yaml(file)))]
            except InvalidFile:
                return []
    return []
