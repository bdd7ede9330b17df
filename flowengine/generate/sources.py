"""Where a value that a node reads came from on a walk, and what a recording would have to say for it to be another.

A source is exact where the value is the source's own: through variables, ``set`` and outputs, back to the event, to an
answer, or to a start value. What a script or a text template makes of its sources is theirs, and not exact.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple, TypeAlias

from flowengine.check.reads import assigned, mentioned
from flowengine.core.answers import Json
from flowengine.core.paths import parse_path
from flowengine.core.plan import Plan
from flowengine.core.references import Reference, references_in, split_template
from flowengine.core.responses import Output
from flowengine.core.values import is_number
from flowengine.generate.places import ABSENT, NoPlace, Path, get, put
from flowengine.generate.received import place_in_event
from flowengine.generate.walks import Case, Move, Reply

Replies: TypeAlias = Mapping[str, Mapping[str, Reply]]
"""By node and canonical outcome."""


class FromEvent(NamedTuple):
    """A place of the event."""

    path: Path

    def __str__(self) -> str:
        return str(Reference("trigger", self.path))


class FromStart(NamedTuple):
    """A place of the value that a variable begins with."""

    variable: str
    path: Path

    def __str__(self) -> str:
        return f"the start value of {Reference(self.variable, self.path)}"


class FromAnswer(NamedTuple):
    """A place of a recorded answer: ``visit`` counts the answers of the node from 0."""

    node: str
    visit: int
    path: Path

    def __str__(self) -> str:
        return f"the answer of {self.node!r}"


class FromOutcome(NamedTuple):
    """What a node came back with: another answer gives another outcome. ``visit`` is that of ``FromAnswer``."""

    node: str
    visit: int

    def __str__(self) -> str:
        return f"the outcome of {self.node!r}"


Source: TypeAlias = FromEvent | FromStart | FromAnswer | FromOutcome


class Traced(NamedTuple):
    """The sources of a value; ``made_by`` is the node that makes the value out of them, where it is not one's own."""

    sources: tuple[Source, ...]
    made_by: str | None = None

    @property
    def exact(self) -> Source | None:
        """The source whose value it is."""
        return self.sources[0] if len(self.sources) == 1 and self.made_by is None else None


def value_at(plan: Plan, case: Case, source: Source) -> Json:
    """Return what a case has at a source, or ABSENT."""
    match source:
        case FromEvent(path):
            return get(case.start.trigger, path)
        case FromStart(variable, path):
            return get(_start_value(plan, case, variable), path)
        case FromAnswer(node, visit, path):
            return get(case.replies[node][visit], path)
        case FromOutcome():
            return ABSENT


def with_value(plan: Plan, replies: Replies, case: Case, source: Source, value: Json) -> Case:
    """Return the case with another value at a source. Raises NoPlace where there can be none."""
    start = case.start
    match source:
        case FromEvent(path):
            trigger = put(start.trigger, path, value)
            if not isinstance(trigger, dict):
                raise NoPlace(path)
            return case._replace(start=start._replace(trigger=trigger))
        case FromStart(variable, path):
            given = put(_start_value(plan, case, variable), path, value)
            kept = {name: one for name, one in start.variables.items() if name != variable}
            changed = kept if given is ABSENT else {**kept, variable: given}
            return case._replace(start=start._replace(variables=changed))
        case FromAnswer(node, visit, path):
            return _with_reply(case, node, visit, _answer_with(case.replies[node][visit], path, value))
        case FromOutcome(node, visit):
            if not isinstance(value, str) or value not in replies[node]:
                raise NoPlace(value)
            return _with_reply(case, node, visit, replies[node][value])


def trace(plan: Plan, moves: Sequence[Move], root: str, path: Path) -> Traced:
    """Find where ``$(root.path)`` gets its value from, read after these visits."""
    if root == "trigger":
        return Traced((FromEvent(path),))
    if root in plan.variables:
        return _trace_variable(plan, moves, root, path)
    for index in range(len(moves) - 1, -1, -1):
        if moves[index].step.node == root:
            return _trace_output(plan, moves, index, path)
    return Traced(())


def inputs_of(plan: Plan, moves: Sequence[Move], node: str) -> Traced:
    """Find what a node's inputs are made of, the flow variables that a script reads included."""
    data = plan.data["nodes"][node]
    read = [(one.root, one.path) for one in references_in(_searched(data))]
    read += [(name, ()) for name in plan.variables if name in mentioned(_script(data))]
    return _together((trace(plan, moves, root, path) for root, path in read), node)


def _start_value(plan: Plan, case: Case, variable: str) -> Json:
    declared = plan.variables[variable]
    return case.start.variables.get(variable, declared.default if declared.has_default else ABSENT)


