"""The event that recordings begin with, where nobody has given one: whatever the flow reads of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from flowengine.catalogue.catalogue import Catalogue, NodeVersion
from flowengine.check.names import find_version
from flowengine.core.answers import Json
from flowengine.core.conditions import Condition
from flowengine.core.plan import Plan
from flowengine.core.references import Reference, references_in, split_template
from flowengine.explore.unknown import read_places, wanted_kinds
from flowengine.flowfile.syntax import Flow
from flowengine.generate.guesses import read_fields
from flowengine.generate.made import made_value
from flowengine.generate.places import ABSENT, NoPlace, Path, put
from flowengine.generate.rows import all_conditions, numeric_places, pleas


def made_events(plan: Plan, flow: Flow, catalogue: Catalogue) -> list[Json]:
    """Make events that have what the flow reads of them, with values that fit where they are used.

    The first has what scripts read, too: nobody knows of what kind it has to be. The second has not.
    """
    read = list(dict.fromkeys(_read_by_references(plan)))
    in_scripts = [path for root, path in read_fields(plan) if root == "trigger"]
    events = [_made(plan, flow, catalogue, paths) for paths in (dict.fromkeys([*read, *in_scripts]), read)]
    return events if events[0] != events[1] else events[:1]


def _made(plan: Plan, flow: Flow, catalogue: Catalogue, read: Collection[Path]) -> Json:
    examples = dict(_used_as(flow, catalogue))
    numbers = {(one.root, one.path): "number" for one in numeric_places(all_conditions(plan))}
    kinds = {path: kind for (root, path), kind in {**numbers, **wanted_kinds(plan)}.items() if root == "trigger"}
    event: Json = {}
    for path in read:
        name = next((one for one in reversed(path) if isinstance(one, str)), "value")
        is_whole = path in examples or not any(other != path and other[: len(path)] == path for other in read)
        if path and is_whole:
            value = examples.get(path, made_value(name, kinds.get(path) or ("object" if len(path) == 1 else None)))
            event = _put(event, path, value)
    return meeting_when(plan, event)


def meeting_when(plan: Plan, event: Json) -> Json:
    """Return the event with whatever ``trigger.when`` asks for."""
    wishes = [(condition, True) for condition in plan.when]
    for plea in pleas(plan, (), {"trigger": event}, wishes):
        if plea.values:
            event = _put(event, plea.reference.path, plea.values[0])
    return event


def _read_by_references(plan: Plan) -> Iterator[Path]:
    for inputs, sets in read_places(plan).values():
        yield from (path for root, path in [*inputs, *sets] if root == "trigger")
    for condition in plan.when:
        yield from (one.path for one in references_in(list(condition.raw.values())) if _needs(condition))


def _needs(condition: Condition) -> bool:
    return condition.raw.get("exists") is not False


def _used_as(flow: Flow, catalogue: Catalogue) -> Iterator[tuple[Path, Json]]:
    """Yield places of the event with an example of the input that they are given to."""
    for node in flow.nodes.values():
        version = find_version(catalogue, node.get("type", ""))
        for name, written in node.get("inputs", {}).items() if version is not None else ():
            parts = split_template(written) if isinstance(written, str) and "$(" in written else []
            example = _example(version, name) if version is not None else ABSENT
            only = parts[0] if len(parts) == 1 else None
            if isinstance(only, Reference) and only.root == "trigger" and example is not ABSENT:
                yield only.path, example


def _example(version: NodeVersion, name: str) -> Json:
    example: Mapping[str, Json] = version.spec.get("example", {})
    every = [example, *example.get("channels", {}).values()]
    return next((one["inputs"][name] for one in every if name in one.get("inputs", {})), ABSENT)


def _put(event: Json, path: Path, value: Json) -> Json:
    try:
        return put(event, path, value)
    except NoPlace:
        return event
