"""Holds recorded events to what a node waits for: the labels of a ``receive``, the results of a call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple, TypeAlias

from flowengine.catalogue.catalogue import NodeVersion
from flowengine.check.value_types import in_words, types_of_value
from flowengine.core.answers import HttpAnswer, Json
from flowengine.core.callbacks import Callback, outcome_of, transaction_of
from flowengine.core.keys import channel_key, event_key
from flowengine.core.paths import find, parse_path
from flowengine.core.plan import Plan, PlanNode
from flowengine.core.values import has_type, same
from flowengine.core.waiting import INCOMING
from flowengine.core.wants import Await
from flowengine.recording.events import posted_back, received

At: TypeAlias = tuple[str | int, ...]


class Fault(NamedTuple):
    """What is wrong with a recorded event, and where in its answer."""

    code: str
    message: str
    at: At
    hint: str = ""


_CALL: Final = Await("", 1, 1, ("",), 0.0, None)
_LATER: Final = ("event", "timeout")

MEANT: Final = "if it is meant, say so above it: `# flowengine: ignore FE602` and why"


def misfits(plan: Plan, node: PlanNode, entry: Mapping[str, Any]) -> Iterator[Fault]:
    """Yield what is wrong with an answer that is recorded for a ``receive``."""
    if "status" in entry:
        yield Fault("FE608", f"{node.id!r} waits for an event: this answer is never asked for", ("status",))
    elif "event" in entry and (want := _written(plan, node)) is not None:
        try:
            received(want, entry["event"])
        except ValueError as fault:
            yield Fault("FE605", str(fault), ("event",))


def promises(node: PlanNode, answer: HttpAnswer) -> bool:
    """Whether an answer says that the result comes later."""
    return node.callback is not None and transaction_of(node.callback, answer) is not None


def unlikely_results(node: PlanNode, version: NodeVersion, entry: Mapping[str, Any], answer: Any) -> Iterator[Fault]:
    """Yield what is wrong with the result of a call that is recorded behind its ``answer`` (None: on its own)."""
    later = next((name for name in _LATER if name in entry and (name == "event" or "status" in entry)), None)
    if later is None:
        return
    is_promised = answer is None or (isinstance(answer, HttpAnswer) and promises(node, answer))
    if node.callback is None or not is_promised:
        why = "this answer is the result itself"
        if node.callback is None:
            why = f"results of {version.pinned} do not come later"
        yield Fault("FE608", f"{why}: nothing is waited for behind it", (later,), "remove it")
    elif later == "event":
        yield from _posted(node.callback, version, entry["event"])


def _posted(callback: Callback, version: NodeVersion, event: Mapping[str, Any]) -> Iterator[Fault]:
    arrived = posted_back(_CALL, event)
    if outcome_of(callback, arrived) is None and not _is_meant(callback, version, event):
        message = f"no event rule of {version.pinned} matches what is posted back here"
        yield Fault("FE602", message, ("event",), MEANT)
    for name, output in version.spec.get("outputs", {}).items():
        yield from _mistyped(name, output, event)


def _is_meant(callback: Callback, version: NodeVersion, event: Mapping[str, Any]) -> bool:
    """Whether it is like the type's own example of a result that no rule matches, in what rules look at."""
    examples = version.spec.get("example", {}).get("callbacks", {})
    example = examples.get("onInvalidChoice", {}).get("event")
    looked_at = [test.path for one in callback.events for test in one.rule.body]
    return example is not None and all(same(find(event, path)[1], find(example, path)[1]) for path in looked_at)


def _mistyped(name: str, output: Mapping[str, Any], event: Json) -> Iterator[Fault]:
    declared, path = output.get("type"), output.get("path")
    if declared in (None, "string") or path is None:
        return
    place = parse_path(path)
    there, value = find(event, place)
    if there and value is not None and not has_type(value, declared):
        wanted, found = in_words(frozenset({declared})), in_words(types_of_value(value))
        message = f"the output {name!r} is declared as {wanted}; this is {found}"
        yield Fault("FE604", message, ("event", *place))


def _written(plan: Plan, node: PlanNode) -> Await | None:
    """Return what a ``receive`` waits for as far as the flow says it: each label with a key of its own."""
    events = plan.data["nodes"][node.id]["inputs"].get("events")
    if not isinstance(events, dict):
        return None
    keys = []
    for label, one in events.items():
        if "channel" in one:
            keys.append(channel_key(one["channel"], one.get("event", INCOMING), label, ""))
        else:
            keys.append(event_key(one["event"], label))
    return Await(node.id, 1, 1, tuple(keys), 0.0, None, tuple(events))
