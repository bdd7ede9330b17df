"""Recording files: recorded answers by node, and optionally what must come of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flowengine.core.answers import Json
from flowengine.core.moments import seconds
from flowengine.errors import InvalidFile
from flowengine.findings import Finding, Span
from flowengine.flowfile.shape import refuse_misshapen
from flowengine.flowfile.yaml_source import read_source, to_text
from flowengine.flowfile.yaml_tree import Sequence, Tree, key_at, locate, parse_yaml, to_value


@dataclass(frozen=True)
class Recording:
    """``responses`` are recorded answers by node id, in order; ``expect`` makes it a test case.

    ``run`` has ``id`` and ``startedAt`` of the run that was recorded, which a dry-run takes for its own. ``tree`` and
    ``text`` are what was read, with its places and comments; one that was made in Python has neither.
    """

    name: str
    flow: str
    trigger: Json = None
    variables: Mapping[str, Json] = field(default_factory=dict)
    responses: Mapping[str, list[dict[str, Any]]] = field(default_factory=dict)
    expect: Mapping[str, Any] | None = None
    path: Path | None = None
    tree: Tree | None = field(default=None, repr=False)
    text: str = field(default="", repr=False)
    run: Mapping[str, str] = field(default_factory=dict)

    @property
    def run_id(self) -> str:
        """What ``$(run.id)`` is in a dry-run."""
        return self.run.get("id", f"dry-run-{self.name}")

    @property
    def started_at(self) -> float | None:
        """When a dry-run starts (seconds since the epoch), where the recording says."""
        return seconds(self.run["startedAt"]) if "startedAt" in self.run else None

    def answer_at(self, node: str, number: int) -> tuple[str | int, ...]:
        """Return where the answer of a node stands in the file; ``number`` counts from 0."""
        listed = self.tree is None or isinstance(locate(self.tree, ("responses", node)), Sequence)
        return ("responses", node, number) if listed else ("responses", node)

    def span(self, *at: str | int) -> Span | None:
        """Return the place of a value, or of the nearest one around it that is there."""
        for end in range(len(at), -1, -1) if self.tree is not None else ():
            if self.tree is not None and (found := locate(self.tree, at[:end])) is not None:
                return found.span
        return None

    def line(self, node: str, number: int) -> int | None:
        """Return the line of an answer of a node, if it is in a file; ``number`` counts from 0."""
        span = self.span(*self.answer_at(node, number)) if number < len(self.responses.get(node, ())) else None
        return span.line if span else None

    def last_lines(self, node: str, count: int) -> tuple[int, ...]:
        """Return the lines of the last answers of a node: those that are left where ``count`` were not used."""
        answers = len(self.responses.get(node, ()))
        lines = (self.line(node, number) for number in range(answers - count, answers))
        return tuple(line for line in lines if line is not None)

    def finding(  # noqa: PLR0913 - the parts of a finding
        self,
        code: str,
        message: str,
        *at: str | int,
        hint: str = "",
        severity: str = "error",
        node: str | None = None,
        on_key: bool = False,
    ) -> Finding:
        """Make a finding about the value at ``at``, or about the key that leads there."""
        key = key_at(self.tree, at) if on_key and self.tree is not None else None
        span = key.span if key else self.span(*at)
        return Finding(code, message, str(self.path or f"recording {self.name}"), span, severity, node, hint or None)


def load_recording(path: str | Path) -> Recording:
    """Read a recording file. Raises InvalidFile with everything that is wrong with it."""
    path = Path(path)
    return parse_recording(read_source(path), path)


def parse_recording(source: bytes, path: Path) -> Recording:
    """Read the bytes of a recording file; ``path`` is for messages. Raises InvalidFile."""
    tree = parse_yaml(source, str(path))
    refuse_misshapen("recording", tree, str(path))
    data = to_value(tree)
    recording = Recording(
        name=data["recording"],
        flow=data["flow"],
        trigger=data.get("trigger", {}),
        variables=data.get("variables", {}),
        responses={
            node: entries if isinstance(entries, list) else [entries]
            for node, entries in data.get("responses", {}).items()
        },
        expect=data.get("expect"),
        path=path,
        tree=tree,
        text=to_text(source, str(path)),
        run=data.get("run", {}),
    )
    try:
        _ = recording.started_at
    except ValueError:
        message = f"there is no such moment as {recording.run['startedAt']}"
        raise InvalidFile([recording.finding("FE104", message, "run", "startedAt")]) from None
    return recording
