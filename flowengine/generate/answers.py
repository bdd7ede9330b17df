"""A recorded answer for each outcome of each node that sends requests, waits for events, or calls a flow.

The node type's own example comes first. Without one an answer is made that its response rules turn into the outcome;
where none is found, and for ``onInvalidChoice``, which nobody knows an answer for, the recording names the outcome.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from flowengine.catalogue.catalogue import Catalogue, NodeVersion
from flowengine.check.called import CallVersion, version_of
from flowengine.check.outputs import outputs_after
from flowengine.check.reach import possible_edges
from flowengine.core.answers import Json
from flowengine.core.outcomes import (
    ON_AUTHORIZATION_FAILURE,
    ON_ERROR,
    ON_TIMEOUT,
    judge,
)
from flowengine.core.paths import parse_path
from flowengine.core.plan import Plan, PlanNode
from flowengine.flowfile.syntax import Flow
from flowengine.generate.made import made_value
from flowengine.generate.places import ABSENT, NoPlace, put
from flowengine.generate.received import recorded_events
from flowengine.generate.values import meeting
from flowengine.generate.walks import Reply
from flowengine.recording.replay import recorded_answer

_PLAIN: Final[Mapping[str, Reply]] = {
    ON_TIMEOUT: {"timeout": True},
    ON_ERROR: {"error": "connection refused"},
    ON_AUTHORIZATION_FAILURE: {"status": 401},
}
_CLASSES: Final = {
    "2": (200, 202, 201, 204),
    "3": (302, 304),
    "4": (400, 404, 409, 422, 429),
    "5": (500, 503, 599),
}
_WITHOUT_BODY: Final = (204, 304)


def recorded_replies(plan: Plan, flow: Flow, catalogue: Catalogue) -> dict[str, dict[str, Reply]]:
    """Return by node and canonical outcome what a recording would hold for it."""
    found: dict[str, dict[str, Reply]] = {}
    for name, targets in possible_edges(flow, catalogue).items():
        version = version_of(flow, catalogue, flow.nodes[name])
        if isinstance(version, CallVersion):
            found[name] = {outcome: _returned(version, outcome) for outcome in targets}
        elif version is not None and version.spec.get("handler") == "receive":
            found[name] = recorded_events(plan, name, targets)
        elif version is not None and "request" in version.spec:
            node = plan.nodes[name]
            found[name] = {outcome: _reply(node, version, outcome) for outcome in targets}
    return found


def _returned(version: CallVersion, outcome: str) -> Reply:
    """Make what a called flow comes back with: an end, with all outputs that it is sure to set there."""
    if outcome in _PLAIN and outcome not in version.ends:
        return _PLAIN[outcome]
    present = outputs_after(version, {}, outcome).present
    declared = version.spec["outputs"]
    outputs = {name: made_value(name, declared[name].get("type")) for name in declared if name in present}
    return {"outcome": outcome, **({"outputs": outputs} if outputs else {})}


def _reply(node: PlanNode, version: NodeVersion, outcome: str) -> Reply:
    for entry in _candidates(node, version, outcome):
        # How a request reads its answer may be an input; the walk asks again.
        if judge(node, recorded_answer(entry)).outcome == outcome:
            return entry
    later: Reply | None = version.spec.get("example", {}).get("callbacks", {}).get(outcome)
    if later is not None:
        return later
    return {"outcome": outcome}


def _candidates(node: PlanNode, version: NodeVersion, outcome: str) -> Iterator[Reply]:
    example = version.spec.get("example", {}).get("responses", {}).get(outcome)
    if example is not None:
        yield example
    if outcome in _PLAIN:
        yield _PLAIN[outcome]
    for rule in version.spec.get("responses", ()):
        if node.aliases.get(rule["outcome"], rule["outcome"]) == outcome:
            yield from _by_rule(rule.get("when") or {}, version)


def _by_rule(when: Mapping[str, Any], version: NodeVersion) -> Iterator[Reply]:
    written = when.get("status", "2xx")
    statuses = [
        status
        for one in (written if isinstance(written, list) else [written])
        for status in ([one] if isinstance(one, int) else _CLASSES.get(one[0], ()))
    ]
    headers = {"headers": dict(when["headers"])} if "headers" in when else {}
    tests = {parse_path(path): matcher for path, matcher in when.get("body", {}).items()}
    for status in statuses:
        for start in (_outputs_body(version), ABSENT):
            body = ABSENT if status in _WITHOUT_BODY else _meeting_body(start, tests)
            yield {"status": status, **headers, **({} if body is ABSENT else {"body": body})}


def _outputs_body(version: NodeVersion) -> Json:
    """Make a body that has all outputs."""
    body = ABSENT
    for name, output in version.spec.get("outputs", {}).items():
        if "path" in output:
            body = _put(body, parse_path(output["path"]), made_value(name, output.get("type")))
    return body


def _meeting_body(body: Json, tests: Mapping[tuple[str | int, ...], Json]) -> Json:
    for path, matcher in tests.items():
        if isinstance(matcher, dict):
            ((operator, operand),) = matcher.items()
            value = next(iter(meeting(operator, operand, wanted=True)), ABSENT)
        else:
            value = matcher[0] if isinstance(matcher, list) else matcher
        body = _put(body, path, value)
    return body


def _put(body: Json, path: tuple[str | int, ...], value: Json) -> Json:
    try:
        return put(body, path, value)
    except NoPlace:
        return body
