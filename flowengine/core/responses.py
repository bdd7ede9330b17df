"""Response rules and outputs: how a node type reads an answer. The first rule that matches names the outcome."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from flowengine.core.answers import HttpAnswer, Json
from flowengine.core.conditions import OPERATORS, PatternMatcher, matches
from flowengine.core.paths import find, parse_path
from flowengine.core.values import as_text, same

Path = tuple[str | int, ...]


class BodyTest(NamedTuple):
    """A place in the body and what must hold there."""

    path: Path
    test: Callable[[tuple[bool, Json]], bool]


class ResponseRule(NamedTuple):
    """A compiled rule; ``statuses`` is None where every status matches."""

    outcome: str
    statuses: frozenset[int] | None
    headers: tuple[tuple[str, str], ...]
    body: tuple[BodyTest, ...]


class Output(NamedTuple):
    """One output of a node type: where in the answer it stands, and whether it is text."""

    name: str
    path: Path | None
    header: str | None
    status: bool
    is_text: bool


def compile_rules(raw: Iterable[Mapping[str, Any]], pattern: PatternMatcher) -> tuple[ResponseRule, ...]:
    """Compile a manifest's ``responses``. Raises ValueError."""
    return tuple(_rule(one, pattern) for one in raw)


def first_match(rules: Iterable[ResponseRule], answer: HttpAnswer) -> str | None:
    """Return the outcome of the first rule that matches, or None."""
    for rule in rules:
        if rule.statuses is not None and answer.status not in rule.statuses:
            continue
        if rule.headers and any(answer.headers.get(name) != value for name, value in rule.headers):
            continue
        if all(test.test(find(answer.content, test.path)) for test in rule.body):
            return rule.outcome
    return None


def compile_outputs(raw: Mapping[str, Mapping[str, Any]]) -> tuple[Output, ...]:
    """Compile a manifest's ``outputs``. Raises ValueError."""
    return tuple(
        Output(
            name=name,
            path=parse_path(one["path"]) if "path" in one else None,
            header=one["header"].lower() if "header" in one else None,
            status=one.get("status", False),
            is_text=one.get("type") == "string",
        )
        for name, one in raw.items()
    )


def read_outputs(outputs: Iterable[Output], answer: HttpAnswer) -> dict[str, Json]:
    """Read the outputs out of an answer; one that is not there is left out."""
    values: dict[str, Json] = {}
    for output in outputs:
        there, value = _read(output, answer)
        if there:
            values[output.name] = as_text(value) if output.is_text and value is not None else value
    return values


def _read(output: Output, answer: HttpAnswer) -> tuple[bool, Json]:
    if output.status:
        return True, answer.status
    if output.path is not None:
        there, value = find(answer.content, output.path)
        if there and not (output.path == () and value is None):
            return True, value
    if output.header is not None and output.header in answer.headers:
        return True, answer.headers[output.header]
    if output.path is None and output.header is None:
        return True, dict(answer.headers)
    return False, None


def _rule(raw: Mapping[str, Any], pattern: PatternMatcher) -> ResponseRule:
    when = raw.get("when") or {}
    return ResponseRule(
        outcome=raw["outcome"],
        statuses=_statuses(when["status"]) if "status" in when else None,
        headers=tuple((name.lower(), value) for name, value in when.get("headers", {}).items()),
        body=tuple(BodyTest(parse_path(path), _matcher(one, pattern)) for path, one in when.get("body", {}).items()),
    )


def _statuses(raw: int | str | list[int | str]) -> frozenset[int]:
    statuses: set[int] = set()
    for one in raw if isinstance(raw, list) else [raw]:
        if isinstance(one, int):
            statuses.add(one)
        else:
            statuses.update(range(int(one[0]) * 100, int(one[0]) * 100 + 100))
    return frozenset(statuses)


def _matcher(raw: Json, pattern: PatternMatcher) -> Callable[[tuple[bool, Json]], bool]:
    if isinstance(raw, dict):
        ((name, operand),) = raw.items()
        if name not in OPERATORS:
            raise ValueError(f"{name!r} is not an operator: expected one of {', '.join(OPERATORS)}")
        if name == "regex":
            pattern(operand)
        return lambda found: matches(found, name, operand, pattern)
    if isinstance(raw, list):
        return lambda found: found[0] and any(same(found[1], one) for one in raw)
    return lambda found: found[0] and same(found[1], raw)
