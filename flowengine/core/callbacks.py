"""Answers that come later: how a node type reads that a call was only accepted, and what is posted back in the end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from flowengine.core.answers import Arrived, HttpAnswer
from flowengine.core.conditions import PatternMatcher
from flowengine.core.durations import parse_duration
from flowengine.core.paths import find, parse_path
from flowengine.core.responses import ResponseRule, compile_rules, first_match

DEFAULT_TIMEOUT: Final = 60.0
"""Seconds from the request to its result, where neither the flow nor the node type says."""

_ANY_SUCCESS: Final = {"status": "2xx"}


class EventRule(NamedTuple):
    """A rule for what is posted back: the names of events it is about (any, where there are none), and what it says."""

    names: tuple[str, ...]
    rule: ResponseRule


class Callback(NamedTuple):
    """How a node type's results come later.

    ``path`` and ``header`` say where in the first answer the transaction's id stands; ``field`` is the field of the
    request's JSON body that takes the address to post to. Only an answer that one of ``accepted`` matches promises a
    result.
    """

    path: tuple[str | int, ...] | None
    header: str | None
    field: str | None
    accepted: tuple[ResponseRule, ...]
    timeout: float
    events: tuple[EventRule, ...]


def compile_callback(raw: Mapping[str, Any], pattern: PatternMatcher) -> Callback:
    """Compile a manifest's ``callback``. Raises ValueError."""
    place = raw["id"]
    wanted = raw.get("when", _ANY_SUCCESS)
    accepted = [{"when": one, "outcome": "accepted"} for one in (wanted if isinstance(wanted, list) else [wanted])]
    return Callback(
        path=parse_path(place["path"]) if "path" in place else None,
        header=place["header"].lower() if "header" in place else None,
        field=raw.get("url"),
        accepted=compile_rules(accepted, pattern),
        timeout=parse_duration(raw["timeout"]) if "timeout" in raw else DEFAULT_TIMEOUT,
        events=tuple(_event_rule(one, pattern) for one in raw["events"]),
    )


def transaction_of(callback: Callback, answer: HttpAnswer) -> str | None:
    """Return the id under which the result of a call comes later; None where this answer is the result."""
    if first_match(callback.accepted, answer) is None:
        return None
    if callback.path is not None:
        there, value = find(answer.content, callback.path)
        if there and isinstance(value, str) and value:
            return value
    return (answer.headers.get(callback.header) or None) if callback.header is not None else None


def outcome_of(callback: Callback, event: Arrived) -> str | None:
    """Return the outcome of the first rule that matches what was posted back, or None."""
    posted = as_answer(event)
    matching = (one.rule for one in callback.events if not one.names or event.name in one.names)
    return first_match(matching, posted)


def as_answer(event: Arrived) -> HttpAnswer:
    """Return what was posted back in the form that rules and outputs read."""
    return HttpAnswer(200, {}, event.body)


def _event_rule(raw: Mapping[str, Any], pattern: PatternMatcher) -> EventRule:
    when = dict(raw.get("when") or {})
    names = when.pop("event", ())
    (rule,) = compile_rules([{"when": when, "outcome": raw["outcome"]}], pattern)
    return EventRule((names,) if isinstance(names, str) else tuple(names), rule)
