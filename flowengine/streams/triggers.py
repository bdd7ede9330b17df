"""Which flows an event starts: those of some folders, compiled, and compiled anew when a file is saved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from flowengine.catalogue.catalogue import Catalogue
from flowengine.check.compile import compile as compile_flow
from flowengine.check.validate import load
from flowengine.core import walker
from flowengine.core.answers import Json
from flowengine.core.plan import Plan
from flowengine.errors import FlowError, InvalidFile, UsageError
from flowengine.flow_files import flow_files, watched_files
from flowengine.project import catalogue_near, is_folder
from flowengine.schema_problems import did_you_mean
from flowengine.starting import start_values
from flowengine.streams.channels import CHANNELS
from flowengine.streams.payloads import ChannelEvent
from flowengine.watching import Stamps, changed, stamps


class Listening(NamedTuple):
    """A flow that can be started by events. ``in_order``: one run at a time for each conversation."""

    path: Path
    plan: Plan
    channel: str
    event: str
    in_order: bool


class Start(NamedTuple):
    """A flow that an event starts, and what its variables begin with."""

    flow: Listening
    variables: dict[str, Json]


class Match(NamedTuple):
    """``starts``: every flow that an event starts. ``others``: why flows of the same channel are not, by flow."""

    starts: tuple[Start, ...]
    others: Mapping[str, str]


class _Read(NamedTuple):
    """What came of a flow file. ``listening`` is None where it has no trigger."""

    listening: Listening | None
    calls: bool


class _State(NamedTuple):
    seen: Stamps
    flows: tuple[Listening, ...]
    problems: Mapping[Path, str]
    read: Mapping[Path, _Read]


class Triggers:
    """The flows in some files and folders. ``nodes`` are folders of node types, before those of the project.

    ``refresh`` may be called in another thread than ``match``.
    """

    def __init__(self, paths: Iterable[Path], nodes: Iterable[Path] = ()) -> None:
        self._paths = tuple(paths)
        self._nodes = tuple(nodes)
        self._state = _State({}, (), {}, {})

    @property
    def flows(self) -> tuple[Listening, ...]:
        """The flows that events can start, by path."""
        return self._state.flows

    @property
    def problems(self) -> Mapping[Path, str]:
        """What is wrong with flow files. One that was good before goes on as it was then."""
        return self._state.problems

    def refresh(self) -> bool:
        """Read what has been saved since the last time; return whether something was. Never raises for bad files."""
        before = self._state
        try:
            seen = stamps(watched_files(self._paths, self._nodes))
            different = changed(before.seen, seen)
            if not different:
                return False
            self._state = self._read(seen, before, set(different))
        except UsageError as fault:
            self._state = before._replace(problems={next(iter(self._paths), Path()): str(fault)})
        return True

    def match(self, event: ChannelEvent) -> Match:
        """Return the flows that an event starts, and why others of its channel are not."""
        starts, others = [], {}
        for one in self._state.flows:
            if one.channel != event.channel:
                continue
            reason = _reason(one, event)
            try:
                if reason is None:
                    starts.append(Start(one, start_values(one.plan, {})))
            except UsageError as fault:
                reason = str(fault)
            if reason is not None:
                others[one.plan.flow] = reason
        return Match(tuple(starts), others)

    def _read(self, seen: Stamps, before: _State, different: set[Path]) -> _State:
        paths = sorted({*self._files(), *(path for path in before.read if path.exists())})
        # Reading one flow takes moments that whoever posts an event meanwhile notices; so those that are as they were
        # stay. A node type, or what else is no flow, may change them all.
        stays = before.read if different <= {*before.read, *before.problems, *paths} else {}
        read: dict[Path, _Read] = {}
        problems: dict[Path, str] = {}
        catalogues: dict[Path, Catalogue] = {}
        for path in paths:
            if path in stays and not stays[path].calls and path not in different and path not in before.problems:
                read[path] = stays[path]
                continue
            try:
                if path.parent not in catalogues:
                    catalogues[path.parent] = catalogue_near(path, self._nodes)
                read[path] = _listening(path, catalogues[path.parent])
            except FlowError as fault:
                good = before.read.get(path)
                problems[path] = _short(fault, kept=good is not None and good.listening is not None)
                if good is not None:
                    read[path] = good
        flows = {path: one.listening for path, one in read.items() if one.listening is not None}
        for path, twin in _twins(flows).items():
            del flows[path]
            problems[path] = f"the flow in {twin} has the same id: this one is not started"
        problems |= {path: note for path, one in flows.items() if (note := _unheard(one)) and path not in problems}
        return _State(seen, tuple(flows.values()), problems, read)

    def _files(self) -> Iterable[Path]:
        for path in self._paths:
            yield from flow_files(path)[0] if is_folder(path) else [path]


def _listening(path: Path, catalogue: Catalogue) -> _Read:
    flow = load(path)
    trigger = flow.data.get("trigger")
    plan = compile_flow(flow, catalogue)
    if trigger is None:
        return _Read(None, bool(plan.flows))
    in_order = trigger.get("order", "conversation") != "none"
    return _Read(Listening(path, plan, trigger["channel"], trigger["event"], in_order), bool(plan.flows))


def _reason(one: Listening, event: ChannelEvent) -> str | None:
    if one.event != event.event:
        return f"it is started by {one.event}"
    return walker.starts(one.plan, event.trigger)


def _short(fault: FlowError, *, kept: bool) -> str:
    first = str(fault)
    if isinstance(fault, InvalidFile) and fault.findings:
        more = len(fault.findings) - 1
        first = str(fault.findings[0]) + (f", and {more} more" if more else "")
    return f"{first}; the flow goes on as it was before" if kept else first


def _twins(flows: Mapping[Path, Listening]) -> dict[Path, Path]:
    first: dict[str, Path] = {}
    return {path: first[one.plan.flow] for path, one in flows.items() if first.setdefault(one.plan.flow, path) != path}


def _unheard(one: Listening) -> str | None:
    """Say that a flow is started by an event that its channel does not have."""
    channel = CHANNELS.get(one.channel)
    known = set(channel.events.values()) if channel else {"task-routed", "task-modified", "task-closed"}
    if one.event in known or one.channel in ("api", "webhook"):
        return None
    hint = did_you_mean(one.event, sorted(known))
    return f"{one.channel} has no event {one.event!r} that is known; {hint}"
