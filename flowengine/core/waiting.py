"""What a visit waits for: an event of one of some keys, for some time; and what it comes to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import Final, NamedTuple

from flowengine.core.answers import Answer, Arrived, HttpAnswer, Json, NoCallback, TimedOut
from flowengine.core.callbacks import Callback, as_answer, outcome_of, transaction_of
from flowengine.core.durations import parse_duration
from flowengine.core.keys import callback_key, channel_key, channel_of, event_key, event_of
from flowengine.core.moments import seconds
from flowengine.core.outcomes import Verdict, judge, judge_as
from flowengine.core.plan import PlanNode
from flowengine.core.values import as_text

INCOMING: Final = "incoming-message"
"""The event of a channel, where a ``receive`` does not name another."""

ROOTS: Final = MappingProxyType({"livechat": "inappmessaging", "apple": "abc"})
"""Under which name a channel's variables stand in its events, where that is not the channel's own."""

_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT.*(Z|[+-]\d\d:\d\d)$", re.ASCII)
_ATTACHED: Final = ("attachment", "attachments", "attachmentUrl")


class Expectation(NamedTuple):
    """What a visit waits for.

    ``labels`` are the outcomes by key (empty texts for a callback). Events count from ``since`` on (seconds since the
    epoch); ``seconds`` is how long to wait, None for ever. ``accepted`` is the answer that promised a callback, to an
    attempt that began at ``started_at``.
    """

    labels: Mapping[str, str]
    since: float
    seconds: float | None
    accepted: HttpAnswer | None = None
    started_at: float = 0.0


def delay_of(inputs: Mapping[str, Json], now: float) -> float:
    """Return how long a ``delay`` waits (seconds). Raises ValueError where it does not say exactly one thing."""
    if ("duration" in inputs) is ("until" in inputs):
        raise ValueError("a delay has either a `duration` or `until`")
    if "duration" in inputs:
        return parse_duration(inputs["duration"])
    return max(0.0, moment_of(inputs["until"]) - now)


def moment_of(text: Json) -> float:
    """Read a moment with its offset, such as 2026-11-23T10:00:00Z. Raises ValueError."""
    with suppress(ValueError, OverflowError):
        if isinstance(text, str) and _MOMENT.match(text):
            return seconds(text)
    raise ValueError(f"{text!r} is not a moment: expected one such as 2026-11-23T10:00:00Z")


def receiving(inputs: Mapping[str, Json], started_at: float, now: float) -> Expectation:
    """Return what a ``receive`` waits for: messages that come from now on, custom events since the run's start.

    Raises ValueError where two of its events are the same, or have not what they need.
    """
    labels: dict[str, str] = {}
    try:
        for label, event in inputs["events"].items():
            key = awaited_key(event)
            if key in labels:
                raise ValueError(f"the events {labels[key]!r} and {label!r} are the same one")
            labels[key] = label
    except (KeyError, TypeError, AttributeError):  # the node type is one's own, and takes other inputs
        raise ValueError(
            "the events are not those of a receive: a channel and two addresses, or a name and a key"
        ) from None
    since = now if all(map(channel_of, labels)) else started_at
    timeout = inputs.get("timeout")
    return Expectation(labels, since, None if timeout is None else parse_duration(timeout))


def awaited_key(event: Mapping[str, Json]) -> str:
    """Return the key of one of the events of a ``receive``."""
    if "channel" in event:
        addresses = as_text(event["business"]), as_text(event["customer"])
        return channel_key(event["channel"], event.get("event", INCOMING), *addresses)
    return event_key(event["event"], as_text(event["key"]))


def promised(node: PlanNode, answer: Answer, entry: tuple[float, float]) -> Expectation | None:
    """Return what to wait for where an answer only says that the result comes later.

    ``entry`` is when the attempt began and when it was answered. The result counts whenever it came: it has the id of
    this one call, and may well be here before the answer is, or by another clock.
    """
    callback = node.callback
    if callback is None or not isinstance(answer, HttpAnswer):
        return None
    transaction = transaction_of(callback, answer)
    if transaction is None:
        return None
    started_at, answered_at = entry
    whole = callback.timeout if node.timeout is None else node.timeout
    key = callback_key(node.integration or "", transaction)
    left = max(0.0, whole - (answered_at - started_at))
    return Expectation({key: ""}, 0.0, left, accepted=answer, started_at=started_at)


def judge_event(node: PlanNode, expected: Expectation, answer: Answer) -> Verdict:
    """Turn what ended a wait into the node's outcome."""
    if expected.accepted is not None and node.callback is not None:
        return _judge_callback(node, node.callback, expected.accepted, answer)
    if not isinstance(answer, Arrived):
        return judge(node, answer)
    return Verdict(expected.labels[answer.key], _received(answer), {})


def _received(event: Arrived) -> dict[str, Json]:
    """Return the outputs of a ``receive``: of a message what every channel has, and the variables of its own."""
    channel = channel_of(event.key)
    if channel is None:
        return {"event": event_of(event.key), "payload": event.body}
    outputs = {"event": event_of(event.key), "channel": channel, "payload": event.body}
    root = ROOTS.get(channel, channel)
    said = event.body.get(root) if isinstance(event.body, dict) else None
    if isinstance(said, dict):
        outputs.update({"payload": said, root: said})
        if "message" in said:
            outputs["message"] = said["message"]
        attached = next((said[name] for name in _ATTACHED if said.get(name)), None)
        if attached is not None:
            outputs["attachment"] = attached
    return outputs


def _judge_callback(node: PlanNode, callback: Callback, accepted: HttpAnswer, answer: Answer) -> Verdict:
    """Judge what was posted back; without it, the outputs are those of the answer that promised it."""
    if isinstance(answer, Arrived):
        posted, matched = as_answer(answer), outcome_of(callback, answer)
        verdict = judge_as(node, posted, matched, f"{answer.name!r} was posted back")
        in_body = {output.name for output in node.outputs if output.path is not None}
        # The posted body may leave out what the first answer said.
        later = {name: one for name, one in verdict.outputs.items() if name in in_body and one is not None}
        return verdict._replace(outputs={**judge_as(node, accepted, verdict.outcome).outputs, **later})
    if isinstance(answer, NoCallback):
        verdict = judge(node, accepted)
        nobody = f"accepted, and its result cannot come: {node.integration!r} has no callback address here"
        return verdict if verdict.reason is None else verdict._replace(reason=nobody)
    verdict = judge(node, answer)
    if not isinstance(answer, TimedOut):
        return verdict
    outputs = judge_as(node, accepted, verdict.outcome).outputs
    return verdict._replace(outputs=outputs, reason="accepted, but no result was posted back in time")
