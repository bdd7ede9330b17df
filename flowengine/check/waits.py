"""Rules about waiting: what is waited for can be told apart, the moment is one, and every wait has an end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flowengine.catalogue.catalogue import Catalogue
from flowengine.check.names import find_version
from flowengine.core.keys import address
from flowengine.core.values import as_text
from flowengine.core.waiting import INCOMING, moment_of
from flowengine.findings import Finding
from flowengine.flowfile.syntax import Flow


def events(flow: Flow, catalogue: Catalogue) -> Iterator[Finding]:
    """FE404: the events of a ``receive`` are different ones. What is written alike is alike, references included."""
    for name, given in _nodes(flow, catalogue, "receive"):
        listed = given.get("events")
        seen: dict[tuple[str, ...], str] = {}
        for label, event in listed.items() if isinstance(listed, dict) else ():
            key = _written_key(event)
            if key in seen:
                message = f"{seen[key]!r} and {label!r} are the same event: one label an event"
                at = ("nodes", name, "inputs", "events", label)
                yield flow.key_finding("FE404", message, *at, hint="remove one of them")
            elif key is not None:
                seen[key] = label


def moments(flow: Flow, catalogue: Catalogue) -> Iterator[Finding]:
    """FE104: what a ``delay`` waits for is a moment, where no reference hides it."""
    for name, given in _nodes(flow, catalogue, "delay"):
        until = given.get("until")
        if isinstance(until, str) and "$(" not in until and _is_written_well(flow, name, catalogue):
            try:
                moment_of(until)
            except ValueError:
                message = f"there is no such moment as {until}"
                yield flow.finding("FE104", message, "nodes", name, "inputs", "until")


def endless_waits(flow: Flow, catalogue: Catalogue) -> Iterator[Finding]:
    """FE817: a ``receive`` has a timeout."""
    for name, given in _nodes(flow, catalogue, "receive"):
        if "timeout" not in given:
            message = "this may wait for ever: there is no `timeout` among the inputs"
            hint = "add one, such as `timeout: 24h`, and an edge for onTimeout"
            yield flow.key_finding("FE817", message, "nodes", name, hint=hint, severity="warning")


def _nodes(flow: Flow, catalogue: Catalogue, handler: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, node in flow.nodes.items():
        version = find_version(catalogue, node.get("type", ""))
        if version is not None and version.spec.get("handler") == handler:
            yield name, node.get("inputs", {})


def _written_key(event: Any) -> tuple[str, ...] | None:
    """Return what tells an event as it is written from others; None where its shape is wrong, which other rules say."""
    if not isinstance(event, dict):
        return None
    names = ("channel", "event", "business", "customer") if "channel" in event else ("event", "key")
    parts = [{"event": INCOMING, **event}.get(name) for name in names]
    if not all(isinstance(part, str | int | float) for part in parts):
        return None
    channel, *rest = map(as_text, parts)
    return channel, *(part if "$(" in part else address(channel, part) for part in rest)


def _is_written_well(flow: Flow, name: str, catalogue: Catalogue) -> bool:
    version = find_version(catalogue, flow.nodes[name]["type"])
    return version is not None and version.inputs_as_written.accepts(flow.nodes[name]["inputs"])
