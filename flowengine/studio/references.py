"""What may be referred to in a form: each reference with its type, its origin, and whether it is always there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from flowengine.catalogue.catalogue import Catalogue
from flowengine.check.uses import RUN
from flowengine.lsp.draft import Draft, as_map
from flowengine.lsp.reading import TRIGGER, event_paths, names_below, roots
from flowengine.streams.channels import CHANNELS
from flowengine.streams.tasks import CHANNEL as TASKS
from flowengine.streams.tasks import VARIABLES as TASK_VARIABLES
from flowengine.studio.graphs import Drawn

_TASK_ROOT: Final = "webex"
_OUTCOME: Final = "outcome"

Offer = dict[str, Any]


class Offers:
    """What may be referred to in one flow."""

    def __init__(self, draft: Draft, drawn: Drawn, catalogue: Catalogue) -> None:
        self._draft, self._drawn, self._catalogue = draft, drawn, catalogue

    def at(self, node: str) -> list[Offer]:
        """Return what the inputs of a node may refer to: what is there before it runs."""
        known = roots(("nodes", node, "inputs"), self._draft)
        sure = self._surely_before(node)
        return [one for root, said in known.items() for one in self._of(root, said, sure)]

    def of_node(self, node: str) -> list[Offer]:
        """Return what a node itself comes back with."""
        return list(self._outputs(node, is_sure=True))

    def of_event(self) -> list[Offer]:
        """Return what conditions of the trigger may refer to."""
        return list(self._event())

    def at_ends(self) -> list[Offer]:
        """Return what the outputs of the flow may refer to."""
        return [
            one for root, said in roots(("outputs", ""), self._draft).items() for one in self._of(root, said, set())
        ]

    def _of(self, root: str, said: str, sure: set[str]) -> Iterator[Offer]:
        if root in self._draft.variables:
            declared = self._draft.variables[root]
            yield _offer(root, declared.get("type"), said, "variables", is_sure="default" in declared)
        elif root == TRIGGER:
            yield from self._event()
        elif root == "run":
            for name in RUN:
                yield _offer(f"run.{name}", "string", "Of the run.", "run")
        else:
            yield from self._outputs(root, is_sure=root in sure)

    def _outputs(self, node: str, *, is_sure: bool) -> Iterator[Offer]:
        version = self._drawn.versions.get(node)
        declared = as_map(version.spec.get("outputs")) if version is not None else {}
        for name, text in names_below((node,), self._draft, self._catalogue).items():
            kind = "string" if name == _OUTCOME else as_map(declared.get(name)).get("type")
            yield _offer(f"{node}.{name}", kind, text, node, is_sure=is_sure)

    def _event(self) -> Iterator[Offer]:
        """Yield the variables of the flow's own channel, then what it reads of others."""
        trigger = as_map(self._draft.data.get("trigger"))
        known = dict(_variables(trigger))
        for path, kind in known.items():
            yield _offer(path, kind, "Of the event.", TRIGGER)
        read = event_paths(self._draft, self._catalogue)
        for path in dict.fromkeys(
            ".".join((TRIGGER, *names[:end])) for names in read for end in range(1, len(names) + 1)
        ):
            if path not in known:
                yield _offer(path, None, "Of the event.", TRIGGER, is_sure=not known)

    def _surely_before(self, node: str) -> set[str]:
        """Return the nodes that every way to a node goes through: its dominators."""
        onward: dict[str, list[str]] = {}
        for line in self._drawn.lines:
            onward.setdefault(line.source, []).append(line.target)
        return _dominators(node, str(self._draft.data.get("start")), onward) - {node}


def _variables(trigger: Mapping[str, Any]) -> Iterator[tuple[str, str | None]]:
    channel = CHANNELS.get(str(trigger.get("channel")))
    if channel is not None:
        for name in channel.variables:
            yield f"{TRIGGER}.{channel.root}.{name}", "object" if name in channel.maps else None
    elif trigger.get("channel") == TASKS:
        places = TASK_VARIABLES.get(str(trigger.get("event"))) or next(iter(TASK_VARIABLES.values()))
        yield from ((f"{TRIGGER}.{_TASK_ROOT}.{name}", None) for name in places)


def _offer(path: str, kind: Any, said: str, origin: str, *, is_sure: bool = True) -> Offer:
    return {"text": f"$({path})", "type": kind, "description": said, "from": origin, "always": is_sure}


def _dominators(node: str, start: str, onward: Mapping[str, list[str]]) -> set[str]:
    order = _in_order(start, onward)
    number = {name: at for at, name in enumerate(order)}
    if node not in number:
        return set()
    before: dict[str, set[str]] = {name: set() for name in order}
    for name in order:
        for one in onward.get(name, ()):
            before[one].add(name)
    bits = dict.fromkeys(order, (1 << len(order)) - 1)
    bits[start] = 1
    changed = True
    while changed:
        changed = False
        for name in order[1:]:
            new = -1
            for one in before[name]:
                new &= bits[one]
            new |= 1 << number[name]
            if new != bits[name]:
                bits[name], changed = new, True
    return {one for one in order if bits[node] >> number[one] & 1}


def _in_order(start: str, onward: Mapping[str, list[str]]) -> list[str]:
    """Return the nodes that a walk comes to, each behind those that lead to it but for loops: few rounds are needed."""
    done: list[str] = []
    seen = {start}
    ways = [(start, iter(onward.get(start, ())))]
    while ways:
        here, ahead = ways[-1]
        fresh = next((one for one in ahead if one not in seen), None)
        if fresh is None:
            done.append(here)
            ways.pop()
        else:
            seen.add(fresh)
            ways.append((fresh, iter(onward.get(fresh, ()))))
    return done[::-1]
