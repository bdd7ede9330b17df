"""``flowengine test --generate``: writes recordings that exercise all of a flow that can be reached."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path
from typing import Final, NamedTuple

from flowengine.check.reach import ANY_OTHER
from flowengine.check.validate import load
from flowengine.cli.events import read_event
from flowengine.cli.output_files import write_file
from flowengine.cli.screen import Screen
from flowengine.cli.steps import duration
from flowengine.core.answers import Json
from flowengine.errors import UsageError
from flowengine.flowfile.syntax import Flow
from flowengine.generate.generate import Generated
from flowengine.generate.generate import generate as make_recordings
from flowengine.generate.reasons import Unreached
from flowengine.harmless import harmless
from flowengine.project import catalogue_near
from flowengine.recording.format import Recording, load_recording
from flowengine.recording.pairing import recordings_of
from flowengine.recording.writing import recording_text

FOLDER: Final = "recordings"
"""Where recordings are written, beside the flow, if nothing else is asked for."""

_SCHEMA: Final = re.compile(r"#\s*yaml-language-server:\s*\$schema=(\S*)flow\.schema\.json")
_SAMPLES: Final = (".yaml", ".yml", ".json")


class GenerateOptions(NamedTuple):
    """What is asked for, beside the flow.

    ``trigger`` is an event as ``--trigger`` takes it; without one, ``triggers/FLOW.yaml`` beside the flow is taken, if
    it is there. ``missing``: only what the recordings that are there do not exercise. ``force``: files that have
    another content are written anew.
    """

    into: Path | None = None
    trigger: str | None = None
    missing: bool = False
    force: bool = False
    nodes: Sequence[Path] = ()
    form: str = "text"


class Written(NamedTuple):
    """A file, and what became of it: ``written``, ``unchanged``, ``overwritten`` or ``kept``."""

    path: Path
    state: str


def generate(flow: Path, options: GenerateOptions) -> int:
    """Write recordings for a flow, show what they exercise and what nothing does, and return the exit code.

    1: a file was kept that has another content. Raises FlowError for what cannot be read or written.
    """
    loaded, catalogue = load(flow), catalogue_near(flow, options.nodes)
    generated = make_recordings(
        loaded,
        catalogue,
        event=_event(flow, options.trigger),
        existing=_existing(flow) if options.missing else (),
    )
    files = _write(loaded, generated, options)
    screen = Screen.out()
    if options.form == "json":
        listed = [{"path": str(one.path), "state": one.state} for one in files]
        screen.json({"generated": {**generated.to_json(), "files": listed}})
    else:
        _show(screen, generated, files)
    return 1 if any(one.state == "kept" for one in files) else 0


def _event(flow: Path, trigger: str | None) -> Json:
    if trigger is not None:
        return read_event(trigger)
    samples = [flow.parent / "triggers" / f"{flow.stem}{suffix}" for suffix in _SAMPLES]
    found = next((one for one in samples if one.is_file()), None)
    return read_event(str(found)) if found is not None else None


def _existing(flow: Path) -> Iterable[Recording]:
    return [one for one in map(load_recording, recordings_of(flow)) if one.expect is not None]


def _write(flow: Flow, generated: Generated, options: GenerateOptions) -> list[Written]:
    folder = options.into or flow.path.parent / FOLDER
    schema = _schema(flow, folder)
    texts = {
        folder / f"{flow.id}.{one.short}.recording.yaml": recording_text(
            one.recording, title=one.title, description=one.description, schema=schema
        )
        for one in generated.cases
    }
    if texts:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as fault:
            raise UsageError(f"{folder}: the folder cannot be made: {fault.strerror}") from None
    return [_write_one(path, text, force=options.force) for path, text in texts.items()]


def _write_one(path: Path, text: str, *, force: bool) -> Written:
    is_there = path.exists()
    if is_there and path.is_file() and path.read_bytes() == text.encode():
        return Written(path, "unchanged")
    if is_there and not force:
        return Written(path, "kept")
    write_file(path, text)
    return Written(path, "overwritten" if is_there else "written")


def _schema(flow: Flow, folder: Path) -> str:
    """Return where an editor finds the schema of recordings: beside that of flows, if the flow names it."""
    found = _SCHEMA.match(flow.text)
    if found is None:
        return ""
    if "://" in found[1] or found[1].startswith("/"):
        return f"{found[1]}recording.schema.json"
    schemas = os.path.relpath(flow.path.parent / found[1], folder)
    return Path(schemas, "recording.schema.json").as_posix()


def _show(screen: Screen, generated: Generated, files: Sequence[Written]) -> None:
    for one in files:
        colour = {"kept": "red", "unchanged": "dim"}.get(one.state, "green")
        screen.line(f"{screen.paint(f'{one.state:11}', colour)} {harmless(str(one.path))}")
    if any(one.state == "kept" for one in files):
        screen.line(screen.paint("kept: the file has another content; --force writes it anew", "yellow"))
    if generated.unreached:
        screen.line(screen.paint("not exercised, and why", "bold"))
    for (node, why), together in groupby(generated.unreached, lambda one: (one.node, one.why)):
        every = [_named(one) for one in together]
        screen.line(f"  {screen.paint(node, 'bold')}  {screen.paint(', '.join(every), 'yellow')}")
        screen.line(f"      {harmless(why)}")
    _show_numbers(screen, generated)


def _named(one: Unreached) -> str:
    said = "anything else" if one.outcome == ANY_OTHER else one.outcome
    return f"{said} -> {one.to}" if one.to is not None else said


def _show_numbers(screen: Screen, generated: Generated) -> None:
    shares = generated.coverage.shares()
    numbers = [f"{shares[name].covered:,} of {shares[name].total:,} {name}" for name in ("edges", "outcomes")]
    count = len(generated.cases)
    made = f"{count:,} recording{'' if count == 1 else 's'}"
    fewest = f" (with fewer than {generated.least:,} it cannot be done)" if count else ""
    took = duration(generated.seconds)
    screen.line(f"{made}{fewest}; exercised: {', '.join(numbers)}; {took}")
