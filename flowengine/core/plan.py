"""A plan: one flow with everything its nodes need, frozen. Only plans are run.

A plan is made from plain data (``Plan.data``), which is what a journal stores and what the digest is taken of; the
compiled parts are derived from it and never change.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, NamedTuple, TypeAlias

from flowengine.core.answers import Json
from flowengine.core.branching import Rows, compile_rows
from flowengine.core.callbacks import Callback, compile_callback
from flowengine.core.conditions import Condition, PatternMatcher, compile_condition
from flowengine.core.paths import parse_path
from flowengine.core.references import Resolver, compile_template
from flowengine.core.requests import RequestTemplate, compile_request
from flowengine.core.responses import Output, ResponseRule, compile_outputs, compile_rules
from flowengine.core.values import canonical

InputCheck: TypeAlias = Callable[[Json], str | None]
"""Says in words what is wrong with resolved inputs, or None."""

DEFAULT_TIMEOUT: Final = 10.0
"""Seconds for one attempt, where neither the flow nor the environment says."""

_LABEL: Final = re.compile(r"(?=.{1,64}\Z)\S(?:.*\S)?")


class Tools(NamedTuple):
    """What the core needs and may not import: how a schema checks inputs, how a pattern tests a text."""

    input_check: Callable[[Json], InputCheck]
    pattern: PatternMatcher


class Limits(NamedTuple):
    """Bounds of a run (steps in all, visits of one node, calls within calls)."""

    steps: int = 1000
    visits: int = 100
    depth: int = 8


DEFAULT_LIMITS: Final = Limits()


class Edge(NamedTuple):
    """An edge that is followed. ``label`` is as the flow spells it."""

    label: str
    to: str
    fall_through: bool = False


class Retry(NamedTuple):
    """``attempts`` in all; before attempt n+1 a wait of ``delay * backoff ** (n - 1)`` seconds."""

    attempts: int = 1
    delay: float = 0.0
    backoff: float = 1.0
    on: frozenset[str] = frozenset()


NO_RETRY: Final = Retry()


class Variable(NamedTuple):
    """A declared flow variable."""

    type: str | None
    has_default: bool
    default: Json


@dataclass(slots=True, eq=False)
class PlanNode:
    """One node, ready to be walked. ``end`` is ``success`` or ``error`` for an end node, else None.

    ``authorization_kinds`` are those that its type takes, none for any. ``calls`` is the id of the flow it calls; its
    ``kinds`` have the outcomes of that flow, too.
    """

    id: str
    type: str
    title: str | None
    end: str | None = None
    handler: str | None = None
    integration: str | None = None
    authorization: str | None = None
    authorization_kinds: tuple[str, ...] = ()
    needs_authorization: bool = False
    timeout: float | None = None
    retry: Retry = NO_RETRY
    resolve_inputs: Resolver = field(default=lambda _: {})
    check_inputs: InputCheck | None = None
    request: RequestTemplate | None = None
    rules: tuple[ResponseRule, ...] = ()
    reason_path: tuple[str | int, ...] | None = None
    outputs: tuple[Output, ...] = ()
    kinds: Mapping[str, str] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)
    callback: Callback | None = None
    calls: str | None = None
    rows: Rows | None = None
    writes: tuple[tuple[str, Resolver], ...] = ()
    edges: Mapping[str, Edge] = field(default_factory=dict)
    default_edges: Mapping[str, Edge] = field(default_factory=dict)
    routes: dict[str, Edge | None] = field(default_factory=dict)
    """Edges that were looked up, by outcome: a memo of the walker's."""


@dataclass(frozen=True)
class Plan:
    """A flow that can be run. Build one with ``flowengine.compile`` or, from stored data, ``Plan.from_data``."""

    data: Mapping[str, Any]
    flow: str
    start: str
    nodes: Mapping[str, PlanNode]
    variables: Mapping[str, Variable]
    when: tuple[Condition, ...]
    inputs: frozenset[str]
    outputs: tuple[tuple[str, Resolver], ...]
    tools: Tools = field(repr=False, compare=False)
    _called: dict[str, Plan] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def from_data(cls, data: Mapping[str, Any], tools: Tools) -> Plan:
        """Compile plan data. Raises ValueError where it is not what ``check.compile`` writes."""
        types = {name: _type(one, tools) for name, one in data["types"].items()}
        flows = data.get("flows", {})
        return cls(
            data=data,
            flow=data["flow"],
            start=data["start"],
            nodes={name: _node(name, node, types, flows, tools) for name, node in data["nodes"].items()},
            variables={
                name: Variable(one.get("type"), "default" in one, one.get("default"))
                for name, one in data["variables"].items()
            },
            when=tuple(compile_condition(one, tools.pattern) for one in data["when"]),
            inputs=frozenset(data.get("inputs", ())),
            outputs=tuple((name, compile_template(value)) for name, value in data.get("outputs", {}).items()),
            tools=tools,
        )

    @property
    def flows(self) -> Mapping[str, Any]:
        """The data of the flows that this one calls, and that those call, by id. Each is without flows of its own."""
        flows: Mapping[str, Any] = self.data.get("flows", {})
        return flows

    def called(self, flow: str) -> Plan:
        """Return the plan of a flow that this one calls. Raises KeyError where it calls none of that id."""
        if flow not in self._called:
            self._called[flow] = Plan.from_data(with_flows(self.flows[flow], self.flows), self.tools)
        return self._called[flow]

    def node_at(self, place: str) -> tuple[Plan, PlanNode] | None:
        """Return a node, or, as ``call/node``, one of the flow that a node calls; with the plan that it is of."""
        name, _, below = place.partition("/")
        node = self.nodes.get(name)
        if node is None or not below:
            return None if node is None else (self, node)
        return self.called(node.calls).node_at(below) if node.calls is not None else None

    def every_node(self) -> Iterator[PlanNode]:
        """Yield the nodes of this flow, and those of all flows that it calls, however deep."""
        yield from self.nodes.values()
        for flow in self.flows:
            yield from self.called(flow).nodes.values()

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the plan's data: equal for flows that walk alike under equal node types."""
        return "sha256:" + hashlib.sha256(canonical(self.data)).hexdigest()


