"""Which outputs a node has, and which of them each of its outcomes sets.

The engine reads the outputs out of any answer over HTTP, whatever its outcome, but for 401 and 403. So what an outcome
sets depends on the answer; what is known of answers are the examples of the manifest, one for each outcome.

- The node's own outcomes and ``onInvalidChoice`` set what their example sets. Without an example nothing is known to be
  missing, so they count as setting everything.
- ``onTimeout`` and ``onAuthorizationFailure`` set nothing: there is no answer, or it is not read.
- ``onError`` and ``onInvalidData`` set nothing for sure: they come with an answer (500, 400) or without one.
- Handlers: a branch sets ``output`` but where it cannot be judged; a script sets ``result`` where it came to an end
  with an outcome; a data-parser sets all of ``extract`` on ``onSuccess``. That a path finds nothing is a fact about the
  data, not about the flow, and no more judged than what is in the event.
- A receive sets, by the label of what came, what every message has and the variables of its channel, or the payload of
  a custom event. What is attached may be there.
- A called flow sets, at each of its ends, the outputs whose references lead to something on every way there.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple

from flowengine.catalogue.catalogue import NodeVersion
from flowengine.check.called import CallVersion
from flowengine.core.answers import HttpAnswer
from flowengine.core.outcomes import (
    ON_AUTHORIZATION_FAILURE,
    ON_ERROR,
    ON_INVALID_CHOICE,
    ON_INVALID_DATA,
    ON_TIMEOUT,
    STANDARD_OUTCOMES,
)
from flowengine.core.responses import compile_outputs, read_outputs
from flowengine.core.waiting import ROOTS
from flowengine.recording.replay import recorded_answer

OUTCOME: Final = "outcome"

_NO_ANSWER: Final = (ON_TIMEOUT, ON_AUTHORIZATION_FAILURE)
_PERHAPS_AN_ANSWER: Final = (ON_ERROR, ON_INVALID_DATA)
_FAILED: Final = (*_NO_ANSWER, *_PERHAPS_AN_ANSWER, ON_INVALID_CHOICE)


class Outputs(NamedTuple):
    """What an outcome sets. ``present`` are set, perhaps to null; ``there`` to more than null; ``possible`` may be."""

    present: frozenset[str]
    there: frozenset[str]
    possible: frozenset[str]


_NOTHING: Final = Outputs(frozenset(), frozenset(), frozenset())


def output_names(version: NodeVersion, given: Mapping[str, Any]) -> frozenset[str] | None:
    """Return the outputs of a node with these inputs, ``outcome`` aside; None where they are not known."""
    declared = frozenset(version.spec.get("outputs", {}))
    handler = version.spec.get("handler")
    if handler == "data-parser":
        extract = given.get("extract")
        return declared | frozenset(extract) if isinstance(extract, dict) else None
    return declared | {"branch": {"output"}, "evaluate": {"result"}}.get(handler or "", set())


@lru_cache(maxsize=256)
def output_spellings(version: NodeVersion) -> Mapping[str, str]:
    """Return other spellings of outputs, each with the canonical one."""
    return {alias: name for name, one in version.spec.get("outputs", {}).items() for alias in one.get("aliases", [])}


def outputs_after(version: NodeVersion, given: Mapping[str, Any], outcome: str) -> Outputs:
    """Return what is known of the outputs when a node with these inputs is left with a canonical outcome."""
    if "handler" not in version.spec:
        return _after_request(version, outcome)
    names = output_names(version, given) or frozenset()
    if isinstance(version, CallVersion):
        return _after_call(version, outcome, names)
    failed = outcome in _FAILED or version.outcomes.get(outcome, {}).get("kind") == "error"
    if version.spec["handler"] == "receive" and not failed:
        return _after_event(given.get("events", {}).get(outcome), names)
    return _NOTHING if failed else Outputs(names, names, names)


def _after_event(event: Any, names: frozenset[str]) -> Outputs:
    """Return what is set by one of the events of a ``receive``; all that there is, where it cannot be told."""
    if not isinstance(event, dict):
        return Outputs(names, names, names)
    channel = event.get("channel")
    if channel is None:
        there = frozenset({"event", "payload"})
        return Outputs(there, there, there)
    there = frozenset({"event", "channel", "message", "payload", ROOTS.get(channel, channel)})
    return Outputs(there, there, there | {"attachment"})


@lru_cache(maxsize=1024)
def _after_call(version: CallVersion, outcome: str, names: frozenset[str]) -> Outputs:
    from flowengine.check.returns import set_at_ends  # noqa: PLC0415 - it asks here what other calls give

    if outcome not in version.ends:
        return _NOTHING
    if outcome in STANDARD_OUTCOMES:  # the end's, or the call's own
        return Outputs(frozenset(), frozenset(), names)
    return set_at_ends(version.flow, version.catalogue)[outcome]


@lru_cache(maxsize=1024)
def _after_request(version: NodeVersion, outcome: str) -> Outputs:
    names = frozenset(version.spec.get("outputs", {}))
    if outcome in _NO_ANSWER:
        return _NOTHING
    if outcome in _PERHAPS_AN_ANSWER:
        return Outputs(frozenset(), frozenset(), names)
    entry = version.spec.get("example", {}).get("responses", {}).get(outcome)
    answer = recorded_answer(entry, version.spec["request"].get("reads", "json")) if entry else None
    if not isinstance(answer, HttpAnswer):
        return Outputs(names, names, names)
    read = read_outputs(compile_outputs(version.spec.get("outputs", {})), answer)
    return Outputs(frozenset(read), frozenset(name for name, value in read.items() if value is not None), names)