def _trace_variable(plan: Plan, moves: Sequence[Move], name: str, path: Path) -> Traced:
    for index in range(len(moves) - 1, -1, -1):
        step = moves[index].step
        data = plan.data["nodes"][step.node]
        if name not in step.wrote:
            if name in assigned(_script(data)):
                # It has written what was there before.
                return inputs_of(plan, moves[:index], step.node)
            continue
        handler = plan.nodes[step.node].handler
        if name in data["set"]:
            own = moves[: index + 1] if _reads_own(data["set"][name], step.node) else moves[:index]
            return _trace_template(plan, own, data["set"][name], path, step.node)
        if handler == "set-variables":
            return _trace_template(plan, moves[:index], data["inputs"]["values"].get(name), path, step.node)
        return inputs_of(plan, moves[:index], step.node)
    return Traced((FromStart(name, path),))


def _trace_output(plan: Plan, moves: Sequence[Move], index: int, path: Path) -> Traced:
    made = moves[index]
    node = plan.nodes[made.step.node]
    if made.reply is None:
        if node.handler == "data-parser":
            return _trace_parsed(plan, moves, index, path)
        return Traced((), node.id) if node.handler is None else inputs_of(plan, moves[:index], node.id)
    visit = sum(one.step.node == node.id and one.reply is not None for one in moves[:index])
    if path == ("outcome",):
        return Traced((FromOutcome(node.id, visit),))
    if node.handler == "receive" and "event" in made.reply:
        place = place_in_event(made.reply, path) if path else None
        return Traced((FromAnswer(node.id, visit, place),)) if place is not None else Traced((), node.id)
    output = next((one for one in node.outputs if path and one.name == path[0]), None)
    place = _place(made.reply, output, path)
    return Traced((FromAnswer(node.id, visit, place),)) if place is not None else Traced((), node.id)


def _trace_parsed(plan: Plan, moves: Sequence[Move], index: int, path: Path) -> Traced:
    """Find the place in a parsed document, where the path is one that leads to one place."""
    made = moves[index]
    inputs = plan.data["nodes"][made.step.node]["inputs"]
    found = inputs["extract"].get(path[0]) if path else None
    is_parsed = isinstance(made.step.inputs, dict) and isinstance(made.step.inputs.get("source"), dict | list)
    if found is not None and is_parsed:
        with suppress(ValueError):
            inner = (*parse_path(found), *path[1:])
            return _trace_template(plan, moves[:index], inputs["source"], inner, made.step.node)
    return inputs_of(plan, moves[:index], made.step.node)


def _place(reply: Reply, output: Output | None, path: Path) -> Path | None:
    """Return where in a recorded answer an output stands."""
    if "outcome" in reply:
        return ("outputs", *path)
    if output is None or "status" not in reply or "text" in reply:
        return None
    if output.status:
        return ("status",)
    if output.path is not None:
        is_later = "event" in reply and get(reply["event"], output.path) is not ABSENT
        return ("event" if is_later else "body", *output.path, *path[1:])
    return ("headers", *path[1:]) if output.header is None else ("headers", output.header)


def _trace_template(plan: Plan, moves: Sequence[Move], template: Json, path: Path, node: str) -> Traced:
    while path and isinstance(template, dict | list):
        template, path = get(template, path[:1]), path[1:]
    read = [(one.root, one.path) for one in references_in(template)] if template is not ABSENT else []
    if isinstance(template, str) and len(read) == 1 and len(split_template(template)) == 1:
        return trace(plan, moves, read[0][0], (*read[0][1], *path))
    return _together((trace(plan, moves, *one) for one in read), node)


def _together(traced: Iterator[Traced], node: str) -> Traced:
    return Traced(tuple(dict.fromkeys(source for one in traced for source in one.sources)), node)


def _reads_own(template: Json, node: str) -> bool:
    return any(one.root == node for one in references_in(template))


def _script(data: Mapping[str, Any]) -> str:
    script = data["inputs"].get("script")
    return script if isinstance(script, str) and "script" in data["literal"] else ""


def _searched(data: Mapping[str, Any]) -> dict[str, Json]:
    return {key: value for key, value in data["inputs"].items() if key not in data["literal"]}


def _with_reply(case: Case, node: str, visit: int, reply: Reply) -> Case:
    changed = list(case.replies[node])
    changed[visit] = reply
    return case._replace(replies={**case.replies, node: changed})


def _answer_with(reply: Reply, path: Path, value: Json) -> Reply:
    is_fit = _is_status(value) if path == ("status",) else path[0] != "headers" or isinstance(value, str)
    if not is_fit and value is not ABSENT:
        raise NoPlace(path)
    changed: Reply = put(dict(reply), path, value)
    return changed


def _is_status(value: Json) -> bool:
    return is_number(value) and value in range(200, 600)
