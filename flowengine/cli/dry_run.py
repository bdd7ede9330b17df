"""``flowengine dry-run``: walks a flow on recorded answers."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import click

from flowengine.api import DryRun, dry_run
from flowengine.catalogue.catalogue import Catalogue
from flowengine.check.compile import compile
from flowengine.check.reports import Report
from flowengine.check.validate import load
from flowengine.cli.findings import show_findings, show_help
from flowengine.cli.missing import show_missing
from flowengine.cli.options import file_option, flow_argument, format_option, nodes_option
from flowengine.cli.screen import Screen
from flowengine.cli.steps import Steps
from flowengine.core.plan import Plan
from flowengine.errors import UsageError
from flowengine.findings import errors_in, finding_json
from flowengine.flowfile.syntax import Flow
from flowengine.harmless import harmless
from flowengine.project import catalogue_near
from flowengine.recording.answer_check import MODES, Mode, check_answers
from flowengine.recording.expectation import in_lines
from flowengine.recording.format import Recording, load_recording


class _Ready(NamedTuple):
    """A flow, what it was compiled with, and a recording of it."""

    flow: Flow
    catalogue: Catalogue
    plan: Plan
    recording: Recording


@click.command()
@flow_argument
@file_option("--recording", summary="Recorded answers by node, and what is expected of them.", required=True)
@click.option("--step", "stepping", is_flag=True, help="Walk step by step: forwards, back, and along other outcomes.")
@file_option("--diff", "other", summary="Show where the walk of this recording parts from that of --recording.")
@click.option(
    "--answers",
    "mode",
    type=click.Choice(MODES),
    default="warn",
    show_default=True,
    help="Whether recorded answers that the service would never give are errors, warnings, or not judged.",
)
@nodes_option
@format_option
def command(  # noqa: PLR0913, PLR0917 - the options of a command are its arguments
    flow: Path,
    recording: Path,
    stepping: bool,  # noqa: FBT001 - likewise
    other: Path | None,
    mode: Mode,
    nodes: tuple[Path, ...],
    form: str,
) -> int:
    """Walk FLOW on recorded answers, in virtual time; nothing is sent.

    What differs from the recording's `expect` is said, and ends with exit code 1; so do answers that are errors. A
    result `error` that is expected ends with 0. With --diff, exit code 1 says that the walks part.
    """
    loaded, catalogue = load(flow), catalogue_near(flow, nodes)
    ready = _Ready(loaded, catalogue, compile(loaded, catalogue), load_recording(recording))
    if stepping:
        if other is not None or form == "json":
            raise UsageError("--step is for a terminal: leave out --diff and --format, or --step")
        return _step(ready)
    if other is not None:
        from flowengine.cli.dry_run_diff import show_difference  # noqa: PLC0415 - only for this option

        return show_difference(Screen.out(), ready.plan, (ready.recording, load_recording(other)), form)
    return _walk(ready, mode, form)


def _walk(ready: _Ready, mode: Mode, form: str) -> int:
    screen = Screen.out()
    steps = Steps(screen, ready.plan) if form == "text" else None
    on_step, on_call = (steps.step, steps.call) if steps else (None, None)
    done = dry_run(ready.plan, ready.recording, on_step=on_step, on_call=on_call)
    answers = check_answers(ready.recording, ready.plan, ready.catalogue, mode)
    if steps is None:
        screen.json(_json(done, answers))
    else:
        steps.end(done.run)
        _show_outcome(screen, done, ready.recording)
        _show_answers(screen, answers)
    is_wrong = done.differences or errors_in(answers.findings) or not _is_welcome(done, ready.recording)
    return 1 if is_wrong else 0


def _step(ready: _Ready) -> int:
    from flowengine.cli.dry_run_step import StepTerminal  # noqa: PLC0415 - only for this option
    from flowengine.drivers.stepping import Stepping  # noqa: PLC0415 - likewise
    from flowengine.explore.answers import possible_answers  # noqa: PLC0415 - likewise

    possible = possible_answers(ready.plan, ready.flow, ready.catalogue, [], {})
    choices = {node: one.answers for node, one in possible.items()}
    StepTerminal(Screen.out(), Stepping(ready.plan, ready.recording, choices)).begin()
    return 0


def _json(done: DryRun, answers: Report) -> dict[str, object]:
    return {
        "run": done.run.to_json(),
        "unused": dict(done.unused),
        "differences": done.differences,
        "unusedLines": {node: list(lines) for node, lines in done.unused_lines.items()},
        "missing": done.missing.to_json() if done.missing else None,
        "findings": [*map(finding_json, answers.findings)],
        "ignored": [{**finding_json(one.finding), "reason": one.reason} for one in answers.ignored],
    }


def _is_welcome(done: DryRun, recorded: Recording) -> bool:
    return done.run.result == "success" or (recorded.expect or {}).get("result") == done.run.result


def _show_outcome(screen: Screen, done: DryRun, recorded: Recording) -> None:
    show_missing(screen, done.missing)
    for node, count in done.unused.items() if done.missing is None else ():
        said = f"{node}: {count} recorded{in_lines(done.unused_lines[node])}"
        screen.line(f"{screen.paint('unused   ', 'dim')}  {screen.paint(said, 'yellow')}")
    for difference in done.differences:
        screen.line(f"{screen.paint('differs  ', 'dim')}  {screen.paint(difference, 'red')}")
    if recorded.expect is not None and not done.differences:
        screen.line(f"{screen.paint('expected ', 'dim')}  {screen.paint('all of it came', 'green')}")
    elif recorded.expect is None:
        screen.line(f"{screen.paint('expected ', 'dim')}  {harmless('the recording does not say')}")


def _show_answers(screen: Screen, answers: Report) -> None:
    if answers.findings:
        screen.line()
        show_findings(screen, answers.findings)
        show_help(screen, answers.findings)
    if answers.ignored:
        screen.line(f"{screen.paint('ignored  ', 'dim')}  {len(answers.ignored)} about answers, by comments")