def with_flows(data: Mapping[str, Any], known: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a flow's plan data with the flows that it calls, however deep: what is stored with a run of it."""
    needed: dict[str, Any] = {}
    ahead = list(data.get("calls", ()))
    while ahead:
        flow = ahead.pop()
        if flow not in needed:
            needed[flow] = known[flow]
            ahead.extend(known[flow].get("calls", ()))
    return {**data, "flows": {flow: needed[flow] for flow in sorted(needed)}} if needed else data


def end_name(name: str, title: str | None) -> str:
    """Return the outcome that an end node is for who calls its flow: its title, if that can be a label, else its id."""
    return title if title is not None and _LABEL.fullmatch(title) else name


def end_kinds(nodes: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Return the outcomes of a flow, each ``success`` or ``error``; one that ends of both kinds have is an error."""
    kinds: dict[str, str] = {}
    for name, node in nodes.items():
        if "end" in node:
            outcome = end_name(name, node.get("title"))
            kinds[outcome] = "error" if kinds.get(outcome) == "error" else node["end"]
    return kinds


_CHECKED_AS_WRITTEN: Final = ("branch", "set-variables")
"""Handlers whose inputs the rules of a flow have judged whole: rows hold references until they are reached, and any
value may be set."""


class _Type(NamedTuple):
    """What all nodes of one type share, compiled once. The names are those of PlanNode."""

    handler: str | None
    integration: str | None
    authorization_kinds: tuple[str, ...]
    needs_authorization: bool
    check_inputs: InputCheck | None
    request: RequestTemplate | None
    rules: tuple[ResponseRule, ...]
    reason_path: tuple[str | int, ...] | None
    outputs: tuple[Output, ...]
    callback: Callback | None
    kinds: Mapping[str, str]


def _type(data: Mapping[str, Any], tools: Tools) -> _Type:
    handler = data.get("handler")
    checked = data["inputs"] and handler not in _CHECKED_AS_WRITTEN
    authorization = data.get("authorization", {})
    return _Type(
        handler=handler,
        integration=data.get("integration"),
        authorization_kinds=tuple(authorization.get("kinds", ())),
        needs_authorization=authorization.get("required", "integration" in data),
        check_inputs=tools.input_check(data["inputs"]) if checked else None,
        request=compile_request(data["request"]) if "request" in data else None,
        rules=compile_rules(data.get("responses", ()), tools.pattern),
        reason_path=parse_path(data["reason"]) if "reason" in data else None,
        outputs=compile_outputs(data.get("outputs", {})),
        callback=compile_callback(data["callback"], tools.pattern) if "callback" in data else None,
        kinds=data["kinds"],
    )


def _node(
    name: str, data: Mapping[str, Any], types: Mapping[str, _Type], flows: Mapping[str, Any], tools: Tools
) -> PlanNode:
    if "end" in data:
        return PlanNode(id=name, type="end", title=data.get("title"), end=data["end"])
    shared = types[data["type"]]
    branch = shared.handler == "branch"
    calls = data["inputs"]["flow"] if shared.handler == "call-flow" else None
    if calls is not None:
        shared = shared._replace(kinds={**shared.kinds, **end_kinds(flows[calls]["nodes"])})
    return PlanNode(
        **shared._asdict(),
        id=name,
        calls=calls,
        type=data["type"],
        title=data.get("title"),
        authorization=data.get("authorization"),
        timeout=data["timeout"],
        retry=_retry(data["retry"]),
        resolve_inputs=(lambda _: data["inputs"]) if branch else _inputs(data["inputs"], data["literal"]),
        aliases=data["aliases"],
        rows=compile_rows(data["inputs"], tools.pattern) if branch else None,
        writes=tuple((variable, compile_template(value)) for variable, value in data["set"].items()),
        edges=_edges(data["edges"]),
        default_edges=_edges(data["defaults"]),
    )


def _inputs(template: dict[str, Json], literal: Sequence[str]) -> Resolver:
    """Compile the inputs; properties that a type calls literal (scripts) are not searched for references."""
    if not literal:
        return compile_template(template)
    kept = {key: template[key] for key in literal if key in template}
    resolve = compile_template({key: value for key, value in template.items() if key not in kept})
    return lambda scope: {**resolve(scope), **kept}


def _edges(data: Mapping[str, Any]) -> dict[str, Edge]:
    return {outcome: Edge(edge["label"], edge["to"]) for outcome, edge in data.items()}


def _retry(data: Mapping[str, Any]) -> Retry:
    return Retry(data["attempts"], data["delay"], data["backoff"], frozenset(data["on"]))
