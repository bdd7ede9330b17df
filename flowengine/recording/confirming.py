"""Confirms a recording of a run: what a dry-run of it comes to as well may be expected of it."""

from __future__ import annotations

import re
from itertools import zip_longest
from typing import Any, Final

from flowengine.core.answers import Json
from flowengine.core.plan import Plan
from flowengine.core.state import Step
from flowengine.core.trace import Run
from flowengine.core.values import same
from flowengine.errors import InvalidFile, UsageError
from flowengine.recording.concealing import Concealer
from flowengine.recording.format import Recording
from flowengine.recording.unsteady import is_unsteady
from flowengine.recording.writing import is_writable

_LABEL: Final = re.compile(r"\S(?:.*\S)?")
"""Outcomes that can be expected: a script may come to others, too."""


def confirmed(
    plan: Plan, run: Run, recording: Recording, conceal: Concealer
) -> tuple[dict[str, Any] | None, list[str]]:
    """Return what may be expected of the recording of a run, and what to say about the rest."""
    from flowengine.api import dry_run  # noqa: PLC0415 - which knows this room

    try:
        dry = dry_run(plan, recording).run
    except (InvalidFile, UsageError) as fault:
        said = fault.findings[0].message if isinstance(fault, InvalidFile) else str(fault)
        return None, [f"the recording expects nothing, as it cannot be dry-run: {conceal(said)}"]
    parted = _parted(run, dry)
    if parted is not None:
        return None, [f"the recording expects nothing, as a dry-run of it goes another way: {conceal(parted)}"]
    variables, notes = _variables(plan, run, dry, conceal)
    outcomes = [step.outcome for step in run.steps]
    expect: dict[str, Any] = {"result": run.result, "path": run.path}
    if all(map(_LABEL.fullmatch, outcomes)):
        expect["outcomes"] = outcomes
    if variables:
        expect["variables"] = variables
    return expect, notes


def _parted(run: Run, dry: Run) -> str | None:
    """Say where the walks part, or None where they do not."""
    for came, comes in zip_longest(run.steps, dry.steps):
        if comes is None:
            return f"it ends before {came.node!r}" + (f" ({dry.reason})" if dry.reason else "")
        if came is None:
            return f"it goes on with {comes.node!r}"
        if came.node != comes.node or _outcomes(came) != _outcomes(comes):
            said = [f"{step.node!r} with {', '.join(_outcomes(step))}" for step in (came, comes)]
            return f"{said[1]} in place of {said[0]}"
    return None if (run.result, run.path) == (dry.result, dry.path) else f"it ends with {dry.result} ({dry.reason})"


def _outcomes(step: Step) -> list[str]:
    return [attempt.outcome for attempt in step.attempts]


def _variables(plan: Plan, run: Run, dry: Run, conceal: Concealer) -> tuple[dict[str, Json], list[str]]:
    """Return the variables that were written, with the values to expect; and say which ones are left out, and why."""
    unsteady = {name for step in run.steps if is_unsteady(plan, step.node) for name in step.wrote}
    kept, notes = {}, []
    for name in dict.fromkeys(name for step in run.steps for name in step.wrote):
        value = dry.variables[name]
        if name in unsteady:
            why = "a script writes it that reads the clock or makes random numbers"
            notes.append(f"the variable {name!r} is not expected, as {why}")
        elif not same(conceal(run.variables[name], name), value) or not same(conceal(value, name), value):
            notes.append(f"the variable {name!r} is not expected, as it comes out otherwise in a dry-run")
        elif not is_writable(value):
            notes.append(f"the variable {name!r} is not expected, as no recording can hold its value")
        else:
            kept[name] = value
    return kept, notes
